#![no_main]

use cadet_compiler::{Options, compile};
use libfuzzer_sys::fuzz_target;

// tract panics on some malformed models, and the compiler catches that: only a panic that gets out is a finding,
// and libFuzzer's own handler would end the process at the first one.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    let Ok(float) = compile(bytes, &Options::float()) else {
        return;
    };
    let inputs = float.report.inputs.iter();
    let length = inputs.map(|input| input.shape.iter().product::<usize>()).sum();
    let samples = vec![vec![0.5; length], vec![-0.5; length]];
    let _ = compile(bytes, &Options::int8(samples));
});
