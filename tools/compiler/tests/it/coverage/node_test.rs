use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use lzma_rust2::XzReader;
use prost::Message;
use tract_onnx::pb;

use super::edge_set::Row;
use super::value::{Tolerance, Value};

/// Files of the archive by path, such as `test_abs/model.onnx`.
pub(super) struct Archive(HashMap<String, Vec<u8>>);

impl Archive {
    /// Unpacks `.tar.xz` with the tests below one folder.
    pub(super) fn read(path: &Path) -> std::io::Result<Archive> {
        let file = std::fs::File::open(path)?;
        let mut tar = tar::Archive::new(XzReader::new(file, false));
        let mut files = HashMap::new();
        for entry in tar.entries()? {
            let mut entry = entry?;
            let path = entry.path()?.to_string_lossy().into_owned();
            if let Some((_, path)) = path.split_once('/')
                && entry.header().entry_type().is_file()
            {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                files.insert(path.into(), bytes);
            }
        }
        Ok(Archive(files))
    }

    fn file(&self, test: &str, name: &str) -> Option<&[u8]> {
        self.0.get(&format!("{test}/{name}")).map(Vec::as_slice)
    }

    fn values(&self, test: &str, kind: &str) -> Vec<Value> {
        let files =
            (0..).map_while(|index| self.file(test, &format!("test_data_set_0/{kind}_{index}.pb")));
        files.map(Value::decode).collect()
    }
}

/// A test with its parameters bound.
pub(super) struct NodeTest {
    /// The model; parameters are initialisers.
    pub(super) model: pb::ModelProto,
    /// Names and values of the inputs that are left.
    pub(super) inputs: Vec<(String, Value)>,
    pub(super) outputs: Vec<Value>,
    pub(super) tolerance: Tolerance,
}

impl NodeTest {
    pub(super) fn new(archive: &Archive, row: &Row) -> NodeTest {
        let bytes = archive.file(&row.test, "model.onnx");
        let bytes = bytes.unwrap_or_else(|| panic!("the archive has no {}", row.test));
        let mut model = pb::ModelProto::decode(bytes).unwrap();
        let graph = model.graph.as_mut().unwrap();
        let parameters = row.parameters.iter();
        let parameters: Vec<String> = parameters
            .map(|(index, _)| graph.node[0].input[*index].clone())
            .collect();
        let given = std::mem::take(&mut graph.input);
        let mut inputs = Vec::new();
        for (index, (input, value)) in given
            .into_iter()
            .zip(archive.values(&row.test, "input"))
            .enumerate()
        {
            if parameters.contains(&input.name) {
                let file = format!("test_data_set_0/input_{index}.pb");
                let bytes = archive.file(&row.test, &file).unwrap();
                let mut constant = pb::TensorProto::decode(bytes).unwrap();
                constant.name = input.name;
                graph.initializer.push(constant);
            } else {
                inputs.push((input.name.clone(), value));
                graph.input.push(input);
            }
        }
        let tolerance = archive.file(&row.test, "tol.json").unwrap();
        let tolerance: serde_json::Value = serde_json::from_slice(tolerance).unwrap();
        NodeTest {
            model,
            inputs,
            outputs: archive.values(&row.test, "output"),
            tolerance: Tolerance {
                relative: tolerance["rtol"].as_f64().unwrap(),
                absolute: tolerance["atol"].as_f64().unwrap(),
            },
        }
    }

    /// How the outputs of a run differ from the wanted ones.
    pub(super) fn difference(&self, found: &[Value]) -> Option<String> {
        if found.len() != self.outputs.len() {
            return Some(format!(
                "{} outputs, not {}",
                found.len(),
                self.outputs.len()
            ));
        }
        let mut pairs = self.outputs.iter().zip(found).enumerate();
        pairs.find_map(|(index, (wanted, found))| {
            let difference = wanted.difference(found, self.tolerance)?;
            Some(format!("output {index} {difference}"))
        })
    }
}
