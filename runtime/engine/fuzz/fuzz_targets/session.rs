#![no_main]

#[path = "../../../format/tests/repair/mod.rs"]
mod repair;

use cadet_format::Generator;
use cadet_kernels::Isa;
use cadet_runtime::{Memory, Package, Session, kernels};
use libfuzzer_sys::fuzz_target;
use repair::repair;

const REGION_BYTES: usize = 4096;
/// More steps than any seed has.
const MAX_STEPS: usize = 64;

#[repr(align(64))]
struct Aligned<const N: usize>([u8; N]);

fuzz_target!(|bytes: &[u8]| {
    let mut flash = Box::new(Aligned([0; 16 * 1024]));
    let Some(package) = flash.0.get_mut(..bytes.len()) else {
        return;
    };
    package.copy_from_slice(bytes);
    repair(package);
    let Ok(package) = Package::new(package) else {
        return;
    };

    for isa in Isa::all() {
        run(package, isa);
    }
});

fn run(package: Package<'_>, isa: Isa) {
    let mut regions = Box::new([const { Aligned([0xA5; REGION_BYTES]) }; 10]);
    let [a, b, c, d, e, f, g, h, input, output] = regions.each_mut().map(|it| &mut it.0[..]);
    let memory = Memory {
        arena: [a, b, c, d],
        state: [e, f, g, h],
        input,
        output,
    };
    let Ok(mut session) = Session::new(package, memory, kernels::ALL) else {
        return;
    };
    session.set_isa(isa);
    let mut generator = Generator::new(1);
    for program in 0..package.programs().len().min(4) {
        for index in 0..package.inputs(program).unwrap_or_default().len() {
            if let Ok(info) = session.input_info(program, index)
                && let Ok(bytes) = session.input_mut(program, index)
            {
                generator.fill(info.dtype, bytes);
            }
        }
        for step in 0..package
            .steps(program)
            .unwrap_or_default()
            .len()
            .min(MAX_STEPS)
        {
            let _ = session.step(program, step);
        }
        for index in 0..package.outputs(program).unwrap_or_default().len() {
            let _ = session.output(program, index);
        }
    }
}
