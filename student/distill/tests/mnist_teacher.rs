//! The teacher of `recipes/mnist.toml`, where its data is at hand (`CADET_DATA`).

use std::fs;
use std::path::Path;

use cadet_data::hold_out;
use cadet_distill::{Accuracy, OnnxTeacher, Recipe, SourceConfig, Teacher, TeacherConfig};

#[test]
fn the_mnist_teacher_knows_digits_it_was_not_shown() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(folder.join("../recipes/mnist.toml")).unwrap();
    let default = folder.join("../../../shared/data");
    let data = std::env::var("CADET_DATA").map_or(default, Into::into);
    // Tests run in the crate's folder, from where the recipe's default does not lead.
    let recipe = Recipe::parse(&text.replace("${CADET_DATA}", &data.to_string_lossy())).unwrap();
    let (SourceConfig::Idx(idx), TeacherConfig::Onnx(teacher)) =
        (&recipe.data.source, &recipe.teacher)
    else {
        panic!("the recipe has IDX data and an ONNX teacher");
    };
    if !teacher.path.exists() || !idx.images.exists() {
        println!("skipped: {} is missing (CADET_DATA)", data.display());
        return;
    }
    let (_, select) = hold_out(&idx.load("mnist").unwrap(), 500).unwrap();
    let mut teacher = OnnxTeacher::load(teacher).unwrap();
    assert_eq!(teacher.classes(), 10);
    let logits = teacher.logits(select.inputs(), select.len()).unwrap();
    let accuracy = Accuracy::of(&logits, select.labels().unwrap());
    assert!(accuracy.share > 0.985, "{accuracy:?}");
    // The recipe's `logit_scale` brings the logits to a size that temperatures are meant for.
    let largest = logits
        .iter()
        .fold(0.0_f32, |most, logit| most.max(logit.abs()));
    assert!((10.0..100.0).contains(&largest), "{largest}");
}
