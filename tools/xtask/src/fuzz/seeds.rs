//! Where the fuzz targets start from: the project's own files, and the ONNX node tests where they are.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest file that is worth changing at random.
const MAX_BYTES: u64 = 4096;

/// Test 1 of RFC 8032.
const SECRET_KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";
const PUBLIC_KEY: &[u8] = b"-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";
const NPY: &[u8] = b"\x93NUMPY\x01\x00\x36\x00\
{'descr':'|u1','fortran_order':False,'shape':(2,3),}  \n\x01\x02\x03\x04\x05\x06";
/// Every part of a `tokenizer.json`.
const VOCABULARY: &[u8] = br#"{"added_tokens":[{"id":1,"content":"<s>","special":true,"lstrip":true}],
"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"\u2581"},
{"type":"Replace","pattern":{"String":" "},"content":"\u2581"}]},
"pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"first","split":false},
"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],
"special_tokens":{"<s>":{"ids":[1]}}},
"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"},
{"type":"Strip","content":" ","start":1,"stop":0}]},
"model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"ignore_merges":true,
"vocab":{"<unk>":0,"<s>":1,"<0x41>":2,"\u2581":3,"a":4,"t":5,"at":6},"merges":["a t"]}}"#;
/// Pieces `<unk>`, `a` and `ab`, then a trainer's type.
const SENTENCE_PIECE: &[u8] = b"\n\x09\n\x05<unk>\x18\x02\n\x08\n\x01a\x15\0\0\x80\xbf\n\x09\n\x02ab\x15\0\0\x80\xbf\x12\x02\x18\x02";
/// Nineteen bytes of images, then the labels.
const IDX: &[u8] = b"\x13\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\x03abc\0\0\x08\x01\0\0\0\x01\x07";
/// Configuration of a decoder with sizes of 1 and 2, and the matrices that it asks for.
const DECODER: &str = r#"{"model_type":"llama","hidden_size":2,"intermediate_size":1,"num_hidden_layers":1,
"num_attention_heads":1,"vocab_size":1,"max_position_embeddings":1,"rms_norm_eps":1e-5,"tie_word_embeddings":true,
"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
"original_max_position_embeddings":1},"eos_token_id":[0]}"#;
const DECODER_MATRICES: [(&str, [usize; 2]); 8] = [
    ("embed_tokens", [1, 2]),
    ("layers.0.self_attn.q_proj", [2, 2]),
    ("layers.0.self_attn.k_proj", [2, 2]),
    ("layers.0.self_attn.v_proj", [2, 2]),
    ("layers.0.self_attn.o_proj", [2, 2]),
    ("layers.0.mlp.gate_proj", [1, 2]),
    ("layers.0.mlp.up_proj", [1, 2]),
    ("layers.0.mlp.down_proj", [2, 1]),
];
/// A `StepResult` and a `Failure`.
const FRAMES: [&[u8]; 2] = [b"\x06\x01\x01\x01\x01\x01\0", b"\x03\x05\x01\0"];

/// Writes the seeds of a target to `folder`.
pub(super) fn write(root: &Path, work: &Path, target: &str, folder: &Path) -> Result<()> {
    match target {
        "package" | "session" | "inspect" => {
            copy(
                &files(&root.join("runtime/format/corpus"), "cadet")?,
                folder,
            )?;
            copy(&node_packages(root, work)?, folder)
        }
        "tokenizer" => {
            let blocks = files(&root.join("runtime/text/corpus"), "ctok")?;
            tokenizer_inputs(&blocks, folder)
        }
        "vocabulary" => put(folder, &[VOCABULARY, SENTENCE_PIECE]),
        "onnx" => copy(&node_models(root, work)?, folder),
        "board" => copy(&files(&root.join("targets"), "toml")?, folder),
        "recipe" => copy(&files(&root.join("student/recipes"), "toml")?, folder),
        "keys" => put(folder, &[SECRET_KEY, PUBLIC_KEY]),
        "samples" => put(folder, &[NPY, b"[1, 2.5, -3e2]\n[4, 5, 6]\n"]),
        "idx" => put(folder, &[IDX]),
        "llama2c" => put(folder, &[&llama2c()]),
        "hugging_face" => put(folder, &[&hugging_face()]),
        "protocol" | "report" => put(folder, &FRAMES),
        // Ten strings of one letter.
        "manifest" => put(folder, &[b"\x01x".repeat(10).as_slice()]),
        // The target makes packages of any bytes.
        _ => Ok(()),
    }
}

/// A model with sizes of 1, 2 and 3, and 36 weights and angles.
fn llama2c() -> Vec<u8> {
    let header = [2_i32, 1, 1, 1, 1, 3, 1];
    let mut bytes: Vec<u8> = header.iter().flat_map(|size| size.to_le_bytes()).collect();
    bytes.resize(bytes.len() + 4 * 36, 0);
    bytes
}

