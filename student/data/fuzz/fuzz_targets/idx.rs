#![no_main]

use std::fs;

use cadet_data::IdxConfig;
use libfuzzer_sys::fuzz_target;

// The first byte parts images from labels.
fuzz_target!(|bytes: &[u8]| {
    let Some((&images_len, rest)) = bytes.split_first() else {
        return;
    };
    let (images, labels) = rest.split_at(rest.len().min(images_len.into()));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ["images", "labels"].map(|name| folder.path().join(name));
    fs::write(&paths[0], images).expect("a file");
    fs::write(&paths[1], labels).expect("a file");
    let [images, labels] = paths;
    let config = IdxConfig {
        test_images: images.clone(),
        test_labels: labels.clone(),
        images,
        labels,
        scale: 1.0 / 255.0,
        classes: 10,
    };
    if let Ok(data) = config.load("fuzz") {
        assert_eq!(data.inputs().len(), data.len() * data.item_len());
    }
});
