//! Content of an object: bytes at some offsets and zeros between them, so that
//! an object of several gigabytes needs little memory.

use std::ops::Range;

use aws_smithy_types::base64;
use md5::Md5;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Maximum number of pieces of an object.
pub const MAX_PIECES: usize = 10_000;

/// An object's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    length: u64,
    /// Sorted by offset, not overlapping, and within `length`.
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Piece {
    offset: u64,
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    bytes: Vec<u8>,
}

impl Content {
    /// An object of `length` bytes with the given pieces at their offsets and
    /// zeros elsewhere. Returns `None` if pieces overlap, lie outside, or are
    /// more than [`MAX_PIECES`].
    #[must_use]
    pub fn sparse(length: u64, pieces: impl IntoIterator<Item = (u64, Vec<u8>)>) -> Option<Self> {
        let mut pieces: Vec<Piece> = pieces
            .into_iter()
            .map(|(offset, bytes)| Piece { offset, bytes })
            .collect();
        pieces.sort_by_key(|piece| piece.offset);
        let mut free_from = 0;
        for piece in &pieces {
            if piece.offset < free_from {
                return None;
            }
            free_from = piece.end()?;
        }
        (free_from <= length && pieces.len() <= MAX_PIECES).then_some(Self { length, pieces })
    }

    /// Length in bytes, including zeros.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes held in memory.
    pub(super) fn stored(&self) -> u64 {
        let pieces = self.pieces.iter();
        pieces.map(|piece| piece.bytes.len() as u64).sum()
    }

    /// The bytes of `range`, cut at the end of the object. Allocates only that
    /// many.
    #[must_use]
    pub fn read(&self, range: Range<u64>) -> Vec<u8> {
        let end = range.end.min(self.length);
        let start = range.start.min(end);
        let mut bytes = vec![0; index(end - start)];
        for piece in &self.pieces {
            let from = piece.offset.max(start);
            let to = (piece.offset + piece.bytes.len() as u64).min(end);
            if from < to {
                bytes[index(from - start)..index(to - start)].copy_from_slice(
                    &piece.bytes[index(from - piece.offset)..index(to - piece.offset)],
                );
            }
        }
        bytes
    }

    /// The bytes of `range`, with zeros still only described. `None` if it is
    /// not within the object.
    pub(super) fn part(&self, range: Range<u64>) -> Option<Self> {
        if range.start >= range.end || range.end > self.length {
            return None;
        }
        let pieces = self.pieces.iter().filter_map(|piece| {
            let from = piece.offset.max(range.start);
            let to = piece.end()?.min(range.end);
            (from < to).then(|| Piece {
                offset: from - range.start,
                bytes: piece.bytes[index(from - piece.offset)..index(to - piece.offset)].to_vec(),
            })
        });
        Some(Self {
            length: range.end - range.start,
            pieces: pieces.collect(),
        })
    }

    /// Adds `next` at the end.
    pub(super) fn append(&mut self, next: Self) {
        let offset = self.length;
        self.length += next.length;
        self.pieces
            .extend(next.pieces.into_iter().map(|piece| Piece {
                offset: piece.offset + offset,
                ..piece
            }));
    }

