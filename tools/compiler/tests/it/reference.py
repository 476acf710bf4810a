"""Runs an ONNX model in ONNX Runtime and writes the values of every tensor.

usage: reference.py MODEL INPUTS OUTPUT

INPUTS holds float32 inputs, one run after the other. OUTPUT.json names the tensors, OUTPUT.bin holds
their float32 values in that order, one run after the other. Optimisations are off, so that every tensor
of the model exists; the first dimension, where it is dynamic, is 1.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

model_path, inputs_path, output_path = sys.argv[1:]
model = onnx.load(model_path)
graph = model.graph
constants = {tensor.name for tensor in graph.initializer}
(graph_input,) = [value for value in graph.input if value.name not in constants]
shape = [d.dim_value or 1 for d in graph_input.type.tensor_type.shape.dim]
names = [name for node in graph.node for name in node.output if name]
del graph.output[:]
graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)

options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
options.log_severity_level = 3
session = onnxruntime.InferenceSession(
    model.SerializeToString(), options, providers=["CPUExecutionProvider"]
)
inputs = numpy.fromfile(inputs_path, dtype="<f4").reshape([-1] + shape)
with open(output_path + ".bin", "wb") as file:
    for sample in inputs:
        for value in session.run(names, {graph_input.name: sample}):
            value.astype("<f4").tofile(file)
values = session.run(names, {graph_input.name: inputs[0]})
tensors = [{"name": name, "len": int(value.size)} for name, value in zip(names, values)]
with open(output_path + ".json", "w") as file:
    json.dump(tensors, file)
