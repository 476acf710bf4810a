use tract_onnx::pb;

/// Why a node is not supported and what the user can do.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) suggestion: String,
}

impl Refusal {
    pub(super) fn new(reason: impl Into<String>, suggestion: impl Into<String>) -> Refusal {
        Refusal {
            reason: reason.into(),
            suggestion: suggestion.into(),
        }
    }

    /// Of a node that breaks its operator's definition.
    pub(super) fn malformed(reason: impl Into<String>) -> Refusal {
        Refusal::new(reason, "the model is malformed; check it with onnx.checker")
    }
}

/// An ONNX node with typed access to its attributes.
pub(super) struct OnnxNode<'a> {
    pub(super) proto: &'a pb::NodeProto,
    /// Version of the standard operator set.
    pub(super) opset: i64,
}

impl<'a> OnnxNode<'a> {
    /// The node's name, or its first output's name where it has none.
    pub(super) fn name(&self) -> &'a str {
        let mut names = std::iter::once(&self.proto.name).chain(&self.proto.output);
        names
            .find(|name| !name.is_empty())
            .map_or("", String::as_str)
    }

    /// Name of an input that is present.
    pub(super) fn input(&self, index: usize) -> Option<&'a str> {
        let name = self.proto.input.get(index)?;
        (!name.is_empty()).then_some(name)
    }

    /// Name of an output that is present.
    pub(super) fn output(&self, index: usize) -> Option<&'a str> {
        let name = self.proto.output.get(index)?;
        (!name.is_empty()).then_some(name)
    }

    fn attribute(&self, name: &str) -> Option<&'a pb::AttributeProto> {
        self.proto
            .attribute
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// Refuses attributes outside `known`: ignoring one would compute something else.
    pub(super) fn expect_attributes(&self, known: &[&str]) -> Result<(), Refusal> {
        match self
            .proto
            .attribute
            .iter()
            .find(|a| !known.contains(&a.name.as_str()))
        {
            None => Ok(()),
            Some(attribute) => Err(Refusal::new(
                format!("attribute `{}` is not supported", attribute.name),
                "export the model without it",
            )),
        }
    }

    /// Refuses outputs that something may read, but for the first `count`.
    pub(super) fn expect_outputs(&self, count: usize) -> Result<(), Refusal> {
        if self.proto.output.iter().skip(count).all(String::is_empty) {
            return Ok(());
        }
        Err(Refusal::new(
            format!("only the first {count} of its outputs are supported"),
            "remove the optional outputs",
        ))
    }

    /// An integer attribute.
    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name)
            .map_or(default, |attribute| attribute.i)
    }

    /// An integer attribute that is present.
    pub(super) fn optional_int(&self, name: &str) -> Option<i64> {
        self.attribute(name).map(|attribute| attribute.i)
    }

    /// A float attribute.
    pub(super) fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name)
            .map_or(default, |attribute| attribute.f)
    }

    /// A float attribute that is present.
    pub(super) fn optional_float(&self, name: &str) -> Option<f32> {
        self.attribute(name).map(|attribute| attribute.f)
    }

    /// A list of integers that is present.
    pub(super) fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.attribute(name)
            .map(|attribute| attribute.ints.as_slice())
    }

    /// A list of floats; empty where it is absent.
    pub(super) fn floats(&self, name: &str) -> &'a [f32] {
        self.attribute(name)
            .map_or(&[], |attribute| attribute.floats.as_slice())
    }

    /// A list of strings; empty where it is absent.
    pub(super) fn strings(&self, name: &str) -> Vec<&'a str> {
        let strings = self.attribute(name).map(|attribute| &attribute.strings);
        let strings = strings.into_iter().flatten();
        strings
            .map(|bytes| std::str::from_utf8(bytes).unwrap_or(""))
            .collect()
    }

    /// A string attribute; empty where it is absent.
    pub(super) fn string(&self, name: &str) -> &'a str {
        self.attribute(name)
            .and_then(|attribute| std::str::from_utf8(&attribute.s).ok())
            .unwrap_or("")
    }
}
