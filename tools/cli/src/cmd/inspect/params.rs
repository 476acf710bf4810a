//! Parameter blocks of steps as data.

use bytemuck::AnyBitPattern;
use cadet_format::{
    AddF32, AddI8, Affine, AffineGrid, ArgMax, AveragePool, AveragePool2dF32, AveragePool2dI8,
    AxisAffine, Binary, BinaryF32, CachedAttention, Col2Im, Compare, Concat, Conv2dAddF32,
    Conv2dAddI8, Conv2dF32, Conv2dI8, ConvF32, ConvI8, ConvInteger, Cumulative, DType,
    DeformConvF32, DepthwiseConv2dF32, DepthwiseConv2dI8, Dft, Embedding, FullyConnectedAddF32,
    FullyConnectedAddI8, FullyConnectedF32, FullyConnectedI8, Gather, GatherElements, GridSample,
    KernelId, Linear, LinearAttention, LocalResponseNorm, LpPool, MatMul, MatMulI8, MaxPool,
    MaxPool2d, MaxUnpool, MulI8, Normalize, Numerics, OneHot, Opcode, PReluI8, Pad, Recurrent,
    Reduce, ReduceI8, RequantizeI8, ResampleF32, ResampleI8, ReverseSequence, RoiAlign, Rotary,
    ScatterElements, ScatterNd, SoftmaxI8, StridedCopy, TensorScatter, TopK, Transpose, Triangle,
    UnaryF32,
};
use serde::Serialize;
use serde_json::Value;

type Read = fn(&[u8]) -> Option<Value>;

/// The fields of a parameter block by name; its words where the kernel is not a built-in one.
pub(super) fn decode(id: &KernelId, block: &[u8]) -> Value {
    reader(id)
        .and_then(|read| read(block))
        .unwrap_or_else(|| words(block))
}

fn reader(id: &KernelId) -> Option<Read> {
    let is_quantised = id.numerics != Numerics::None as u8;
    Some(match (Opcode::from_u16(id.opcode)?, is_quantised) {
        (Opcode::Add, false) => fields::<AddF32>,
        (Opcode::Add, true) => fields::<AddI8>,
        (Opcode::AffineGrid, _) => fields::<AffineGrid>,
        (Opcode::ArgMax, _) => fields::<ArgMax>,
        (Opcode::AveragePool, _) => fields::<AveragePool>,
        (Opcode::AveragePool2d, false) => fields::<AveragePool2dF32>,
        (Opcode::AveragePool2d, true) => fields::<AveragePool2dI8>,
        (Opcode::Binary, _) if id.dtype == DType::F32 as u8 => fields::<BinaryF32>,
        (Opcode::Binary, _) => fields::<Binary>,
        (Opcode::CachedAttention, _) => fields::<CachedAttention>,
        (Opcode::Col2Im, _) => fields::<Col2Im>,
        (Opcode::Compare, _) => fields::<Compare>,
        (Opcode::Concat, _) => fields::<Concat>,
        (Opcode::Conv | Opcode::ConvTranspose, false) => fields::<ConvF32>,
        (Opcode::Conv | Opcode::ConvTranspose, true) => fields::<ConvI8>,
        (Opcode::Conv2d | Opcode::Conv2dCompressed, false) => fields::<Conv2dF32>,
        (Opcode::Conv2d, true) => fields::<Conv2dI8>,
        (Opcode::Conv2dAdd, false) => fields::<Conv2dAddF32>,
        (Opcode::Conv2dAdd, true) => fields::<Conv2dAddI8>,
        (Opcode::ConvInteger, _) => fields::<ConvInteger>,
        (Opcode::Cumulative, _) => fields::<Cumulative>,
        (Opcode::DeformConv, _) => fields::<DeformConvF32>,
        (Opcode::DepthwiseConv2d | Opcode::DepthwiseConv2dCompressed, false) => {
            fields::<DepthwiseConv2dF32>
        }
        (Opcode::DepthwiseConv2d, true) => fields::<DepthwiseConv2dI8>,
        (Opcode::Dft, _) => fields::<Dft>,
        (Opcode::FullyConnected | Opcode::FullyConnectedCompressed, false) => {
            fields::<FullyConnectedF32>
        }
        (Opcode::FullyConnected, true) => fields::<FullyConnectedI8>,
        (Opcode::FullyConnectedAdd, false) => fields::<FullyConnectedAddF32>,
        (Opcode::FullyConnectedAdd, true) => fields::<FullyConnectedAddI8>,
        (Opcode::Gather, _) => fields::<Gather>,
        (Opcode::GatherElements, _) => fields::<GatherElements>,
        (Opcode::GridSample, _) => fields::<GridSample>,
        (Opcode::Embedding, _) => fields::<Embedding>,
        (Opcode::Linear, _) => fields::<Linear>,
        (Opcode::LinearAttention, _) => fields::<LinearAttention>,
        (Opcode::LocalResponseNorm, _) => fields::<LocalResponseNorm>,
        (Opcode::LpPool, _) => fields::<LpPool>,
        (Opcode::Lstm | Opcode::Gru | Opcode::Rnn, _) => fields::<Recurrent>,
        (Opcode::MatMul, false) => fields::<MatMul>,
        (Opcode::MatMul, true) => fields::<MatMulI8>,
        (Opcode::MaxPool, _) => fields::<MaxPool>,
        (Opcode::MaxPool2d, _) => fields::<MaxPool2d>,
        (Opcode::MaxUnpool, _) => fields::<MaxUnpool>,
        (Opcode::Mul, _) => fields::<MulI8>,
        (Opcode::Normalize, _) => fields::<Normalize>,
        (Opcode::OneHot, _) => fields::<OneHot>,
        (Opcode::Pad, _) => fields::<Pad>,
        (Opcode::PRelu, _) => fields::<PReluI8>,
        (Opcode::Quantize | Opcode::Dequantize, _) => fields::<Affine>,
        (Opcode::QuantizeLinear | Opcode::DequantizeLinear, _) => fields::<AxisAffine>,
        (Opcode::Reduce, false) => fields::<Reduce>,
        (Opcode::Reduce, true) => fields::<ReduceI8>,
        (Opcode::Requantize, _) => fields::<RequantizeI8>,
        (Opcode::Resample, false) => fields::<ResampleF32>,
        (Opcode::Resample, true) => fields::<ResampleI8>,
        (Opcode::ReverseSequence, _) => fields::<ReverseSequence>,
        (Opcode::RoiAlign, _) => fields::<RoiAlign>,
        (Opcode::Rotary, _) => fields::<Rotary>,
        (Opcode::ScatterElements, _) => fields::<ScatterElements>,
        (Opcode::ScatterNd, _) => fields::<ScatterNd>,
        (Opcode::Softmax, true) => fields::<SoftmaxI8>,
        (Opcode::StridedCopy, _) => fields::<StridedCopy>,
        (Opcode::TensorScatter, _) => fields::<TensorScatter>,
        (Opcode::TopK, _) => fields::<TopK>,
        (Opcode::Transpose, _) => fields::<Transpose>,
        (Opcode::Triangle, _) => fields::<Triangle>,
        (Opcode::Unary | Opcode::Transcendental, _) => fields::<UnaryF32>,
        _ => return None,
    })
}

