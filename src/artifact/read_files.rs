//! Reads the wanted files of one input artifact.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use zip::read::OwnedZipFileEntry;

use super::directory::{Listing, MAX_DIRECTORY_BYTES, MAX_ENTRIES, NoDirectory, diagnose, look_up};
use super::entry::{check, extent, unpack};
use super::ranges::{Attempt, LargeReads, Ranges, ReadFailure, Stop, TAIL_BYTES};
use super::recognise::HEAD_BYTES;
use super::sparse::Sparse;
use crate::job::offer::InputArtifact;
use crate::ports::ArtifactReader;
use crate::release::bundle::{MAX_FILES_BYTES, Unreadable};

/// Maximum number of requests for the directory of an artifact.
const DIRECTORY_REQUESTS: usize = 8;
/// Additional requests per file. One is enough unless headers are unusual.
const REQUESTS_PER_FILE: usize = 3;

/// Wanted entries at most this far apart are fetched with one request: 64 KiB
/// take less time than another round trip.
const NEARBY: u64 = 64 * 1024;
/// Maximum size of one request for entries, unless a single entry is larger.
/// Also the limit for all concurrent requests together.
const MAX_GROUP_BYTES: u64 = 4 * 1024 * 1024;
/// How much more to fetch if an entry is longer than its directory states.
const STEP: u64 = 64 * 1024;

/// How many times to read an artifact that is replaced during the read.
const ATTEMPTS: usize = 2;

/// The bytes of each path, or why it cannot be used.
pub type Files = BTreeMap<String, Result<Vec<u8>, Unreadable>>;

/// Reads `paths` from the zip archive `artifact`.
///
/// Fetches only ranges, all from one version of the object: the archive's end,
/// its directory and the wanted entries. Memory use is limited to the
/// directory's 16 MiB, one batch of entries and the result, which has at most
/// [`MAX_FILES_BYTES`]. `large` limits how many artifacts take much at once.
///
/// # Errors
///
/// Only failures that may be temporary: denied, throttled, unreachable, expired
/// credentials. If the artifact itself is at fault, each path gets the reason
/// instead.
pub async fn read_files(
    reader: &dyn ArtifactReader,
    artifact: &InputArtifact,
    paths: &[&str],
    large: &LargeReads,
) -> Result<Files, ReadFailure> {
    for _ in 0..ATTEMPTS {
        match read_once(reader, artifact, paths, large).await {
            Ok(files) => return Ok(files),
            Err(Stop::Changed) => {}
            Err(Stop::Unreadable(why)) => return Ok(none_of(paths, &why)),
            Err(Stop::Failed(failure)) => return Err(failure),
        }
    }
    Ok(none_of(paths, &Unreadable::ArtifactChanged))
}

fn none_of(paths: &[&str], why: &Unreadable) -> Files {
    paths
        .iter()
        .map(|path| ((*path).to_owned(), Err(why.clone())))
        .collect()
}

async fn read_once(
    reader: &dyn ArtifactReader,
    artifact: &InputArtifact,
    paths: &[&str],
    large: &LargeReads,
) -> Result<Files, Stop> {
    let max_requests = DIRECTORY_REQUESTS + REQUESTS_PER_FILE * paths.len();
    let mut ranges = Ranges::open(reader, artifact, max_requests, large).await?;
    let listing = list(&mut ranges, paths).await?;
    let tail = ranges.tail;
    ranges.file.keep_from(tail);

    let (mut files, mut wanted) = (Files::new(), Vec::new());
    let mut room = MAX_FILES_BYTES;
    for (path, lookup) in paths.iter().zip(listing.lookups) {
        let checked = lookup.and_then(|place| {
            room = check(&listing.entries[place], room)?;
            Ok(place)
        });
        match checked {
            Ok(place) => wanted.push(Wanted {
                path: (*path).to_owned(),
                place,
                extent: extent(&listing.entries[place]),
            }),
            Err(why) => {
                files.insert((*path).to_owned(), Err(why));
            }
        }
    }
    let entries = Arc::new(listing.entries);
    for batch in batches(groups(wanted)) {
        let extents: Vec<_> = batch.iter().map(|group| group.extent.clone()).collect();
        ranges.fetch_all(&extents).await?;
        for Wanted { path, place, .. } in batch.into_iter().flat_map(|group| group.members) {
            files.insert(path, contents(&mut ranges, &entries, place).await?);
        }
        ranges.file.keep_from(tail);
    }
    Ok(files)
}

