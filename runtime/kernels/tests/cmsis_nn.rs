//! Arm's own test vectors for CMSIS-NN (made with the TensorFlow Lite reference interpreter), bit for bit, with
//! the `tflite` numerics. Reads `cmsis-nn/cmsis-nn-int-cases.jsonl.gz` of the test data.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use cadet_kernels::requantize::{Multiplier, Multipliers, Quant};
use cadet_kernels::{
    Isa, Pair, Source, Window, Window3d, add, average_pool2d, binary, blocked, conv, conv2d,
    depthwise_conv2d, fully_connected, max_pool2d, mul, softmax,
};
use flate2::read::GzDecoder;
use serde_json::Value;

/// Cases that are not computed here, by part of their names: other types (int4, int16), whole nets, other operators,
/// and transpositions, whose axes the data does not tell.
const NOT_COVERED: [&str; 16] = [
    "int4",
    "int16",
    "s16",
    "batch_matmul",
    "lstm",
    "mult",
    "pad_int8",
    "requantize_s64",
    "transpose_3dim",
    "transpose_chwn",
    "transpose_default",
    "transpose_matrix",
    "transpose_n",
    "transpose_wchn",
    "svdf",
    "ds_cnn",
];

struct Case {
    config: BTreeMap<String, i64>,
    arrays: HashMap<String, Vec<i64>>,
}

impl Case {
    fn read(line: &str) -> (String, Case) {
        let value: Value = serde_json::from_str(line).unwrap();
        let name = value["name"].as_str().unwrap().to_owned();
        let numbers = |v: &Value| v.as_i64();
        let config = value["config"].as_object().unwrap();
        let config = config.iter().filter_map(|(key, v)| {
            let key = key.strip_prefix(&format!("{}_", name.to_uppercase()))?;
            Some((key.to_owned(), numbers(v)?))
        });
        let arrays = value["arrays"].as_object().unwrap();
        let arrays = arrays.iter().filter_map(|(key, v)| {
            let key = key.strip_prefix(&format!("{name}_"))?;
            let data = v["data"].as_array()?;
            Some((key.to_owned(), data.iter().filter_map(numbers).collect()))
        });
        let case = Case {
            config: config.collect(),
            arrays: arrays.collect(),
        };
        (name, case)
    }

    fn get(&self, key: &str) -> i64 {
        *self
            .config
            .get(key)
            .unwrap_or_else(|| panic!("no {key} in {:?}", self.config))
    }

    fn get_or(&self, key: &str, default: i64) -> i64 {
        self.config.get(key).copied().unwrap_or(default)
    }

    fn i8s(&self, key: &str) -> Vec<i8> {
        self.arrays[key]
            .iter()
            .map(|&v| i8::try_from(v).unwrap())
            .collect()
    }

    fn i32s(&self, key: &str) -> Option<Vec<i32>> {
        let array = self.arrays.get(key).filter(|array| !array.is_empty())?;
        Some(array.iter().map(|&v| i32::try_from(v).unwrap()).collect())
    }

    fn quant(&self) -> Quant {
        Quant {
            input_zero_point: -self.get_or("INPUT_OFFSET", 0) as i32,
            output_zero_point: self.get_or("OUTPUT_OFFSET", 0) as i32,
            min: self.get_or("OUT_ACTIVATION_MIN", -128) as i32,
            max: self.get_or("OUT_ACTIVATION_MAX", 127) as i32,
        }
    }

    fn multipliers(&self, channels: usize) -> Vec<[i32; 2]> {
        let either = |a: &str, b: &str| self.i32s(a).or_else(|| self.i32s(b));
        let multipliers = either("output_mult", "output_multiplier");
        let (m, s) = match (multipliers, self.i32s("output_shift")) {
            (Some(m), Some(s)) => (m, s),
            _ => (
                vec![self.get("OUTPUT_MULTIPLIER") as i32; channels],
                vec![self.get("OUTPUT_SHIFT") as i32; channels],
            ),
        };
        m.into_iter().zip(s).map(|(m, s)| [m, s]).collect()
    }

    fn window(&self, names: [&str; 4], channels: [usize; 2]) -> Window {
        let [filter_h, filter_w, pad_h, pad_w] = names;
        let (stride_h, stride_w) = match self.config.contains_key("STRIDE_H") {
            true => ("STRIDE_H", "STRIDE_W"),
            false => ("STRIDE_Y", "STRIDE_X"),
        };
        let at = |key: &str| self.get(key) as usize;
        Window {
            input: [at("INPUT_H"), at("INPUT_W"), channels[0]],
            output: [at("OUTPUT_H"), at("OUTPUT_W"), channels[1]],
            kernel: [at(filter_h), at(filter_w)],
            stride: [at(stride_h), at(stride_w)],
            dilation: [
                self.get_or("DILATION_Y", 1) as usize,
                self.get_or("DILATION_X", 1) as usize,
            ],
            pad: [at(pad_h), at(pad_w)],
        }
    }
}

