use serde_json::{Map, Value};

use crate::Error;

/// A value and its path, for messages. What is missing is null.
#[derive(Clone)]
pub(super) struct At<'v> {
    value: &'v Value,
    path: String,
}

static NULL: Value = Value::Null;

impl<'v> At<'v> {
    pub(super) fn root(value: &'v Value) -> At<'v> {
        At {
            value,
            path: String::new(),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn get(&self, key: &str) -> At<'v> {
        let dot = if self.path.is_empty() { "" } else { "." };
        At {
            value: self.value.get(key).unwrap_or(&NULL),
            path: format!("{}{dot}{key}", self.path),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// Whether it is null, an empty text or zero: what switches a thing off.
    pub(super) fn is_off(&self) -> bool {
        self.is_null() || self.value == "" || self.value.as_f64() == Some(0.0)
    }

    pub(super) fn str(&self) -> Result<&'v str, Error> {
        self.value.as_str().ok_or_else(|| self.wrong("a text"))
    }

    /// The value of `type`.
    pub(super) fn kind(&self) -> Result<&'v str, Error> {
        self.get("type").str()
    }

    pub(super) fn token(&self) -> Result<u32, Error> {
        let number = self.value.as_u64().and_then(|it| u32::try_from(it).ok());
        number.ok_or_else(|| self.wrong("a token's number"))
    }

    pub(super) fn bool_or(&self, default: bool) -> Result<bool, Error> {
        match self.is_null() {
            true => Ok(default),
            false => self
                .value
                .as_bool()
                .ok_or_else(|| self.wrong("true or false")),
        }
    }

    pub(super) fn object(&self) -> Result<&'v Map<String, Value>, Error> {
        self.value
            .as_object()
            .ok_or_else(|| self.wrong("an object"))
    }

    /// The elements of a list; null has none.
    pub(super) fn list(&self) -> Result<Vec<At<'v>>, Error> {
        if self.is_null() {
            return Ok(Vec::new());
        }
        let list = self.value.as_array().ok_or_else(|| self.wrong("a list"))?;
        let at = |(index, value)| At {
            value,
            path: format!("{}[{index}]", self.path),
        };
        Ok(list.iter().enumerate().map(at).collect())
    }

    /// The steps of a `Sequence`, whose list is called `key`, or the one step that it is; null has none.
    pub(super) fn steps(&self, key: &str) -> Result<Vec<At<'v>>, Error> {
        if self.is_null() {
            return Ok(Vec::new());
        }
        match self.kind()? {
            "Sequence" => self.get(key).list(),
            _ => Ok(vec![self.clone()]),
        }
    }

    /// The text of a pattern: of an expression or of itself, as `key` says.
    pub(super) fn pattern(&self, key: &str) -> Option<&'v str> {
        self.value.get("pattern")?.get(key)?.as_str()
    }

    pub(super) fn wrong(&self, wanted: &str) -> Error {
        Error::malformed(&self.path, format!("not {wanted}"))
    }

    pub(super) fn refuse(&self, what: impl Into<String>, advice: &str) -> Error {
        Error::unsupported(&self.path, what, advice)
    }
}
