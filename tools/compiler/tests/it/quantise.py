"""Quantises a small net in every way that ONNX Runtime's static quantiser knows, and runs the results.

usage: quantise.py FOLDER

Writes for each way NAME.onnx, NAME.json, a list of {"name", "len"}, and NAME.bin: the values of these tensors in
ONNX Runtime, sample by sample, uint8 ones less 128. A tensor of integers behind a float input or before a float
output goes by the name of that input or output. Prints the names.
"""

import itertools
import json
import logging
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

SHAPE = (1, 3, 12, 12)
SAMPLES = 24


class Net:
    """A graph under construction, with seeded weights."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants = [], []

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weights(self, name, *shape):
        fan_in = max(1, int(np.prod(shape[1:])))
        values = self.random.normal(size=shape) * (2.0 / fan_in) ** 0.5
        # Channels of different magnitudes tell scales per channel from one scale.
        values *= self.random.uniform(0.4, 1.2, size=(shape[0],) + (1,) * (len(shape) - 1))
        return self.constant(name, values.astype(np.float32))

    def node(self, op, output, *inputs, **attributes):
        self.nodes.append(helper.make_node(op, list(inputs), [output], output, **attributes))
        return output

    def conv(self, name, x, o, i, k, group=1, **attributes):
        w = self.weights(f"{name}.w", o, i // group, k, k)
        b = self.constant(f"{name}.b", self.random.normal(size=o).astype(np.float32) * 0.1)
        return self.node("Conv", name, x, w, b, kernel_shape=[k, k], pads=[k // 2] * 4, group=group, **attributes)

    def model(self, outputs):
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, None) for y in outputs],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model)


def net():
    n = Net(5)
    relu = n.node("Relu", "relu", n.conv("conv", "x", 8, 3, 3))
    zero, six = n.constant("zero", np.float32(0)), n.constant("six", np.float32(6))
    clip = n.node("Clip", "clip", n.conv("depthwise", relu, 8, 8, 3, group=8), zero, six)
    block = n.node("Add", "add", n.conv("pointwise", clip, 8, 8, 1), relu)
    pooled = n.node("MaxPool", "max", block, kernel_shape=[2, 2], strides=[2, 2])
    mean = n.node("AveragePool", "mean", block, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    gate = n.node("Sigmoid", "sigmoid", n.conv("gate", mean, 8, 8, 1))
    scaled = n.node("Mul", "mul", pooled, gate)
    both = n.node("Concat", "concat", scaled, mean, axis=1)
    leaky = n.node("LeakyRelu", "leaky", n.conv("grouped", both, 8, 16, 3, group=2), alpha=0.125)
    swish = n.node("HardSwish", "swish", leaky)
    sizes = n.constant("sizes", np.array([1, 1, 2, 2], np.float32))
    large = n.node("Resize", "resize", swish, "", sizes, mode="nearest")
    w = n.weights("up.w", 8, 4, 2, 2)
    up = n.node("ConvTranspose", "up", swish, w, kernel_shape=[2, 2], strides=[2, 2])
    down = n.node("Concat", "down", large, up, axis=1)
    pads = n.constant("pads", np.array([0, 0, 1, 0, 0, 0, 0, 1]))
    padded = n.node("Pad", "pad", n.conv("last", down, 6, 12, 3, strides=[2, 2]), pads)
    masks = n.constant("mask", n.random.uniform(size=(1, 1, 7, 7)) < 0.5)
    chosen = n.node("Where", "where", masks, padded, n.node("Neg", "neg", padded))
    shape = n.constant("shape", np.array([1, 6, 49]))
    rows = n.node("Reshape", "rows", chosen, shape)
    columns = n.node("Transpose", "columns", rows, perm=[0, 2, 1])
    gram = n.node("MatMul", "gram", rows, columns)
    attention = n.node("Softmax", "attention", gram, axis=-1)
    mixed = n.node("MatMul", "mixed", attention, rows)
    projected = n.node("MatMul", "projected", mixed, n.weights("projection.w", 49, 20))
    one = n.constant("one", n.random.normal(size=20).astype(np.float32))
    shifted = n.node("Add", "shifted", projected, one)
    flat = n.node("Flatten", "flat", shifted)
    w, b = n.weights("gemm.w", 10, 120), n.weights("gemm.b", 10)
    scores = n.node("Gemm", "gemm", flat, w, b, transB=1)
    y = n.node("Softmax", "y", scores, axis=-1)
    features = n.node("Flatten", "features", n.node("GlobalAveragePool", "global", large))
    z = n.node("Gemm", "z", features, n.weights("z.w", 8, 4), n.weights("z.b", 4))
    return n.model([y, z])


class Exported(Net):
    """The patterns of PyTorch's exporter: constants in floats behind a pair of conversions or, where they are
    biases, as they are; activations in uint8, which a clip narrows where the range is reduced."""

    def __init__(self, seed, narrow):
        super().__init__(seed)
        self.narrow = narrow

    def fake(self, x, low, high):
        """`QuantizeLinear`, a clip where the range is narrow, `DequantizeLinear`."""
        scale = np.float32((high - low) / (127 if self.narrow else 255))
        return self.converted(x, scale, np.uint8(round(-low / scale)), self.narrow)

    def fake_weights(self, name, *shape):
        w = self.weights(name, *shape)
        values = numpy_helper.to_array(self.constants[-1])
        scales = np.abs(values).reshape(shape[0], -1).max(axis=1) / 127
        points = np.zeros(shape[0], np.int8)
        return self.converted(w, scales.astype(np.float32), points, False, axis=0)

    def converted(self, x, scale, point, narrow, **attributes):
        parts = [self.constant(f"{x}.scale", scale), self.constant(f"{x}.point", point)]
        q = self.node("QuantizeLinear", f"{x}.q", x, *parts, **attributes)
        if narrow:
            q = self.node("Clip", f"{x}.c", q, "", self.constant(f"{x}.most", np.uint8(127)))
        return self.node("DequantizeLinear", f"{x}.dq", q, *parts, **attributes)

    def conv(self, name, x, o, i, k, group=1, **attributes):
        w = self.fake_weights(f"{name}.w", o, i // group, k, k)
        b = self.constant(f"{name}.b", self.random.normal(size=o).astype(np.float32) * 0.1)
        return self.node("Conv", name, x, w, b, kernel_shape=[k, k], pads=[k // 2] * 4, group=group, **attributes)

    def linear(self, name, x, o, i):
        w = self.node("Transpose", f"{name}.t", self.fake_weights(f"{name}.w", o, i), perm=[1, 0])
        b = self.constant(f"{name}.b", self.random.normal(size=o).astype(np.float32) * 0.1)
        return self.node("Add", name, b, self.node("MatMul", f"{name}.m", x, w))


def exported(narrow):
    n = Exported(7, narrow)
    x = n.fake("x", -4.0, 4.0)
    relu = n.fake(n.node("Relu", "relu", n.conv("conv", x, 8, 3, 3)), 0, 4)
    zero, six = n.constant("zero", np.float32(0)), n.constant("six", np.float32(6))
    clip = n.fake(n.node("Clip", "clip", n.conv("depthwise", relu, 8, 8, 3, group=8), zero, six), 0, 6)
    block = n.fake(n.node("Relu", "sum", n.node("Add", "add", n.fake(n.conv("point", clip, 8, 8, 1), -4, 4), relu)), 0, 6)
    # Quantised with the same scale before and after.
    pooled = n.fake(n.node("MaxPool", "max", block, kernel_shape=[2, 2], strides=[2, 2]), 0, 6)
    gate = n.fake(n.node("Sigmoid", "sigmoid", n.fake(n.conv("gate", pooled, 8, 8, 1), -3, 3)), 0, 1)
    scaled = n.fake(n.node("Mul", "mul", pooled, gate), 0, 4)
    swish = n.fake(n.node("HardSwish", "swish", n.fake(n.conv("last", scaled, 8, 8, 3), -4, 4)), -0.5, 4)
    both = n.fake(n.node("Concat", "concat", scaled, swish, axis=1), -0.5, 4)
    mean = n.fake(n.node("GlobalAveragePool", "mean", both), -0.47, 1.9137)
    flat = n.fake(n.node("Flatten", "flat", mean), -0.47, 1.9137)
    hidden = n.fake(n.node("Relu", "hidden", n.linear("linear", flat, 32, 16)), 0, 3)
    w, b = n.fake_weights("gemm.w", 10, 32), n.weights("gemm.b", 10)
    y = n.node("Gemm", "gemm", hidden, w, b, transB=1)
    model = n.model([n.fake(y, -4, 4)])
    return model


class Samples(CalibrationDataReader):
    def __init__(self):
        random = np.random.default_rng(11)
        waves = np.sin(np.arange(np.prod(SHAPE)).reshape(SHAPE) / 7)
        values = [random.normal(size=SHAPE) + i % 3 * waves for i in range(SAMPLES)]
        self.values = [value.astype(np.float32) for value in values]
        self.rest = iter(self.values)

    def get_next(self):
        value = next(self.rest, None)
        return None if value is None else {"x": value}


def integers(model):
    """Computed tensors of 8 bits, and the names that we know them by."""
    inferred = onnx.shape_inference.infer_shapes(model)
    known = {v.name: v.type.tensor_type.elem_type for v in inferred.graph.value_info}
    inputs = {i.name for i in model.graph.input}
    outputs = {o.name for o in model.graph.output}
    constants = {c.name: c for c in model.graph.initializer}
    names = {}
    for node in model.graph.node:
        name = node.output[0]
        if node.input[0] in constants:
            continue
        if node.op_type == "QuantizeLinear" or node.op_type.startswith("QLinear") or node.op_type == "QGemm":
            point = {"QLinearConcat": 1, "QuantizeLinear": 2, "QGemm": 8}.get(node.op_type)
            if point is None:
                point = {"QLinearConv": 7, "QLinearMatMul": 7, "QLinearAdd": 7, "QLinearMul": 7, "QLinearWhere": 8}.get(
                    node.op_type, 4
                )
            kind = constants[node.input[point]].data_type
        else:
            kind = known.get(name)
        if kind not in (TensorProto.INT8, TensorProto.UINT8):
            # What moves integers keeps their type.
            kind = next((names[i][1] for i in node.input if i in names), None)
            if kind is None or node.op_type not in MOVES:
                continue
        names[name] = (name, kind)
        if node.op_type == "QuantizeLinear" and node.input[0] in inputs:
            names[name] = (node.input[0], kind)
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.output[0] in outputs:
            names[node.input[0]] = (node.output[0], names[node.input[0]][1])
    return names


MOVES = {"Clip", "MaxPool", "Reshape", "Transpose", "Flatten", "Resize", "Pad", "Squeeze", "Unsqueeze", "Slice", "Split"}


def run(path, samples, as_defined):
    model = onnx.load(path)
    names = integers(model)
    model.graph.output.extend(helper.make_tensor_value_info(n, kind, None) for n, (_, kind) in names.items())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    unsigned = any(kind == TensorProto.UINT8 for _, kind in names.values())
    # Without it, products of uint8 and int8 saturate on processors without an instruction for them.
    options.add_session_config_entry("session.x64quantprecision", "1" if unsigned else "0")
    if as_defined:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    for sample in samples:
        values = session.run(list(names), {"x": sample})
        yield [name for name, _ in names.values()], [
            v if v.dtype == np.int8 else (v.astype(np.int16) - 128).astype(np.int8) for v in values
        ]


def ways():
    """Name and options of each way."""
    formats = {"qdq": QuantFormat.QDQ, "qoperator": QuantFormat.QOperator}
    # ONNX Runtime has no kernels for int8 by uint8.
    types = {
        "i8i8": (QuantType.QInt8, QuantType.QInt8),
        "u8i8": (QuantType.QUInt8, QuantType.QInt8),
        "u8u8": (QuantType.QUInt8, QuantType.QUInt8),
    }
    for form, kind, channels, symmetric in itertools.product(formats, types, (False, True), (False, True)):
        activations, weights = types[kind]
        yield "-".join([form, kind, "channel" if channels else "tensor", "symmetric" if symmetric else "asymmetric"]), {
            "quant_format": formats[form],
            "activation_type": activations,
            "weight_type": weights,
            "per_channel": channels,
            "extra_options": {
                "ActivationSymmetric": symmetric,
                "WeightSymmetric": weights == QuantType.QInt8 or symmetric,
                "ForceQuantizeNoInputCheck": True,
            },
        }


def main(folder):
    logging.disable(logging.WARNING)
    float_path = f"{folder}/float.onnx"
    onnx.save(net(), float_path)
    for name, options in ways():
        quantize_static(float_path, f"{folder}/{name}.onnx", Samples(), **options)
        # The fused softmax divides by a scale rounded to an integer, unlike what QDQ models say.
        write(folder, name, as_defined=name.startswith("qdq"))
    for name, narrow in {"exported": False, "exported-narrow": True}.items():
        onnx.save(exported(narrow), f"{folder}/{name}.onnx")
        # Fused steps round the biases to integers.
        write(folder, name, as_defined=False)


def write(folder, name, as_defined):
    rows = list(run(f"{folder}/{name}.onnx", Samples().values, as_defined))
    names, first = rows[0]
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump([{"name": n, "len": int(v.size)} for n, v in zip(names, first)], file)
    with open(f"{folder}/{name}.bin", "wb") as file:
        for _, values in rows:
            for value in values:
                file.write(np.ascontiguousarray(value).tobytes())
    print(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