fn cells(values: &[i8]) -> Vec<Cell<i8>> {
    values.iter().map(|&v| Cell::new(v)).collect()
}

/// Runs `kernel` on each of the batches and gives all outputs.
fn batches(
    input: &[i8],
    window: &Window,
    mut kernel: impl FnMut(&[Cell<i8>], &[Cell<i8>]),
) -> Vec<i8> {
    let outputs = window.output.iter().product::<usize>();
    let mut all = Vec::new();
    for input in input.chunks(window.input.iter().product()) {
        let output = cells(&vec![0; outputs]);
        kernel(&cells(input), &output);
        all.extend(output.iter().map(Cell::get));
    }
    all
}

const FILTER: [&str; 4] = ["FILTER_Y", "FILTER_X", "PAD_Y", "PAD_X"];
const POOL: [&str; 4] = ["FILTER_H", "FILTER_W", "PADDING_H", "PADDING_W"];

/// By the canonical kernel; where that has one group, on weights in blocks too, which is to give the same.
fn convolution(case: &Case, isa: Isa) -> Vec<i8> {
    let (i, o) = (case.get("IN_CH") as usize, case.get("OUT_CH") as usize);
    let window = case.window(FILTER, [i, o]);
    let (weights, bias) = (case.i8s("weights"), case.i32s("biases"));
    let multipliers = case.multipliers(o);
    let depth = weights.len() / o;
    let groups = i * window.kernel.iter().product::<usize>() / depth;
    batches(&case.i8s("input"), &window, |input, output| {
        let op = conv2d::I8 {
            sum: None,
            window,
            groups,
            input,
            weights: &weights,
            weight_zero_points: None,
            bias: bias.as_deref(),
            multipliers: Multipliers::Tflite(&multipliers),
            quant: case.quant(),
            output,
        };
        conv2d::i8(&op).unwrap();
        if groups == 1 {
            by_blocks(&op, [o, depth], isa);
        }
    })
}

fn by_blocks(op: &conv2d::I8<'_>, [outputs, depth]: [usize; 2], isa: Isa) {
    let expected: Vec<i8> = op.output.iter().map(Cell::get).collect();
    let check = |run: fn(&conv2d::I8<'_>, Isa) -> cadet_kernels::Result, weights: &[i8]| {
        let output = &cells(&vec![0; expected.len()])[..];
        run(
            &conv2d::I8 {
                weights,
                output,
                ..*op
            },
            isa,
        )
        .unwrap();
        let found: Vec<i8> = output.iter().map(Cell::get).collect();
        assert_eq!(found, expected, "{}", isa.name());
    };
    let mut packed = vec![0; blocked::i8_len(outputs, depth).unwrap()];
    blocked::pack_i8(op.weights, outputs, depth, &mut packed).unwrap();
    check(conv2d::blocked::i8, &packed);
    let Window {
        kernel,
        dilation,
        input: [_, _, channels],
        ..
    } = op.window;
    let runs = blocked::runs(kernel, dilation, channels);
    let mut packed = vec![0; blocked::pairs_len(outputs, runs).unwrap()];
    blocked::pack_pairs(op.weights, outputs, runs, &mut packed).unwrap();
    check(conv2d::blocked::i8_pairs, &packed);
}

fn depthwise(case: &Case, isa: Isa) -> Vec<i8> {
    let (i, o) = (case.get("IN_CH") as usize, case.get("OUT_CH") as usize);
    let window = case.window(FILTER, [i, o]);
    let (weights, bias) = (case.i8s("weights"), case.i32s("biases"));
    let multipliers = case.multipliers(o);
    batches(&case.i8s("input"), &window, |input, output| {
        let op = depthwise_conv2d::I8 {
            window,
            input,
            weights: &weights,
            weight_zero_points: None,
            bias: bias.as_deref(),
            multipliers: Multipliers::Tflite(&multipliers),
            quant: case.quant(),
            output,
        };
        depthwise_conv2d::i8_by(&op, isa).unwrap();
    })
}

