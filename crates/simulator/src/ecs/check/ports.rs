//! Port mappings.

use serde_json::Value;

use super::{Checked, list, network_mode, number, refuse_if, text};
use crate::ecs::call::client;

const MAX_RANGES: usize = 100;
const PORTS: std::ops::RangeInclusive<i64> = 1..=65_535;

/// The ports of one mapping.
struct UsedPorts<'a> {
    first: i64,
    last: i64,
    protocol: &'a str,
    /// Index of the container.
    container: usize,
    is_range: bool,
}

/// The ports of the mappings before the current one.
#[derive(Default)]
struct Ports<'a> {
    of_containers: Vec<UsedPorts<'a>>,
    /// Host ports with their protocols.
    of_host: Vec<(i64, &'a str)>,
}

pub(super) fn check(body: &Value) -> Checked {
    let mode = network_mode(body);
    let mut ports = Ports::default();
    for (index, container) in list(body, "/containerDefinitions").iter().enumerate() {
        let mappings = list(container, "/portMappings");
        refuse_if(
            mode == "none" && !mappings.is_empty(),
            "Port mappings are not supported when networkMode=none.",
        )?;
        let ranges = mappings
            .iter()
            .filter(|mapping| mapping.get("containerPortRange").is_some());
        invalid_if(ranges.count() > MAX_RANGES, container, "containerPortRange")?;
        for mapping in mappings {
            ports.check(container, index, mapping, mode)?;
        }
    }
    Ok(())
}

fn invalid_if(is_wrong: bool, container: &Value, setting: &str) -> Checked {
    let name = text(container, "/name").unwrap_or_default();
    refuse_if(
        is_wrong,
        format!("Invalid '{setting}' setting for container '{name}'."),
    )
}

impl<'a> Ports<'a> {
    fn check(
        &mut self,
        container: &Value,
        index: usize,
        mapping: &'a Value,
        mode: &str,
    ) -> Checked {
        let port = number(mapping, "/containerPort");
        let range = text(mapping, "/containerPortRange");
        let host = number(mapping, "/hostPort").unwrap_or(0);
        let is_udp = text(mapping, "/protocol") == Some("udp");
        let protocol = if is_udp { "udp" } else { "tcp" };
        let has_none = port.is_none() && range.is_none();
        let is_out = port.is_some_and(|port| !PORTS.contains(&port));
        invalid_if(has_none || is_out, container, "containerPort")?;
        invalid_if(host != 0 && !PORTS.contains(&host), container, "hostPort")?;
        let parsed = range.map(parse);
        let is_wrong = (range.is_some() && mode == "host") || parsed == Some(None);
        invalid_if(is_wrong, container, "containerPortRange")?;
        if let Some(port) = port {
            refuse_if(
                host != 0 && port != host && matches!(mode, "awsvpc" | "host"),
                format!(
                    "When networkMode={mode}, the host ports and container ports in port mappings must match. ({port})"
                ),
            )?;
        }
        let one = port.map(|port| (port, port));
        if let Some((first, last)) = parsed.flatten().or(one) {
            let ports = UsedPorts {
                first,
                last,
                protocol,
                container: index,
                is_range: range.is_some(),
            };
            self.add(ports, mode)?;
        }
        if host != 0 && matches!(mode, "bridge" | "host") {
            refuse_if(
                self.of_host.contains(&(host, protocol)),
                format!(
                    "{} host port '{host}' is mapped multiple times in task.",
                    protocol.to_uppercase()
                ),
            )?;
            self.of_host.push((host, protocol));
        }
        Ok(())
    }

    /// Adds the ports, unless they conflict with earlier ones.
    fn add(&mut self, ports: UsedPorts<'a>, mode: &str) -> Checked {
        let earlier = self.of_containers.iter();
        for used in earlier.filter(|used| used.protocol == ports.protocol) {
            let has_range = ports.is_range || used.is_range;
            let overlap = ports.first <= used.last && used.first <= ports.last;
            if has_range && used.container == ports.container && overlap {
                return Err(client("Port ranges of a container must not overlap."));
            }
            if !has_range && mode == "awsvpc" && ports.first == used.first {
                return Err(client(format!(
                    "{} container port '{}' is used multiple times in task when networkMode=awsvpc.",
                    ports.protocol.to_uppercase(),
                    ports.first
                )));
            }
        }
        self.of_containers.push(ports);
        Ok(())
    }
}

fn parse(range: &str) -> Option<(i64, i64)> {
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (PORTS.contains(&first) && PORTS.contains(&last) && first < last).then_some((first, last))
}
