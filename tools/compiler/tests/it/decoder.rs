//! Language models: programs over one state.

use cadet_compiler::{Options, compile};
use cadet_runtime::{Memory, Package, Session, kernels};

#[test]
fn stories() {
    let onnx = std::fs::read("/tmp/stories260k.onnx").unwrap();
    let compiled = compile(&onnx, &Options::float()).unwrap();
    println!("{} bytes", compiled.package.len());
    let package = cadet_repack::AlignedBytes::copy_of(&compiled.package);
    let package = Package::new(package.as_slice()).unwrap();
    let header = package.header();
    println!(
        "arena {:?} state {:?} steps {:?}",
        header.arena_bytes,
        header.state_bytes,
        package.steps(0).unwrap().len()
    );
    for step in compiled.report.steps.iter() {
        println!(
            "{} {} {:?} {:?}",
            step.name, step.op, step.inputs, step.output
        );
    }
    let mut arena = vec![0_u64; header.arena_bytes[0] as usize / 8 + 16];
    let mut state = vec![0_u64; header.state_bytes[0] as usize / 8 + 16];
    let arena: &mut [u8] = bytemuck::cast_slice_mut(&mut arena);
    let state: &mut [u8] = bytemuck::cast_slice_mut(&mut state);
    let a = arena.as_ptr().align_offset(64);
    let s = state.as_ptr().align_offset(64);
    let memory = Memory::with_arena_and_state(&mut arena[a..], &mut state[s..]);
    let mut session = Session::new(package, memory, kernels::ALL).unwrap();
    let mut token = 1_i64;
    let mut out = vec![];
    let start = std::time::Instant::now();
    for position in 0..200 {
        session.set_scalar(0, position).unwrap();
        session
            .input_mut(0, 0)
            .unwrap()
            .copy_from_slice(&token.to_le_bytes());
        session.run(0).unwrap();
        let logits: &[f32] = session.read_output(0, 0).unwrap();
        let best = logits
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1))
            .unwrap();
        token = best.0 as i64;
        out.push(token);
    }
    println!("{:?} {:?}", start.elapsed(), out);
    let bytes = std::fs::read("/work/shared/data/stories260k/tok512.bin").unwrap();
    let mut at = 4;
    let mut vocabulary = vec![];
    while at < bytes.len() {
        let len = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        vocabulary.push(String::from_utf8_lossy(&bytes[at + 8..at + 8 + len]).into_owned());
        at += 8 + len;
    }
    println!(
        "{}",
        out.iter()
            .map(|&t| vocabulary[t as usize].clone())
            .collect::<String>()
    );
}
