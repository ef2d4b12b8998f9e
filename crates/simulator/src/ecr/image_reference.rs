//! The references under which images are pushed (docs/aws.md §4.1).

/// An image in ECR: `HOST/REPOSITORY[:TAG][@DIGEST]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImageReference<'a> {
    /// The account of the registry.
    pub(super) account: &'a str,
    pub(super) repository: &'a str,
    pub(super) tag: Option<&'a str>,
    pub(super) digest: Option<&'a str>,
}

impl<'a> ImageReference<'a> {
    /// Parses a reference; `None` if it is not one to an image in ECR.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (host, path) = text.split_once('/')?;
        let (name, digest) = split(path, '@');
        let (repository, tag) = split(name, ':');
        let is_valid = repository.split('/').all(is_folder)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        is_valid.then_some(Self {
            account: account(host)?,
            repository,
            tag,
            digest,
        })
    }
}

/// The account of a registry of ECR.
fn account(host: &str) -> Option<&str> {
    let labels: Vec<&str> = host.split('.').collect();
    let account = match labels.as_slice() {
        [account, "dkr", "ecr" | "ecr-fips", _, "amazonaws", "com"]
        | [
            account,
            "dkr",
            "ecr" | "ecr-fips",
            _,
            "amazonaws",
            "com",
            "cn",
        ]
        | [account, "dkr-ecr", _, "on", "aws"] => *account,
        _ => return None,
    };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    is_account.then_some(account)
}

/// Splits at the first separator.
fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

pub(crate) fn is_folder(folder: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inside = |c: char| edge(c) || "-_.".contains(c);
    folder.starts_with(edge) && folder.ends_with(edge) && folder.chars().all(inside)
}

pub(crate) fn is_tag(tag: &str) -> bool {
    let start = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let inside = |c: char| start(c) || "-.".contains(c);
    tag.len() <= 128 && tag.starts_with(start) && tag.chars().all(inside)
}

pub(crate) fn is_digest(digest: &str) -> bool {
    let digits = digest.strip_prefix("sha256:").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_in_ecr_has_an_account_a_repository_and_a_tag_or_digest() {
        let digest = format!("sha256:{}", "A0".repeat(32));
        for (host, account) in [
            (
                "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
                "111122223333",
            ),
            (
                "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "111122223333",
            ),
            (
                "444455556666.dkr.ecr-fips.us-east-1.amazonaws.com",
                "444455556666",
            ),
            ("444455556666.dkr-ecr.eu-west-1.on.aws", "444455556666"),
        ] {
            for (name, tag, digest) in [
                ("team/web_app".to_owned(), None, None),
                ("team/web_app:V1.4-rc".to_owned(), Some("V1.4-rc"), None),
                (
                    format!("team/web_app@{digest}"),
                    None,
                    Some(digest.as_str()),
                ),
            ] {
                let expected = ImageReference {
                    account,
                    repository: "team/web_app",
                    tag,
                    digest,
                };
                let text = format!("{host}/{name}");
                assert_eq!(ImageReference::parse(&text), Some(expected), "{text}");
            }
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let registry = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";
        for text in [
            "web:1",
            "docker.io/library/web:1",
            "1.dkr.ecr.eu-west-1.amazonaws.com/web",
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com.example.org/web",
            registry,
        ] {
            assert_eq!(ImageReference::parse(text), None, "{text}");
        }
        for name in [
            "",
            "Web",
            "web/",
            "web:",
            "web:-1",
            "web:1:2",
            "web@sha256:0",
        ] {
            let text = format!("{registry}/{name}");
            assert_eq!(ImageReference::parse(&text), None, "{text}");
        }
    }
}
