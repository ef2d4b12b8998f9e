//! Reads the files of a small archive in memory.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

/// Unpacks the wanted entries, sorted by name. There may be
/// at most `max_files` of them, with at most `max_bytes` each.
///
/// # Errors
///
/// A message if the archive is damaged or exceeds one of the limits.
pub fn unpack_all(
    archive: Vec<u8>,
    is_wanted: impl Fn(&str) -> bool,
    max_files: usize,
    max_bytes: u64,
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|error| error.to_string())?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| error.to_string())?;
        let name = entry
            .name()
            .map_err(|error| error.to_string())?
            .into_owned();
        if entry.is_dir() || entry.is_symlink() || !is_wanted(&name) {
            continue;
        }
        if files.len() == max_files {
            return Err(format!("there are more than {max_files} files"));
        }
        let mut bytes = Vec::new();
        let read = entry.take(max_bytes + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("{name}: {error}"))?;
        if bytes.len() as u64 > max_bytes {
            return Err(format!("{name}: has more than {max_bytes} bytes"));
        }
        files.push((name, bytes));
    }
    files.sort();
    Ok(files)
}
