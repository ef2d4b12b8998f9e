//! The status of a journal's workers and jobs, for people. It only reads: it
//! takes no lease or lock and writes or removes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;

use super::directory::LOCK;
use super::entry::Entry;
use super::fleet::{MAX_ENTRIES, READS};
use super::lease::{self, LEASES, MAX_LEASE, worker_of};
use super::peers::MAX_WORKERS;
use super::record::{self, JOBS, job_of};
use super::scan;
use crate::blocking::run_blocking;
use crate::ports::{CallError, CallErrorKind, Objects};

/// Where Linux lists locks and their holders, so that no lock need be taken.
const LOCKS: &str = "/proc/locks";

/// A journal at one point in time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalStatus {
    /// Workers that have a lease or the directory's lock.
    pub workers: Vec<WorkerStatus>,
    /// Unfinished jobs, in the order of their ids.
    pub jobs: Vec<JobStatus>,
    /// Leases and entries that cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Whether there is more than is shown.
    pub is_cut: bool,
}

/// A worker that uses the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerStatus {
    pub worker: String,
    pub lock: LockStatus,
}

/// How a worker holds its jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockStatus {
    /// By a lease, renewed at this time by the worker's own clock.
    Lease { renewed: Timestamp },
    /// By a lease that another worker has ended.
    LeaseEnded { by: String },
    /// By the directory's lock.
    DirectoryLock,
}

/// An unfinished job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStatus {
    /// The worker that has the job; `None` for a directory, which has one
    /// worker.
    pub worker: Option<String>,
    pub entry: Entry,
}

/// An object or file that is not a lease or entry of this build's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub name: String,
    pub why: String,
}

/// Reads the status of a fleet's journal.
///
/// # Errors
///
/// If the bucket cannot be listed or read.
pub async fn status_of_fleet(objects: &dyn Objects) -> Result<JournalStatus, CallError> {
    let mut status = JournalStatus::default();
    let mut jobs = keys(objects, JOBS, MAX_ENTRIES, &mut status).await?;
    jobs.retain(|key| job_of(key).is_some());
    for (name, text) in read(objects, jobs, record::MAX_ENTRY, &mut status).await? {
        match record::Record::parse(&name, &text) {
            Ok(record) => status.jobs.push(JobStatus {
                worker: Some(record.worker),
                entry: record.entry,
            }),
            Err(why) => status.unreadable.push(Unreadable { name, why }),
        }
    }
    // Read after the entries: a worker has a lease before it writes an entry.
    let mut leases = keys(objects, LEASES, MAX_WORKERS, &mut status).await?;
    leases.retain(|key| worker_of(key).is_some());
    for (name, text) in read(objects, leases, MAX_LEASE, &mut status).await? {
        match lease::Record::parse(&text) {
            Ok(record) => status.workers.push(record.status()),
            Err(why) => status.unreadable.push(Unreadable { name, why }),
        }
    }
    Ok(status)
}

async fn keys(
    objects: &dyn Objects,
    start: &str,
    at_most: usize,
    status: &mut JournalStatus,
) -> Result<Vec<String>, CallError> {
    let mut listed = objects.list(start, at_most + 1).await?;
    status.is_cut |= listed.len() > at_most;
    listed.truncate(at_most);
    Ok(listed.into_iter().map(|object| object.key).collect())
}

/// Reads the objects' contents. One that is gone meanwhile is left out; one
/// that cannot be read is noted. A denial is returned as an error, because it
/// would affect the others too.
async fn read(
    objects: &dyn Objects,
    keys: Vec<String>,
    at_most: u64,
    status: &mut JournalStatus,
) -> Result<Vec<(String, Vec<u8>)>, CallError> {
    let reads = keys.into_iter().map(|key| async move {
        let read = objects.read(&key, at_most).await;
        (key, read)
    });
    let reads: Vec<_> = reads.collect();
    let mut reads = stream::iter(reads).buffered(READS);
    let mut found = Vec::new();
    while let Some((name, read)) = reads.next().await {
        match read {
            Ok(Some((text, _))) => found.push((name, text)),
            Ok(None) => {}
            Err(error) if error.kind == CallErrorKind::Denied => return Err(error),
            Err(error) => {
                let why = error.to_string();
                status.unreadable.push(Unreadable { name, why });
            }
        }
    }
    Ok(found)
}

/// Reads the status of one worker's journal.
///
/// # Errors
///
/// If the directory cannot be read.
pub async fn status_of_directory(directory: &Path) -> io::Result<JournalStatus> {
    let directory = directory.to_owned();
    let read = run_blocking(move || read_directory(&directory)).await;
    read.map_err(io::Error::other)?
}

fn read_directory(directory: &Path) -> io::Result<JournalStatus> {
    let mut found = scan::entries(directory)?;
    found.files.sort();
    let mut status = JournalStatus {
        is_cut: found.cut || found.files.len() > MAX_ENTRIES,
        ..JournalStatus::default()
    };
    for path in found.files.iter().take(MAX_ENTRIES) {
        match scan::read(path) {
            Ok(entry) => status.jobs.push(JobStatus {
                worker: None,
                entry,
            }),
            // The job has ended meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => status.unreadable.push(Unreadable {
                name: path.display().to_string(),
                why: error.to_string(),
            }),
        }
    }
    status.workers.extend(lock_holder(directory));
    Ok(status)
}

/// The process that has locked the directory, if it can be seen from here.
fn lock_holder(directory: &Path) -> Option<WorkerStatus> {
    let inode = fs::symlink_metadata(directory.join(LOCK)).ok()?.ino();
    let process = process_with_lock(&fs::read_to_string(LOCKS).ok()?, inode)?;
    Some(WorkerStatus {
        worker: format!("process {process}"),
        lock: LockStatus::DirectoryLock,
    })
}

/// Finds a line such as `1: FLOCK  ADVISORY  WRITE 4711 fd:01:393217 0 EOF`;
/// one that waits for the lock has `->` in the second field. Device numbers are
/// ignored, because they do not always match those that a file shows.
fn process_with_lock(locks: &str, inode: u64) -> Option<u32> {
    let locks = locks.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, file, ..] = fields[..] else {
            return None;
        };
        Some((
            file.rsplit(':').next()?.parse().ok()?,
            process.parse().ok()?,
        ))
    });
    let locks: BTreeMap<u64, u32> = locks.collect();
    locks.get(&inode).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_that_has_a_lock_is_found_by_its_file() {
        let locks = "\
            1: POSIX  ADVISORY  WRITE 11 fd:01:393217 0 EOF\n\
            2: FLOCK  ADVISORY  WRITE 4711 fd:01:393217 0 EOF\n\
            2: -> FLOCK  ADVISORY  WRITE 4712 fd:01:393217 0 EOF\n\
            3: FLOCK  ADVISORY  WRITE 12 fd:01:393218 0 EOF\n\
            rubbish\n";
        assert_eq!(process_with_lock(locks, 393_217), Some(4711));
        assert_eq!(process_with_lock(locks, 1), None);
        assert_eq!(process_with_lock("", 1), None);
    }
}
