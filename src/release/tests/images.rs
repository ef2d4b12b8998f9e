//! Common mistakes in image files.

use super::{Files, compare, file, lines};
use crate::release::bundle::Unreadable;
use crate::release::plan::check;

#[test]
fn every_slip_has_its_words() {
    let rows = [
        (
            "[{\"name\": \"web\", \"imageUri\": \"web:1\"}]",
            "error imageDetail.json:1:1: this is an imagedefinitions.json, which is for the ECS standard action → write {\"ImageURI\": \"repository:tag\"} into imageDetail.json, one file for each image",
        ),
        (
            "[]",
            "error imageDetail.json:1:1: an object with ImageURI is expected, and this is a list → write {\"ImageURI\": \"repository:tag\"}",
        ),
        (
            "\"web:1\"",
            "error imageDetail.json:1:1: an object with ImageURI is expected, and this is a string → write {\"ImageURI\": \"repository:tag\"}",
        ),
        (
            "{\"imageUri\": \"web:1\"}",
            "error imageDetail.json:1:2 imageUri: ImageURI is missing; there is “imageUri” → rename imageUri to ImageURI",
        ),
        (
            "{\"ImageUrl\": \"web:1\"}",
            "error imageDetail.json:1:2 ImageUrl: ImageURI is missing; there is “ImageUrl” → rename ImageUrl to ImageURI",
        ),
        (
            "{\"Version\": \"1.0\"}",
            "error imageDetail.json:1:1: ImageURI is missing → write {\"ImageURI\": \"repository:tag\"}",
        ),
        (
            "{\"ImageURI\": null}",
            "error imageDetail.json:1:14 ImageURI: ImageURI must be a string, and is null → write {\"ImageURI\": \"repository:tag\"}",
        ),
        (
            "{\"ImageURI\": \"\"}",
            "error imageDetail.json:1:14 ImageURI: the image is empty → write repository:tag",
        ),
        (
            "{\"ImageURI\": \"<IMAGE_URI>\"}",
            "error imageDetail.json:1:14 ImageURI: <IMAGE_URI> was not replaced → let the build write the image's URI here",
        ),
        (
            "{\"ImageURI\": \"$REPOSITORY_URI:$TAG\"}",
            "error imageDetail.json:1:14 ImageURI: $REPOSITORY_URI was not replaced → let the build write the image's URI here",
        ),
        (
            "{\"ImageURI\": \"REPOSITORY_URI:IMAGE_TAG\"}",
            "error imageDetail.json:1:14 ImageURI: “REPOSITORY_URI:IMAGE_TAG” has capital letters in its repository, as placeholders do and images do not → write the image in lower case, or as <NAME> for the action to replace",
        ),
        (
            "{\"ImageURI\": \"old:1\", \"ImageURI\": \"web:1\"}",
            "warning imageDetail.json:1:23: “ImageURI” stands at 1:2 as well, and this one counts → remove one of them",
        ),
        (
            "{\"ImageURI\": \".dkr.ecr.eu-west-1.amazonaws.com/shop:1\"}",
            "error imageDetail.json:1:14 ImageURI: “.dkr.ecr.eu-west-1.amazonaws.com/shop:1” has an empty part in its registry, as when a variable of the build is not set → let the build set the account and the Region, or the registry",
        ),
        (
            "{\"ImageURI\": \"web\"}",
            "warning taskdef.json:11:16 containerDefinitions[0].image: “web” has neither tag nor digest, so whatever is “latest” will run → add a tag or a digest",
        ),
        (
            "{\"ImageURI\": \"web:1\",}",
            "error imageDetail.json:1:21: a comma without another entry behind it → remove the comma; JSON has none before } or ]",
        ),
        (
            "ImageURI=web:1",
            "error imageDetail.json:1:1: this is not JSON, which begins with { → check that the path names the right file, and that the build makes JSON of a template",
        ),
    ];
    compare(rows.map(|(text, expected)| {
        let files = Files {
            image: text.into(),
            ..Files::default()
        };
        (text.to_owned(), files.found(), expected)
    }));
}

