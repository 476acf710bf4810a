use std::path::{Path, PathBuf};

const DATA_VARIABLE: &str = "${CADET_DATA}";
const DEFAULT_DATA: &str = "../shared/data";

/// Replaces `${CADET_DATA}` by the environment variable, or by `../shared/data` where it is not
/// set. Relative paths are relative to the current directory.
pub(crate) fn expand(path: &Path) -> PathBuf {
    let data = std::env::var("CADET_DATA").unwrap_or_else(|_| DEFAULT_DATA.into());
    expand_with(path, &data)
}

fn expand_with(path: &Path, data: &str) -> PathBuf {
    match path.to_str() {
        Some(text) => text.replace(DATA_VARIABLE, data).into(),
        None => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_variable_is_replaced() {
        let expand = |path: &str| expand_with(Path::new(path), "/data");
        assert_eq!(expand("${CADET_DATA}/mnist"), Path::new("/data/mnist"));
        assert_eq!(expand("plain/file"), Path::new("plain/file"));
    }
}
