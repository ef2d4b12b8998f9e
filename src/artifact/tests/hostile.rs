//! Archives that are damaged, inconsistent, or not archives at all.

use async_trait::async_trait;

use super::archives::{ENCRYPTED, Entry, LZMA, archive_of, zip_of};
use super::object::{Object, Part, artifact};
use crate::artifact::ranges::{Ranges, Stop};
use crate::artifact::{LargeReads, ReadFailure, read_files};
use crate::job::offer::InputArtifact;
use crate::ports::{ArtifactReader, ByteRange, ETag, Piece, ReadError};
use crate::release::bundle::{MAX_FILE_BYTES, Unreadable};

async fn check(entry: Entry, expected: Result<Vec<u8>, Unreadable>) {
    let object = Object::of_parts(archive_of(&[entry]));
    assert_eq!(object.file("x").await, expected);
}

/// Overwrites four bytes at `offset` of the first central header.
fn patch_directory(archive: &mut [u8], offset: usize, value: u32) {
    let header = archive
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    archive[header + offset..][..4].copy_from_slice(&value.to_le_bytes());
}

#[tokio::test]
async fn entries_that_are_not_read_are_refused_by_name() {
    let good = Entry::stored("x", b"hello");
    let encrypted = Entry {
        flags: ENCRYPTED,
        ..good.clone()
    };
    check(encrypted, Err(Unreadable::Encrypted)).await;
    let lzma = Entry {
        method: LZMA,
        ..good.clone()
    };
    let method = "Lzma".into();
    check(lzma, Err(Unreadable::UnsupportedCompression { method })).await;
    check(good, Ok(b"hello".to_vec())).await;
}

