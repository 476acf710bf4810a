#![no_main]

use cadet_format::protocol::{MAX_FRAME_BYTES, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(message) = Message::decode(&mut bytes.to_vec()) else {
        return;
    };
    let mut frame = [0; MAX_FRAME_BYTES];
    let length = message
        .encode(&mut frame)
        .expect("a message fits a frame")
        .len();
    // Debug texts, because NaN is not equal to itself.
    let again = Message::decode(&mut frame[..length]).map(|it| format!("{it:?}"));
    assert_eq!(again, Some(format!("{message:?}")));
});
