//! Turns a language model into ONNX.
//!
//! usage: to_onnx SOURCE OUTPUT
//!
//! SOURCE is a file of llama2.c or a Hugging Face folder.

use std::error::Error;
use std::path::PathBuf;

use cadet_decoder::{export, hugging_face, llama2c};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [source, output] = arguments.as_slice() else {
        return Err("usage: to_onnx SOURCE OUTPUT".into());
    };
    let weights = match source.is_dir() {
        true => hugging_face::read(source)?,
        false => llama2c::read(source)?,
    };
    std::fs::write(output, export(&weights)?)?;
    println!("{} parameters", weights.config().parameters());
    Ok(())
}