fn transposed(case: &Case) -> Vec<i8> {
    let (i, o) = (case.get("IN_CH") as usize, case.get("OUT_CH") as usize);
    let window = case.window(FILTER, [i, o]);
    let (weights, bias) = (case.i8s("weights"), case.i32s("biases"));
    let multipliers = case.multipliers(o);
    let flat = |[height, width]: [usize; 2], depth| [depth, height, width];
    let [[ih, iw, _], [oh, ow, _]] = [window.input, window.output];
    let geometry = conv::Geometry {
        window: Window3d {
            input: [1, ih, iw, i],
            output: [1, oh, ow, o],
            kernel: flat(window.kernel, 1),
            stride: flat(window.stride, 1),
            dilation: flat(window.dilation, 1),
            pad: flat(window.pad, 0),
        },
        groups: 1,
        transposed: true,
    };
    batches(&case.i8s("input"), &window, |input, output| {
        conv::i8(&conv::I8 {
            geometry,
            input,
            weights: &weights,
            weight_zero_points: None,
            bias: bias.as_deref(),
            multipliers: Multipliers::Tflite(&multipliers),
            quant: case.quant(),
            output,
        })
        .unwrap();
    })
}

fn dense(case: &Case, isa: Isa) -> Vec<i8> {
    let inputs = case.get_or("ACCUMULATION_DEPTH", case.get("IN_CH")) as usize;
    let outputs = case.get("OUT_CH") as usize;
    let input = case.i8s("input");
    let rows = input.len() / inputs;
    let zero_points = vec![-case.get_or("FILTER_OFFSET", 0) as i8; outputs];
    let weights = case.i8s("weights");
    let bias = case.i32s("biases").or_else(|| case.i32s("bias"));
    let multipliers = case.multipliers(outputs);
    let (input, output) = (cells(&input), cells(&vec![0; rows * outputs]));
    fully_connected::i8(&fully_connected::I8 {
        extents: fully_connected::Extents {
            rows,
            inputs,
            outputs,
        },
        input: &input,
        weights: &weights,
        weight_zero_points: Some(&zero_points),
        bias: bias.as_deref(),
        multipliers: Multipliers::Tflite(&multipliers),
        quant: case.quant(),
        output: &output,
    })
    .unwrap();
    if zero_points.iter().all(|&it| it == 0) {
        let op = conv2d::I8 {
            sum: None,
            window: Window::of_rows(rows, [inputs, outputs]),
            groups: 1,
            input: &input,
            weights: &weights,
            weight_zero_points: None,
            bias: bias.as_deref(),
            multipliers: Multipliers::Tflite(&multipliers),
            quant: case.quant(),
            output: &output,
        };
        by_blocks(&op, [outputs, inputs], isa);
    }
    output.iter().map(Cell::get).collect()
}

fn pooling(case: &Case, average: bool) -> Vec<i8> {
    let channels = case.get("INPUT_C") as usize;
    let window = case.window(POOL, [channels, channels]);
    let (min, max) = (
        case.get("ACTIVATION_MIN") as i32,
        case.get("ACTIVATION_MAX") as i32,
    );
    let quant = Quant {
        input_zero_point: 0,
        output_zero_point: 0,
        min,
        max,
    };
    let mut all = batches(&case.i8s("input_tensor"), &window, |input, output| {
        if average {
            average_pool2d::i8(&average_pool2d::I8 {
                window,
                count_padding: false,
                input,
                quant,
                multiplier: Multiplier::Tflite(0, 0),
                output,
            })
            .unwrap();
        } else {
            max_pool2d::pool(&window, input, output).unwrap();
        }
    });
    // TensorFlow Lite fuses an activation into max pooling; cadet makes it a table.
    for value in &mut all {
        *value = i32::from(*value).clamp(min, max) as i8;
    }
    all
}

