//! The grammar of image references (docs/aws.md §4.1).

use std::fmt;

use crate::job::{is_account, is_region};

/// Maximum length of a reference before its digest in ECS, in characters
/// (docs/aws.md §4.1).
pub const MAX_REFERENCE: usize = 255;

/// An image reference: `[registry/]repository[:tag][@digest]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// The host, with an optional port. `None` means Docker Hub.
    pub registry: Option<String>,
    pub repository: String,
    pub tag: Option<String>,
    /// `sha256:` and 64 hexadecimal digits, in their original case.
    pub digest: Option<String>,
}

/// An ECR registry, parsed from its host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcrRegistry {
    /// The registry's 12-digit account id.
    pub account: String,
    pub region: String,
}

/// Why a text is not an image reference (docs/aws.md §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceProblem {
    Empty,
    /// More characters before the digest than ECS accepts.
    TooLong {
        limit: usize,
    },
    /// A character that references cannot have.
    Character {
        character: char,
    },
    /// `https://` or the like.
    Scheme,
    /// The host before the first `/` is empty, or one of its labels is.
    EmptyHostPart,
    /// The text after the host's `:` is not a port: usually a tag with a `/`.
    Port,
    /// Upper case where only lower case is allowed.
    UpperCase,
    /// The part between registry and tag is not a repository name.
    Repository,
    /// The text after `:` is not a tag.
    Tag,
    /// The text after `@` is not `sha256:` and 64 hexadecimal digits.
    Digest,
}

impl ImageReference {
    /// Parses a reference.
    ///
    /// # Errors
    ///
    /// The first violation of the grammar.
    pub fn parse(text: &str) -> Result<Self, ReferenceProblem> {
        if text.is_empty() {
            return Err(ReferenceProblem::Empty);
        }
        if text.contains("://") {
            return Err(ReferenceProblem::Scheme);
        }
        let is_known = |c: char| c.is_ascii_alphanumeric() || "-_:./#@".contains(c);
        if let Some(character) = text.chars().find(|c| !is_known(*c)) {
            return Err(ReferenceProblem::Character { character });
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) if is_digest(digest) => (name, Some(digest.to_owned())),
            Some(_) => return Err(ReferenceProblem::Digest),
            None => (text, None),
        };
        if name.len() > MAX_REFERENCE {
            return Err(ReferenceProblem::TooLong {
                limit: MAX_REFERENCE,
            });
        }
        let (registry, rest) = match name.split_once('/') {
            Some((first, _)) if has_empty_label(first) => {
                return Err(ReferenceProblem::EmptyHostPart);
            }
            Some((first, _)) if !has_port(first) => return Err(ReferenceProblem::Port),
            Some((first, rest)) if is_host(first) => (Some(first.to_owned()), rest),
            Some(_) | None => (None, name),
        };
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(checked_tag(tag)?)),
            None => (rest, None),
        };
        check_repository(repository)?;
        Ok(Self {
            registry,
            repository: repository.to_owned(),
            tag,
            digest,
        })
    }

    /// The same image by digest, independent of later changes of the tag.
    #[must_use]
    pub fn pinned(&self, digest: &str) -> Self {
        Self {
            tag: None,
            digest: Some(digest.to_owned()),
            ..self.clone()
        }
    }

    /// Whether the host looks like ECR's, but has no valid account id or Region.
    #[must_use]
    pub fn is_malformed_ecr(&self) -> bool {
        is_ecr_host(self.registry.as_deref().unwrap_or_default()) && self.ecr().is_none()
    }

    /// The image's ECR registry, if it is in ECR.
    #[must_use]
    pub fn ecr(&self) -> Option<EcrRegistry> {
        let host = self.registry.as_deref()?;
        let (account, rest, domains) = ECR_HOSTS.iter().find_map(|(service, domains)| {
            let (account, rest) = host.split_once(service)?;
            Some((account, rest, domains))
        })?;
        let (region, domain) = rest.split_once('.')?;
        (is_account(account) && is_region(region) && domains.contains(&domain)).then(|| {
            EcrRegistry {
                account: account.to_owned(),
                region: region.to_owned(),
            }
        })
    }
}

/// What stands between the account id and the Region in the host of a private
/// ECR registry, and what may stand behind the Region.
const ECR_HOSTS: [(&str, &[&str]); 4] = [
    (".dkr.ecr.", &DOMAINS),
    (".dkr.ecr-fips.", &DOMAINS),
    (".dkr-ecr.", &DUAL_STACK_DOMAINS),
    (".dkr-ecr-fips.", &DUAL_STACK_DOMAINS),
];

/// The domain of each of AWS's partitions (botocore's `partitions.json`).
const DOMAINS: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

/// Those of the registries that can also be reached over IPv6 (AWS General
/// Reference, "Amazon ECR endpoints"; as `partitions.json` has for `api.`).
const DUAL_STACK_DOMAINS: [&str; 7] = [
    "on.aws",
    "on.amazonwebservices.com.cn",
    "on.amazonwebservices.eu",
    "on.aws.ic.gov",
    "on.aws.scloud",
    "on.cloud-aws.adc-e.uk",
    "on.aws.hci.ic.gov",
];

/// Whether the host looks like that of a private ECR registry.
#[must_use]
pub fn is_ecr_host(host: &str) -> bool {
    ECR_HOSTS.iter().any(|(service, _)| host.contains(service))
}

/// Whether a text is an image digest: `sha256:` and 64 hexadecimal digits.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Whether the first part of the path is a host and not a folder.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

/// Whether a label of the host is empty, as happens when a build variable was
/// not set.
fn has_empty_label(first: &str) -> bool {
    let name = first.split(':').next().unwrap_or_default();
    name.split('.').any(str::is_empty)
}

