#![no_main]

#[path = "../../tests/any_step/mod.rs"]
mod any_step;

use cadet_kernels::Isa;
use cadet_runtime::{Memory, Package, Session, kernels};
use libfuzzer_sys::fuzz_target;

#[repr(align(64))]
struct Aligned<const N: usize>([u8; N]);

fuzz_target!(|bytes: &[u8]| {
    let Some((&words, choices)) = bytes.split_first() else {
        return;
    };
    let package = any_step::package(choices, usize::from(words % 64));
    let mut flash = Aligned([0; 16 * 1024]);
    flash.0[..package.len()].copy_from_slice(&package);
    let mut arena = Aligned([0xA5; any_step::ARENA_BYTES + 256]);
    let package = Package::new(&flash.0[..package.len()]).expect("it is well formed");
    for isa in Isa::all() {
        let memory = Memory::with_arena(&mut arena.0);
        let mut session = Session::new(package, memory, kernels::ALL).expect("its kernel is known");
        session.set_isa(isa);
        let _ = session.run(0);
    }
    let behind = &arena.0[any_step::ARENA_BYTES..];
    assert!(
        behind.iter().all(|&byte| byte == 0xA5),
        "wrote behind its arena"
    );
});
