//! Scans the journal's directory for unfinished jobs. Other files there are
//! counted and left unchanged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use tracing::warn;

use super::directory::LOCK;
use super::entry::Entry;
use super::{count_unreadable, file_name, files};
use crate::job::JobId;

/// The longest entry in bytes; ours have a few hundred.
const MAX_ENTRY: u64 = 16 * 1024;

/// Unfinished jobs to resume; a worker has at most ten thousand jobs at once.
const MAX_ENTRIES: usize = 10_000;

/// File names per scan: ten times the number of entries, read in a tenth of a
/// second, so that the entries are found even among as many foreign files.
pub(super) const MAX_NAMES: usize = 100_000;

/// The extension of an entry that is being written.
pub(super) const DRAFT: &str = "draft";

/// The last warning about the directory, so that it is not repeated.
#[derive(Debug, Default)]
pub(super) struct LastWarning(Mutex<String>);

/// The contents of a directory.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files that may be entries, in any order.
    pub(super) files: Vec<PathBuf>,
    /// The number of files that are not the journal's.
    strange: usize,
    /// Whether there are more names than were read.
    pub(super) cut: bool,
}

/// Lists the directory.
pub(super) fn entries(directory: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    for (count, file) in fs::read_dir(directory)?.enumerate() {
        if count == MAX_NAMES {
            found.cut = true;
            break;
        }
        let file = file?;
        let name = file.file_name();
        let name = name.to_str().unwrap_or_default();
        let is_file = file.file_type().is_ok_and(|kind| kind.is_file());
        let is_entry = || {
            let id = name.strip_suffix(".json");
            id.is_some_and(|id| file_name(&JobId::new(id)).is_ok())
        };
        if is_file && is_entry() {
            found.files.push(file.path());
        } else if !(is_file && (name == LOCK || name.ends_with(DRAFT))) {
            found.strange += 1;
        }
    }
    Ok(found)
}

/// Reads the unfinished jobs, in the order of their file names. Unreadable
/// files are kept, with a warning.
pub(super) fn unfinished(directory: &Path, last_warning: &LastWarning) -> io::Result<Vec<Entry>> {
    let mut found = entries(directory)?;
    found.files.sort();
    let mut entries = Vec::new();
    let mut unreadable = Vec::new();
    for path in &found.files {
        if entries.len() == MAX_ENTRIES {
            found.cut = true;
            break;
        }
        match read(path) {
            Ok(entry) => entries.push(entry),
            Err(problem) => unreadable.push((path, problem)),
        }
    }
    count_unreadable(unreadable.len());
    last_warning.warn_if_new(&found, &unreadable);
    Ok(entries)
}

impl LastWarning {
    fn warn_if_new(&self, found: &Found, unreadable: &[(&PathBuf, io::Error)]) {
        let first = unreadable.first();
        let first = first.map(|(path, problem)| format!("{}: {problem}", path.display()));
        let (strange, cut) = (found.strange, found.cut);
        let (unreadable, first) = (unreadable.len(), first.unwrap_or_default());
        let warning = format!("{strange} {cut} {unreadable} {first}");
        let mut last = self.0.lock();
        if *last == warning || (strange, cut, unreadable) == (0, false, 0) {
            *last = warning;
            return;
        }
        *last = warning;
        warn!(
            unreadable,
            first, strange, cut, "not everything in the journal's directory is a journal's entry"
        );
    }
}

/// Reads one entry.
///
/// # Errors
///
/// If the file cannot be read or is not an entry.
pub(super) fn read(path: &Path) -> io::Result<Entry> {
    let text = files::read(path, MAX_ENTRY)?;
    let entry: Entry = serde_json::from_slice(&text)?;
    let name = file_name(&entry.job).ok();
    // It would never be removed.
    if path.file_name().and_then(|name| name.to_str()) != name.as_deref() {
        return Err(io::Error::other("it has another job's name"));
    }
    Ok(entry)
}
