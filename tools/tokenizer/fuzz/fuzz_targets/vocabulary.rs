#![no_main]

use cadet_text::{Cell, Encoding, Tokenizer};
use cadet_tokenizer::{hugging_face, llama2c, sentencepiece};
use libfuzzer_sys::fuzz_target;

// What a reader accepts and the compiler too, the device reads.
fuzz_target!(|bytes: &[u8]| {
    for source in [hugging_face(bytes), sentencepiece(bytes), llama2c(bytes)] {
        let Ok(Ok(block)) = source.map(|source| source.compile()) else {
            continue;
        };
        let mut aligned = vec![0_u32; block.len() / 4];
        let words = block.chunks_exact(4).zip(&mut aligned);
        words.for_each(|(bytes, word)| *word = u32::from_ne_bytes(bytes.try_into().unwrap()));
        let tokenizer = Tokenizer::new(bytemuck::cast_slice(&aligned)).expect("what was compiled");
        let (mut cells, mut tokens) = ([Cell::EMPTY; 64], [0; 64]);
        let text = "the cat's 12 hats\n \u{2581}ß€";
        let _ = tokenizer.encode(text.as_bytes(), Encoding::PROMPT, &mut cells, &mut tokens);
    }
});