#[tokio::test]
async fn a_wrong_checksum_or_size_is_damage() {
    let wrong_sum = Entry {
        crc: 1,
        ..Entry::stored("x", b"hello")
    };
    let wrong_size = Entry {
        size: 4,
        ..Entry::stored("x", b"hello")
    };
    for entry in [wrong_sum, wrong_size] {
        let found = Object::of_parts(archive_of(&[entry])).file("x").await;
        assert!(
            matches!(found, Err(Unreadable::DamagedEntry { .. })),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn the_largest_file_is_read_and_one_byte_more_is_not() {
    let largest = vec![b'x'; usize::try_from(MAX_FILE_BYTES).unwrap()];
    check(Entry::stored("x", &largest), Ok(largest.clone())).await;
    let too_large = Unreadable::TooLarge {
        bytes: MAX_FILE_BYTES + 1,
        limit: MAX_FILE_BYTES,
    };
    let one_more = [&largest[..], b"x"].concat();
    check(Entry::stored("x", &one_more), Err(too_large.clone())).await;
    let deflated = Object::new(zip_of(&[("x", &one_more)]));
    assert_eq!(deflated.file("x").await, Err(too_large));
}

#[tokio::test]
async fn a_bomb_that_declares_ten_bytes_is_not_inflated() {
    let mut archive = zip_of(&[("x", &vec![0; 50_000_000])]);
    patch_directory(&mut archive, 24, 10);
    let found = Object::new(archive).file("x").await;
    assert!(
        matches!(found, Err(Unreadable::DamagedEntry { .. })),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_entry_that_points_outside_the_archive_is_damage() {
    for offset in [1_000_000, u32::MAX] {
        let mut archive = zip_of(&[("x", b"hello")]);
        patch_directory(&mut archive, 42, offset);
        let found = Object::new(archive).file("x").await;
        assert!(found.is_err(), "{found:?}");
    }
}

#[tokio::test]
async fn what_is_no_zip_is_recognised() {
    let archive = zip_of(&[("x", &[7; 300_000]), ("y", b"y")]);
    let mut tar = vec![0; 400_000];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, expected) in [
        (b"{\"a\": 1}".to_vec(), Some("a JSON document")),
        (tar, Some("a tar archive")),
        (
            archive[..archive.len() - 30].to_vec(),
            Some("a truncated zip archive"),
        ),
        (
            vec![0x1f, 0x8b, 8, 0],
            Some("a gzip file, such as a .tar.gz"),
        ),
        (vec![0xfe; 90_000], None),
    ] {
        let object = Object::new(bytes);
        let not_a_zip = Unreadable::NotAZip {
            looks_like: expected,
        };
        assert_eq!(object.file("x").await, Err(not_a_zip));
        assert!(object.requests() <= 2);
    }
    assert_eq!(
        Object::new("").file("x").await,
        Err(Unreadable::ArtifactEmpty)
    );
}

#[tokio::test]
async fn a_directory_too_large_to_hold_is_not_fetched() {
    let mut parts = archive_of(&[Entry::stored("x", b"hello")]);
    let Some(Part::Bytes(end)) = parts.last_mut() else {
        panic!("the end record is bytes")
    };
    // The directory claims to start at offset 0 and to reach to here.
    end[12..16].copy_from_slice(&40_000_000u32.to_le_bytes());
    end[16..20].copy_from_slice(&0u32.to_le_bytes());
    parts.insert(0, Part::Zeros(40_000_000));
    let object = Object::of_parts(parts);
    let found = object.file("x").await;
    assert!(
        matches!(found, Err(Unreadable::DirectoryTooLarge { .. })),
        "{found:?}"
    );
    assert_eq!(object.requests(), 1);
}

#[tokio::test]
async fn an_archive_without_entries_has_none() {
    let found = Object::new(zip_of(&[])).file("x").await;
    let nearest = Vec::new();
    assert_eq!(found, Err(Unreadable::NoSuchEntry { nearest }));
}

/// Answers every request with the same piece.
struct Stubborn(Piece);

#[async_trait]
impl ArtifactReader for Stubborn {
    async fn read(
        &self,
        _artifact: &InputArtifact,
        _range: ByteRange,
        _pinned: Option<&ETag>,
    ) -> Result<Piece, ReadError> {
        Ok(self.0.clone())
    }
}

#[tokio::test]
async fn an_answer_to_another_question_is_not_taken_for_the_archive() {
    for (start, length, total) in [
        (5, 10, 10),
        (0, 10, 20),
        (0, 0, 10),
        (99_000, 1_000, 100_000),
    ] {
        let reader = Stubborn(Piece {
            start,
            bytes: vec![0; length],
            total,
            etag: None,
        });
        let failure = read_files(&reader, &artifact(), &["x"], &LargeReads::default())
            .await
            .unwrap_err();
        let ReadFailure::Other(error) = failure else {
            panic!("{failure:?}")
        };
        assert_eq!(error.code, "WrongRange");
    }
}

/// Many end records, each pointing to a different offset.
#[tokio::test]
async fn a_thousand_false_ends_lead_nowhere_far() {
    let mut bytes = vec![0; 20_000_000];
    let start = bytes.len() - 65_000;
    for (number, record) in bytes[start..].chunks_exact_mut(22).enumerate() {
        record[..4].copy_from_slice(b"PK\x05\x06");
        record[8..12].copy_from_slice(&[1, 0, 1, 0]);
        let place = 5_000_000 + u32::try_from(number).unwrap() * 4000;
        record[16..20].copy_from_slice(&place.to_le_bytes());
    }
    let object = Object::new(bytes);
    assert!(object.file("x").await.is_err());
    assert!(object.requests() <= 11);
    assert!(object.bytes_read() < 17_000_000);
}

#[tokio::test]
async fn no_more_requests_are_made_than_allowed() {
    let object = Object::of_parts(vec![Part::Zeros(1_000_000)]);
    let (place, large) = (artifact(), LargeReads::default());
    let mut ranges = Ranges::open(&object, &place, 3, &large).await.unwrap();
    ranges.fetch(0..10).await.unwrap();
    ranges.fetch(0..10).await.unwrap();
    ranges.fetch(20..30).await.unwrap();
    let refused = ranges.fetch(40..50).await;
    assert!(matches!(refused, Err(Stop::Unreadable(_))), "{refused:?}");
    assert_eq!(object.requests(), 3);
}

#[tokio::test]
async fn a_directory_cut_short_is_damage() {
    let mut archive = zip_of(&[("x", b"hello")]);
    let count = archive.len() - 22 + 8;
    archive[count..count + 4].copy_from_slice(&[2, 0, 2, 0]);
    let found = Object::new(archive).file("x").await;
    assert!(
        matches!(found, Err(Unreadable::DamagedArchive { .. })),
        "{found:?}"
    );
}

proptest::proptest! {
    /// Whatever bytes are changed, each path gets a result.
    #[test]
    fn flipped_bytes_never_panic_nor_read_for_ever(
        flips in proptest::collection::vec((0usize..400, proptest::num::u8::ANY), 1..6)
    ) {
        let mut archive = zip_of(&[("x", &[1; 200]), ("y/z", b"z"), ("taskdef.json", b"{}")]);
        let length = archive.len();
        for (place, value) in flips {
            archive[length - 1 - place % length] = value;
        }
        let object = Object::new(archive);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let files = runtime.block_on(object.files(&["x", "taskdef.json"])).unwrap();
        proptest::prop_assert_eq!(files.len(), 2);
        proptest::prop_assert!(object.requests() < 15);
    }
}