/// Whether what stands after the host's `:`, if there is one, is a port.
fn has_port(first: &str) -> bool {
    let port = first.split_once(':').map(|(_, port)| port);
    port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

fn checked_tag(tag: &str) -> Result<String, ReferenceProblem> {
    let begins_well = tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if begins_well && tag.len() <= 128 && !tag.contains(['/', ':', '#']) {
        Ok(tag.to_owned())
    } else {
        Err(ReferenceProblem::Tag)
    }
}

/// Checks for folders of lower-case letters and digits with single separators
/// in between.
fn check_repository(repository: &str) -> Result<(), ReferenceProblem> {
    if repository.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(ReferenceProblem::UpperCase);
    }
    let is_folder = |folder: &str| {
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        folder.starts_with(edge) && folder.ends_with(edge) && !folder.contains([':', '#'])
    };
    if repository.split('/').all(is_folder) {
        Ok(())
    } else {
        Err(ReferenceProblem::Repository)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn references_are_read_as_docker_reads_them() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, registry, repository, tag) in [
            ("web", None, "web", None),
            ("web:1.4", None, "web", Some("1.4")),
            ("library/web", None, "library/web", None),
            ("localhost/web", Some("localhost"), "web", None),
            (
                "localhost:5000/a/b:c",
                Some("localhost:5000"),
                "a/b",
                Some("c"),
            ),
            (
                "example.com/a__b/c-d.e",
                Some("example.com"),
                "a__b/c-d.e",
                None,
            ),
        ] {
            for suffix in ["", "@"] {
                let digest = (suffix == "@").then(|| digest.clone());
                let text = format!("{text}{suffix}{}", digest.clone().unwrap_or_default());
                let expected = ImageReference {
                    registry: registry.map(str::to_owned),
                    repository: repository.to_owned(),
                    tag: tag.map(str::to_owned),
                    digest,
                };
                assert_eq!(ImageReference::parse(&text), Ok(expected), "{text}");
            }
        }
    }

    #[test]
    fn an_empty_part_of_a_host_is_an_unset_variable() {
        for text in [
            ".dkr.ecr.eu-west-1.amazonaws.com/web:1",
            "111122223333.dkr.ecr..amazonaws.com/web:1",
            "example.com./web",
            ":5000/web",
            "/web",
        ] {
            let problem = Err(ReferenceProblem::EmptyHostPart);
            assert_eq!(ImageReference::parse(text), problem, "{text}");
        }
    }

    #[test]
    fn a_tag_with_a_slash_is_not_a_host() {
        for text in [
            "web:feature/login",
            "example.com:v1/web:1",
            "example.com:65536/web",
            "a:/b",
        ] {
            let problem = Err(ReferenceProblem::Port);
            assert_eq!(ImageReference::parse(text), problem, "{text}");
        }
    }

    #[test]
    fn a_digest_may_be_written_in_capitals() {
        let text = format!("web@sha256:{}", "A0".repeat(32));
        let reference = ImageReference::parse(&text).expect("it parses");
        assert_eq!(reference.to_string(), text);
    }

    #[test]
    fn a_reference_has_255_characters_before_its_digest_at_most() {
        let digest = format!("@sha256:{}", "0".repeat(64));
        let longest = "r".repeat(MAX_REFERENCE);
        assert!(ImageReference::parse(&(longest.clone() + &digest)).is_ok());
        let limit = MAX_REFERENCE;
        let too_long = Err(ReferenceProblem::TooLong { limit });
        assert_eq!(ImageReference::parse(&(longest + "r")), too_long);
    }

    #[test]
    fn ecr_is_known_by_its_host() {
        for (registry, region) in [
            (
                "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
                Some("eu-west-1"),
            ),
            (
                "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
                Some("cn-north-1"),
            ),
            (
                "111122223333.dkr.ecr-fips.us-east-1.amazonaws.com",
                Some("us-east-1"),
            ),
            ("111122223333.dkr-ecr.eu-west-1.on.aws", Some("eu-west-1")),
            (
                "111122223333.dkr-ecr-fips.us-east-1.on.aws",
                Some("us-east-1"),
            ),
            (
                "111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                Some("cn-north-1"),
            ),
            (
                "111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu",
                Some("eusc-de-east-1"),
            ),
            (
                "111122223333.dkr.ecr.us-iso-east-1.c2s.ic.gov",
                Some("us-iso-east-1"),
            ),
            ("111122223333.dkr-ecr.eu-west-1.amazonaws.com", None),
            ("111122223333.dkr.ecr.eu-west-1.on.aws", None),
            ("public.ecr.aws", None),
            ("111122223333.dkr.ecr.eu#west.amazonaws.com", None),
            ("1.dkr.ecr.eu-west-1.amazonaws.com", None),
            (
                "111122223333.dkr.ecr.eu-west-1.amazonaws.com.example.org",
                None,
            ),
        ] {
            let reference = ImageReference::parse(&format!("{registry}/web:1")).expect("it parses");
            let ecr = reference.ecr().map(|ecr| ecr.region);
            assert_eq!(ecr.as_deref(), region, "{registry}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_printed_again(
            text in "([a-z]{1,5}\\.com(:[0-9]{1,4})?/)?[a-z0-9]{1,6}(/[a-z0-9]{1,6}){0,2}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,6})?"
        ) {
            let reference = ImageReference::parse(&text);
            prop_assert_eq!(reference.map(|reference| reference.to_string()), Ok(text));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,80}") {
            let _ = ImageReference::parse(&text);
        }
    }
}
