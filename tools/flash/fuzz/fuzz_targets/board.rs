#![no_main]

use cadet_flash::Board;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(board) = Board::parse(text) {
        let _ = board.target_id();
    }
});
