//! Checks the proxies that the environment configures.

use std::collections::BTreeMap;

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;

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
                format!("{name} is not the address of a proxy"),
                format!("write {name} as http://host:port"),
            );
        }
    }
    let names: Vec<&str> = proxies.iter().map(|(name, _)| *name).collect();
    let names = names.join(", ");
    let text = |name| set(name).map_or("", String::as_str);
    // As the SDK's HTTP client decides it. Credentials are fetched over plain
    // HTTP.
    let matcher = Matcher::builder()
        .all(text("ALL_PROXY"))
        .http(text("HTTP_PROXY"))
        .no(text("NO_PROXY"))
        .build();
    match METADATA
        .iter()
        .find(|address| is_used(&matcher, "http", address))
    {
        Some(address) => Check::warning(
            NAME,
            format!("{names} is used for {address} too, where machines and tasks get credentials"),
            format!("add {} to NO_PROXY", METADATA.join(",")),
        ),
        None => Check::good(NAME, format!("{names} is used")),
    }
}

/// Whether the SDK's HTTP client would use the value, and its port exists.
fn is_proxy(value: &str) -> bool {
    let Ok(address) = value.parse::<Uri>() else {
        return false;
    };
    let host = address
        .authority()
        .and_then(|it| it.as_str().rsplit('@').next());
    let has_host = host.is_some_and(|host| {
        // An IPv6 address has colons, in brackets.
        let port = host.rsplit(']').next().unwrap_or_default();
        !host.is_empty() && (!port.contains(':') || address.port_u16().is_some())
    });
    let matcher = Matcher::builder().all(value).build();
    has_host && is_used(&matcher, "https", "example.com")
}

fn is_used(matcher: &Matcher, scheme: &str, host: &str) -> bool {
    let target = Uri::try_from(format!("{scheme}://{host}/"));
    target.is_ok_and(|target| matcher.intercept(&target).is_some())
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
        for address in ["proxy.example:3128", "http://[::1]:3128", "http://[::1]"] {
            let plain = checked(&[("http_proxy", address)]);
            assert_eq!(plain.state, State::Warning, "{address}");
        }
        for wrong in [
            "http://",
            "http://user:secret@",
            "proxy:port",
            "ftp://proxy.example",
        ] {
            let check = checked(&[("HTTPS_PROXY", wrong)]);
            assert_eq!(check.state, State::Failed, "{wrong}");
            assert!(!check.line().contains("secret"), "{}", check.line());
        }
    }

    #[test]
    fn the_source_of_credentials_may_be_spared_by_its_network() {
        let plain = ("http_proxy", "proxy.example:3128");
        for (spared, state) in [
            ("169.254.169.254, 169.254.170.2", State::Good),
            ("169.254.0.0/16", State::Good),
            ("169.254.169.254", State::Warning),
            ("169.254.169.0/24", State::Warning),
            // It stands for names only, and these are addresses.
            ("*", State::Warning),
        ] {
            let found = checked(&[plain, ("no_proxy", spared)]).state;
            assert_eq!(found, state, "{spared}");
        }
    }
}
