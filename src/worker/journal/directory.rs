//! The journal in a local directory: one small JSON file per unfinished job,
//! written atomically. Other files there are ignored: links are not followed,
//! and pipes and devices are not waited for.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;

use super::entry::Entry;
use super::files::{create, open_lock};
use super::scan::{DRAFT, LastWarning, MAX_NAMES, entries, unfinished};
use super::{IsInFlight, Journal, JournalError, LeaseGuard, TakenOver, file_name};
use crate::blocking::run_blocking;
use crate::job::JobId;

/// How often to look for jobs of this process that have ended without a result;
/// there are hardly ever any.
const SCAN_INTERVAL: Duration = Duration::from_secs(10 * 60);

/// The mode of a new directory: this user only.
const PRIVATE: u32 = 0o700;

/// The file that is locked by the directory's owner.
pub(super) const LOCK: &str = "lock";

/// A directory that only this process writes to.
#[derive(Clone, Debug)]
pub struct Directory {
    path: Arc<PathBuf>,
    clock: Clock,
    last_warning: Arc<LastWarning>,
    /// Held while the journal is open.
    _lock: Arc<File>,
}

/// Why the directory cannot be used as a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalProblem {
    #[error("the journal {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("the journal {} is in use by another worker", path.display())]
    InUse { path: PathBuf },
}

impl Directory {
    /// Opens the directory, creating it if necessary. Removes entries that an
    /// earlier process had not finished writing.
    ///
    /// # Errors
    ///
    /// If the directory cannot be written to, or another process has locked it.
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
            last_warning: Arc::default(),
            _lock: Arc::new(lock),
        })
    }

    /// Writes an entry durably, replacing an earlier one of the same job. If
    /// that is not certain to have worked, removes the draft.
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
                // Do not leave drafts on a full disk.
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

    /// The entries of an earlier process.
    async fn unfinished(&self) -> io::Result<Vec<Entry>> {
        let last_warning = self.last_warning.clone();
        self.blocking(move |directory| unfinished(directory, &last_warning))
            .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        // The clone holds the lock, so that no other process opens the
        // directory while a write of this one is in progress.
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

    async fn record(&self, entry: Entry) -> Result<(), JournalError> {
        let name = file_name(&entry.job)?;
        let text = serde_json::to_vec(&entry)?;
        Ok(self.write(name, text).await?)
    }

    /// An entry that could not be removed is resumed later, which is harmless.
    async fn clear(&self, job: &JobId) -> Result<(), JournalError> {
        Ok(self.remove(file_name(job)?).await?)
    }

    async fn take_over(
        &self,
        is_in_flight: IsInFlight<'_>,
        at_most: usize,
    ) -> Result<TakenOver, JournalError> {
        let mut entries = self.unfinished().await?;
        entries.retain(|entry| !is_in_flight(&entry.job));
        let more = entries.len() > at_most;
        entries.truncate(at_most);
        Ok(TakenOver {
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
        // A directory is not ours; a link is removed, not its target.
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
