#![no_main]

use cadet_flash::{Board, CostTable};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(board) = Board::parse(text) {
        let _ = board.target_id();
    }
    // Of the same folder.
    let _ = CostTable::parse(text);
});