/// What `kernel` makes of two operands of these names and shapes.
fn of_pair(
    case: &Case,
    names: [&str; 2],
    shapes: [&[usize]; 2],
    shape: &[usize],
    kernel: impl Fn(Pair<'_, i8, i8, i8>) -> cadet_kernels::Result,
) -> Vec<i8> {
    let [a, b] = names.map(|name| cells(&case.i8s(name)));
    let output = cells(&vec![0; shape.iter().product()]);
    kernel(Pair {
        a: Source::Cells(&a),
        a_shape: shapes[0],
        b: Source::Cells(&b),
        b_shape: shapes[1],
        output: &output,
        shape,
    })
    .unwrap();
    output.iter().map(Cell::get).collect()
}

fn addition(case: &Case, isa: Isa) -> Vec<i8> {
    let q31 = |which: &str| {
        [
            case.get(&format!("{which}_MULT")) as i32,
            case.get(&format!("{which}_SHIFT")) as i32,
        ]
    };
    let scaling = add::Scaling::Tflite {
        left_shift: case.get("LEFT_SHIFT") as u32,
        a: q31("INPUT1"),
        b: q31("INPUT2"),
        y: q31("OUTPUT"),
    };
    let (quant, b_zero_point) = pair_quant(case);
    let shape = &[case.get("DST_SIZE") as usize][..];
    of_pair(case, ["input1", "input2"], [shape, shape], shape, |pair| {
        let sum = add::Sum {
            quant,
            b_zero_point,
            scaling,
        };
        add::i8_by(&add::I8 { pair, sum }, isa)
    })
}

fn multiplication(case: &Case) -> Vec<i8> {
    let multiplier = Multiplier::Tflite(
        case.get("OUTPUT_MULT") as i32,
        case.get("OUTPUT_SHIFT") as i32,
    );
    let (quant, b_zero_point) = pair_quant(case);
    let shape = &[case.get("DST_SIZE") as usize][..];
    of_pair(case, ["input1", "input2"], [shape, shape], shape, |pair| {
        mul::i8(&mul::I8 {
            pair,
            quant,
            b_zero_point,
            multiplier,
        })
    })
}

/// Zero points and activation of a sum or product.
fn pair_quant(case: &Case) -> (Quant, i32) {
    let quant = Quant {
        input_zero_point: -case.get("INPUT1_OFFSET") as i32,
        ..case.quant()
    };
    (quant, -case.get("INPUT2_OFFSET") as i32)
}

/// The lesser or greater; both operands have the output's scale.
fn extreme(case: &Case, function: binary::Function) -> Vec<i8> {
    let axes = ["BATCH", "HEIGHT", "WIDTH", "CHANNEL"];
    let [a, b] = [1, 2].map(|n| axes.map(|axis| case.get(&format!("{axis}_{n}")) as usize));
    let shape: Vec<usize> = a.iter().zip(&b).map(|(a, b)| *a.max(b)).collect();
    let names = ["input_tensor_1", "input_tensor_2"];
    of_pair(case, names, [&a, &b], &shape, |pair| {
        binary::integer(function, &pair)
    })
}

fn soft_max(case: &Case) -> Vec<i8> {
    let x = cells(&case.i8s("input"));
    let scaling = softmax::Scaling::Tflite {
        multiplier: case.get("INPUT_MULT") as i32,
        shift: case.get("INPUT_LEFT_SHIFT") as i32,
        diff_min: case.get("DIFF_MIN") as i32,
    };
    softmax::i8(case.get("ROW_SIZE") as usize, scaling, &x, &x).unwrap();
    x.iter().map(Cell::get).collect()
}

/// The output of a case by the kernels for `isa`, or `None` where cadet has no such operator.
fn compute(name: &str, case: &Case, isa: Isa) -> Option<Vec<i8>> {
    if NOT_COVERED.iter().any(|part| name.contains(part)) {
        return None;
    }
    Some(match name {
        "add" => addition(case, isa),
        "mul" => multiplication(case),
        _ if name.starts_with("minimum") => extreme(case, binary::Function::Min),
        _ if name.starts_with("maximum") => extreme(case, binary::Function::Max),
        "softmax" => soft_max(case),
        _ if name.contains("transpose_conv") => transposed(case),
        _ if name.starts_with("avgpooling") => pooling(case, true),
        _ if name.starts_with("maxpooling") => pooling(case, false),
        _ if name.starts_with("fully_connected") || name == "fc_per_ch" => dense(case, isa),
        _ if case.config.contains_key("CH_MULT") => depthwise(case, isa),
        _ => convolution(case, isa),
    })
}

#[test]
fn every_covered_case_is_bit_equal() {
    let data =
        std::env::var_os("CADET_DATA").map_or_else(|| "../../../shared/data".into(), PathBuf::from);
    let path = data.join("cmsis-nn/cmsis-nn-int-cases.jsonl.gz");
    let Ok(file) = File::open(&path) else {
        println!("skipped: no {} (set CADET_DATA)", path.display());
        return;
    };
    let mut covered = 0;
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let (name, case) = Case::read(&line.unwrap());
        let has_ref = case.arrays.contains_key("output_ref");
        let mut is_covered = false;
        for isa in Isa::all() {
            if let Some(output) = compute(&name, &case, isa) {
                let expected = case.i8s(if has_ref { "output_ref" } else { "output" });
                assert_eq!(output, expected, "{name} by {}", isa.name());
                is_covered = true;
            }
        }
        covered += usize::from(is_covered);
    }
    assert_eq!(covered, 88, "cases that cadet's operators cover");
}
