/// A row of `coverage/edge_set.tsv`: an ONNX node test.
pub(super) struct Row {
    /// The test's folder.
    pub(super) test: String,
    /// Operator of its node.
    pub(super) operator: String,
    /// Inputs of the node that are bound to the test's data: their index, and their name in the
    /// operator's specification.
    pub(super) parameters: Vec<(usize, String)>,
    /// Why the test is not in the set.
    pub(super) left_out: Option<String>,
}

/// Reads the rows of `coverage/edge_set.tsv`, which `edge_set.py` describes.
pub(super) fn rows(tsv: &str) -> Vec<Row> {
    let lines = tsv.lines().filter(|line| !line.starts_with('#'));
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let fields: Vec<&str> = line.split('\t').collect();
    let [test, operator, parameters, left_out] = fields[..] else {
        panic!("edge_set.tsv: `{line}` has not four fields");
    };
    let parameter = |text: &str| {
        let (index, name) = text.split_once(':').unwrap();
        (index.parse().unwrap(), name.to_string())
    };
    Row {
        test: test.into(),
        operator: operator.into(),
        parameters: parameters.split_whitespace().map(parameter).collect(),
        left_out: (!left_out.is_empty()).then(|| left_out.into()),
    }
}
