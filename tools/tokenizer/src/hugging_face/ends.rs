//! Post-processors: which tokens go around a text.

use super::json::At;
use crate::{Error, Source};

pub(super) fn read(post_processor: At<'_>, source: &mut Source) -> Result<(), Error> {
    for step in post_processor.steps("processors")? {
        match step.kind()? {
            // It only trims what tokens say of their places.
            "ByteLevel" => {}
            "TemplateProcessing" => read_template(&step, source)?,
            "RobertaProcessing" | "BertProcessing" => {
                source.before.push(second(&step.get("cls"))?);
                source.after.push(second(&step.get("sep"))?);
            }
            kind => {
                let advice = "use TemplateProcessing";
                return Err(step.refuse(format!("the post-processor {kind}"), advice));
            }
        }
    }
    let count = source.pieces.len() as u32;
    let mut around = source.before.iter().chain(&source.after);
    if let Some(token) = around.find(|&&token| token >= count) {
        let what = format!("token {token} does not exist");
        return Err(Error::malformed(post_processor.path(), what));
    }
    source.bos = source.before.first().copied();
    source.eos = source.after.last().copied();
    Ok(())
}

/// The number in a pair of a name and a number.
fn second(pair: &At<'_>) -> Result<u32, Error> {
    let list = pair.list()?;
    let number = list
        .get(1)
        .ok_or_else(|| pair.wrong("a name and a number"))?;
    number.token()
}

fn read_template(step: &At<'_>, source: &mut Source) -> Result<(), Error> {
    let mut is_after = false;
    for part in step.get("single").list()? {
        let special = part.get("SpecialToken");
        if special.is_null() {
            if part.get("Sequence").get("id").str()? != "A" || is_after {
                return Err(part.wrong("the text, once"));
            }
            is_after = true;
            continue;
        }
        let name = special.get("id").str()?;
        let ids = step.get("special_tokens").get(name).get("ids").list()?;
        let tokens = ids
            .iter()
            .map(At::token)
            .collect::<Result<Vec<u32>, Error>>()?;
        match is_after {
            false => source.before.extend(tokens),
            true => source.after.extend(tokens),
        }
    }
    match is_after {
        true => Ok(()),
        false => Err(step.get("single").wrong("a template with the text in it")),
    }
}
