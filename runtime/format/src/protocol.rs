//! What a board tells its host: postcard messages in COBS frames, so that a zero byte ends each of them
//! and any byte stream can carry them.

use heapless::{String, Vec};
use serde::{Deserialize, Serialize};

/// Both sides refuse any other version.
pub const PROTOCOL_VERSION: u16 = 2;
/// Most output bytes in one message.
pub const OUTPUT_CHUNK_BYTES: usize = 128;
/// A buffer of this length holds every message in its frame.
pub const MAX_FRAME_BYTES: usize = 192;

/// One message from board to host. A run is one `Start`, then `Result`s and `Output`s, then `Time`s and
/// `Stack`s, then `Finish`; a `Failure` ends it at any point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// The firmware has started.
    Start(Start),
    /// What a step made of a golden vector.
    Result(StepResult),
    /// Part of an output tensor.
    Output(OutputChunk),
    /// How long a step took.
    Time(StepTime),
    /// All went to the end.
    Finish(Finish),
    /// The run stopped.
    Failure(Failure),
    /// How much stack a step took.
    Stack(StepStack),
}

/// Who speaks, about which package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// [`PROTOCOL_VERSION`] of the firmware.
    pub protocol: u16,
    /// Name of the board, as in `targets/`.
    pub board: String<32>,
    /// The package's CRC field.
    pub package_crc: u32,
    /// Whether the golden CRCs hold on every target.
    pub is_exact: bool,
    /// What [`StepTime::ticks`] counts.
    pub clock: Clock,
}

/// What a tick is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Clock {
    /// A cycle of the core's clock.
    Cycles,
    /// This many instructions of an emulator that counts instructions instead of time.
    Instructions(u32),
}

/// What one step made of one golden vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// Index of the golden vector.
    pub vector: u32,
    /// Index of the step, counted over all programs.
    pub step: u32,
    /// CRC-32 of the step's output bytes.
    pub crc: u32,
    /// Whether `crc` is the package's.
    pub matches: bool,
}

/// How long one step took, alone: no check runs within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTime {
    /// Index of the step, counted over all programs.
    pub step: u32,
    /// Ticks that it took.
    pub ticks: u32,
}

/// How much stack one step took, alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepStack {
    /// Index of the step, counted over all programs.
    pub step: u32,
    /// Bytes below the stack of who called the session.
    pub stack_bytes: u32,
}

/// Part of an output tensor; parts come in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputChunk {
    /// Index of the golden vector.
    pub vector: u32,
    /// Index of the program.
    pub program: u32,
    /// Index of the output among the program's.
    pub output: u16,
    /// The bytes, as they lie in memory.
    pub bytes: Vec<u8, OUTPUT_CHUNK_BYTES>,
}

/// What the whole run needed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finish {
    /// The arena.
    pub arena: MemoryUse,
    /// The state.
    pub state: MemoryUse,
    /// Stack that one inference needs below its caller's, in bytes.
    pub stack_bytes: u32,
}

/// A buffer's promised and measured use. Measured by painting: the buffer and guard zones on both sides are
/// filled with a pattern, and again with another one, and what differs after a run was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryUse {
    /// Bytes that the package asks for.
    pub promised: u32,
    /// Highest byte touched under either pattern, plus one.
    pub touched: u32,
    /// Whether the guard zones kept their pattern.
    pub guards_intact: bool,
}

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Code of an [`Error`](crate::Error).
    pub code: u16,
}

impl Message {
    /// Encodes this message as a frame at the start of `buffer`, its closing zero byte included.
    ///
    /// # Errors
    /// [`crate::Error::WrongShape`] if `buffer` is shorter than [`MAX_FRAME_BYTES`] and the frame does not
    /// fit.
    pub fn encode<'a>(&self, buffer: &'a mut [u8]) -> Result<&'a [u8], crate::Error> {
        match postcard::to_slice_cobs(self, buffer) {
            Ok(frame) => Ok(frame),
            Err(_) => Err(crate::Error::WrongShape),
        }
    }

    /// Decodes one frame, with or without its closing zero byte; `None` if it is no message. Overwrites
    /// `frame`.
    pub fn decode(frame: &mut [u8]) -> Option<Message> {
        postcard::from_bytes_cobs(frame).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn round_trip(message: &Message) -> usize {
        let mut buffer = [0; MAX_FRAME_BYTES];
        let length = message.encode(&mut buffer).unwrap().len();
        assert_eq!(buffer[length - 1], 0);
        assert!(!buffer[..length - 1].contains(&0));
        assert_eq!(
            Message::decode(&mut buffer[..length]).as_ref(),
            Some(message)
        );
        length
    }

    #[test]
    fn the_longest_messages_fit_a_frame() {
        let memory = MemoryUse {
            promised: u32::MAX,
            touched: u32::MAX,
            guards_intact: true,
        };
        let messages = [
            Message::Start(Start {
                protocol: u16::MAX,
                board: "x".repeat(32).as_str().try_into().unwrap(),
                package_crc: u32::MAX,
                is_exact: true,
                clock: Clock::Instructions(u32::MAX),
            }),
            Message::Output(OutputChunk {
                vector: u32::MAX,
                program: u32::MAX,
                output: u16::MAX,
                bytes: Vec::from_slice(&[0; OUTPUT_CHUNK_BYTES]).unwrap(),
            }),
            Message::Finish(Finish {
                arena: memory,
                state: memory,
                stack_bytes: u32::MAX,
            }),
        ];
        for message in &messages {
            round_trip(message);
        }
    }

    #[test]
    fn a_short_buffer_is_an_error() {
        let message = Message::Failure(Failure { code: 301 });
        assert_eq!(message.encode(&mut [0; 2]), Err(crate::Error::WrongShape));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_decode_without_panic(mut bytes: std::vec::Vec<u8>) {
            let _ = Message::decode(&mut bytes);
        }

        #[test]
        fn results_survive_the_way(vector: u32, step: u32, crc: u32, matches: bool) {
            round_trip(&Message::Result(StepResult { vector, step, crc, matches }));
        }

        #[test]
        fn times_and_stacks_survive_the_way(step: u32, count: u32) {
            round_trip(&Message::Time(StepTime { step, ticks: count }));
            round_trip(&Message::Stack(StepStack { step, stack_bytes: count }));
        }
    }
}
