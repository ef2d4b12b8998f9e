//! The files of a small archive that is already in memory.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

/// Unpacks the entries that are wanted, in the order of their names, with
/// their names.
///
/// # Errors
///
/// Why the archive cannot be used: damaged, or more than `most` entries or
/// `at_most` bytes of an entry that is wanted.
pub fn unpack_all(
    archive: Vec<u8>,
    is_wanted: impl Fn(&str) -> bool,
    most: usize,
    at_most: u64,
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
        if files.len() == most {
            return Err(format!("there are more than {most} files"));
        }
        let mut bytes = Vec::new();
        let read = entry.take(at_most + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("{name}: {error}"))?;
        if bytes.len() as u64 > at_most {
            return Err(format!("{name}: has more than {at_most} bytes"));
        }
        files.push((name, bytes));
    }
    files.sort();
    Ok(files)
}
