//! Checks the proxies that the environment configures.

use std::collections::BTreeMap;

use super::check::Check;

/// The endpoints for credentials of instances and tasks. They cannot be reached
/// through a proxy.
const METADATA: [&str; 2] = ["169.254.169.254", "169.254.170.2"];

pub(super) fn check(environment: &BTreeMap<String, String>) -> Check {
    const NAME: &str = "proxy";
    let set = |name: &'static str| {
        let value = environment
            .get(name)
            .or_else(|| environment.get(&name.to_lowercase()));
        value.filter(|value| !value.is_empty())
    };
    let proxies: Vec<(&str, &String)> = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"]
        .into_iter()
        .filter_map(|name| Some((name, set(name)?)))
        .collect();
    if proxies.is_empty() {
        return Check::good(NAME, "none is set");
    }
    for (name, value) in &proxies {
        if !is_proxy(value) {
            // The value may contain a password.
            return Check::failed(
                NAME,
                format!("{name} is no address of a proxy"),
                format!("write {name} as http://host:port"),
            );
        }
    }
    let names: Vec<&str> = proxies.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    let spared = set("NO_PROXY").cloned().unwrap_or_default();
    let spared: Vec<&str> = spared.split(',').map(str::trim).collect();
    let missing = METADATA
        .iter()
        .find(|address| !spared.contains(address) && !spared.contains(&"*"));
    // Credentials are fetched over plain HTTP.
    let through = set("HTTP_PROXY").is_some() || set("ALL_PROXY").is_some();
    match missing {
        Some(address) if through => Check::warning(
            NAME,
            format!("{names} is used for {address} too, where machines and tasks get credentials"),
            format!("add {} to NO_PROXY", METADATA.join(",")),
        ),
        Some(_) | None => Check::good(NAME, format!("{names} is used")),
    }
}

fn is_proxy(value: &str) -> bool {
    let rest = value
        .strip_prefix("http://")
        .or_else(|| value.strip_prefix("https://"))
        .unwrap_or(value);
    let host = rest.rsplit('@').next().unwrap_or_default();
    let host = host.trim_end_matches('/');
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    !name.is_empty() && !name.contains('/') && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::check::State;
    use super::*;

    fn checked(pairs: &[(&str, &str)]) -> Check {
        let pairs = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        check(&pairs.collect())
    }

    #[test]
    fn a_proxy_has_an_address_and_spares_the_source_of_credentials() {
        assert_eq!(checked(&[]).state, State::Good);
        let proxy = ("HTTPS_PROXY", "http://user:secret@proxy.example:3128/");
        assert_eq!(checked(&[proxy]).state, State::Good);
        let plain = ("http_proxy", "proxy.example:3128");
        assert_eq!(checked(&[plain]).state, State::Warning);
        let spared = ("no_proxy", "169.254.169.254, 169.254.170.2");
        assert_eq!(checked(&[plain, spared]).state, State::Good);
        for wrong in ["http://", "http://user:secret@", "proxy:port", "http://a/b"] {
            let check = checked(&[("HTTPS_PROXY", wrong)]);
            assert_eq!(check.state, State::Failed, "{wrong}");
            assert!(!check.line().contains("secret"), "{}", check.line());
        }
    }
}
