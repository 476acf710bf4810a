//! Pre-tokenizers: where a text is cut into words. Expressions are recognised, not run.

use cadet_text::format::{isolate, prefix, splitter};

use super::Traits;
use super::json::At;
use crate::Error;

/// Known expressions: what they are here, and the most digits of a word.
const EXPRESSIONS: &[(&str, u8, u8)] = &[
    (
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        splitter::GPT2,
        0,
    ),
    (
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        splitter::GPT2,
        0,
    ),
    // Llama 3.
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        splitter::CL100K,
        3,
    ),
    // Qwen 2 and 3.
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        splitter::CL100K,
        1,
    ),
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        splitter::CL100K,
        0,
    ),
    // cl100k_base of tiktoken: other words for the same.
    (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
        splitter::CL100K,
        3,
    ),
];

const ADVICE: &str = "use ByteLevel, Metaspace, Digits before ByteLevel, or Split by an expression of GPT-2, Llama 3 or Qwen 2 before ByteLevel";

pub(super) fn read(pre_tokenizer: At<'_>, traits: &mut Traits) -> Result<(), Error> {
    for step in pre_tokenizer.steps("pretokenizers")? {
        let is_done = traits.is_byte_level;
        match step.kind()? {
            "Digits"
                if !is_done && traits.splitter.is_none() && traits.isolate == isolate::NONE =>
            {
                traits.isolate = match step.get("individual_digits").bool_or(false)? {
                    true => isolate::EACH,
                    false => isolate::RUNS,
                };
            }
            "Split" if !is_done && traits.splitter.is_none() => read_split(&step, traits)?,
            "ByteLevel" if !is_done && !traits.has_marks => read_byte_level(&step, traits)?,
            "Metaspace" if !is_done && traits.splitter.is_none() => read_metaspace(&step, traits)?,
            kind => {
                return Err(step.refuse(format!("the pre-tokenizer {kind} at this place"), ADVICE));
            }
        }
    }
    let is_cut =
        traits.isolate != isolate::NONE || traits.splitter.is_some_and(|it| it >= splitter::GPT2);
    match is_cut && !traits.is_byte_level {
        true => Err(pre_tokenizer.refuse("an expression or Digits without ByteLevel", ADVICE)),
        false => Ok(()),
    }
}

fn read_split(step: &At<'_>, traits: &mut Traits) -> Result<(), Error> {
    // Spaces are no more: it cuts nothing.
    if step.pattern("String") == Some(" ") && traits.has_marks {
        return Ok(());
    }
    let text = step.pattern("Regex").unwrap_or_default();
    let known = EXPRESSIONS.iter().find(|(known, _, _)| *known == text);
    let Some(&(_, splitter, digits)) = known else {
        return Err(step.get("pattern").refuse("an unknown expression", ADVICE));
    };
    // The expressions match everywhere: what is between matches is nothing.
    let inverted = step.get("invert").bool_or(false)?;
    match (step.get("behavior").str()?, inverted) {
        ("Isolated", _) | ("Removed", true) => {}
        (behavior, _) => {
            let advice = "use `Isolated`";
            return Err(step.get("behavior").refuse(format!("`{behavior}`"), advice));
        }
    }
    (traits.splitter, traits.digits) = (Some(splitter), digits);
    Ok(())
}

fn read_byte_level(step: &At<'_>, traits: &mut Traits) -> Result<(), Error> {
    let has_expression = step.get("use_regex").bool_or(true)?;
    let has_prefix = step.get("add_prefix_space").bool_or(true)?;
    if has_prefix {
        if traits.splitter.is_some() || traits.isolate != isolate::NONE {
            let advice = "set it to false";
            return Err(step
                .get("add_prefix_space")
                .refuse("a space before each word", advice));
        }
        traits.prefix = prefix::UNLESS_SPACE;
    }
    if has_expression {
        if traits.splitter.is_some() {
            let advice = "set it to false: Split has cut the words already";
            return Err(step.get("use_regex").refuse("cutting twice", advice));
        }
        traits.splitter = Some(splitter::GPT2);
    }
    traits.is_byte_level = true;
    Ok(())
}

fn read_metaspace(step: &At<'_>, traits: &mut Traits) -> Result<(), Error> {
    if step.get("replacement").str()? != "\u{2581}" {
        return Err(step
            .get("replacement")
            .refuse("another character than U+2581", "use that"));
    }
    let scheme = match step.get("prepend_scheme") {
        scheme if scheme.is_null() => match step.get("add_prefix_space").bool_or(true)? {
            true => "always",
            false => "never",
        },
        scheme => scheme.str()?,
    };
    match scheme {
        "always" => traits.prefix = prefix::UNLESS_SPACE,
        "first" => traits.prefix = prefix::FIRST_UNLESS_SPACE,
        "never" => {}
        _ => return Err(step.get("prepend_scheme").wrong("always, first or never")),
    }
    traits.has_marks = true;
    if step.get("split").bool_or(true)? {
        traits.splitter = Some(splitter::SPACES);
    }
    Ok(())
}
