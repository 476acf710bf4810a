"""Times packages beside LiteRT, ONNX Runtime and OpenVINO: one thread each, interleaved in one run.

    cargo build --release -p cadet-benches --bin rounds
    python benches/peers.py --rounds target/release/rounds --models MODELS --packages PACKAGES

MODELS holds the MLPerf Tiny models as `onnx/NAME.onnx` and `tflite/NAME.tflite`, PACKAGES the packages `NAME.cadet`
that `cadet pack` makes of the former. Needs numpy and whichever of ai-edge-litert, onnxruntime and openvino are to be
timed. Prints the least and the median microseconds of each, and the ratio of ours to the best peer's.
"""

import argparse
import pathlib
import subprocess
import time

import numpy

NAMES = ["kws_ref_model", "ic_pretrainedResnet", "vww_96", "ad01"]


def timed(run, seconds):
    times = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter_ns()
        run()
        times.append(time.perf_counter_ns() - start)
    times.sort()
    return times[0], times[len(times) // 2]


def litert(folder, name):
    from ai_edge_litert.interpreter import Interpreter

    path = folder / "tflite" / f"{name}.tflite"
    if not path.exists():
        return None
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    return lambda seconds: timed(interpreter.invoke, seconds)


def onnxruntime(folder, name):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(str(folder / "onnx" / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for port in session.get_inputs():
        shape = [extent if isinstance(extent, int) else 1 for extent in port.shape]
        kind = {"tensor(float)": numpy.float32, "tensor(int8)": numpy.int8, "tensor(uint8)": numpy.uint8}[port.type]
        value = ort.OrtValue.ortvalue_from_numpy(numpy.ones(shape, kind))
        binding.bind_ortvalue_input(port.name, value)
    for port in session.get_outputs():
        binding.bind_output(port.name)
    return lambda seconds: timed(lambda: session.run_with_iobinding(binding), seconds)


def openvino(folder, name):
    import openvino as ov

    model = ov.Core().read_model(str(folder / "onnx" / f"{name}.onnx"))
    for port in model.inputs:
        if port.partial_shape.is_dynamic:
            model.reshape({port: [1 if extent.is_dynamic else extent.get_length() for extent in port.partial_shape]})
    options = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    request = ov.compile_model(model, "CPU", options).create_infer_request()
    return lambda seconds: timed(request.infer, seconds)


def cadet(rounds, package, threads=1):
    process = subprocess.Popen([rounds, package, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(seconds):
        print(round(seconds * 1000), file=process.stdin, flush=True)
        least, median = process.stdout.readline().split()
        return int(least), int(median)

    return run


def runners(arguments, name):
    found = {"cadet": cadet(arguments.rounds, arguments.packages / f"{name}.cadet")}
    for peer in (litert, onnxruntime, openvino):
        try:
            run = peer(arguments.models, name)
        except Exception as error:  # A peer that refuses a model is a row without a figure.
            print(f"{peer.__name__} does not run {name}: {str(error).splitlines()[0]}")
            continue
        if run:
            found[peer.__name__] = run
    return found


def interleaved(found, arguments):
    """Nanoseconds of each runner, by turns in every round: the least, and the median of the rounds' medians."""
    least = dict.fromkeys(found, float("inf"))
    medians = {key: [] for key in found}
    for _ in range(arguments.repeat):
        for key, run in found.items():
            minimum, median = run(arguments.seconds)
            least[key] = min(least[key], minimum)
            medians[key].append(median)
    return least, {key: sorted(values)[len(values) // 2] for key, values in medians.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", required=True, help="the program `rounds`, built for release")
    parser.add_argument("--models", required=True, type=pathlib.Path)
    parser.add_argument("--packages", required=True, type=pathlib.Path)
    parser.add_argument("--repeat", type=int, default=20, help="rounds of each")
    parser.add_argument("--seconds", type=float, default=0.05, help="length of a round")
    parser.add_argument("--only", default="", help="part of a model's name")
    arguments = parser.parse_args()
    for precision in ("float32", "int8"):
        for name in (f"{it}_{precision}" for it in NAMES):
            if arguments.only not in name:
                continue
            found = runners(arguments, name)
            least, middle = interleaved(found, arguments)
            peers = [key for key in found if key != "cadet"]
            ratio = {
                kind: table["cadet"] / min(table[key] for key in peers)
                for kind, table in (("least", least), ("median", middle))
            }
            figures = "  ".join(f"{key} {least[key] / 1e3:.1f}/{middle[key] / 1e3:.1f}" for key in found)
            print(f"{name}: {figures} us; ratio to the best peer {ratio['least']:.2f}/{ratio['median']:.2f}", flush=True)


if __name__ == "__main__":
    main()