fn fields<P: AnyBitPattern + Serialize>(block: &[u8]) -> Option<Value> {
    let params: P = bytemuck::try_pod_read_unaligned(block).ok()?;
    serde_json::to_value(params).ok()
}

fn words(block: &[u8]) -> Value {
    let words = block.chunks_exact(4).map(|word| {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        Value::from(format!("{word:#010x}"))
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_s_parameters_are_known() {
        for kernel in cadet_runtime::kernels::ALL {
            let opcode = Opcode::from_u16(kernel.id.opcode).unwrap();
            let has_none = matches!(
                opcode,
                Opcode::Cast
                    | Opcode::Copy
                    | Opcode::Determinant
                    | Opcode::DynamicQuantizeLinear
                    | Opcode::FlipSign
                    | Opcode::Hardmax
                    | Opcode::LogSoftmax
                    | Opcode::MaskedSoftmax
                    | Opcode::Pow
                    | Opcode::Select
                    | Opcode::Softmax
                    | Opcode::Table
            );
            assert!(
                has_none || reader(&kernel.id).is_some(),
                "{opcode:?} has no row"
            );
        }
    }

    #[test]
    fn blocks_are_read_by_the_names_of_their_fields() {
        let id = KernelId::new(Opcode::Transpose, cadet_format::DType::F32, Numerics::None);
        let block = bytemuck::bytes_of(&Affine {
            scale: 0.5,
            zero_point: 3,
        })
        .to_vec();
        let affine = KernelId {
            opcode: Opcode::Quantize as u16,
            ..id
        };
        assert_eq!(
            decode(&affine, &block),
            serde_json::json!({"scale": 0.5, "zero_point": 3})
        );
        let user = KernelId {
            opcode: 0x8000,
            ..id
        };
        assert_eq!(
            decode(&user, &block),
            serde_json::json!(["0x3f000000", "0x00000003"])
        );
        assert_eq!(
            decode(&affine, &block[..4]),
            serde_json::json!(["0x3f000000"])
        );
    }
}