/// Reads the directory, and fetches it if it starts before the tail.
async fn list(ranges: &mut Ranges<'_>, paths: &[&str]) -> Result<Listing, Stop> {
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    let work = Arc::new(move |file: &mut Sparse| look_up(file, &paths));
    loop {
        let refused = match ranges.attempt(&work).await? {
            // The first missing byte is the start of the directory, and
            // everything from there to the tail belongs to the directory.
            Attempt::Missing(start) if ranges.total - start > MAX_DIRECTORY_BYTES + TAIL_BYTES => {
                Unreadable::DirectoryTooLarge {
                    bytes: ranges.total - start,
                    limit: MAX_DIRECTORY_BYTES,
                }
            }
            Attempt::Missing(start) => {
                ranges.fetch(start..ranges.tail).await?;
                continue;
            }
            Attempt::Done(Ok(listing)) => return Ok(listing),
            Attempt::Done(Err(NoDirectory::TooManyEntries(entries))) => {
                Unreadable::TooManyEntries {
                    entries,
                    limit: MAX_ENTRIES as u64,
                }
            }
            Attempt::Done(Err(NoDirectory::Unparsable(detail))) => {
                ranges.fetch(0..HEAD_BYTES as u64).await?;
                let head = ranges.file.held(0, HEAD_BYTES);
                diagnose(head, ranges.file.held(ranges.tail, usize::MAX), detail)
            }
        };
        return Err(Stop::Unreadable(refused));
    }
}

/// Reads one entry's contents, and fetches more if its estimated extent was too
/// short.
async fn contents(
    ranges: &mut Ranges<'_>,
    entries: &Arc<Vec<OwnedZipFileEntry>>,
    place: usize,
) -> Result<Result<Vec<u8>, Unreadable>, Stop> {
    let entries = Arc::clone(entries);
    let work = Arc::new(move |file: &mut Sparse| unpack(file, &entries[place]));
    loop {
        match ranges.attempt(&work).await? {
            Attempt::Done(result) => return Ok(result),
            Attempt::Missing(start) => ranges.fetch(start..start + STEP).await?,
        }
    }
}

struct Wanted {
    path: String,
    /// The index in the listing's entries.
    place: usize,
    extent: Range<u64>,
}

/// Entries that are fetched with one request.
struct Group {
    extent: Range<u64>,
    members: Vec<Wanted>,
}

fn groups(mut wanted: Vec<Wanted>) -> Vec<Group> {
    wanted.sort_by_key(|entry| entry.extent.start);
    let mut groups: Vec<Group> = Vec::new();
    for entry in wanted {
        match groups.last_mut() {
            Some(group)
                if entry.extent.start <= group.extent.end.saturating_add(NEARBY)
                    && entry.extent.end - group.extent.start <= MAX_GROUP_BYTES =>
            {
                group.extent.end = group.extent.end.max(entry.extent.end);
                group.members.push(entry);
            }
            Some(_) | None => groups.push(Group {
                extent: entry.extent.clone(),
                members: vec![entry],
            }),
        }
    }
    groups
}

/// Splits the groups into batches to fetch concurrently, because each group
/// costs a round trip. A batch takes no more memory than one group may.
fn batches(groups: Vec<Group>) -> Vec<Vec<Group>> {
    let length = |group: &Group| group.extent.end - group.extent.start;
    let mut batches: Vec<Vec<Group>> = Vec::new();
    for group in groups {
        match batches.last_mut() {
            Some(batch)
                if batch.iter().map(length).sum::<u64>() + length(&group) <= MAX_GROUP_BYTES =>
            {
                batch.push(group);
            }
            Some(_) | None => batches.push(vec![group]),
        }
    }
    batches
}
