//! Finds entries in a zip archive's central directory.

use std::borrow::Cow;

use zip::read::{Config, OwnedZipFileEntry};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::names::{MAX_COMPARISONS, Nearest, plain};
use super::recognise::looks_like;
use super::sparse::Sparse;
use crate::release::bundle::Unreadable;

/// Maximum number of entries: CodePipeline's own limit for the files of an
/// artifact (docs/aws.md §3).
pub(super) const MAX_ENTRIES: usize = 100_000;

/// Maximum size of a central directory: 100,000 entries of 167 bytes each,
/// about 90 of which are for the name.
pub(super) const MAX_DIRECTORY_BYTES: u64 = 16 * 1024 * 1024;

const END_RECORD: &[u8] = b"PK\x05\x06";

/// The wanted entries of a directory.
pub(super) struct Listing {
    pub(super) entries: Vec<OwnedZipFileEntry>,
    /// For each path, the index of its entry in `entries`.
    pub(super) lookups: Vec<Result<usize, Unreadable>>,
}

/// Why a directory cannot be read.
#[derive(Debug)]
pub(super) enum NoDirectory {
    TooManyEntries(u64),
    /// The zip library's error message.
    Unparsable(String),
}

impl From<ZipError> for NoDirectory {
    fn from(error: ZipError) -> Self {
        Self::Unparsable(error.to_string())
    }
}

/// Finds all `paths` in one pass over the directory. If a path is not found,
/// makes a second pass for the most similar names.
pub(super) fn look_up(file: &mut Sparse, paths: &[String]) -> Result<Listing, NoDirectory> {
    let mut archive = ZipIterable::try_new(file, Config::default())?;
    if archive.len() > MAX_ENTRIES {
        return Err(NoDirectory::TooManyEntries(archive.len() as u64));
    }
    let mut entries = Vec::new();
    let mut searches: Vec<Search<'_>> = paths.iter().map(|path| Search::new(path)).collect();
    for entry in archive.files()? {
        let entry = entry?;
        let name = entry.name()?;
        let mut wanted = false;
        for search in &mut searches {
            wanted |= search.offer(&name, entries.len());
        }
        drop(name);
        if wanted {
            entries.push(entry.into());
        }
    }
    if searches.iter().any(Search::is_fruitless) {
        let mut comparisons = MAX_COMPARISONS;
        for entry in archive.files()? {
            let entry = entry?;
            let name = entry.name()?;
            for search in searches.iter_mut().filter(|search| search.is_fruitless()) {
                search.nearest.offer(&name, &mut comparisons);
            }
        }
    }
    let lookups = searches.into_iter().map(Search::result).collect();
    Ok(Listing { entries, lookups })
}

/// Explains why an archive has no readable directory, from its first and its
/// last bytes.
pub(super) fn diagnose(head: &[u8], tail: &[u8], detail: String) -> Unreadable {
    let ends_like_a_zip = tail
        .windows(END_RECORD.len())
        .any(|part| part == END_RECORD);
    let looks_like = match (ends_like_a_zip, head.starts_with(b"PK")) {
        (true, true) => return Unreadable::DamagedArchive { detail },
        (true, false) => Some("a zip archive without its beginning"),
        (false, _) => looks_like(head),
    };
    Unreadable::NotAZip { looks_like }
}

/// The search for one path. An exact match wins. Otherwise an entry with the
/// same plain form is used, if there is only one.
struct Search<'a> {
    path: &'a str,
    plain: Cow<'a, str>,
    exact: Matches,
    alike: Matches,
    is_directory: bool,
    nearest: Nearest,
}

/// How many entries match, and the index of the first.
#[derive(Clone, Copy, Default)]
struct Matches {
    count: usize,
    first: usize,
}

impl Matches {
    /// Adds a match. Returns whether it is the first.
    fn add(&mut self, place: usize) -> bool {
        if self.count == 0 {
            self.first = place;
        }
        self.count += 1;
        self.count == 1
    }
}

impl<'a> Search<'a> {
    fn new(path: &'a str) -> Self {
        Self {
            path,
            plain: plain(path),
            exact: Matches::default(),
            alike: Matches::default(),
            is_directory: false,
            nearest: Nearest::to(path),
        }
    }

    /// Compares an entry, which would have the index `place`, with the path.
    /// Returns whether to keep the entry.
    fn offer(&mut self, name: &str, place: usize) -> bool {
        if name == self.path {
            return self.exact.add(place);
        }
        let name = plain(name);
        if name == self.plain {
            return self.alike.add(place);
        }
        let below = name.strip_prefix(self.plain.trim_end_matches('/'));
        self.is_directory |=
            below.is_some_and(|rest| rest.starts_with('/') || self.plain.is_empty());
        false
    }

    fn is_fruitless(&self) -> bool {
        self.exact.count == 0 && self.alike.count == 0 && !self.is_directory
    }

    fn result(self) -> Result<usize, Unreadable> {
        let matches = match self.exact.count {
            0 => self.alike,
            _ => self.exact,
        };
        match matches.count {
            0 if self.is_directory => Err(Unreadable::IsADirectory),
            0 => Err(Unreadable::NoSuchEntry {
                nearest: self.nearest.into_names(),
            }),
            1 => Ok(matches.first),
            _ => Err(Unreadable::DuplicateEntry),
        }
    }
}
