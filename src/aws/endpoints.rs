//! Allows plain HTTP only for endpoints on this machine.

use std::collections::BTreeMap;
use std::net::IpAddr;

use aws_config::SdkConfig;

/// Prefix of the environment variables that set an endpoint, for all services
/// or for one.
const VARIABLE: &str = "AWS_ENDPOINT_URL";

/// An endpoint that would receive requests without TLS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{place}={url} would be asked without TLS; http:// is for this machine itself, such as http://127.0.0.1:4599"
)]
pub struct UnsafeEndpoint {
    /// The environment variable, or `endpoint_url` if the SDK found the
    /// endpoint elsewhere.
    pub place: String,
    pub url: String,
}

/// Checks every endpoint that is set explicitly.
///
/// # Errors
///
/// The first endpoint that is neither `https` nor on this machine.
pub fn check_endpoints(
    config: &SdkConfig,
    environment: &BTreeMap<String, String>,
) -> Result<(), UnsafeEndpoint> {
    let variables = environment
        .iter()
        .filter(|(name, url)| name.starts_with(VARIABLE) && !url.is_empty())
        .map(|(name, url)| (name.as_str(), url.as_str()));
    let found = config.endpoint_url().map(|url| ("endpoint_url", url));
    for (place, url) in variables.chain(found) {
        if !is_safe(url) {
            return Err(UnsafeEndpoint {
                place: place.to_owned(),
                url: without_user(url),
            });
        }
    }
    Ok(())
}

/// Whether `url` uses TLS or points to this machine.
#[must_use]
pub fn is_safe(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    if scheme.eq_ignore_ascii_case("https") {
        return true;
    }
    scheme.eq_ignore_ascii_case("http") && is_this_machine(rest)
}

/// Whether the URL without its scheme names a loopback host. Rejects user info,
/// which could disguise another host.
fn is_this_machine(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback = host
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    is_loopback || host.eq_ignore_ascii_case("localhost")
}

/// Removes the user and password from a URL.
fn without_user(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_this_machine_is_asked() {
        for safe in [
            "https://vpce-1.s3.eu-west-1.vpce.amazonaws.com",
            "HTTPS://proxy.example",
            "http://127.0.0.1:4599",
            "http://127.8.0.1/path",
            "http://localhost:4599",
            "http://[::1]:4599",
        ] {
            assert!(is_safe(safe), "{safe}");
        }
        for wrong in [
            "http://10.0.0.7:4599",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
            "http://evil.example/127.0.0.1",
            "http://evil.example#@127.0.0.1",
            "http://localhost.evil.example",
            "http://[::2]:1",
            "http://",
            "ftp://127.0.0.1",
            "127.0.0.1:4599",
        ] {
            assert!(!is_safe(wrong), "{wrong}");
        }
    }

    #[test]
    fn every_variable_is_looked_at_and_no_password_is_repeated() {
        let config = SdkConfig::builder().build();
        let set = |name: &str, url: &str| BTreeMap::from([(name.to_owned(), url.to_owned())]);
        assert_eq!(
            check_endpoints(&config, &set("AWS_ENDPOINT_URL_S3", "")),
            Ok(())
        );
        let set = set("AWS_ENDPOINT_URL_ECS", "http://user:hunter2@ecs.example");
        let problem = check_endpoints(&config, &set).unwrap_err().to_string();
        assert!(problem.contains("AWS_ENDPOINT_URL_ECS"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
        let config = SdkConfig::builder().endpoint_url("http://10.0.0.7").build();
        assert!(check_endpoints(&config, &BTreeMap::new()).is_err());
    }
}
