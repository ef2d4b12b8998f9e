//! Port mappings.

use serde_json::Value;

use super::{Checked, list, network_mode, number, text};
use crate::ecs::call::client;

const MAX_RANGES: usize = 100;
const PORTS: std::ops::RangeInclusive<i64> = 1..=65_535;

/// First and last port, protocol, container, whether it is a range.
type Used<'a> = (i64, i64, &'a str, usize, bool);

pub(super) fn check(body: &Value) -> Checked {
    let mode = network_mode(body);
    let mut used: Vec<Used<'_>> = Vec::new();
    let mut hosts: Vec<(i64, &str)> = Vec::new();
    for (index, container) in list(body, "/containerDefinitions").iter().enumerate() {
        let name = text(container, "/name").unwrap_or_default();
        let invalid = |what: &str| {
            Err(client(format!(
                "Invalid '{what}' setting for container '{name}'."
            )))
        };
        let mappings = list(container, "/portMappings");
        if mode == "none" && !mappings.is_empty() {
            return Err(client(
                "Port mappings are not supported when networkMode=none.",
            ));
        }
        let ranges = mappings
            .iter()
            .filter(|mapping| mapping.get("containerPortRange").is_some());
        if ranges.count() > MAX_RANGES {
            return invalid("containerPortRange");
        }
        for mapping in mappings {
            let port = number(mapping, "/containerPort");
            let range = text(mapping, "/containerPortRange");
            let host = number(mapping, "/hostPort").unwrap_or(0);
            let protocol = text(mapping, "/protocol").unwrap_or("tcp");
            if (port.is_none() && range.is_none())
                || port.is_some_and(|port| !PORTS.contains(&port))
            {
                return invalid("containerPort");
            }
            if host != 0 && !PORTS.contains(&host) {
                return invalid("hostPort");
            }
            if range.is_some() && mode == "host" {
                return invalid("containerPortRange");
            }
            let ports = match range.map(parse) {
                Some(None) => return invalid("containerPortRange"),
                Some(Some(ports)) => Some(ports),
                None => port.map(|port| (port, port)),
            };
            if let Some(port) = port.filter(|port| host != 0 && *port != host)
                && matches!(mode, "awsvpc" | "host")
            {
                return Err(client(format!(
                    "When networkMode={mode}, the host ports and container ports in port mappings must match. ({port})"
                )));
            }
            if let Some((first, last)) = ports {
                let this = (first, last, protocol, index, range.is_some());
                overlap(this, &used, mode)?;
                used.push(this);
            }
            if host != 0 && matches!(mode, "bridge" | "host") {
                if hosts.contains(&(host, protocol)) {
                    return Err(client(format!(
                        "{} host port '{host}' is mapped multiple times in task.",
                        protocol.to_uppercase()
                    )));
                }
                hosts.push((host, protocol));
            }
        }
    }
    Ok(())
}

fn overlap(this: Used<'_>, used: &[Used<'_>], mode: &str) -> Checked {
    let (first, last, protocol, container, is_range) = this;
    for &(from, to, other, of, was_range) in used.iter().filter(|used| used.2 == protocol) {
        debug_assert_eq!(other, protocol);
        if (is_range || was_range) && of == container && first <= to && from <= last {
            return Err(client("Port ranges of a container must not overlap."));
        }
        if !is_range && !was_range && mode == "awsvpc" && first == from {
            return Err(client(format!(
                "{} container port '{first}' is used multiple times in task when networkMode=awsvpc.",
                protocol.to_uppercase()
            )));
        }
    }
    Ok(())
}

fn parse(range: &str) -> Option<(i64, i64)> {
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (PORTS.contains(&first) && PORTS.contains(&last) && first < last).then_some((first, last))
}
