//! Makes the zip that a pipeline's artifact is.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A deflated archive of text files by path. The same files always give the
/// same bytes.
///
/// # Errors
///
/// When a path cannot be an entry's name.
pub fn zip(files: &BTreeMap<String, String>) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        archive.start_file(path, SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_give_the_same_archive() {
        let files = BTreeMap::from([("taskdef.json".to_owned(), "{}".to_owned())]);
        let bytes = zip(&files).unwrap();
        assert!(bytes.starts_with(b"PK"));
        assert_eq!(bytes, zip(&files).unwrap());
    }
}
