//! Builds the zip archive of a pipeline artifact.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::s3::Content;

/// Length in bytes of the end-of-central-directory record without a comment.
const END_RECORD: usize = 22;

/// A deflated archive of text files by path. The same files always give the
/// same bytes.
///
/// # Errors
///
/// If a path is not valid as the name of an entry.
pub fn zip(files: &BTreeMap<String, String>) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        archive.start_file(path, SimpleFileOptions::default())?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The archive of [`zip()`] with `gap` zero bytes in front of its directory:
/// still valid and large, but held in little memory. Returns `None` if the
/// directory would be beyond the 4 GiB that an archive without ZIP64 can
/// address.
///
/// # Errors
///
/// If a path is not valid as the name of an entry.
pub fn zip_with_gap(
    files: &BTreeMap<String, String>,
    gap: u64,
) -> Result<Option<Content>, zip::result::ZipError> {
    let mut entries = zip(files)?;
    let end = entries.len() - END_RECORD;
    let offset_field = end + 16..end + 20;
    let mut field = [0; 4];
    field.copy_from_slice(&entries[offset_field.clone()]);
    let directory = u64::from(u32::from_le_bytes(field));
    let Some(moved) = directory.checked_add(gap) else {
        return Ok(None);
    };
    let Ok(offset) = u32::try_from(moved) else {
        return Ok(None);
    };
    entries[offset_field].copy_from_slice(&offset.to_le_bytes());
    let length = entries.len() as u64 + gap;
    let Ok(split) = usize::try_from(directory) else {
        return Ok(None);
    };
    let tail = entries.split_off(split);
    Ok(Content::sparse(length, [(0, entries), (moved, tail)]))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn the_same_files_give_the_same_archive() {
        let files = BTreeMap::from([("taskdef.json".to_owned(), "{}".to_owned())]);
        let bytes = zip(&files).unwrap();
        assert!(bytes.starts_with(b"PK"));
        assert_eq!(bytes, zip(&files).unwrap());
    }

    #[test]
    fn an_archive_with_a_gap_can_be_read() {
        let files = BTreeMap::from([("a.txt".to_owned(), "hello".to_owned())]);
        let content = zip_with_gap(&files, 1 << 20).unwrap().unwrap();
        let bytes = content.read(0..content.length());
        assert!(bytes.len() > 1 << 20);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let text = io::read_to_string(archive.by_name("a.txt").unwrap()).unwrap();
        assert_eq!(text, "hello");
    }

    #[test]
    fn a_gap_may_not_push_the_directory_out_of_reach() {
        let files = BTreeMap::new();
        let most = u64::from(u32::MAX);
        assert!(zip_with_gap(&files, most).unwrap().is_some());
        assert!(zip_with_gap(&files, most + 1).unwrap().is_none());
        assert!(zip_with_gap(&files, u64::MAX).unwrap().is_none());
    }
}
