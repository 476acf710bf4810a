"""Lists the ONNX node tests that an edge compiler should pass, as `edge_set.tsv` holds them.

usage: edge_set.py ARCHIVE >edge_set.tsv

ARCHIVE holds the tests of onnx.backend.test as node/TEST/{model.onnx, tol.json, test_data_set_0/*.pb}.
The set is every test of a single node of the domain ai.onnx whose graph inputs and outputs are tensors
of ELEMENTS, less those of LEFT_OUT. Each row tells

  test        folder of the test
  operator    of its node
  parameters  inputs of the node that are bound to the test's data before compiling, `index:name` with
              the name that the operator's specification gives them; the others stay run-time inputs
  left out    why the test is not in the set, or nothing
"""

import sys
import tarfile

import onnx
from onnx import TensorProto

ELEMENTS = {
    TensorProto.FLOAT,
    TensorProto.INT8,
    TensorProto.UINT8,
    TensorProto.INT32,
    TensorProto.INT64,
    TensorProto.BOOL,
}

LEFT_OUT = {
    "a loss, for training": ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"],
    "decodes images": ["ImageDecoder"],
    "random": ["Bernoulli"],
    "control flow": ["If", "Loop", "Scan"],
    "sequences and optionals": ["OptionalGetElement", "OptionalHasElement"],
    "the output's shape depends on data": ["Compress", "NonMaxSuppression", "NonZero", "Unique"],
}

# Inputs that a trained and exported model holds as constants. An operator that is not listed has data only.
REDUCTION = ["axes"]
PARAMETERS = {
    "AffineGrid": ["size"],
    "BatchNormalization": ["scale", "B", "input_mean", "input_var"],
    "BlackmanWindow": ["size"],
    "CausalConvWithState": ["weight", "bias"],
    "CenterCropPad": ["shape"],
    "Clip": ["min", "max"],
    "Col2Im": ["image_shape", "block_shape"],
    "ConstantOfShape": ["input"],
    "Conv": ["W", "B"],
    "ConvInteger": ["w", "x_zero_point", "w_zero_point"],
    "ConvTranspose": ["W", "B"],
    "CumProd": ["axis"],
    "CumSum": ["axis"],
    "DFT": ["dft_length", "axis"],
    "DeformConv": ["W", "B"],
    "DequantizeLinear": ["x_scale", "x_zero_point"],
    "Dropout": ["ratio", "training_mode"],
    "Expand": ["shape"],
    "GRU": ["W", "R", "B"],
    "Gemm": ["B", "C"],
    "GroupNormalization": ["scale", "bias"],
    "HammingWindow": ["size"],
    "HannWindow": ["size"],
    "InstanceNormalization": ["scale", "B"],
    "LSTM": ["W", "R", "B", "P"],
    "LayerNormalization": ["Scale", "B"],
    "MatMulInteger": ["a_zero_point", "b_zero_point"],
    "MaxUnpool": ["output_shape"],
    "MelWeightMatrix": [
        "num_mel_bins",
        "dft_length",
        "sample_rate",
        "lower_edge_hertz",
        "upper_edge_hertz",
    ],
    "OneHot": ["depth", "values"],
    "PRelu": ["slope"],
    "Pad": ["pads", "constant_value", "axes"],
    "QLinearConv": [
        "x_scale",
        "x_zero_point",
        "w",
        "w_scale",
        "w_zero_point",
        "y_scale",
        "y_zero_point",
        "B",
    ],
    "QLinearMatMul": [
        "a_scale",
        "a_zero_point",
        "b_scale",
        "b_zero_point",
        "y_scale",
        "y_zero_point",
    ],
    "QuantizeLinear": ["y_scale", "y_zero_point"],
    "RMSNormalization": ["scale"],
    "RNN": ["W", "R", "B"],
    "Range": ["start", "limit", "delta"],
    "ReduceL1": REDUCTION,
    "ReduceL2": REDUCTION,
    "ReduceLogSum": REDUCTION,
    "ReduceLogSumExp": REDUCTION,
    "ReduceMax": REDUCTION,
    "ReduceMean": REDUCTION,
    "ReduceMin": REDUCTION,
    "ReduceProd": REDUCTION,
    "ReduceSum": REDUCTION,
    "ReduceSumSquare": REDUCTION,
    "Reshape": ["shape"],
    "Resize": ["roi", "scales", "sizes"],
    "RotaryEmbedding": ["cos_cache", "sin_cache"],
    "STFT": ["frame_step", "window", "frame_length"],
    "Slice": ["starts", "ends", "axes", "steps"],
    "Split": ["split"],
    "Squeeze": ["axes"],
    "Tile": ["repeats"],
    "TopK": ["K"],
    "Trilu": ["k"],
    "Unsqueeze": ["axes"],
    "Upsample": ["scales"],
}


def main():
    rows = [
        row(name, model)
        for name, model in sorted(models(sys.argv[1]))
        if is_edge(model.graph)
    ]
    print("# Made by edge_set.py from the node tests of onnx; `cargo xtask coverage` makes it anew.")
    print("# test\toperator\tparameters\tleft out")
    for fields in rows:
        print("\t".join(fields))


def models(archive):
    with tarfile.open(archive) as tests:
        for member in tests:
            _, _, path = member.name.partition("/")
            name, _, file = path.partition("/")
            if file == "model.onnx":
                yield name, onnx.load_from_string(tests.extractfile(member).read())


def is_edge(graph):
    values = [*graph.input, *graph.output]
    return (
        len(graph.node) == 1
        and graph.node[0].domain in ("", "ai.onnx")
        and all(value.type.HasField("tensor_type") for value in values)
        and all(value.type.tensor_type.elem_type in ELEMENTS for value in values)
    )


def row(name, model):
    (node,) = model.graph.node
    reasons = [reason for reason, operators in LEFT_OUT.items() if node.op_type in operators]
    if node.op_type == "Dropout" and len(node.input) == 3:
        # Every test that gives `training_mode` sets it.
        reasons = ["random, for training"]
    schema = onnx.defs.get_schema(node.op_type, model.opset_import[0].version)
    parameters = [
        f"{index}:{formal.name}"
        for index, (formal, given) in enumerate(zip(schema.inputs, node.input))
        if given and formal.name in PARAMETERS.get(node.op_type, [])
    ]
    return name, node.op_type, " ".join(parameters), "".join(reasons)


main()
