//! A stream beside the whole window, byte for byte, with every instruction set that the processor has.

use std::collections::HashMap;

use cadet_compiler::{Compiled, Options, PortReport, Stream, compile};
use cadet_kernels::Isa;

use crate::support::{Generator, Machine};

/// Samples that int8 is calibrated with.
const SAMPLES: usize = 4;

/// Frames of an input over time, as bytes: `[outer, frames, inner]`.
struct Tape {
    outer: usize,
    frames: usize,
    inner: usize,
    bytes: Vec<u8>,
}

impl Tape {
    /// Random frames for an input whose whole window has the shape of `port`, which lies in ONNX's order.
    fn random(port: &PortReport, axis: usize, frames: usize, random: &mut Generator) -> Tape {
        let element = if port.dtype == "f32" { 4 } else { 1 };
        let outer = port.shape[..axis].iter().product();
        let inner = port.shape[axis + 1..].iter().product::<usize>();
        let count = outer * frames * inner;
        let bytes = (0..count).flat_map(|_| match element {
            4 => random.normal().to_le_bytes().to_vec(),
            _ => vec![(random.uniform() * 256.0) as u8],
        });
        Tape {
            outer,
            frames,
            inner: inner * element,
            bytes: bytes.collect(),
        }
    }

    /// Some of the frames, in the same order.
    fn cut(&self, start: usize, count: usize) -> Vec<u8> {
        part(
            &self.bytes,
            [self.outer, self.frames, self.inner],
            start,
            count,
        )
    }
}

/// Elements `start..start + count` along the middle dimension.
fn part(bytes: &[u8], [outer, extent, inner]: [usize; 3], start: usize, count: usize) -> Vec<u8> {
    assert_eq!(bytes.len(), outer * extent * inner);
    assert!(start + count <= extent, "{start} + {count} of {extent}");
    (0..outer)
        .flat_map(|row| &bytes[(row * extent + start) * inner..][..count * inner])
        .copied()
        .collect()
}

/// What is compared.
pub(crate) struct Case<'a> {
    /// The model over so many frames.
    pub(crate) model: &'a dyn Fn(usize) -> Vec<u8>,
    /// Frames of the whole window.
    pub(crate) frames: usize,
    /// The axis of time of its only input.
    pub(crate) axis: usize,
    /// Whether nothing depends on where a window starts: no padding along time, and no recurrent state.
    pub(crate) shifts: bool,
}

