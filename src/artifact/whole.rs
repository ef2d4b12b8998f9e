//! Reads the files of a small archive in memory.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

/// The most that is unpacked of an archive.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub files: usize,
    /// Of each file.
    pub file_bytes: u64,
    /// Of all files together.
    pub bytes: u64,
}

/// Unpacks the wanted entries, sorted by name.
///
/// # Errors
///
/// A message if the archive is damaged or exceeds one of the limits.
pub fn unpack_all(
    archive: Vec<u8>,
    is_wanted: impl Fn(&str) -> bool,
    limits: Limits,
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let text = |error: ZipError| error.to_string();
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(text)?;
    let (mut files, mut total) = (Vec::new(), 0);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(text)?;
        let name = entry.name().map_err(text)?.into_owned();
        if entry.is_dir() || entry.is_symlink() || !is_wanted(&name) {
            continue;
        }
        if files.len() == limits.files {
            return Err(format!("there are more than {} files", limits.files));
        }
        let mut bytes = Vec::new();
        let read = entry.take(limits.file_bytes + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("{name}: {error}"))?;
        let size = bytes.len() as u64;
        if size > limits.file_bytes {
            let most = limits.file_bytes;
            return Err(format!("{name}: has more than {most} bytes"));
        }
        total += size;
        if total > limits.bytes {
            return Err(format!("all files have more than {} bytes", limits.bytes));
        }
        files.push((name, bytes));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn number_and_sizes_of_the_files_are_limited() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for name in ["b", "a", "unwanted"] {
            let options = SimpleFileOptions::default();
            writer.start_file(name, options).expect("a name");
            writer.write_all(&[0; 100]).expect("in memory");
        }
        let archive = writer.finish().expect("in memory").into_inner();
        let unpack = |files, file_bytes, bytes| {
            let limits = Limits {
                files,
                file_bytes,
                bytes,
            };
            unpack_all(archive.clone(), |name| name != "unwanted", limits)
                .map(|files| files.into_iter().map(|(name, _)| name).collect::<String>())
        };
        assert_eq!(unpack(2, 100, 200).as_deref(), Ok("ab"));
        for (limits, problem) in [
            ((1, 100, 200), "there are more than 1 files"),
            ((2, 99, 200), "b: has more than 99 bytes"),
            ((2, 100, 199), "all files have more than 199 bytes"),
        ] {
            let (files, file_bytes, bytes) = limits;
            assert_eq!(unpack(files, file_bytes, bytes), Err(problem.to_owned()));
        }
    }
}