    /// All bytes in order: those that are stored, and the zeros between them in
    /// blocks.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &[u8]> {
        const ZEROS: &[u8] = &[0; 64 << 10];
        let ends = self.pieces.iter().filter_map(Piece::end);
        let starts = self.pieces.iter().map(|piece| piece.offset);
        let gaps = std::iter::once(0)
            .chain(ends)
            .zip(starts.chain([self.length]));
        let bytes = self.pieces.iter().map(|piece| piece.bytes.as_slice());
        gaps.zip(bytes.map(Some).chain([None]))
            .flat_map(|((from, to), bytes)| {
                let whole = std::iter::repeat_n(ZEROS, index((to - from) / ZEROS.len() as u64));
                let rest = &ZEROS[..index((to - from) % ZEROS.len() as u64)];
                whole.chain([rest]).chain(bytes)
            })
    }

    /// The tag, including the quotes: the MD5 of the bytes, unless the object
    /// has gaps. Then it only differs for different content, like the tag of an
    /// object that S3 encrypts with a KMS key.
    #[must_use]
    pub fn etag(&self) -> String {
        let digest = match self.stored() == self.length {
            true => {
                let mut hash = Md5::new();
                self.pieces
                    .iter()
                    .for_each(|piece| hash.update(&piece.bytes));
                hex::encode(hash.finalize())
            }
            false => {
                let mut hash = Sha256::new();
                hash.update(self.length.to_be_bytes());
                for piece in &self.pieces {
                    hash.update(piece.offset.to_be_bytes());
                    hash.update(&piece.bytes);
                }
                hex::encode(hash.finalize())[..32].to_owned()
            }
        };
        format!("\"{digest}\"")
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            length: bytes.len() as u64,
            pieces: vec![Piece { offset: 0, bytes }],
        }
    }
}

impl Piece {
    fn end(&self) -> Option<u64> {
        self.offset.checked_add(self.bytes.len() as u64)
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("a part in memory is smaller than the address space")
}

fn write_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&base64::encode(bytes))
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    base64::decode(text).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn five_gigabytes_are_read_a_few_bytes_at_a_time() {
        let length = 5 << 30;
        let content =
            Content::sparse(length, [(0, b"PK".to_vec()), (length - 3, b"end".to_vec())]).unwrap();
        assert_eq!(content.read(0..4), b"PK\0\0");
        assert_eq!(content.read(length - 4..length + 9), b"\0end");
        assert_eq!(content.read(length..length + 9), b"");
    }

    #[test]
    fn pieces_that_overlap_or_lie_outside_are_refused() {
        assert!(Content::sparse(4, [(0, vec![1; 2]), (1, vec![2; 2])]).is_none());
        assert!(Content::sparse(4, [(3, vec![1; 2])]).is_none());
        assert!(Content::sparse(u64::MAX, [(u64::MAX, vec![1; 2])]).is_none());
        let pieces = |count: u64| (0..count).map(|at| (at, vec![1]));
        assert!(Content::sparse(1 << 20, pieces(MAX_PIECES as u64)).is_some());
        assert!(Content::sparse(1 << 20, pieces(MAX_PIECES as u64 + 1)).is_none());
    }

    proptest! {
        #[test]
        fn a_range_is_that_part_of_the_whole(
            gaps in prop::collection::vec((0_u64..20, prop::collection::vec(any::<u8>(), 0..20)), 0..6),
            tail in 0_u64..20, start in 0_u64..250, length in 0_u64..250,
        ) {
            let (mut plain, mut pieces) = (Vec::new(), Vec::new());
            for (gap, bytes) in gaps {
                plain.resize(plain.len() + usize::try_from(gap).unwrap(), 0);
                pieces.push((plain.len() as u64, bytes.clone()));
                plain.extend(bytes);
            }
            plain.resize(plain.len() + usize::try_from(tail).unwrap(), 0);
            let content = Content::sparse(plain.len() as u64, pieces).unwrap();
            let wanted: Vec<u8> = plain.iter().copied()
                .skip(usize::try_from(start).unwrap()).take(usize::try_from(length).unwrap()).collect();
            prop_assert_eq!(content.read(start..start + length), &*wanted);
            prop_assert_eq!(content.blocks().collect::<Vec<_>>().concat(), plain);
            let end = start + length;
            if let Some(part) = content.part(start..end) {
                prop_assert_eq!(part.read(0..length), wanted);
                let mut joined = content.part(0..end).unwrap();
                if let Some(rest) = content.part(end..content.length()) {
                    joined.append(rest);
                }
                prop_assert_eq!(joined.read(0..joined.length()), &*content.read(0..joined.length()));
            }
        }
    }
}
