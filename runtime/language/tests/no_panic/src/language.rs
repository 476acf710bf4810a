use cadet_language::{
    Candidate, Constraint, Generation, Language, LanguageError, Limits, PackageModel, Sampler,
    Sampling, Score, Writer,
};
use cadet_runtime::{Kernel, Memory, Package, Session};
use cadet_text::Tokenizer;

/// Where the linker starts to look for what is needed. Which kernels there are is the engine's own test.
#[unsafe(no_mangle)]
fn everything(
    [flash, tokenizer]: [&[u8]; 2],
    (memory, kernels): (Memory<'_>, &[Kernel]),
    (sampling, limits): (&Sampling, &Limits<'_>),
    (candidates, window): (&mut [Candidate], &mut [u32]),
    constraint: &mut dyn Constraint,
    (stops, texts): (&[&str], &[&[u32]]),
    (scores, buffer): (&mut [Score], &mut [u8]),
) -> Result<usize, LanguageError> {
    let session = Session::new(Package::new(flash)?, memory, kernels)?;
    let tokenizer = Tokenizer::new(tokenizer)?;
    let mut language = Language::new(PackageModel::new(session)?);
    for tokens in texts {
        language.feed(tokens)?;
    }
    let mut count = language.logits()?.len() ^ language.room();
    let snapshot = language.snapshot(buffer)?;
    language.rewind(snapshot.position / 2)?;
    language.restore(&snapshot)?;
    language.score(texts, scores)?;
    count ^= scores.iter().filter(|it| it.is_greedy()).count();

    let seed = count as u64;
    let mut sampler = Sampler::new(*sampling, seed, candidates, window)?;
    sampler.observe(texts.first().copied().unwrap_or_default());
    let generation = Generation::new(&mut language, &mut sampler, *limits);
    let mut writer = Writer::new(generation.constrained(constraint), tokenizer, stops)?;
    count ^= writer.part_bytes();
    while let Some(part) = writer.next_text(buffer)? {
        count ^= part.len();
    }
    for part in writer.parts::<256>() {
        count ^= part?.len();
    }
    Ok(count ^ writer.ended().map_or(0, |it| it as usize))
}
