//! The references under which images are pushed (docs/aws.md §4.1).

use crate::ids::is_account;

/// `[HOST/]REPOSITORY[:TAG][@DIGEST]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImageReference<'a> {
    host: Option<&'a str>,
    pub(super) repository: &'a str,
    pub(super) tag: Option<&'a str>,
    pub(super) digest: Option<&'a str>,
}

impl<'a> ImageReference<'a> {
    /// Parses a reference by Docker's grammar.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (name, digest) = split(text, '@');
        let (host, rest) = match name.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => {
                (Some(host), rest)
            }
            _ => (None, name),
        };
        let (repository, tag) = split(rest, ':');
        let is_valid = host.is_none_or(is_host)
            && repository.split('/').all(is_folder)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        is_valid.then_some(Self {
            host,
            repository,
            tag,
            digest,
        })
    }

    /// The account of its registry, if that is one of ECR.
    pub(super) fn account(&self) -> Option<&'a str> {
        let labels: Vec<&str> = self.host?.split('.').collect();
        match labels[..] {
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
            | [account, "dkr-ecr", _, "on", "aws"]
                if is_account(account) =>
            {
                Some(account)
            }
            _ => None,
        }
    }
}

/// Splits at the first separator.
fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn is_host(host: &str) -> bool {
    let (name, port) = split(host, ':');
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    name.split('.').all(|label| !label.is_empty()) && port.is_none_or(is_port)
}

fn is_folder(folder: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inside = |c: char| edge(c) || "-_.".contains(c);
    folder.starts_with(edge) && folder.ends_with(edge) && folder.chars().all(inside)
}

fn is_tag(tag: &str) -> bool {
    let start = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let inside = |c: char| start(c) || "-.".contains(c);
    tag.len() <= 128 && tag.starts_with(start) && tag.chars().all(inside)
}

fn is_digest(digest: &str) -> bool {
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
                    host: Some(host),
                    repository: "team/web_app",
                    tag,
                    digest,
                };
                let text = format!("{host}/{name}");
                let read = ImageReference::parse(&text);
                assert_eq!(read, Some(expected), "{text}");
                assert_eq!(expected.account(), Some(account), "{text}");
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
            let account = ImageReference::parse(text).and_then(|it| it.account());
            assert_eq!(account, None, "{text}");
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
