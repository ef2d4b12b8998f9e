//! Opens the journal's files, and nothing that only looks like one: no link is
//! followed, no pipe or device is waited for, and nobody else may read them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Who may read and write a file: this user alone.
const PRIVATE: u32 = 0o600;

/// A new file; what has its name already is removed before.
pub(super) fn create(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(PRIVATE);
    options.open(path)
}

/// The file to lock, made if need be. What it holds is left alone.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    ordinary(options.mode(PRIVATE), path)
}

/// What a file holds, unless that is more than `at_most` bytes.
pub(super) fn read(path: &Path, at_most: u64) -> io::Result<Vec<u8>> {
    let file = ordinary(OpenOptions::new().read(true), path)?;
    let mut bytes = Vec::new();
    file.take(at_most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > at_most {
        let what = format!("it has more than {at_most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(bytes)
}

fn ordinary(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let what = "it is no ordinary file";
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}
