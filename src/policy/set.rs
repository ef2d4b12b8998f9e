//! The operator's policies: Rego and data from files and directories.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::controls::{CONTROLS, Levels};
use super::question::{Question, Task, Text};

/// Where rules are looked for unless the operator says otherwise.
pub const DEFAULT_NAMESPACE: &str = "main";

/// Files of one set; somebody who names `/` should hear of it.
const MAX_FILES: usize = 1_000;
/// Bytes of one file, which is also the engine's own limit.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Bytes of all files together; they are handed on with every release.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Directories within directories.
const MAX_DEPTH: usize = 16;

/// What every release is tried on.
#[derive(Clone, Debug)]
pub struct PolicySet {
    policies: Vec<Text>,
    data: Vec<Text>,
    levels: Levels,
    namespace: String,
    hash: String,
}

impl PolicySet {
    /// Reads all `*.rego`, `*.json`, `*.yaml` and `*.yml` files of the paths,
    /// in the order of their names. Hidden files are left alone.
    ///
    /// # Errors
    ///
    /// Every path that cannot be read, or that holds too much or no policy.
    pub fn read(paths: &[PathBuf], namespace: &str, levels: &Levels) -> Result<Self, Vec<String>> {
        let mut reader = Reader::default();
        for path in paths {
            let before = reader.policies.len();
            reader.read(path, 0);
            if reader.policies.len() == before && reader.problems.is_empty() && !is_data(path) {
                reader.problem(path, "there is no *.rego file");
            }
        }
        for control in CONTROLS.iter().filter(|c| levels.contains_key(c.id)) {
            reader.policies.push(control.text());
        }
        if !reader.problems.is_empty() {
            return Err(reader.problems);
        }
        let mut set = Self {
            policies: reader.policies,
            data: reader.data,
            levels: levels.clone(),
            namespace: namespace.to_owned(),
            hash: String::new(),
        };
        set.hash = set.digest();
        Ok(set)
    }

    /// The beginning of the SHA-256 of everything that decides: it names the
    /// set in the log.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether no rule can refuse anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The question about an input. Tests take part only where they are run.
    #[must_use]
    pub fn question(&self, task: Task, input: String) -> Question {
        let takes_part = |file: &&Text| task != Task::Evaluate || !is_test(&file.path);
        let levels = CONTROLS
            .iter()
            .filter_map(|control| Some((control.package(), *self.levels.get(control.id)?)));
        Question {
            task,
            namespace: self.namespace.clone(),
            policies: self.policies.iter().filter(takes_part).cloned().collect(),
            data: self.data.clone(),
            controls: levels.collect(),
            input,
        }
    }

    fn digest(&self) -> String {
        let question = self.question(Task::Load, String::new());
        let text = serde_json::to_vec(&question).expect("texts and levels serialise");
        let digest = Sha256::digest(text);
        digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Tests stand beside what they test and never decide about a release.
fn is_test(path: &str) -> bool {
    path.ends_with("_test.rego")
}

fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
}

fn is_data(path: &Path) -> bool {
    matches!(extension(path), "json" | "yaml" | "yml")
}

#[derive(Default)]
struct Reader {
    policies: Vec<Text>,
    data: Vec<Text>,
    bytes: usize,
    problems: Vec<String>,
}

impl Reader {
    fn problem(&mut self, path: &Path, what: impl std::fmt::Display) {
        self.problems.push(format!("{}: {what}", path.display()));
    }

    fn read(&mut self, path: &Path, depth: usize) {
        match fs::metadata(path) {
            Ok(kind) if kind.is_dir() && depth < MAX_DEPTH => self.read_directory(path, depth),
            Ok(kind) if kind.is_dir() => self.problem(path, "too many directories in directories"),
            Ok(_) => self.read_file(path),
            Err(error) => self.problem(path, error),
        }
    }

    fn read_directory(&mut self, path: &Path, depth: usize) {
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
            let wanted = entry.is_dir() || is_data(&entry) || extension(&entry) == "rego";
            if wanted && !name.is_none_or(|name| name.starts_with('.')) {
                self.read(&entry, depth + 1);
            }
        }
    }

    fn read_file(&mut self, path: &Path) {
        if self.policies.len() + self.data.len() >= MAX_FILES {
            if self.problems.is_empty() {
                self.problem(path, format!("there are more than {MAX_FILES} files"));
            }
            return;
        }
        let mut text = String::new();
        let read = File::open(path)
            .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text));
        if let Err(error) = read {
            return self.problem(path, error);
        }
        self.bytes += text.len();
        if text.len() as u64 > MAX_FILE_BYTES {
            return self.problem(path, format!("has more than {MAX_FILE_BYTES} bytes"));
        }
        if self.bytes > MAX_BYTES {
            return self.problem(path, format!("all files have more than {MAX_BYTES} bytes"));
        }
        let file = Text {
            path: path.display().to_string(),
            text,
        };
        if is_data(path) {
            self.data.push(file);
        } else {
            self.policies.push(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "package main\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        folder
    }

    fn read(files: &[(&str, &str)]) -> Result<PolicySet, Vec<String>> {
        let folder = folder(files);
        let paths = [folder.path().to_owned()];
        PolicySet::read(&paths, DEFAULT_NAMESPACE, &Levels::new())
    }

    #[test]
    fn tests_and_hidden_files_never_decide() {
        let files = [
            ("a.rego", RULE),
            ("deep/b.rego", RULE),
            ("deep/b_test.rego", RULE),
            (".hidden.rego", RULE),
            ("c.yaml", "a: 1"),
            ("README.md", "# Read me"),
        ];
        let set = read(&files).expect("a set");
        let counts = |task| {
            let question = set.question(task, String::new());
            (question.policies.len(), question.data.len())
        };
        assert_eq!(counts(Task::Evaluate), (2, 1));
        assert_eq!(counts(Task::Test), (3, 1));
    }

    #[test]
    fn a_place_without_policies_is_no_set() {
        assert!(read(&[("c.yaml", "a: 1")]).is_err());
        let nowhere = [PathBuf::from("/no/such/place")];
        assert!(PolicySet::read(&nowhere, DEFAULT_NAMESPACE, &Levels::new()).is_err());
    }

    #[test]
    fn files_are_bounded_in_size_and_number() {
        let limit = usize::try_from(MAX_FILE_BYTES).expect("it is small");
        let longest = " ".repeat(limit);
        assert!(read(&[("a.rego", &longest)]).is_ok());
        assert!(read(&[("a.rego", &format!("{longest} "))]).is_err());

        let names: Vec<String> = (0..=MAX_FILES).map(|n| format!("{n}.rego")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), RULE)).collect();
        assert!(read(&files[..MAX_FILES]).is_ok());
        assert!(read(&files).is_err());

        let names: Vec<String> = (0..8).map(|n| format!("{n}.rego")).collect();
        let mut files: Vec<(&str, &str)> = names
            .iter()
            .map(|name| (name.as_str(), longest.as_str()))
            .collect();
        assert!(read(&files).is_ok());
        files.push(("z.rego", " "));
        assert!(read(&files).is_err());
    }
}
