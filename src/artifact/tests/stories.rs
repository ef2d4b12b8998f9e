//! What is read from well-formed archives, and with how many requests.

use super::archives::{Entry, archive_of, zip_of};
use super::object::{Object, Part, artifact, call_error};
use crate::artifact::directory::MAX_ENTRIES;
use crate::artifact::{LargeReads, ReadFailure, read_files};
use crate::ports::{CallErrorKind, ReadError};
use crate::release::bundle::{MAX_FILES_BYTES, Unreadable};

const TASKDEF: &[u8] = b"{\"family\": \"web\"}";

fn object(entries: &[Entry]) -> Object {
    Object::of_parts(archive_of(entries))
}

#[tokio::test]
async fn a_small_artifact_takes_one_request() {
    let object = Object::new(zip_of(&[
        ("taskdef.json", TASKDEF),
        ("deploy/appspec.yaml", b"version: 0.0"),
    ]));
    let files = object
        .files(&["taskdef.json", "deploy/appspec.yaml", "absent"])
        .await
        .unwrap();
    assert_eq!(files["taskdef.json"], Ok(TASKDEF.to_vec()));
    assert_eq!(files["deploy/appspec.yaml"], Ok(b"version: 0.0".to_vec()));
    assert!(matches!(
        files["absent"],
        Err(Unreadable::NoSuchEntry { .. })
    ));
    assert_eq!(object.requests(), 1);
}

#[tokio::test]
async fn of_a_large_artifact_little_is_read() {
    let mut entries: Vec<Entry> = (0..100)
        .map(|number| Entry::filler(&format!("lib/{number}.bin"), 3_000_000))
        .collect();
    entries.insert(50, Entry::stored("taskdef.json", TASKDEF));
    entries.insert(51, Entry::stored("appspec.yaml", b"version: 0.0"));
    entries.insert(20, Entry::stored("imageDetail.json", b"{}"));
    let object = object(&entries);
    let paths = ["taskdef.json", "appspec.yaml", "imageDetail.json"];
    let files = object.files(&paths).await.unwrap();
    assert!(files.values().all(Result::is_ok));
    assert_eq!(object.requests(), 3, "the tail, one entry, two neighbours");
    assert!(object.bytes_read() < 100_000);
}

#[tokio::test]
async fn as_many_entries_as_codepipeline_allows_are_read() {
    let mut entries: Vec<Entry> = (1..MAX_ENTRIES)
        .map(|number| Entry::filler(&format!("node_modules/{number}/package.json"), 0))
        .collect();
    entries.insert(7, Entry::stored("taskdef.json", TASKDEF));
    let object_with_all = object(&entries);
    assert_eq!(
        object_with_all.file("taskdef.json").await,
        Ok(TASKDEF.to_vec())
    );
    assert!(object_with_all.requests() <= 3);

    entries.push(Entry::filler("one-more", 0));
    let expected = Unreadable::TooManyEntries {
        entries: 100_001,
        limit: 100_000,
    };
    assert_eq!(object(&entries).file("taskdef.json").await, Err(expected));
}

#[tokio::test]
async fn a_local_header_longer_than_guessed_costs_one_more_request() {
    let mut odd = Entry::stored("taskdef.json", TASKDEF);
    odd.local_extra = 60_000;
    let mut parts = archive_of(&[odd, Entry::filler("large.bin", 1_000_000)]);
    // The extra field's own header: an unknown id and the length of the rest.
    let Part::Bytes(header) = &mut parts[0] else {
        panic!("a header is bytes")
    };
    let place = header.len() - 60_000;
    header[place..place + 4].copy_from_slice(&[0xfe, 0xca, 0x5c, 0xea]);
    let object = Object::of_parts(parts);
    assert_eq!(object.file("taskdef.json").await, Ok(TASKDEF.to_vec()));
    assert_eq!(object.requests(), 3);
}

#[tokio::test]
async fn the_files_of_one_artifact_have_a_limit_together() {
    let names: Vec<String> = (0..3).map(|n| format!("{n}.json")).collect();
    let most = usize::try_from(MAX_FILES_BYTES).unwrap() / 3;
    for (last, expected) in [
        (most + 2, Ok(most + 2)),
        (
            most + 3,
            Err(Unreadable::TooLargeTogether {
                limit: MAX_FILES_BYTES,
            }),
        ),
    ] {
        let texts = [most, most, last].map(|length| vec![b' '; length]);
        let files = names.iter().zip(&texts);
        let files: Vec<(&str, &[u8])> = files
            .map(|(name, text)| (name.as_str(), &text[..]))
            .collect();
        let paths: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = Object::new(zip_of(&files)).files(&paths).await.unwrap();
        assert_eq!(found["0.json"].as_ref().map(Vec::len), Ok(most));
        assert_eq!(found["2.json"].clone().map(|text| text.len()), expected);
    }
}