#[test]
fn a_file_that_cannot_be_had_says_why_and_its_placeholder_says_nothing() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let rows = [
        (
            Unreadable::NoSuchEntry {
                nearest: names(&["imagedefinitions.json"]),
            },
            "error imageDetail.json: the artifact has no such file; it has imagedefinitions.json, which is for the ECS standard action → let the build write imageDetail.json: {\"ImageURI\": \"repository:tag\"}",
        ),
        (
            Unreadable::NoSuchEntry {
                nearest: names(&["out/imageDetail.json", "imageDetails.json"]),
            },
            "error imageDetail.json: the artifact has no such file → did you mean out/imageDetail.json or imageDetails.json?",
        ),
        (
            Unreadable::NoSuchEntry {
                nearest: Vec::new(),
            },
            "error imageDetail.json: the artifact has no such file → check the path, and that the build puts the file into the artifact",
        ),
        (
            Unreadable::ArtifactMissing {
                bucket: "b".to_owned(),
                key: "p/k".to_owned(),
            },
            "error imageDetail.json: the artifact s3://b/p/k does not exist, or may not be seen → check that the bucket's life-cycle rules keep artifacts for as long as the pipeline needs them",
        ),
        (
            Unreadable::ArtifactChanged,
            "error imageDetail.json: the artifact was replaced while it was being read → release again",
        ),
        (
            Unreadable::ArtifactEmpty,
            "error imageDetail.json: the artifact is empty → run the action again that makes the artifact",
        ),
        (
            Unreadable::NotAZip {
                looks_like: Some("a tar archive"),
            },
            "error imageDetail.json: a whole zip archive is expected, and the artifact is a tar archive → let the action that makes it hand on a zip archive (CODE_ZIP)",
        ),
        (
            Unreadable::NotAZip { looks_like: None },
            "error imageDetail.json: the artifact is not a zip archive, or not a whole one → let the action that makes it hand on a zip archive (CODE_ZIP)",
        ),
        (
            Unreadable::DamagedArchive {
                detail: "no end".to_owned(),
            },
            "error imageDetail.json: the artifact's zip archive is damaged: no end → run the action again that makes the artifact",
        ),
        (
            Unreadable::TooManyEntries {
                entries: 5,
                limit: 4,
            },
            "error imageDetail.json: the artifact has 5 files, and at most 4 are read → put the templates into an artifact of their own",
        ),
        (
            Unreadable::IsADirectory,
            "error imageDetail.json: this is a folder → name the file in it",
        ),
        (
            Unreadable::DuplicateEntry,
            "error imageDetail.json: the artifact has several files of this name → make the archive so that each name occurs once",
        ),
        (
            Unreadable::Encrypted,
            "error imageDetail.json: the file is protected by a password → make the archive without one",
        ),
        (
            Unreadable::UnsupportedCompression {
                method: "lzma".to_owned(),
            },
            "error imageDetail.json: the file is compressed by lzma, which is not read → compress it with deflate, which zip does by default, or not at all",
        ),
        (
            Unreadable::DamagedEntry {
                detail: "checksum".to_owned(),
            },
            "error imageDetail.json: the file is damaged in the archive: checksum → run the action again that makes the artifact",
        ),
    ];
    compare_unreadable(rows);
}

#[test]
fn what_is_too_large_is_told_with_its_limit() {
    compare_unreadable([
        (
            Unreadable::DirectoryTooLarge { bytes: 5, limit: 4 },
            "error imageDetail.json: the artifact's table of contents has 5 bytes, and at most 4 are read → put the templates into an artifact of their own",
        ),
        (
            Unreadable::TooLargeTogether { limit: 4 },
            "error imageDetail.json: this file and the others that are read from the artifact have more than 4 bytes together → check that the paths name the right files",
        ),
        (
            Unreadable::TooLarge { bytes: 5, limit: 4 },
            "error imageDetail.json: the file has 5 bytes, and at most 4 are read → check that the path names the right file",
        ),
    ]);
}

fn compare_unreadable<const COUNT: usize>(rows: [(Unreadable, &'static str); COUNT]) {
    compare(rows.map(|(why, expected)| {
        let files = Files::default();
        let mut bundle = files.bundle();
        bundle
            .files
            .insert(file("imageDetail.json"), Err(why.clone()));
        let found = lines(&check(&files.request(), &bundle).findings);
        (format!("{why:?}"), found, expected)
    }));
}
