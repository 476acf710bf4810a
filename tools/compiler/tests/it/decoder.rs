//! Language models: programs over one state.

use cadet_compiler::{Decoder, Grouped, Options, compile};

/// Cross entropy of a text's tokens in nats, and the tokens chosen greedily from the first one on.
fn judge(options: &Options, text: &[i64], isa: cadet_kernels::Isa) -> (f64, Vec<i64>) {
    let onnx = std::fs::read("/tmp/stories260k.onnx").unwrap();
    let compiled = compile(&onnx, options).unwrap();
    println!(
        "{} bytes, arena {}, state {}",
        compiled.package.len(),
        compiled.report.arena_bytes,
        compiled.report.state_bytes
    );
    let mut machine = crate::support::Machine::with_isa(&compiled, isa);
    machine.with_session(|session| {
        let mut loss = 0.0;
        let mut run = |position: usize, token: i64| {
            session.set_scalar(0, position as u32).unwrap();
            session
                .input_mut(0, 0)
                .unwrap()
                .copy_from_slice(&token.to_le_bytes());
            session.run(0).unwrap();
            session.read_output::<f32>(0, 0).unwrap().to_vec()
        };
        for (position, pair) in text.windows(2).enumerate() {
            let logits = run(position, pair[0]);
            let sum: f64 = logits.iter().map(|&it| f64::from(it).exp()).sum();
            loss += sum.ln() - f64::from(logits[pair[1] as usize]);
        }
        let mut tokens = vec![1];
        let start = std::time::Instant::now();
        for position in 0..256 {
            let logits = run(position, tokens[position]);
            let best = logits
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.total_cmp(b.1))
                .unwrap();
            tokens.push(best.0 as i64);
        }
        println!(
            "{:.0} tokens a second",
            256.0 / start.elapsed().as_secs_f64()
        );
        (loss / (text.len() - 1) as f64, tokens)
    })
}

#[test]
fn stories() {
    let isa = cadet_kernels::Isa::detect();
    let (_, published) = judge(&Options::float(), &[1, 403], isa);
    for weights in [Grouped::No, Grouped::Int8, Grouped::Int4] {
        let options = Options {
            decoder: Decoder {
                weights,
                ..Decoder::default()
            },
            ..Options::float()
        };
        for isa in [isa, cadet_kernels::Isa::Baseline] {
            let (loss, tokens) = judge(&options, &published, isa);
            let same = tokens
                .iter()
                .zip(&published)
                .take_while(|(a, b)| a == b)
                .count();
            println!(
                "{weights:?} {}: loss {loss:.5}, perplexity {:.4}, {same} tokens the same",
                isa.name(),
                loss.exp()
            );
        }
    }
}
