//! The arena over time as a picture: steps from left to right, addresses from bottom to top, a box for each
//! buffer. Of its own, without a script or a file beside it; colours follow the reader's light or dark setting.

use std::fmt::Write;

use cadet_compiler::{BufferReport, Report};

use crate::output::thousands;

/// Height of the arena, and margins around it, in pixels.
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 80.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 190.0;
const RIGHT: f64 = 150.0;
/// Width of a character of a label, on average and on the safe side.
const CHARACTER: f64 = 6.6;
const LINE: f64 = 12.0;
/// Most characters of an operator and a step's name on the axis.
const STEP_NAME: usize = 28;

const STYLE: &str = "\
svg{--back:#fff;--ink:#1b1f24;--faint:#c9ced6;color-scheme:light dark;font:11px system-ui,sans-serif}\
@media(prefers-color-scheme:dark){svg{--back:#15181c;--ink:#e6e9ed;--faint:#3b424b}}\
text{fill:var(--ink)}.back{fill:var(--back)}.grid{stroke:var(--faint)}\
.peak{stroke:#d1242f;stroke-width:1.5}.bound{stroke:#8250df;stroke-width:1.5;stroke-dasharray:5 3}\
.box{fill-opacity:.45;stroke:var(--ink);stroke-opacity:.6}.box:hover{fill-opacity:.8}\
.label{pointer-events:none}.title{font-size:14px;font-weight:600}";

/// Fills that can be told apart beside each other and carry dark and light letters.
const FILLS: [&str; 7] = [
    "#4c8bf5", "#e8853a", "#3fa66b", "#c55bb4", "#b59a2b", "#35a2b3", "#dd6470",
];

/// The memory map of a plan as SVG.
pub(crate) fn svg(report: &Report) -> String {
    let steps = report.steps.len().max(1);
    let map = Map {
        report,
        column: (1000.0 / steps as f64).clamp(26.0, 110.0),
        steps,
        top_bytes: report.arena_bytes.max(1) as f64,
    };
    map.draw()
}

/// The same as a page.
pub(crate) fn html(report: &Report) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{}</title>\n\
         <style>html{{color-scheme:light dark}}body{{margin:1em;overflow-x:auto}}</style>\n{}</html>\n",
        escape(&format!("Memory map of {}", report.model)),
        svg(report)
    )
}

struct Map<'a> {
    report: &'a Report,
    /// Width of a step.
    column: f64,
    steps: usize,
    /// Bytes at the upper edge.
    top_bytes: f64,
}

