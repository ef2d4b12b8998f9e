//! Port mappings, for containers that share the host's network and for those
//! with their own.

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::compatibility::network_mode;
use crate::job::Excerpt;
use crate::release::finding::{ContainerProblem, EcsRule, PortProblem, Setting, Shared};
use crate::release::placeholder;
use crate::release::task_definition::{Container, unsigned};

/// The valid parts of a port mapping.
struct Mapping<'a> {
    container: Container<'a>,
    index: usize,
    protocol: &'static str,
    port: Option<u64>,
    host_port: Option<u64>,
    range: Option<(u64, u64)>,
}

pub(super) fn check(checks: &mut Checks<'_>) {
    let mode = network_mode(checks.task_definition).to_owned();
    let mut before: Vec<Mapping<'_>> = Vec::new();
    for container in checks.task_definition.containers() {
        for (index, value) in container.list("portMappings") {
            let Some(mapping) = read(checks, container, index, value, &mode) else {
                continue;
            };
            host_port(checks, &mapping, &mode);
            overlap(checks, &mapping, &before);
            twice(checks, &mapping, &before, &mode);
            before.push(mapping);
        }
    }
}

/// Reads a mapping, which must have a port: "Invalid 'containerPort' setting
/// for container …" (aws-cli 7288).
fn read<'a>(
    checks: &mut Checks<'_>,
    container: Container<'a>,
    index: usize,
    value: &'a Value,
    mode: &str,
) -> Option<Mapping<'a>> {
    let members = value.as_object()?; // Anything else is already reported.
    let number = |member: &str| members.get(member).and_then(unsigned);
    let written = members.get("containerPortRange").and_then(Value::as_str);
    let place = |member| within(&container, steps!["portMappings", index, member]);
    if !members.contains_key("containerPort") && !members.contains_key("containerPortRange") {
        checks.error(&place("containerPort"), PortProblem::Missing);
    }
    let name = members.get("name").and_then(Value::as_str);
    if let Some(name) = name.filter(|name| !is_name(name))
        && placeholder::first(name).is_none()
    {
        let name = Excerpt::of(name);
        checks.warning(&place("name"), PortProblem::NotAName { name });
    }
    let range = written.and_then(range);
    let place = place("containerPortRange");
    if let Some(written) = written
        && range.is_none()
        && placeholder::first(written).is_none()
    {
        let found = Excerpt::of(written);
        checks.error(&place, PortProblem::NotARange { found });
    }
    // API reference, PortMapping: ranges are for bridge and awsvpc. The mode
    // none does not allow mappings at all.
    if written.is_some() && mode == "host" {
        let rule = EcsRule::Unsupported {
            member: "containerPortRange",
            setting: Setting::Host,
        };
        checks.error(&place, rule);
    }
    Some(Mapping {
        container,
        index,
        protocol: protocol(members.get("protocol")),
        port: number("containerPort"),
        host_port: number("hostPort").filter(|port| *port != 0),
        range,
    })
}

/// API reference, PortMapping: ECS takes any other word for `tcp`.
fn protocol(written: Option<&Value>) -> &'static str {
    match written.and_then(Value::as_str) {
        Some("udp") => "udp",
        Some(_) | None => "tcp",
    }
}

/// API reference, PortMapping. ECS's answer to other names has not been
/// observed. An empty name counts as absent.
fn is_name(text: &str) -> bool {
    const MAX: usize = 64;
    let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    text.len() <= MAX && text.bytes().all(is_part) && !text.starts_with('-')
}

/// Parses `8000-8010`; the first port must be below the last (API reference,
/// PortMapping).
fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-')?;
    let port = |text: &str| text.trim().parse().ok();
    let (first, last) = (port(first)?, port(last)?);
    (1 <= first && first < last && last <= 65_535).then_some((first, last))
}

/// Only in the mode `bridge` may the host port differ (docs/aws.md §4.1). Zero
/// is left to ECS, which documents it for `bridge` alone.
fn host_port(checks: &mut Checks<'_>, mapping: &Mapping<'_>, mode: &str) {
    if !matches!(mode, "awsvpc" | "host") {
        return;
    }
    if let (Some(port), Some(outside)) = (mapping.port, mapping.host_port)
        && port != outside
    {
        let place = mapping.place("hostPort");
        let mode = Excerpt::of(mode);
        checks.error(&place, ContainerProblem::HostPort { port, mode });
    }
}

/// API reference, PortMapping: a port can be in only one mapping of a
/// container, and ranges must not overlap. Two single ports are checked
/// separately.
fn overlap(checks: &mut Checks<'_>, mapping: &Mapping<'_>, before: &[Mapping<'_>]) {
    let overlaps = before.iter().any(|other| {
        let (Some((first, last)), Some((from, to))) = (mapping.ports(), other.ports()) else {
            return false;
        };
        (mapping.range.is_some() || other.range.is_some())
            && other.container.index == mapping.container.index
            && other.protocol == mapping.protocol
            && first <= to
            && from <= last
    });
    if overlaps {
        let member = match mapping.range {
            Some(_) => "containerPortRange",
            None => "containerPort",
        };
        checks.error(&mapping.place(member), PortProblem::Overlap);
    }
}

/// "TCP container port '9901' is used multiple times in task when
/// networkMode=awsvpc." (aws/copilot-cli 3768) and "TCP host port '3000' is
/// mapped multiple times in task." (aws/amazon-ecs-agent 1220)
fn twice(checks: &mut Checks<'_>, mapping: &Mapping<'_>, before: &[Mapping<'_>], mode: &str) {
    let (port, shared, of): (_, _, fn(&Mapping<'_>) -> Option<u64>) = match mode {
        "awsvpc" => (mapping.port, Shared::Task, |other| other.port),
        "bridge" | "host" => (mapping.host_port, Shared::Host, |other| other.host_port),
        _ => return,
    };
    let is_taken = |other: &Mapping<'_>| of(other) == port && other.protocol == mapping.protocol;
    let Some(port) = port.filter(|_| before.iter().any(is_taken)) else {
        return;
    };
    let member = match shared {
        Shared::Task => "containerPort",
        Shared::Host => "hostPort",
    };
    checks.error(&mapping.place(member), PortProblem::Twice { port, shared });
}

impl Mapping<'_> {
    fn ports(&self) -> Option<(u64, u64)> {
        self.range.or_else(|| self.port.map(|port| (port, port)))
    }

    fn place(&self, member: &'static str) -> Vec<crate::release::document::Step<'static>> {
        within(&self.container, steps!["portMappings", self.index, member])
    }
}
