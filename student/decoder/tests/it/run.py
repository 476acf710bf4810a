"""Runs an exported decoder in ONNX Runtime, after the checker of the package onnx has passed it.

usage: run.py MODEL CASES OUTPUT

CASES is JSON: a list of sequences, each a list of steps with input_ids, attention_mask and position_ids.
A sequence starts without a past; each step's keys and values are the next step's past. OUTPUT receives
the logits of all steps as float32, one after the other.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

model_path, cases_path, output_path = sys.argv[1:]
onnx.checker.check_model(model_path, full_check=True)
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
session = onnxruntime.InferenceSession(
    model_path, options, providers=["CPUExecutionProvider"]
)
names = [output.name for output in session.get_outputs()]
pasts = [value for value in session.get_inputs() if value.name.startswith("past")]
with open(cases_path) as file:
    cases = json.load(file)
with open(output_path, "wb") as file:
    for steps in cases:
        batch = len(steps[0]["input_ids"])
        past = {
            value.name: numpy.zeros((batch, value.shape[1], 0, value.shape[3]), numpy.float32)
            for value in pasts
        }
        for step in steps:
            inputs = {name: numpy.array(rows, numpy.int64) for name, rows in step.items()}
            logits, *present = session.run(names, inputs | past)
            past = dict(zip(past, present))
            logits.astype("<f4").tofile(file)
