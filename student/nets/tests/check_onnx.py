"""Checks exported models: usage `check_onnx.py FOLDER NAME...`.

For each NAME the folder holds NAME.onnx and, as little-endian f32, NAME.inputs (rows of the
model's input) and NAME.logits (what burn made of them). Each model must pass the full ONNX check
and give the same logits in ONNX Runtime, within 1e-5 of the largest.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime


def check(folder, name):
    path = folder / f"{name}.onnx"
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert all(node.domain == "" for node in model.graph.node), "a node of a custom domain"
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata["cadet.architecture"] == name, metadata

    session = onnxruntime.InferenceSession(path)
    (argument,) = session.get_inputs()
    inputs = np.fromfile(folder / f"{name}.inputs", "<f4").reshape(-1, *argument.shape)
    logits = np.concatenate([session.run(None, {argument.name: row})[0] for row in inputs])
    expected = np.fromfile(folder / f"{name}.logits", "<f4").reshape(logits.shape)
    error = np.abs(logits - expected).max() / np.abs(expected).max()
    assert error <= 1e-5, f"{name}: relative error {error}"
    print(f"{name}: {len(inputs)} rows, relative error {error:.1e}")


for name in sys.argv[2:]:
    check(pathlib.Path(sys.argv[1]), name)
