//! The way to the host.

use crate::semihosting::{HostStdout, exit};
use cadet_format::protocol::{MAX_FRAME_BYTES, Message, OUTPUT_CHUNK_BYTES, OutputChunk};
use heapless::Vec;

pub struct Host {
    stdout: HostStdout,
    frame: [u8; MAX_FRAME_BYTES],
}

impl Host {
    pub fn open() -> Self {
        Self {
            stdout: HostStdout::open(),
            frame: [0; MAX_FRAME_BYTES],
        }
    }

    /// Sends `message`, or ends the program: without its report it has no purpose.
    pub fn send(&mut self, message: &Message) {
        match message.encode(&mut self.frame) {
            Ok(frame) => self.stdout.write(frame),
            Err(_) => exit(1),
        }
    }

    pub fn send_output(&mut self, vector: u32, program: u32, output: u16, bytes: &[u8]) {
        for chunk in bytes.chunks(OUTPUT_CHUNK_BYTES) {
            self.send(&Message::Output(OutputChunk {
                vector,
                program,
                output,
                bytes: Vec::from_slice(chunk).unwrap_or_default(),
            }));
        }
    }
}