/// Configuration and weights as the target parts them, without an index.
fn hugging_face() -> Vec<u8> {
    let (mut header, mut end) = (String::new(), 0);
    let norms = [
        "norm",
        "layers.0.input_layernorm",
        "layers.0.post_attention_layernorm",
    ];
    let norms = norms.iter().map(|name| (*name, "2".to_string(), 2));
    let matrices = DECODER_MATRICES.iter();
    let matrices =
        matrices.map(|(name, [out, inputs])| (*name, format!("{out},{inputs}"), out * inputs));
    for (name, shape, count) in norms.chain(matrices) {
        let (start, comma) = (end, if end == 0 { "" } else { "," });
        end += 2 * count;
        header.push_str(&format!(
            r#"{comma}"model.{name}.weight":{{"dtype":"BF16","shape":[{shape}],"data_offsets":[{start},{end}]}}"#
        ));
    }
    let header = format!("{{{header}}}");
    let len = (header.len() as u64).to_le_bytes();
    let weights = [&len[..], header.as_bytes(), &vec![0; end]].concat();
    [DECODER.as_bytes(), b"\0\0", &weights].concat()
}

fn put(folder: &Path, seeds: &[&[u8]]) -> Result<()> {
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(number.to_string()), seed)?;
    }
    Ok(())
}

/// Blocks, each with a text and its length behind.
fn tokenizer_inputs(blocks: &[PathBuf], folder: &Path) -> Result<()> {
    let text = "the cat's 12345 hats \n\n <s> \u{df}\u{20ac}".as_bytes();
    let inputs = blocks.iter().map(|block| {
        let block = fs::read(block)?;
        Ok([block.as_slice(), text, &[text.len() as u8]].concat())
    });
    let inputs: Vec<Vec<u8>> = inputs.collect::<Result<_>>()?;
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    put(folder, &inputs)
}

fn copy(files: &[PathBuf], folder: &Path) -> Result<()> {
    for file in files {
        if file.metadata()?.len() <= 2 * MAX_BYTES {
            let name: Vec<_> = file
                .iter()
                .rev()
                .take(2)
                .map(|it| it.to_string_lossy())
                .collect();
            fs::copy(file, folder.join(name.join("-")))?;
        }
    }
    Ok(())
}

/// Files below `folder` with this extension.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The models of the ONNX node tests; none, with a message, where the data is missing.
fn node_models(root: &Path, work: &Path) -> Result<Vec<PathBuf>> {
    let unpacked = work.join("node-tests");
    if !unpacked.exists() {
        let data =
            std::env::var_os("CADET_DATA").map_or(root.join("../shared/data"), PathBuf::from);
        let tests = data.join("onnx-backend-tests");
        let archives = match tests.exists() {
            true => files(&tests, "xz")?,
            false => Vec::new(),
        };
        let Some(archive) = archives.first() else {
            println!(
                "no node tests in {} to start from (set CADET_DATA)",
                tests.display()
            );
            return Ok(Vec::new());
        };
        fs::create_dir_all(&unpacked)?;
        let tar = Command::new("tar")
            .args(["--wildcards", "-xJf"])
            .arg(archive)
            .arg("-C")
            .arg(&unpacked)
            .arg("*.onnx")
            .status()
            .context("cannot start tar")?;
        ensure!(tar.success(), "cannot unpack {}", archive.display());
    }
    let mut models = files(&unpacked, "onnx")?;
    models.retain(|model| model.metadata().is_ok_and(|it| it.len() <= MAX_BYTES));
    Ok(models)
}

/// Packages of those node tests that compile: one of each kind of step, at least.
fn node_packages(root: &Path, work: &Path) -> Result<Vec<PathBuf>> {
    let folder = work.join("node-packages");
    if !folder.exists() {
        let models = node_models(root, work)?;
        let build = work.parent().context("the build folder has a parent")?;
        // As the tests build it: another choice of crates would build tract and burn again, with other features.
        let tests = [
            "test",
            "--quiet",
            "--workspace",
            "--test",
            "cli",
            "--no-run",
        ];
        let made = Command::new(env!("CARGO"))
            .args(tests)
            .current_dir(root)
            .status()?;
        ensure!(made.success(), "cannot build cadet");
        fs::create_dir_all(&folder)?;
        for (number, model) in models.iter().enumerate() {
            // Many are refused: their parameters are inputs.
            Command::new(build.join("debug/cadet"))
                .args(["pack", "--json", "--output"])
                .arg(folder.join(format!("{number}.cadet")))
                .arg(model)
                .output()
                .context("cannot start cadet")?;
        }
    }
    files(&folder, "cadet")
}
