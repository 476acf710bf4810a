#![no_main]

use cadet_distill::Recipe;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Recipe::parse(text);
});
