//! ECS's limits on numbers, counts and names (docs/aws.md §4.1, §4.3).

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::compatibility::network_mode;
use crate::job::Excerpt;
use crate::release::document::Step;
use crate::release::finding::{EcsRule, HealthCommandProblem, Wanted};
use crate::release::placeholder;
use crate::release::task_definition::{Container, integer};

const MAX_CONTAINERS: usize = 10;
const MAX_TAGS: usize = 50;
const MAX_PLACEMENT_CONSTRAINTS: usize = 10;
const MAX_ENVIRONMENT_FILES: usize = 10;
const MAX_PORT_RANGES: usize = 100;
/// API reference, ContainerRestartPolicy.
const MAX_EXIT_CODES: usize = 50;
/// API reference, ContainerDefinition.
const MAX_CREDENTIAL_SPECS: usize = 1;
const MAX_NAME: usize = 255;

/// Lists of a container.
const LISTS: [(&[&str], usize); 3] = [
    (&["environmentFiles"], MAX_ENVIRONMENT_FILES),
    (&["credentialSpecs"], MAX_CREDENTIAL_SPECS),
    (&["restartPolicy", "ignoredExitCodes"], MAX_EXIT_CODES),
];

/// Numbers of a container with their ranges (API reference: HealthCheck,
/// ContainerRestartPolicy, LinuxParameters).
const NUMBERS: [(&[&str], u64, u64); 7] = [
    (&["healthCheck", "interval"], 5, 300),
    (&["healthCheck", "timeout"], 2, 60),
    (&["healthCheck", "retries"], 1, 10),
    (&["healthCheck", "startPeriod"], 0, 300),
    (&["restartPolicy", "restartAttemptPeriod"], 60, 1800),
    (&["linuxParameters", "swappiness"], 0, 100),
    (&["linuxParameters", "maxSwap"], 0, i32::MAX as u64),
];

pub(super) fn check(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    for (member, limit) in [
        ("containerDefinitions", MAX_CONTAINERS),
        ("tags", MAX_TAGS),
        ("placementConstraints", MAX_PLACEMENT_CONSTRAINTS),
    ] {
        let list = task_definition.value().get(member);
        count(checks, list, limit, steps![member]);
    }
    if let Some(family) = task_definition.text("family") {
        name(checks, family, Wanted::Family, steps!["family"]);
    }
    for each in task_definition.containers() {
        container(checks, &each);
    }
    fault_injection(checks);
}

fn container(checks: &mut Checks<'_>, container: &Container<'_>) {
    let place = within(container, steps!["name"]);
    name(checks, container.name(), Wanted::ContainerName, &place);
    for (path, limit) in LISTS {
        let list = at(container.value(), path);
        count(checks, list, limit, &within(container, &steps_of(path)));
    }
    let ranges = container
        .list("portMappings")
        .filter(|(_, mapping)| mapping.get("containerPortRange").is_some())
        .count();
    if ranges > MAX_PORT_RANGES {
        let (count, limit) = (ranges, MAX_PORT_RANGES);
        let place = within(container, steps!["portMappings"]);
        checks.error(&place, EcsRule::TooMany { count, limit });
    }
    for (path, from, to) in NUMBERS {
        let place = within(container, &steps_of(path));
        checks.range(at(container.value(), path), from, to, &place);
    }
    for (index, mapping) in container.list("portMappings") {
        for (member, from) in [("containerPort", 1), ("hostPort", 0)] {
            let place = within(container, steps!["portMappings", index, member]);
            checks.range(mapping.get(member), from, 65_535, &place);
        }
    }
    for (index, ulimit) in container.list("ulimits") {
        soft_limit(checks, ulimit, &within(container, steps!["ulimits", index]));
    }
    health_command(checks, container);
}

/// Linux sets no such limits (setrlimit(2): EINVAL), so the container does not
/// start. ECS's answer to them has not been observed. -1 is no limit.
fn soft_limit(checks: &mut Checks<'_>, ulimit: &Value, place: &[Step<'_>]) {
    let limit = |member: &str| integer(ulimit.get(member)?.as_number()?);
    let (Some(soft), Some(hard)) = (limit("softLimit"), limit("hardLimit")) else {
        return; // Already reported.
    };
    if hard >= 0 && (soft > hard || soft == -1) {
        let mut place = place.to_vec();
        place.push(Step::from("softLimit"));
        checks.warning(&place, EcsRule::SoftAboveHard { hard });
    }
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

fn steps_of(path: &[&'static str]) -> Vec<Step<'static>> {
    path.iter().map(|name| Step::from(*name)).collect()
}

/// API reference, HealthCheck: the list must start with CMD or CMD-SHELL. ECS
/// takes others nevertheless: AWS's own templates for the OpenTelemetry
/// collector have `["/healthcheck"]`. So they are likely mistakes.
fn health_command(checks: &mut Checks<'_>, container: &Container<'_>) {
    let command = container.value().pointer("/healthCheck/command");
    let Some(Value::Array(command)) = command else {
        return; // Already reported.
    };
    let place = within(container, steps!["healthCheck", "command"]);
    let Some(first) = command.first() else {
        return checks.error(&place, HealthCommandProblem::Empty);
    };
    let problem = match (first.as_str(), &command[1..]) {
        // Docker executes only the first (docker/docs 10058,
        // tox-dev/tox-docker 57).
        (Some("CMD-SHELL"), [_, _, ..]) => HealthCommandProblem::LineInPieces,
        (Some("CMD"), [line]) if line.as_str().is_some_and(is_line) => {
            HealthCommandProblem::LineAsProgram
        }
        (Some("CMD" | "CMD-SHELL") | None, _) => return,
        // The line may contain anything, so it is not repeated.
        (Some(_), _) => HealthCommandProblem::Beginning,
    };
    checks.warning(&place, problem);
}

/// Whether the text is a line of shell. A path on Windows may have spaces.
fn is_line(text: &str) -> bool {
    text.contains(' ') && !text.contains('\\')
}

/// According to AWS's CDK, fault injection works only with awsvpc and host.
fn fault_injection(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    let enabled = task_definition.value().get("enableFaultInjection");
    let mode = network_mode(task_definition);
    if enabled == Some(&Value::Bool(true)) && matches!(mode, "none" | "bridge") {
        let mode = Excerpt::of(mode);
        checks.warning(
            steps!["enableFaultInjection"],
            EcsRule::FaultInjection { mode },
        );
    }
}

fn count(checks: &mut Checks<'_>, list: Option<&Value>, limit: usize, steps: &[Step<'_>]) {
    let count = list.and_then(Value::as_array).map_or(0, Vec::len);
    if count > limit {
        checks.error(steps, EcsRule::TooMany { count, limit });
    }
}

/// Checks a name. A placeholder is reported elsewhere.
fn name(checks: &mut Checks<'_>, name: &str, wanted: Wanted, steps: &[Step<'_>]) {
    let text = Excerpt::of(name);
    if placeholder::is_token(name) {
        checks.warning(steps, EcsRule::Token { text, wanted });
    } else if !is_name(name) && placeholder::first(name).is_none() {
        checks.error(steps, EcsRule::NotAName { name: text });
    }
}

/// Whether the text has only letters, digits, `_` and `-`.
pub(super) fn is_name(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    text.len() <= MAX_NAME && text.bytes().all(is_part)
}
