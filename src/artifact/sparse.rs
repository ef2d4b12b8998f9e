//! A file of which only some ranges are present.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// Reads like a file until it reaches a hole. The read then fails, and
/// [`Sparse::take_missing`] returns the offset.
#[derive(Default)]
pub(super) struct Sparse {
    total: u64,
    /// By offset; the pieces do not overlap.
    pieces: BTreeMap<u64, Vec<u8>>,
    position: u64,
    missing: Option<u64>,
}

/// Omits the bytes.
impl fmt::Debug for Sparse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Sparse({} pieces of {} bytes)",
            self.pieces.len(),
            self.total
        )
    }
}

impl Sparse {
    pub(super) fn new(total: u64) -> Self {
        Self {
            total,
            ..Self::default()
        }
    }

    /// Fills a hole. The caller must insert only ranges that [`Self::holes`]
    /// returned, so that pieces never overlap.
    pub(super) fn insert(&mut self, start: u64, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.pieces.insert(start, bytes);
        }
    }

    /// The parts of `range` that are not present.
    pub(super) fn holes(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let mut holes = Vec::new();
        let mut from = range.start;
        for (&start, bytes) in &self.pieces {
            let end = start + bytes.len() as u64;
            if end <= from {
                continue;
            }
            if start >= range.end {
                break;
            }
            if from < start {
                holes.push(from..start);
            }
            from = end;
        }
        if from < range.end {
            holes.push(from..range.end);
        }
        holes
    }

    /// How many bytes are present.
    pub(super) fn bytes(&self) -> u64 {
        self.pieces.values().map(|bytes| bytes.len() as u64).sum()
    }

    /// Drops every piece that starts before `start`.
    pub(super) fn keep_from(&mut self, start: u64) {
        self.pieces = self.pieces.split_off(&start);
    }

    /// Returns the offset of the first read since the last call that failed
    /// because of a hole.
    pub(super) fn take_missing(&mut self) -> Option<u64> {
        self.missing.take()
    }

    /// Returns up to `length` bytes from `start`, within a single piece.
    pub(super) fn held(&self, start: u64, length: usize) -> &[u8] {
        let Some((&piece, bytes)) = self.pieces.range(..=start).next_back() else {
            return &[];
        };
        let skip = usize::try_from(start - piece).unwrap_or(usize::MAX);
        let bytes = bytes.get(skip..).unwrap_or_default();
        &bytes[..length.min(bytes.len())]
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.position >= self.total {
            return Ok(0);
        }
        let held = self.held(self.position, buffer.len());
        if held.is_empty() {
            self.missing.get_or_insert(self.position);
            return Err(io::Error::other("not fetched yet"));
        }
        let count = held.len();
        buffer[..count].copy_from_slice(held);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.total.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_pieces() -> Sparse {
        let mut file = Sparse::new(100);
        file.insert(10, vec![1; 10]);
        file.insert(20, vec![2; 5]);
        file.insert(90, vec![3; 10]);
        file
    }

    #[test]
    fn holes_are_what_lies_between_the_pieces() {
        let file = with_pieces();
        assert_eq!(file.holes(0..100), [0..10, 25..90]);
        assert_eq!(file.holes(12..24), []);
        assert_eq!(file.holes(15..92), [Range { start: 25, end: 90 }]);
        assert_eq!(file.holes(95..100), []);
    }

    #[test]
    fn reading_crosses_pieces_and_stops_at_a_hole() {
        let mut file = with_pieces();
        file.seek(SeekFrom::Start(18)).unwrap();
        let mut bytes = [0; 7];
        file.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, [1, 1, 2, 2, 2, 2, 2]);
        assert!(file.read_exact(&mut bytes).is_err());
        assert_eq!(file.take_missing(), Some(25));
        assert_eq!(file.take_missing(), None);
    }

    #[test]
    fn the_end_is_an_end_and_no_hole() {
        let mut file = with_pieces();
        file.seek(SeekFrom::End(-4)).unwrap();
        let mut rest = Vec::new();
        file.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [3; 4]);
        assert!(file.seek(SeekFrom::End(-101)).is_err());
    }

    #[test]
    fn what_is_forgotten_is_a_hole_again() {
        let mut file = with_pieces();
        file.keep_from(90);
        assert_eq!(file.holes(0..100), [Range { start: 0, end: 90 }]);
    }
}
