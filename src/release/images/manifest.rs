//! Reads image manifests: the platforms of an index, or the digest of a single
//! image's configuration.

use serde_json::Value;

use crate::release::image_reference::is_digest;

/// Maximum size of an image configuration in bytes. It usually has a few
/// thousand; a long history makes a hundred thousand.
pub const MAX_CONFIGURATION: usize = 256 * 1024;

/// Maximum size of a manifest in bytes. An index has a few hundred bytes for
/// each platform.
const MAX_MANIFEST: usize = 256 * 1024;

/// Maximum number of platforms of an index. No task needs more.
const MAX_PLATFORMS: usize = 32;

/// A platform, as in image manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `linux` or `windows`.
    pub os: String,
    /// `amd64` or `arm64`.
    pub architecture: String,
}

/// The platform information in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// Images for several platforms. Empty if the index does not name them.
    Index(Vec<Platform>),
    /// A single image, with the digest of its configuration.
    Single {
        configuration: String,
    },
    Unknown,
}

/// Parses a manifest. A malformed one only means that its platforms are
/// unknown.
#[must_use]
pub fn read(manifest: &str) -> Manifest {
    if manifest.len() > MAX_MANIFEST {
        return Manifest::Unknown;
    }
    let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
    if let Some(images) = manifest["manifests"].as_array() {
        return Manifest::Index(platforms(images));
    }
    let configuration = &manifest["config"];
    let fits = configuration["size"]
        .as_u64()
        .is_none_or(|size| usize::try_from(size).is_ok_and(|size| size <= MAX_CONFIGURATION));
    match configuration["digest"].as_str() {
        Some(digest) if fits && is_digest(digest) => Manifest::Single {
            configuration: digest.to_owned(),
        },
        Some(_) | None => Manifest::Unknown,
    }
}

/// The platform in a single image's configuration.
#[must_use]
pub fn platform(configuration: &[u8]) -> Option<Platform> {
    platform_in(&serde_json::from_slice(configuration).ok()?)
}

/// The platforms of an index, without attestations, whose platform is
/// `unknown`.
fn platforms(images: &[Value]) -> Vec<Platform> {
    images
        .iter()
        .filter_map(|image| platform_in(&image["platform"]))
        .filter(|platform| platform.os != "unknown")
        .take(MAX_PLATFORMS)
        .collect()
}

/// The platform with these members. Images put together without a base may
/// have empty ones.
fn platform_in(value: &Value) -> Option<Platform> {
    let member = |name| value[name].as_str().filter(|text| !text.is_empty());
    Some(Platform {
        os: member("os")?.to_owned(),
        architecture: member("architecture")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platforms(manifest: &str) -> Vec<Platform> {
        match read(manifest) {
            Manifest::Index(platforms) => platforms,
            Manifest::Single { .. } | Manifest::Unknown => Vec::new(),
        }
    }

    #[test]
    fn platforms_are_those_of_an_index_without_its_attestations() {
        let index = r#"{"manifests":[
            {"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
            {"platform":{"os":"unknown","architecture":"unknown"}},
            {"digest":"sha256:00"}]}"#;
        let arm = Platform {
            os: "linux".into(),
            architecture: "arm64".into(),
        };
        assert_eq!(platforms(index), [arm]);
        for silent in ["", "{", "[]", r#"{"config":{},"manifests":3}"#] {
            assert_eq!(platforms(silent), [], "{silent}");
        }
    }

    #[test]
    fn an_empty_platform_is_none() {
        assert_eq!(platform(br#"{"os":"","architecture":""}"#), None);
        let index = r#"{"manifests":[{"platform":{"os":"linux","architecture":""}}]}"#;
        assert_eq!(platforms(index), []);
    }

    #[test]
    fn a_manifest_beyond_the_limit_is_not_looked_into() {
        let platform = r#"{"manifests":[{"platform":{"os":"linux","architecture":"arm64"}}]}"#;
        let padded = |length: usize| format!("{platform}{}", " ".repeat(length - platform.len()));
        assert_eq!(platforms(&padded(MAX_MANIFEST)).len(), 1);
        assert_eq!(platforms(&padded(MAX_MANIFEST + 1)).len(), 0);
    }

    #[test]
    fn so_many_platforms_are_kept_and_no_more() {
        let one = r#"{"platform":{"os":"linux","architecture":"arm64"}}"#;
        let many = vec![one; MAX_PLATFORMS + 1].join(",");
        let index = format!(r#"{{"manifests":[{many}]}}"#);
        assert_eq!(platforms(&index).len(), MAX_PLATFORMS);
    }

    #[test]
    fn a_single_image_leads_to_its_configuration() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let manifest = |digest: &str, size: u64| {
            let config = serde_json::json!({ "digest": digest, "size": size });
            serde_json::json!({ "config": config }).to_string()
        };
        let configuration = digest.clone();
        assert_eq!(
            read(&manifest(&digest, 9)),
            Manifest::Single { configuration }
        );
        assert_eq!(read(&manifest("sha256:../other", 9)), Manifest::Unknown);
        let too_large = u64::try_from(MAX_CONFIGURATION).unwrap() + 1;
        assert_eq!(read(&manifest(&digest, too_large)), Manifest::Unknown);
    }
}
