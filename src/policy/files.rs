//! Reads Rego and data files, within limits.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::question::Text;

/// The most files in a set. More suggest a mistake, such as `/` as the path.
pub const MAX_FILES: usize = 1_000;
/// The most bytes of one file, which is also the limit of regorus.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// The most bytes of all files together. They are sent to a process for each
/// release.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The deepest nesting of directories.
pub(super) const MAX_DEPTH: usize = 16;
/// The most directories in a set. Links in a cycle can multiply a few.
pub(super) const MAX_DIRECTORIES: usize = 1_000;

/// Whether a file of this name belongs in a set.
#[must_use]
pub fn is_wanted(path: &Path) -> bool {
    is_data(path) || has_extension(path, &["rego"])
}

pub(super) fn is_data(path: &Path) -> bool {
    has_extension(path, &["json", "yaml", "yml"])
}

/// In capitals too: `deny.REGO` must not be left out in silence.
fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    extension.is_some_and(|found| extensions.iter().any(|it| it.eq_ignore_ascii_case(found)))
}

#[derive(Default)]
pub(super) struct Reader {
    pub(super) policies: Vec<Text>,
    pub(super) data: Vec<Text>,
    bytes: usize,
    directories: usize,
    pub(super) problems: Vec<String>,
}

impl Reader {
    pub(super) fn problem(&mut self, path: &Path, what: impl std::fmt::Display) {
        self.problems.push(format!("{}: {what}", path.display()));
    }

    /// Reads a file, or a directory and everything below it.
    pub(super) fn read(&mut self, path: &Path, depth: usize) {
        if self.directories > MAX_DIRECTORIES {
            return;
        }
        match fs::metadata(path) {
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => self.read_directory(path, depth),
            Ok(kind) if kind.is_dir() => {
                let what = format!(
                    "more than {MAX_DEPTH} directories lie in one another; remove a link that leads back to its own directory"
                );
                self.problem(path, what);
                // Report a link that leads back only once.
                self.directories = MAX_DIRECTORIES + 1;
            }
            Ok(kind) if kind.is_file() => self.read_file(path),
            // Opening a pipe would block until another process writes to it.
            Ok(_) => self.problem(path, "is neither a file nor a directory"),
            Err(error) => self.problem(path, error),
        }
    }

    fn read_directory(&mut self, path: &Path, depth: usize) {
        self.directories += 1;
        if self.directories > MAX_DIRECTORIES {
            let what = format!("there are more than {MAX_DIRECTORIES} directories");
            return self.problem(path, what);
        }
        let entries = fs::read_dir(path).and_then(|entries| {
            let paths = entries.map(|entry| entry.map(|entry| entry.path()));
            paths.collect::<Result<Vec<PathBuf>, _>>()
        });
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.problem(path, error),
        };
        entries.sort();
        for entry in entries {
            let name = entry.file_name().and_then(|name| name.to_str());
            if (entry.is_dir() || is_wanted(&entry))
                && !name.is_none_or(|name| name.starts_with('.'))
            {
                self.read(&entry, depth + 1);
            }
        }
    }

    fn read_file(&mut self, path: &Path) {
        if self.is_full() {
            return;
        }
        let mut text = String::new();
        let read = File::open(path)
            .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text));
        if let Err(error) = read {
            return self.problem(path, error);
        }
        self.add(Text::new(path.display().to_string(), text));
    }

    /// Whether there is no room for another file. Reports that once.
    fn is_full(&mut self) -> bool {
        let is_full = self.policies.len() + self.data.len() >= MAX_FILES;
        if is_full && self.problems.is_empty() {
            self.problems
                .push(format!("there are more than {MAX_FILES} files"));
        }
        is_full
    }

    /// Adds a file that was read elsewhere, or a problem.
    pub(super) fn add(&mut self, mut file: Text) {
        if self.is_full() {
            return;
        }
        // Some editors write a byte order mark, which no parser accepts.
        if let Some(rest) = file.text.strip_prefix('\u{feff}') {
            file.text = rest.to_owned();
        }
        let path = PathBuf::from(&file.path);
        self.bytes += file.text.len();
        if file.text.len() as u64 > MAX_FILE_BYTES {
            return self.problem(&path, format!("has more than {MAX_FILE_BYTES} bytes"));
        }
        if self.bytes > MAX_BYTES {
            return self.problem(&path, format!("all files have more than {MAX_BYTES} bytes"));
        }
        if is_data(&path) {
            self.data.push(file);
        } else {
            self.policies.push(file);
        }
    }
}