impl Map<'_> {
    fn x(&self, step: usize) -> f64 {
        LEFT + step as f64 * self.column
    }

    fn y(&self, bytes: usize) -> f64 {
        TOP + HEIGHT * (1.0 - bytes as f64 / self.top_bytes)
    }

    fn draw(&self) -> String {
        let width = self.x(self.steps) + RIGHT;
        let height = TOP + HEIGHT + BOTTOM;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\">\n<style>{STYLE}</style>\n\
             <rect class=\"back\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n"
        );
        self.heading(&mut svg);
        self.axes(&mut svg);
        for (buffer, fill) in self.report.buffers.iter().zip(FILLS.iter().cycle()) {
            self.draw_box(&mut svg, buffer, fill);
        }
        for buffer in &self.report.buffers {
            self.label(&mut svg, buffer);
        }
        // Above the boxes.
        let right = self.x(self.steps);
        for (class, bytes) in [
            ("peak", self.report.arena_bytes),
            ("bound", self.report.arena_lower_bound_bytes),
        ] {
            let y = self.y(bytes);
            let line = format!("x1=\"{LEFT}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"");
            writeln!(svg, "<line class=\"{class}\" {line}/>").expect("a String takes all");
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn heading(&self, svg: &mut String) {
        let report = self.report;
        let bytes = |count: usize| thousands(count as u64);
        text(
            svg,
            (LEFT, 24.0),
            "class=\"title\"",
            &format!(
                "{} ({}): the arena over time",
                report.model, report.precision
            ),
        );
        let legend = [
            ("peak", "arena", report.arena_bytes),
            (
                "bound",
                "lower bound of these steps",
                report.arena_lower_bound_bytes,
            ),
        ];
        let mut x = LEFT;
        for (class, name, count) in legend {
            let label = format!("{name} {} bytes", bytes(count));
            writeln!(
                svg,
                "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{:.1}\" y1=\"42\" y2=\"42\"/>",
                x + 24.0
            )
            .expect("a String takes all");
            text(svg, (x + 30.0, 46.0), "", &label);
            x += 60.0 + label.len() as f64 * CHARACTER;
        }
    }

    fn axes(&self, svg: &mut String) {
        let right = self.x(self.steps);
        for bytes in ticks(self.report.arena_bytes) {
            let y = self.y(bytes);
            writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"
            )
            .expect("a String takes all");
            let place = (LEFT - 8.0, y + 4.0);
            text(svg, place, "text-anchor=\"end\"", &thousands(bytes as u64));
        }
        text(svg, (8.0, TOP - 12.0), "", "address");
        for (index, step) in self.report.steps.iter().enumerate() {
            let (x, y) = (self.x(index) + self.column / 2.0, TOP + HEIGHT + 14.0);
            let name = shorten_front(&step.name, STEP_NAME.saturating_sub(step.op.len()));
            let label = format!("{index} {} {name}", step.op);
            let title = format!("step {index}: {} ({})", step.name, step.kernel);
            writeln!(
                svg,
                "<text transform=\"translate({x:.1} {y:.1}) rotate(55)\"><title>{}</title>{}</text>",
                escape(&title),
                escape(&label)
            )
            .expect("a String takes all");
        }
    }

    fn draw_box(&self, svg: &mut String, buffer: &BufferReport, fill: &str) {
        let x = self.x(buffer.first_step);
        let width = self.x(buffer.last_step + 1) - x;
        let y = self.y(buffer.offset + buffer.bytes);
        let height = (self.y(buffer.offset) - y).max(0.5);
        let title = format!(
            "{}: {} bytes at {} to {}, steps {} to {}",
            buffer.name,
            thousands(buffer.bytes as u64),
            buffer.offset,
            buffer.offset + buffer.bytes,
            buffer.first_step,
            buffer.last_step
        );
        writeln!(
            svg,
            "<rect class=\"box\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"2\" fill=\"{fill}\"><title>{}</title></rect>",
            escape(&title)
        )
        .expect("a String takes all");
    }

    /// Name and size in the part of a box that no later box covers.
    fn label(&self, svg: &mut String, buffer: &BufferReport) {
        let covers = |other: &&BufferReport| {
            other.first_step > buffer.first_step
                && other.offset < buffer.offset + buffer.bytes
                && buffer.offset < other.offset + other.bytes
        };
        let later = self.report.buffers.iter().filter(covers);
        let end = later.map(|other| other.first_step).min();
        let end = end.map_or(buffer.last_step + 1, |step| step.min(buffer.last_step + 1));
        let x = self.x(buffer.first_step);
        let width = self.x(end) - x;
        let y = self.y(buffer.offset + buffer.bytes);
        let height = self.y(buffer.offset) - y;
        let size = thousands(buffer.bytes as u64);
        let is_upright = width >= height || width > 90.0;
        let (along, across) = match is_upright {
            true => (width, height),
            false => (height, width),
        };
        let letters = ((along - 6.0) / CHARACTER) as usize;
        let name = shorten_front(&buffer.name, letters);
        // A part of a number would be another number.
        let size = if size.len() <= letters {
            size
        } else {
            String::new()
        };
        let lines = [name, size].into_iter().zip(1u8..);
        for (line, row) in lines.take(((across - 3.0) / LINE) as usize) {
            let depth = LINE * f64::from(row);
            if is_upright {
                text(svg, (x + 4.0, y + depth), "class=\"label\"", &line);
            } else {
                let (x, y) = (x + depth, y + height - 4.0);
                let turned = format!("class=\"label\" transform=\"rotate(-90 {x:.1} {y:.1})\"");
                text(svg, (x, y), &turned, &line);
            }
        }
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), attributes: &str, content: &str) {
    if !content.is_empty() {
        writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" {attributes}>{}</text>",
            escape(content)
        )
        .expect("a String takes all");
    }
}

/// Round addresses from 0 up to `bytes`, five to ten of them.
fn ticks(bytes: usize) -> impl Iterator<Item = usize> {
    let magnitude = 10usize.pow((bytes / 5).max(1).ilog10());
    let steps = [1, 2, 5, 10].map(|factor| factor * magnitude);
    let step = steps.into_iter().find(|step| bytes / step <= 10);
    (0..=bytes).step_by(step.unwrap_or(10 * magnitude))
}

/// The end of a name, which tells more than its start; empty where not even two characters have room.
fn shorten_front(name: &str, most: usize) -> String {
    let length = name.chars().count();
    match most {
        _ if length <= most => name.to_owned(),
        0..3 => String::new(),
        _ => format!(
            "…{}",
            name.chars().skip(length + 1 - most).collect::<String>()
        ),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no others.
            it if it.is_control() => escaped.push(' '),
            it => escaped.push(it),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_a_few_round_marks() {
        for bytes in [1, 7, 99, 800, 9_216, 55_296, 1_000_000, 123_456_789] {
            let marks: Vec<usize> = ticks(bytes).collect();
            assert!((2..=11).contains(&marks.len()), "{bytes}: {marks:?}");
        }
        assert_eq!(ticks(9_216).take(3).collect::<Vec<_>>(), [0, 1000, 2000]);
    }

    #[test]
    fn names_are_shortened_and_escaped() {
        assert_eq!(shorten_front("conv/relu_1", 7), "…relu_1");
        assert_eq!(shorten_front("conv", 4), "conv");
        assert_eq!(shorten_front("conv", 2), "");
        assert_eq!(escape("<a & \"b\">\n"), "&lt;a &amp; &quot;b&quot;&gt; ");
    }
}
