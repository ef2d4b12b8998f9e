//! The host names under which the worker's HTTP server is asked.

use std::fs;
use std::net::SocketAddr;

use crate::http_server::Hosts;

/// Where Linux has the machine's name.
const OWN_NAME: &str = "/proc/sys/kernel/hostname";

/// The names that the operator allows and, if only this machine can connect,
/// the machine's own. A foreign page cannot make that one point elsewhere: the
/// machine resolves it by itself.
pub(super) fn hosts(allowed: &[String], listen: SocketAddr) -> Hosts {
    let mut names = allowed.to_owned();
    if listen.ip().is_loopback() {
        let own = fs::read_to_string(OWN_NAME).unwrap_or_default();
        names.push(own.trim().to_owned());
    }
    names.retain(|name| !name.is_empty());
    Hosts::named(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_own_name_is_allowed_on_loopback_only() {
        let own = fs::read_to_string(OWN_NAME).unwrap();
        let own = format!("{}:8080", own.trim());
        let named = ["worker.ops.internal".to_owned()];
        for (listen, allows) in [
            ("127.0.0.1:0", true),
            ("[::1]:0", true),
            ("0.0.0.0:0", false),
        ] {
            let hosts = hosts(&named, listen.parse().unwrap());
            assert_eq!(hosts.allow(Some(&own)), allows, "{listen}");
            assert!(hosts.allow(Some("worker.ops.internal")));
            assert!(!hosts.allow(Some("")) && !hosts.allow(Some("evil.example")));
        }
    }
}
