//! The journal in a local directory: one small JSON file for each unfinished
//! job, written whole or not at all.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::warn;

use super::entry::Entry;
use crate::job::JobId;

/// Bytes that an entry may have; ours have about three hundred.
const MAX_ENTRY: u64 = 16 * 1024;

/// Unfinished jobs that are taken up; a worker has at most ten thousand
/// visits at once.
const MAX_ENTRIES: usize = 10_000;

/// Characters of a job's id, which is a UUID; more would make no file name.
const MAX_ID: usize = 64;

/// A directory that this process alone writes to.
#[derive(Clone, Debug)]
pub struct Directory {
    path: Arc<PathBuf>,
    /// Held as long as the journal is open.
    _lock: Arc<File>,
}

/// Why the directory cannot be the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalProblem {
    #[error("the journal {} cannot be used", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("the journal {} is in use by another worker", path.display())]
    InUse { path: PathBuf },
}

impl Directory {
    /// Opens the directory, which is made if need be.
    ///
    /// # Errors
    ///
    /// When it cannot be written to, or another process has it.
    pub fn open(path: &Path) -> Result<Self, JournalProblem> {
        let unusable = |source| JournalProblem::Unusable {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(unusable)?;
        let lock = File::create(path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalProblem::InUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        Ok(Self {
            path: Arc::new(path.to_owned()),
            _lock: Arc::new(lock),
        })
    }

    /// Writes an entry durably, over an earlier one of the same job.
    ///
    /// # Errors
    ///
    /// When it is not certain to outlive this process; nothing is left then.
    pub async fn note(&self, entry: Entry) -> io::Result<()> {
        self.blocking(move |directory| {
            let name = file_name(&entry.job)?;
            let text = serde_json::to_vec(&entry)?;
            let draft = directory.join(format!("{name}.draft"));
            let written = File::create(&draft).and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()?;
                fs::rename(&draft, directory.join(&name))?;
                sync(directory)
            });
            if written.is_err() {
                // A full disk is no reason to leave rubbish on it.
                let _ = fs::remove_file(&draft);
            }
            written
        })
        .await
    }

    /// Forgets a job that has its result.
    ///
    /// # Errors
    ///
    /// When the entry is still there; taking the job up again is harmless.
    pub async fn clear(&self, job: &JobId) -> io::Result<()> {
        let name = file_name(job)?;
        self.blocking(
            move |directory| match fs::remove_file(directory.join(name)) {
                Ok(()) => sync(directory),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            },
        )
        .await
    }

    /// What an earlier process left unfinished, in the order of its files'
    /// names. Drafts that were never finished are removed; what cannot be
    /// read is kept and complained about.
    ///
    /// # Errors
    ///
    /// When the directory cannot be listed.
    pub async fn unfinished(&self) -> io::Result<Vec<Entry>> {
        self.blocking(|directory| {
            let mut names: Vec<PathBuf> = Vec::new();
            for file in fs::read_dir(directory)? {
                let path = file?.path();
                match path.extension().and_then(|extension| extension.to_str()) {
                    Some("json") if names.len() < MAX_ENTRIES => names.push(path),
                    Some("draft") => fs::remove_file(path)?,
                    Some(_) | None => {}
                }
            }
            names.sort();
            Ok(names.iter().filter_map(|path| read(path)).collect())
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        // With the lock, so that the next process never meets a write of this
        // one that is still on its way.
        let journal = self.clone();
        tokio::task::spawn_blocking(move || work(&journal.path))
            .await
            .map_err(io::Error::other)?
    }
}

fn read(path: &Path) -> Option<Entry> {
    let entry = File::open(path)
        .and_then(|file| {
            let mut text = Vec::new();
            file.take(MAX_ENTRY).read_to_end(&mut text)?;
            Ok(serde_json::from_slice::<Entry>(&text)?)
        })
        .inspect_err(|problem| {
            warn!(path = %path.display(), %problem, "a journal entry cannot be read");
        })
        .ok()?;
    if entry.is_current() {
        Some(entry)
    } else {
        warn!(path = %path.display(), "a journal entry is of another version");
        None
    }
}

/// Only what CodePipeline gives as an id becomes a file's name.
fn file_name(job: &JobId) -> io::Result<String> {
    let id = job.as_str();
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.is_empty() || id.len() > MAX_ID || !id.chars().all(safe) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not the id of a job",
        ));
    }
    Ok(format!("{id}.json"))
}

/// Makes a rename or a removal durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
