//! Messages for files that could not be read from their artifact.

use crate::job::Excerpt;
use crate::messages::Words;
use crate::messages::words::one_of;
use crate::release::bundle::Unreadable;

const REBUILD: &str = "run the action again that makes the artifact";

pub(super) fn words(why: &Unreadable) -> Words {
    match why {
        Unreadable::ArtifactMissing { bucket, key } => Words::new(
            format!("the artifact s3://{bucket}/{key} does not exist, or may not be seen"),
            "check that the bucket's life-cycle rules keep artifacts for as long as the pipeline needs them",
        ),
        Unreadable::ArtifactChanged => Words::new(
            "the artifact was replaced while it was being read",
            "release again",
        ),
        Unreadable::ArtifactEmpty => Words::new("the artifact is empty", REBUILD),
        Unreadable::NotAZip { looks_like } => Words::new(
            match looks_like {
                Some(kind) => {
                    format!("a whole zip archive is expected, and the artifact is {kind}")
                }
                None => "the artifact is not a zip archive, or not a whole one".to_owned(),
            },
            "let the action that makes it hand on a zip archive (CODE_ZIP)",
        ),
        Unreadable::DamagedArchive { detail } => Words::new(
            format!(
                "the artifact's zip archive is damaged: {}",
                Excerpt::of(detail)
            ),
            REBUILD,
        ),
        Unreadable::TooManyEntries { entries, limit } => Words::new(
            format!("the artifact has {entries} files, and at most {limit} are read"),
            "put the templates into an artifact of their own",
        ),
        Unreadable::DirectoryTooLarge { bytes, limit } => Words::new(
            format!(
                "the artifact's table of contents has {bytes} bytes, and at most {limit} are read"
            ),
            "put the templates into an artifact of their own",
        ),
        Unreadable::NoSuchEntry { nearest } => no_such_entry(nearest),
        Unreadable::IsADirectory => Words::new("this is a folder", "name the file in it"),
        Unreadable::SymbolicLink => Words::new(
            "this is a symbolic link, which is not followed",
            "put the file itself into the artifact",
        ),
        Unreadable::DuplicateEntry => Words::new(
            "the artifact has several files of this name",
            "make the archive so that each name occurs once",
        ),
        Unreadable::Encrypted => Words::new(
            "the file is protected by a password",
            "make the archive without one",
        ),
        Unreadable::UnsupportedCompression { method } => Words::new(
            format!(
                "the file is compressed by {}, which is not read",
                Excerpt::of(method)
            ),
            "compress it with deflate, which zip does by default, or not at all",
        ),
        Unreadable::TooLarge { bytes, limit } => Words::new(
            format!("the file has {bytes} bytes, and at most {limit} are read"),
            "check that the path names the right file",
        ),
        Unreadable::TooLargeTogether { limit } => Words::new(
            format!(
                "this file and the others that are read from the artifact have more than {limit} \
                 bytes together"
            ),
            "check that the paths name the right files",
        ),
        Unreadable::DamagedEntry { detail } => Words::new(
            format!(
                "the file is damaged in the archive: {}",
                Excerpt::of(detail)
            ),
            REBUILD,
        ),
    }
}

fn no_such_entry(nearest: &[String]) -> Words {
    let what = "the artifact has no such file";
    let names: Vec<Excerpt> = nearest.iter().map(|name| Excerpt::of(name)).collect();
    if names.is_empty() {
        Words::new(
            what,
            "check the path, and that the build puts the file into the artifact",
        )
    } else {
        Words::new(what, format!("did you mean {}?", one_of(&names)))
    }
}
