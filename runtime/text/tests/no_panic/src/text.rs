use cadet_text::{Cell, Decoder, Encoding, TextError, Tokenizer};

/// Where the linker starts to look for what is needed.
#[unsafe(no_mangle)]
fn everything(
    flash: &[u8],
    text: &[u8],
    encoding: &Encoding,
    cells: &mut [Cell],
    tokens: &mut [u32],
    decoder: &mut Decoder,
    out: &mut [u8],
) -> Result<usize, TextError> {
    let tokenizer = Tokenizer::new(flash)?;
    let mut count = tokenizer.encode(text, *encoding, cells, tokens)?;
    count ^= tokenizer.normalize(text, out)?.len() ^ tokenizer.push_bytes();
    for &token in tokens.iter() {
        count ^= tokenizer.piece(token)?.len() ^ tokenizer.special_flags(token) as usize;
        count ^= decoder.push(&tokenizer, token, out)?.len();
    }
    Ok(count ^ decoder.finish(out)?.len())
}
