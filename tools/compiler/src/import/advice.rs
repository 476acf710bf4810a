//! What to do about operators that the compiler does not know.

use tract_onnx::pb;

/// What the user can do about a node whose operator is not supported.
pub(super) fn advice(node: &pb::NodeProto) -> &'static str {
    match node.domain.as_str() {
        "" | "ai.onnx" => standard(&node.op_type),
        "com.microsoft" | "com.microsoft.nchwc" => {
            "it comes from ONNX Runtime's graph optimisations: take the model from before them, or save it with \
             `GraphOptimizationLevel.ORT_ENABLE_BASIC`"
        }
        "ai.onnx.ml" => "do this part in the firmware, or train a small network in its place",
        "org.pytorch.aten" => {
            "export with the standard operators only (`operator_export_type=ONNX` in PyTorch)"
        }
        _ => "inline it as a function of standard operators (`onnx.inliner`), or replace it",
    }
}

fn standard(op: &str) -> &'static str {
    match op {
        "If" => {
            "export with constant conditions, so that one branch is left (`onnxsim` folds them)"
        }
        "Loop" | "Scan" => {
            "unroll it at export, or write it as LSTM, GRU or RNN; a loop over time can also be the firmware's, with \
             the state as input and output"
        }
        op if op.starts_with("Sequence")
            || op.starts_with("Optional")
            || op == "SplitToSequence" =>
        {
            "export with tensors instead of sequences and optionals, such as `torch.stack` for a list"
        }
        "ConcatFromSequence" => "export with Concat over tensors",
        "NonZero" | "NonMaxSuppression" | "Unique" => {
            "its output's shape depends on data: end the model before it and do the rest in the firmware"
        }
        "Bernoulli" | "Multinomial" | "RandomNormal" | "RandomNormalLike" | "RandomUniform"
        | "RandomUniformLike" => {
            "export in inference mode (`model.eval()`), or draw the numbers outside and make them an input"
        }
        "SoftmaxCrossEntropyLoss"
        | "NegativeLogLikelihoodLoss"
        | "Gradient"
        | "Adam"
        | "Adagrad"
        | "Momentum" => "it belongs to training: export the model without its loss",
        "ImageDecoder" | "StringNormalizer" | "StringConcat" | "StringSplit" | "RegexFullMatch"
        | "TfIdfVectorizer" => "do it before the model runs, and begin the model at its output",
        _ => "replace it, or leave it out of the deployed model",
    }
}
