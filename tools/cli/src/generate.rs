//! Text from a language model.

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cadet_format::Package;
use cadet_host::HostMemory;
use cadet_kernels::Isa;
use cadet_language::{
    Candidate, Ended, Generation, Language, Limits, PackageModel, Sampler, Sampling, Writer,
};
use cadet_runtime::kernels;
use cadet_text::{Cell, Encoding, Tokenizer, scratch_cells};
use serde::Serialize;

use crate::output::{print_line, thousands};

/// Last tokens that the penalty counts.
const PENALTY_WINDOW: usize = 64;

/// What a language model is to write.
#[derive(clap::Args)]
pub(crate) struct GenerateArgs {
    /// Of a language model: what the text begins with
    #[arg(long, conflicts_with_all = ["inputs", "interactive"])]
    prompt: Option<String>,
    /// Of a language model: take a prompt from each line of standard input
    #[arg(long, conflicts_with = "inputs")]
    interactive: bool,
    /// Tokens that are written at most
    #[arg(long, default_value_t = 256)]
    max_tokens: u32,
    /// 0 for the most likely token each time; 1 for each as often as it is likely
    #[arg(long, default_value_t = 0.0)]
    temperature: f32,
    /// Choose from so many of the most likely tokens; 0 for all
    #[arg(long, default_value_t = 0)]
    top_k: u32,
    /// Choose from the fewest most likely tokens that have this share of the likelihood
    #[arg(long, default_value_t = 1.0)]
    top_p: f32,
    /// Choose from tokens at least this share as likely as the most likely one
    #[arg(long, default_value_t = 0.0)]
    min_p: f32,
    /// Make tokens less likely that were among the last 64; 1 for no less
    #[arg(long, default_value_t = 1.0)]
    repetition_penalty: f32,
    /// End the text before this string (repeatable)
    #[arg(long = "stop", value_name = "TEXT")]
    stops: Vec<String>,
}

/// A text and what it took.
#[derive(Serialize)]
struct Report<'a> {
    prompt: &'a str,
    text: String,
    ended: &'static str,
    prompt_tokens: usize,
    tokens: usize,
    prompt_seconds: f64,
    seconds: f64,
    arena_bytes: u32,
    state_bytes: u32,
}

impl GenerateArgs {
    /// Whether a text is asked for.
    pub(crate) fn is_wanted(&self) -> bool {
        self.prompt.is_some() || self.interactive
    }

    /// Writes a text for every prompt.
    pub(crate) fn run(&self, package: Package<'_>, seed: u32, json: bool) -> Result<()> {
        let block = package
            .tokenizer()
            .context("the package has no tokenizer; pack a language model with --tokenizer FILE")?;
        let tokenizer = Tokenizer::new(block)?;
        let header = *package.header();
        let mut memory = HostMemory::for_package(&package);
        let mut session = memory.session_with(package, kernels::ALL)?;
        session.set_isa(Isa::detect());
        let mut language = Language::new(PackageModel::new(session)?);
        let mut write = |prompt: &str| {
            let report = self.write(&mut language, tokenizer, prompt, seed, json)?;
            let report = Report {
                arena_bytes: header.arena_bytes[0],
                state_bytes: header.state_bytes[0],
                ..report
            };
            match json {
                true => print_line(&serde_json::to_string(&report)?),
                false => {
                    eprintln!("\n{}", report.summary());
                    Ok(())
                }
            }
        };
        if let Some(prompt) = &self.prompt {
            return write(prompt);
        }
        for line in std::io::stdin().lock().lines() {
            write(line.context("standard input")?.trim_end())?;
        }
        Ok(())
    }

    fn write<'a>(
        &self,
        language: &mut Language<PackageModel<'_, '_>>,
        tokenizer: Tokenizer<'_>,
        prompt: &'a str,
        seed: u32,
        json: bool,
    ) -> Result<Report<'a>> {
        let tokens = encoded(tokenizer, prompt)?;
        let vocab = tokenizer.token_count() as usize;
        let sampling = Sampling {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
        };
        let mut candidates = vec![Candidate::EMPTY; sampling.candidates(vocab)];
        let mut window = [0; PENALTY_WINDOW];
        let mut sampler = Sampler::new(sampling, seed.into(), &mut candidates, &mut window)?;
        sampler.observe(&tokens);

        let start = Instant::now();
        language.rewind(0)?;
        language.feed(&tokens)?;
        let prompt_time = start.elapsed();
        let before = language.position();
        let limits = Limits {
            max_tokens: self.max_tokens,
            end_tokens: &[],
        };
        let generation = Generation::new(language, &mut sampler, limits);
        let stops: Vec<&str> = self.stops.iter().map(String::as_str).collect();
        let mut writer = Writer::new(generation, tokenizer, &stops)?;
        let mut buffer = vec![0; writer.part_bytes()];
        let mut text = String::new();
        let mut out = std::io::stdout();
        let start = Instant::now();
        while let Some(mut part) = writer.next_text(&mut buffer)? {
            // What follows no word begins with none of its space.
            if prompt.is_empty() && text.is_empty() {
                part = part.strip_prefix(' ').unwrap_or(part);
            }
            text.push_str(part);
            if !json {
                out.write_all(part.as_bytes())?;
                out.flush()?;
            }
        }
        let ended = writer.ended();
        let time = start.elapsed();
        Ok(Report {
            prompt,
            text,
            ended: name(ended),
            prompt_tokens: tokens.len(),
            tokens: language.position() - before,
            prompt_seconds: prompt_time.as_secs_f64(),
            seconds: time.as_secs_f64(),
            arena_bytes: 0,
            state_bytes: 0,
        })
    }
}

/// The tokens of a prompt.
fn encoded(tokenizer: Tokenizer<'_>, prompt: &str) -> Result<Vec<u32>> {
    let mut cells = vec![Cell::EMPTY; scratch_cells(prompt.len())];
    // As many as bytes, and those of the template.
    let mut tokens = vec![0; prompt.len() + 8];
    let count = tokenizer
        .encode(prompt.as_bytes(), Encoding::PROMPT, &mut cells, &mut tokens)
        .context("the prompt")?;
    tokens.truncate(count);
    if tokens.is_empty() {
        bail!("the prompt has no tokens, and the tokenizer begins no text; say something");
    }
    Ok(tokens)
}

fn name(ended: Option<Ended>) -> &'static str {
    match ended {
        Some(Ended::EndToken) => "end token",
        Some(Ended::StopString) => "stop string",
        Some(Ended::MaxTokens) => "max tokens",
        Some(Ended::ContextFull) => "context full",
        None => "not ended",
    }
}

impl Report<'_> {
    fn summary(&self) -> String {
        let rate = |tokens: usize, seconds: f64| {
            let seconds = seconds.max(Duration::from_nanos(1).as_secs_f64());
            thousands((tokens as f64 / seconds) as u64)
        };
        format!(
            "{} tokens, {} a second; prompt {} tokens, {} a second; arena {} bytes, state {}; ended by {}",
            self.tokens,
            rate(self.tokens, self.seconds),
            self.prompt_tokens,
            rate(self.prompt_tokens, self.prompt_seconds),
            thousands(self.arena_bytes.into()),
            thousands(self.state_bytes.into()),
            self.ended
        )
    }
}
