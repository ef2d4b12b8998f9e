//! Where policies are read from: a path on this machine, or a bucket.

use std::fmt;
use std::path::PathBuf;

use super::question::Text;

/// One source of policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file or a directory.
    Path(PathBuf),
    Bucket(Bucket),
}

/// Objects in S3 with a common key prefix, or one zip archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// Ends with `/`, or is empty, or is the key of an archive.
    pub prefix: String,
}

/// The files fetched from a source in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub source: Source,
    pub files: Vec<Text>,
}

impl Source {
    /// Whether the source has to be fetched.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        match self {
            Self::Path(_) => false,
            Self::Bucket(_) => true,
        }
    }
}

impl Bucket {
    /// Whether the prefix is the key of a zip archive.
    #[must_use]
    pub fn is_archive(&self) -> bool {
        self.prefix.to_ascii_lowercase().ends_with(".zip")
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.name, self.prefix)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

/// Parses sources separated by colons.
///
/// # Errors
///
/// A sentence about the first invalid one.
pub fn parse_sources(text: &str) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    let mut parts = text.split(':').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        match parts.next_if(|next| next.starts_with("//")) {
            Some(rest) if part == "s3" => sources.push(bucket(rest.trim_start_matches('/'))?),
            Some(_) => {
                return Err(format!(
                    "policies cannot be read from {part}://; name paths and s3://BUCKET/PREFIX"
                ));
            }
            None => sources.push(Source::Path(PathBuf::from(part))),
        }
    }
    if sources.is_empty() {
        return Err("no path is named; without policies, leave the key out".into());
    }
    Ok(sources)
}

fn bucket(text: &str) -> Result<Source, String> {
    let (name, prefix) = text.split_once('/').unwrap_or((text, ""));
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if !(3..=63).contains(&name.len()) || !name.chars().all(allowed) {
        // Before an `@` there may be a password.
        let shown = name.rsplit('@').next().unwrap_or_default();
        return Err(format!("`{shown}` is not the name of a bucket"));
    }
    let mut bucket = Bucket {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
    };
    if !bucket.is_archive() && !prefix.is_empty() && !prefix.ends_with('/') {
        // Without the slash, `policies` would match `policies-old/` as well.
        bucket.prefix.push('/');
    }
    Ok(Source::Bucket(bucket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_buckets_stand_beside_one_another() {
        let shown = |text: &str| -> Vec<String> {
            let sources = parse_sources(text).expect(text);
            sources.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            shown("/etc/a:s3://team-policies/prod:b.rego"),
            ["/etc/a", "s3://team-policies/prod/", "b.rego"]
        );
        assert_eq!(shown("s3://team-policies"), ["s3://team-policies/"]);
        assert_eq!(shown("s3://team/set.zip"), ["s3://team/set.zip"]);
        assert_eq!(shown("s3"), ["s3"]);
    }

    #[test]
    fn what_names_no_place_is_refused() {
        for text in [
            "",
            ":",
            "s3://",
            "s3://UPPER/x",
            "s3://ab",
            "https://x/y",
            "S3://team/x",
        ] {
            assert!(parse_sources(text).is_err(), "{text}");
        }
        for text in ["s3://me:hunter2@bucket/x", "https://me:hunter2@host/x"] {
            let problem = parse_sources(text).expect_err(text);
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
