"""Text that an exported decoder writes in ONNX Runtime, taking the likeliest token each time.

usage: greedy.py MODEL TOKENIZER COUNT

TOKENIZER is llama2.c's: an int32, then for each token a float32 score, an int32 length and its bytes.
The text of COUNT tokens after the one that begins sequences goes to the standard output.
"""

import re
import struct
import sys

import numpy
import onnxruntime

model_path, tokenizer_path, count = sys.argv[1:]
session = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
past = {
    value.name: numpy.zeros((1, value.shape[1], 0, value.shape[3]), numpy.float32)
    for value in session.get_inputs()
    if value.name.startswith("past")
}
properties = session.get_modelmeta().custom_metadata_map
begin = int(properties["cadet.decoder.bos_token_id"])

with open(tokenizer_path, "rb") as file:
    data = file.read()
pieces, at = [], 4
while at < len(data):
    (length,) = struct.unpack_from("<i", data, at + 4)
    pieces.append(data[at + 8 : at + 8 + length])
    at += 8 + length

text, token = [], begin
for position in range(int(count)):
    inputs = {
        "input_ids": numpy.array([[token]], numpy.int64),
        "attention_mask": numpy.ones((1, position + 1), numpy.int64),
        "position_ids": numpy.array([[position]], numpy.int64),
    }
    logits, *present = session.run(names, inputs | past)
    past = dict(zip(past, present))
    previous, token = token, int(logits[0, -1].argmax())
    if token == begin:
        break
    piece = pieces[token]
    # Sequences begin without a space, and tokens such as <0x0A> stand for a byte.
    if previous == begin:
        piece = piece.removeprefix(b" ")
    if byte := re.fullmatch(rb"<0x([0-9A-F]{2})>", piece):
        piece = bytes([int(byte[1], 16)])
    text.append(piece)
sys.stdout.buffer.write(b"".join(text))
