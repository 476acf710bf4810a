#![no_main]

use cadet_compiler::{Options, compile, fit};
use libfuzzer_sys::fuzz_target;

const LARGEST_ARENA_BYTES: usize = 1 << 20;
const MOST_MACS: u64 = 1 << 22;

// tract panics on some malformed models, and the compiler catches that: only a panic that gets out is a finding,
// and libFuzzer's own handler would end the process at the first one.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    // Golden vectors and calibration run the model, which takes as long as the model is large.
    let Ok(report) = fit(bytes, &Options::float()) else {
        return;
    };
    if report.arena_bytes > LARGEST_ARENA_BYTES || report.macs > MOST_MACS {
        return;
    }
    let _ = compile(bytes, &Options::float());
    let inputs = report.inputs.iter();
    let length = inputs.map(|input| input.shape.iter().product::<usize>()).sum();
    let samples = vec![vec![0.5; length], vec![-0.5; length]];
    let _ = compile(bytes, &Options::int8(samples));
});
