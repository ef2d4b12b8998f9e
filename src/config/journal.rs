//! Location of the journal: a directory, or a bucket with a prefix.

use std::fmt;
use std::path::PathBuf;

/// Maximum length of a prefix in characters. With the names below it, a key
/// stays well below S3's limit of 1,024.
const MAX_PREFIX: usize = 512;

/// Where unfinished jobs are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalPlace {
    /// For a single worker.
    Directory(PathBuf),
    /// Shared by several workers.
    Bucket {
        bucket: String,
        /// Without leading or trailing slashes; may be empty.
        prefix: String,
    },
}

/// As it is written in the settings.
impl fmt::Display for JournalPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => path.display().fmt(f),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// Parses a directory's path or `s3://bucket/prefix`.
pub(super) fn parse_journal(text: &str) -> Result<JournalPlace, String> {
    let Some(place) = text.strip_prefix("s3://") else {
        if text.trim().is_empty() {
            return Err("no place is named; without a journal, leave the key out".into());
        }
        if let Some((scheme, _)) = text.split_once(":/")
            && is_scheme(scheme)
        {
            return Err(format!(
                "`{scheme}:` is neither a directory nor a bucket; a bucket is written \
                 s3://BUCKET/PREFIX, and a directory of this name ./{scheme}:"
            ));
        }
        return Ok(JournalPlace::Directory(PathBuf::from(text)));
    };
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    if !is_bucket(bucket) {
        // Before an `@` there may be a password.
        let shown = bucket.rsplit('@').next().unwrap_or_default();
        return Err(format!("`{shown}` is not the name of a bucket"));
    }
    let prefix = prefix.trim_end_matches('/');
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!_.*'()-".contains(c);
    let is_segment =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(allowed);
    if prefix.len() > MAX_PREFIX || !(prefix.is_empty() || prefix.split('/').all(is_segment)) {
        return Err(format!(
            "a prefix has at most {MAX_PREFIX} letters, digits and !_.*'()-, with single slashes"
        ));
    }
    Ok(JournalPlace::Bucket {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
    })
}

/// Whether a text before a colon would be the scheme of a URL. A mistyped
/// bucket must not become a directory on one machine of a fleet.
fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Accepts bucket names only: an ARN or an address could redirect requests
/// elsewhere.
fn is_bucket(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let at_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (3..=63).contains(&name.len())
        && name.chars().all(allowed)
        && at_end(name.chars().next())
        && at_end(name.chars().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(text: &str) -> Option<(String, String)> {
        match parse_journal(text) {
            Ok(JournalPlace::Bucket { bucket, prefix }) => Some((bucket, prefix)),
            Ok(JournalPlace::Directory(_)) | Err(_) => None,
        }
    }

    #[test]
    fn a_place_is_a_directory_or_a_bucket() {
        let directory = JournalPlace::Directory(PathBuf::from("/var/lib/worker"));
        assert_eq!(parse_journal("/var/lib/worker"), Ok(directory));
        let found = |bucket: &str, prefix: &str| Some((bucket.to_owned(), prefix.to_owned()));
        assert_eq!(bucket("s3://my-bucket"), found("my-bucket", ""));
        assert_eq!(bucket("s3://my-bucket/a/b/"), found("my-bucket", "a/b"));
        let longest = "x".repeat(MAX_PREFIX);
        assert!(bucket(&format!("s3://my-bucket/{longest}")).is_some());
        for wrong in [
            "",
            "s3://",
            "s3://ab",
            "S3://my-bucket/x",
            "s3:/my-bucket/x",
            "https://my-bucket.s3.amazonaws.com/x",
            "s3://My-Bucket",
            "s3://-bucket/x",
            "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/x",
            "s3://user@evil.example/x",
            "s3://my-bucket/a//b",
            "s3://my-bucket/../b",
            &format!("s3://my-bucket/{longest}x"),
        ] {
            assert!(parse_journal(wrong).is_err(), "{wrong}");
        }
    }
}