#[tokio::test]
async fn junk_before_the_archive_and_a_long_comment_after_it_do_not_matter() {
    let mut bytes = vec![b'#'; 200_000];
    bytes.extend(zip_of(&[("taskdef.json", TASKDEF)]));
    let comment = bytes.len() - 2;
    bytes[comment..].copy_from_slice(&[0xff, 0xff]);
    bytes.resize(bytes.len() + 0xffff, b'c');
    let object = Object::new(bytes);
    assert_eq!(object.file("taskdef.json").await, Ok(TASKDEF.to_vec()));
}

#[tokio::test]
async fn paths_written_in_another_way_are_found_when_only_one_entry_can_be_meant() {
    let object_of = |names: &[&str]| {
        let entries: Vec<Entry> = names
            .iter()
            .map(|name| Entry::stored(name, name.as_bytes()))
            .collect();
        object(&entries)
    };
    for (names, path, expected) in [
        (&["taskdef.json"][..], "./taskdef.json", Ok("taskdef.json")),
        (&["taskdef.json"], "/taskdef.json", Ok("taskdef.json")),
        (&["./taskdef.json"], "taskdef.json", Ok("./taskdef.json")),
        (&["a\\b.json"], "a/b.json", Ok("a\\b.json")),
        (&["a/b", "a\\b"], "a\\b", Ok("a\\b")),
        (&["a\\b", "./a/b"], "a/b", Err(Unreadable::DuplicateEntry)),
        (&["x", "x"], "x", Err(Unreadable::DuplicateEntry)),
        (&["../x"], "../x", Ok("../x")),
        (
            &["a/../x"],
            "x",
            Err(Unreadable::NoSuchEntry {
                nearest: vec!["a/../x".into()],
            }),
        ),
        (&["deploy/x"], "deploy", Err(Unreadable::IsADirectory)),
        (&["deploy/"], "deploy/", Err(Unreadable::IsADirectory)),
        (&["deploy/"], "deploy", Err(Unreadable::IsADirectory)),
        (&["deploy/x"], "", Err(Unreadable::IsADirectory)),
    ] {
        let found = object_of(names).file(path).await;
        let expected = expected.map(|text| text.as_bytes().to_vec());
        assert_eq!(found, expected, "{path:?} in {names:?}");
    }
}

#[tokio::test]
async fn names_that_are_not_utf8_do_not_disturb() {
    let entries = [
        Entry::stored(b"caf\x82.txt", b"cp437"),
        Entry::stored("größe.json", b"utf-8"),
    ];
    assert_eq!(
        object(&entries).file("größe.json").await,
        Ok(b"utf-8".to_vec())
    );
    assert_eq!(
        object(&entries).file("café.txt").await,
        Ok(b"cp437".to_vec())
    );
}

#[tokio::test]
async fn an_object_replaced_meanwhile_is_read_once_more() {
    let mut entries = vec![Entry::stored("taskdef.json", TASKDEF)];
    entries.push(Entry::filler("large.bin", 1_000_000));
    let once = object(&entries).replaced_every(3);
    let files = once.files(&["taskdef.json"]).await.unwrap();
    assert_eq!(files["taskdef.json"], Ok(TASKDEF.to_vec()));

    let always = object(&entries).replaced_every(1);
    assert_eq!(
        always.file("taskdef.json").await,
        Err(Unreadable::ArtifactChanged)
    );
    assert_eq!(always.requests(), 4);
}

#[tokio::test]
async fn refusals_of_artifacts_are_distinguished() {
    let missing = Unreadable::ArtifactMissing {
        bucket: artifact().bucket,
        key: artifact().key,
    };
    for (error, expected) in [
        (
            (|| ReadError::Missing(call_error(CallErrorKind::Refused))) as fn() -> ReadError,
            Ok(missing),
        ),
        (
            || ReadError::Missing(call_error(CallErrorKind::Denied)),
            Err(ReadFailure::Other(call_error(CallErrorKind::Denied))),
        ),
        (|| ReadError::NoSuchRange, Ok(Unreadable::ArtifactEmpty)),
        (|| ReadError::Changed, Ok(Unreadable::ArtifactChanged)),
        (
            || ReadError::CredentialsExpired(call_error(CallErrorKind::Denied)),
            Err(ReadFailure::CredentialsExpired(call_error(
                CallErrorKind::Denied,
            ))),
        ),
        (
            || ReadError::Other(call_error(CallErrorKind::Unclear)),
            Err(ReadFailure::Other(call_error(CallErrorKind::Unclear))),
        ),
    ] {
        let mut object = Object::new("");
        object.error = Some(error);
        let found = read_files(&object, &artifact(), &["x"], &LargeReads::default()).await;
        let found = found.map(|mut files| files.remove("x").unwrap().unwrap_err());
        assert_eq!(found, expected);
    }
}
