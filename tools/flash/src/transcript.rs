use crate::{Execution, FlashError, OutputTensor};
use cadet_format::protocol::{
    Finish, Message, OutputChunk, Start, StepResult, StepStack, StepTime,
};

/// The firmware's messages, sorted.
#[derive(Default)]
pub(crate) struct Transcript {
    pub(crate) start: Option<Start>,
    pub(crate) results: Vec<StepResult>,
    pub(crate) outputs: Vec<OutputTensor>,
    pub(crate) times: Vec<StepTime>,
    pub(crate) stacks: Vec<StepStack>,
    pub(crate) finish: Option<Finish>,
}

impl Transcript {
    /// Finds the messages in what the firmware wrote. What is no message, such as one cut off by a crash, is
    /// passed over.
    ///
    /// # Errors
    /// [`FlashError::Device`] where the board reports a failure.
    pub(crate) fn read(execution: &Execution) -> Result<Self, FlashError> {
        let mut transcript = Self::default();
        for frame in execution.stdout.split(|&byte| byte == 0) {
            match Message::decode(&mut frame.to_vec()) {
                Some(Message::Start(start)) => transcript.start = Some(start),
                Some(Message::Result(result)) => transcript.results.push(result),
                Some(Message::Output(chunk)) => transcript.add_output(&chunk),
                Some(Message::Time(time)) => transcript.times.push(time),
                Some(Message::Stack(stack)) => transcript.stacks.push(stack),
                Some(Message::Finish(finish)) => transcript.finish = Some(finish),
                Some(Message::Failure(failure)) => {
                    return Err(FlashError::Device { code: failure.code });
                }
                None => {}
            }
        }
        Ok(transcript)
    }

    fn add_output(&mut self, chunk: &OutputChunk) {
        let same = |it: &&mut OutputTensor| {
            (it.vector, it.program, it.output) == (chunk.vector, chunk.program, chunk.output)
        };
        match self.outputs.last_mut().filter(same) {
            Some(output) => output.bytes.extend(&chunk.bytes),
            None => self.outputs.push(OutputTensor {
                vector: chunk.vector,
                program: chunk.program,
                output: chunk.output,
                bytes: chunk.bytes.to_vec(),
            }),
        }
    }
}