impl Case<'_> {
    fn stream(&self, hop: Option<usize>) -> Option<Stream> {
        Some(Stream {
            axes: [("x".into(), self.axis)].into(),
            hop,
        })
    }

    /// Floats and int8, with the least hop and some others. Gives the reports of the float packages with the least.
    pub(crate) fn check(&self) -> [Compiled; 2] {
        let float = self.check_as(&Options::float(), &[1, 2, 3]);
        let elements: usize = float[0].report.inputs[0].shape.iter().product();
        let mut random = Generator::new(11);
        let mut sample = || (0..elements).map(|_| random.normal()).collect();
        let samples = (0..SAMPLES).map(|_| sample()).collect();
        self.check_as(&Options::int8(samples), &[1, 2]);
        float
    }

    /// With these options, and these multiples of the least hop. Gives the whole and the least streamed package.
    pub(crate) fn check_as(&self, options: &Options, hops: &[usize]) -> [Compiled; 2] {
        let onnx = (self.model)(self.frames);
        let whole = compile(&onnx, options).unwrap();
        let streamed = |hop: Option<usize>| {
            let stream = self.stream(hop);
            let options = Options {
                stream,
                ..options.clone()
            };
            compile(&onnx, &options).unwrap()
        };
        let least = streamed(None);
        let hop = least.report.stream.as_ref().unwrap().hop;
        for multiple in hops {
            let streamed = streamed(Some(multiple * hop));
            for isa in Isa::all() {
                self.compare(&whole, &streamed, isa);
            }
        }
        [whole, least]
    }

    fn compare(&self, whole: &Compiled, streamed: &Compiled, isa: Isa) {
        let report = streamed.report.stream.as_ref().unwrap();
        assert_eq!(report.frames, self.frames);
        let runs = self.frames.div_ceil(report.hop) + 7;
        let mut random = Generator::new(3);
        let length = runs * report.hop + 2 * self.frames;
        let tape = Tape::random(&whole.report.inputs[0], self.axis, length, &mut random);
        let mut machine = Machine::with_isa(streamed, isa);
        let given: Vec<Vec<Vec<u8>>> = machine.with_session(|session| {
            let mut stream = || {
                session.reset_state();
                let run = |run| {
                    let frames = tape.cut(run * report.hop, report.hop);
                    session.write_input(0, 0, &frames).unwrap();
                    session.run(0).unwrap();
                    let outputs = 0..report.outputs.len();
                    outputs
                        .map(|i| session.output(0, i).unwrap().to_vec())
                        .collect()
                };
                (0..runs).map(run).collect()
            };
            let first: Vec<Vec<Vec<u8>>> = stream();
            assert_eq!(stream(), first, "a reset leads back to the start");
            let memory = cadet_host::measure_memory(session.package()).unwrap();
            assert!(memory.arena.guards_intact && memory.state.guards_intact);
            assert_eq!(memory.state.promised as usize, streamed.report.state_bytes);
            first
        });
        let mut windows = Windows {
            machine: Machine::with_isa(whole, isa),
            tape: &tape,
            frames: self.frames,
            known: HashMap::new(),
        };
        let mut compared = 0;
        for (run, outputs) in given.iter().enumerate() {
            for (index, output) in report.outputs.iter().enumerate() {
                let given = &outputs[index];
                let first = (run * output.elements).checked_sub(output.before);
                assert_eq!(
                    run >= output.first_run(),
                    first.is_some() || output.skipped() > 0 && run == output.first_run()
                );
                let Some(axis) = output.axis else {
                    let Some(number) = first else { continue };
                    let start = output.first_frame + number * report.hop;
                    if start == 0 || self.shifts {
                        assert_eq!(
                            windows.output(start, index),
                            &given[..],
                            "{} in run {run}",
                            output.name
                        );
                        compared += 1;
                    }
                    continue;
                };
                let shape = &whole.report.outputs[index].shape;
                let extent = shape[axis];
                let outer: usize = shape[..axis].iter().product();
                for place in 0..output.elements {
                    let Some(number) = (run * output.elements + place).checked_sub(output.before)
                    else {
                        continue;
                    };
                    let inner = given.len() / (outer * output.elements);
                    let found = part(given, [outer, output.elements, inner], place, 1);
                    let mut starts = Vec::new();
                    if number < extent {
                        starts.push(0);
                    }
                    if self.shifts {
                        // First and last of a window.
                        starts.push(number);
                        starts.extend(number.checked_sub(extent - 1));
                    }
                    for start in starts {
                        let all = windows.output(start * output.stride, index);
                        let wanted = part(all, [outer, extent, inner], number - start, 1);
                        assert_eq!(
                            found, wanted,
                            "{} {number} in run {run}, window {start}",
                            output.name
                        );
                        compared += 1;
                    }
                }
            }
        }
        // A window that begins with a later frame may have none beside it.
        let is_sure = self.shifts || report.outputs.iter().any(|it| it.axis.is_some());
        assert!(!is_sure || compared > 0, "nothing was compared");
    }
}

/// Outputs of the whole window, by its first frame.
struct Windows<'a> {
    machine: Machine<'a>,
    tape: &'a Tape,
    frames: usize,
    known: HashMap<usize, Vec<Vec<u8>>>,
}

impl Windows<'_> {
    fn output(&mut self, start: usize, index: usize) -> &[u8] {
        let (machine, tape, frames) = (&mut self.machine, self.tape, self.frames);
        let outputs = self.known.entry(start).or_insert_with(|| {
            machine.with_session(|session| {
                session.write_input(0, 0, &tape.cut(start, frames)).unwrap();
                session.run(0).unwrap();
                let count = session.package().outputs(0).unwrap().len();
                let outputs = 0..count;
                outputs
                    .map(|i| session.output(0, i).unwrap().to_vec())
                    .collect()
            })
        });
        &outputs[index]
    }
}
