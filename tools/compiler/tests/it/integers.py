"""Every int8 tensor of a quantised model, as a reference runtime computes it.

usage: integers.py MODEL INPUTS OUTPUT

MODEL is ONNX (run by ONNX Runtime, which fuses it into its own integer kernels) or tflite (run by LiteRT's
reference kernels). INPUTS holds int8 samples one after the other. Writes OUTPUT.json, a list of
{"name", "len"}, and OUTPUT.bin, the tensors' int8 values in that order, sample by sample.
"""

import json
import sys

import numpy as np


def run_onnx(path, inputs):
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    model = onnx.load(path)
    shape = [d.dim_value or 1 for d in model.graph.input[0].type.tensor_type.shape.dim]
    inferred = onnx.shape_inference.infer_shapes(model)
    integers = [v.name for v in inferred.graph.value_info if v.type.tensor_type.elem_type == TensorProto.INT8]
    computed = {name for node in model.graph.node for name in node.output}
    names = [name for name in integers if name in computed]
    model.graph.output.extend(helper.make_tensor_value_info(n, TensorProto.INT8, None) for n in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    feed = session.get_inputs()[0].name
    for sample in inputs.reshape(-1, int(np.prod(shape))):
        yield names, session.run(None, {feed: sample.reshape(shape)})


def run_tflite(path, inputs):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        path,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    written = {i for op in interpreter._get_ops_details() for i in op["outputs"]}
    details = [d for d in interpreter.get_tensor_details() if d["dtype"] == np.int8 and d["index"] in written]
    names = [d["name"] for d in details]
    for sample in inputs.reshape(-1, int(np.prod(entry["shape"]))):
        interpreter.set_tensor(entry["index"], sample.reshape(entry["shape"]))
        interpreter.invoke()
        yield names, [interpreter.get_tensor(d["index"]) for d in details]


def main(model, inputs, output):
    run = run_tflite if model.endswith(".tflite") else run_onnx
    rows = list(run(model, np.fromfile(inputs, dtype=np.int8)))
    names, first = rows[0]
    with open(output + ".json", "w") as file:
        json.dump([{"name": n, "len": int(v.size)} for n, v in zip(names, first)], file)
    with open(output + ".bin", "wb") as file:
        for _, values in rows:
            for value in values:
                file.write(np.ascontiguousarray(value, dtype=np.int8).tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
