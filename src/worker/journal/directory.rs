//! The journal in a local directory: one small JSON file for each unfinished
//! job, written whole or not at all. What else lies there, whoever put it
//! there, is neither followed nor waited for.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::entry::Entry;
use super::files::{create, open_lock};
use super::scan::{DRAFT, MAX_NAMES, Remarks, entries, unfinished};
use super::{InHand, Journal, JournalError, LeaseGuard, Taken, file_name};
use crate::blocking::run_blocking;
use crate::clock::Clock;
use crate::job::JobId;

/// How often jobs are looked for that stayed without a result in this very
/// process; there are hardly ever any.
const SCAN_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// Who may use a directory that is made: this user alone.
const PRIVATE: u32 = 0o700;

/// The file whose lock says whose the directory is.
pub(super) const LOCK: &str = "lock";

/// A directory that this process alone writes to.
#[derive(Clone, Debug)]
pub struct Directory {
    path: Arc<PathBuf>,
    clock: Clock,
    remarks: Arc<Remarks>,
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
    /// Opens the directory, which is made if need be. Entries that an earlier
    /// process did not finish to write are removed.
    ///
    /// # Errors
    ///
    /// When it cannot be written to, or another process has it.
    pub fn open(path: &Path, clock: &Clock) -> Result<Self, JournalProblem> {
        let unusable = |source| JournalProblem::Unusable {
            path: path.to_owned(),
            source,
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(PRIVATE);
        builder.create(path).map_err(unusable)?;
        let lock = open_lock(&path.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalProblem::InUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        remove_drafts(path).map_err(unusable)?;
        Ok(Self {
            path: Arc::new(path.to_owned()),
            clock: clock.clone(),
            remarks: Arc::default(),
            _lock: Arc::new(lock),
        })
    }

    /// Writes an entry durably, over an earlier one of the same job. Where it
    /// is not certain to outlive this process, nothing is left.
    async fn write(&self, name: String, text: Vec<u8>) -> io::Result<()> {
        self.blocking(move |directory| {
            let draft = directory.join(format!("{name}.{DRAFT}"));
            let written = create(&draft).and_then(|mut file| {
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

    async fn remove(&self, name: String) -> io::Result<()> {
        self.blocking(
            move |directory| match fs::remove_file(directory.join(name)) {
                Ok(()) => sync(directory),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            },
        )
        .await
    }

    /// What an earlier process left unfinished.
    async fn unfinished(&self) -> io::Result<Vec<Entry>> {
        let remarks = self.remarks.clone();
        self.blocking(move |directory| unfinished(directory, &remarks))
            .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        // With the lock, so that the next process never meets a write of this
        // one that is still on its way.
        let journal = self.clone();
        run_blocking(move || work(&journal.path))
            .await
            .map_err(io::Error::other)?
    }
}

#[async_trait]
impl Journal for Directory {
    async fn lease_guard(&self) -> LeaseGuard {
        LeaseGuard::unlimited()
    }

    async fn keep(&self) {
        std::future::pending::<()>().await;
    }

    async fn note(&self, entry: Entry) -> Result<(), JournalError> {
        let name = file_name(&entry.job)?;
        let text = serde_json::to_vec(&entry)?;
        Ok(self.write(name, text).await?)
    }

    /// An entry that could not be removed is taken up again, which is
    /// harmless.
    async fn clear(&self, job: &JobId) -> Result<(), JournalError> {
        Ok(self.remove(file_name(job)?).await?)
    }

    async fn take_over(&self, in_hand: InHand<'_>, at_most: usize) -> Result<Taken, JournalError> {
        let mut entries = self.unfinished().await?;
        entries.retain(|entry| !in_hand(&entry.job));
        let more = entries.len() > at_most;
        entries.truncate(at_most);
        Ok(Taken {
            entries,
            lease_guard: LeaseGuard::unlimited(),
            more,
        })
    }

    async fn size(&self) -> Result<usize, JournalError> {
        Ok(self
            .blocking(|directory| Ok(entries(directory)?.files.len()))
            .await?)
    }

    async fn until_next_scan(&self) {
        self.clock.sleep(SCAN_INTERVAL).await;
    }

    async fn close(&self) {}
}

fn remove_drafts(directory: &Path) -> io::Result<()> {
    for file in fs::read_dir(directory)?.take(MAX_NAMES) {
        let file = file?;
        let path = file.path();
        let is_draft = path.extension().is_some_and(|ending| ending == DRAFT);
        // A directory is none of ours; a link is removed, not its target.
        if is_draft && !file.file_type()?.is_dir() {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Makes a rename or a removal durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
