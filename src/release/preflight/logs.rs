//! Log drivers and the options of `awslogs`.

use serde_json::{Map, Value};

use super::checks::{Checks, steps, within};
use super::compatibility::is_fargate;
use super::roles::log_driver;
use crate::job::{Excerpt, is_region, nearest};
use crate::release::finding::{ContainerProblem, EcsRule, FargateProblem, LogProblem, Wanted};
use crate::release::placeholder;
use crate::release::task_definition::Container;

/// ECS's log drivers that Fargate does not support (docs/aws.md §4.1).
const NOT_ON_FARGATE: [&str; 5] = ["json-file", "syslog", "journald", "gelf", "fluentd"];

pub(super) const GROUP: &str = "awslogs-group";
const REGION: &str = "awslogs-region";
const PREFIX: &str = "awslogs-stream-prefix";
const FORMAT: &str = "awslogs-datetime-format";
const PATTERN: &str = "awslogs-multiline-pattern";
const CREATE: &str = "awslogs-create-group";

/// Options of `awslogs` (API reference, LogConfiguration), and of every driver.
const OPTIONS: [&str; 8] = [
    GROUP,
    REGION,
    PREFIX,
    FORMAT,
    PATTERN,
    CREATE,
    "mode",
    "max-buffer-size",
];

/// Further options of Docker's own driver. It is unknown whether ECS accepts
/// them.
const DOCKERS: [&str; 6] = [
    "tag",
    "labels",
    "labels-regex",
    "env",
    "env-regex",
    "cache-disabled",
];

pub(super) fn check(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    let has_router = task_definition
        .containers()
        .any(|container| container.get("firelensConfiguration").is_some());
    for container in task_definition.containers() {
        let place = within(&container, steps!["logConfiguration", "logDriver"]);
        match log_driver(&container) {
            Some("awsfirelens") if !has_router => {
                let place = within(&container, steps!["logConfiguration"]);
                checks.warning(&place, ContainerProblem::NoLogRouter);
            }
            Some("awslogs") => awslogs(checks, &container),
            // Unknown drivers are reported separately.
            Some(driver) if NOT_ON_FARGATE.contains(&driver) && is_fargate(task_definition) => {
                let found = Excerpt::of(driver);
                checks.error(&place, FargateProblem::LogDriver { found });
            }
            Some(_) | None => {}
        }
    }
}

fn awslogs(checks: &mut Checks<'_>, container: &Container<'_>) {
    let none = Map::new();
    let options = container.value().pointer("/logConfiguration/options");
    let options = match options {
        None | Some(Value::Null) => &none,
        Some(Value::Object(options)) => options,
        // Already reported.
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => return,
    };
    let place = |name| within(container, steps!["logConfiguration", "options", name]);
    for name in options.keys().map(String::as_str) {
        option(checks, container, name);
    }
    // "Fargate requires log configuration options to include
    // awslogs-stream-prefix to support log driver awslogs." (aws-cdk 1422)
    if !options.contains_key(PREFIX) && is_fargate(checks.task_definition) {
        checks.error(&place(PREFIX), LogProblem::Missing { name: PREFIX });
    }
    // The guide calls them required; ECS's response is unknown.
    for name in [GROUP, REGION] {
        if !options.contains_key(name) {
            checks.warning(&place(name), LogProblem::Missing { name });
        }
    }
    if options.contains_key(FORMAT) && options.contains_key(PATTERN) {
        checks.warning(&place(PATTERN), LogProblem::BothPatterns);
    }
    let text = |name: &str| options.get(name).and_then(Value::as_str);
    if let Some(region) = text(REGION).filter(|region| !is_region(region))
        && placeholder::first(region).is_none()
    {
        let value = Excerpt::of(region);
        checks.warning(&place(REGION), LogProblem::NotARegion { value });
    }
    for (name, wanted) in [(GROUP, Wanted::LogGroup), (PREFIX, Wanted::StreamPrefix)] {
        if let Some(text) = text(name).filter(|text| placeholder::is_token(text)) {
            let text = Excerpt::of(text);
            checks.warning(&place(name), EcsRule::Token { text, wanted });
        }
    }
}

/// The log group that must exist before the container starts, and its Region.
/// `None` for other drivers, and if the driver creates the group.
pub(super) fn existing_group<'a>(container: &Container<'a>) -> Option<(&'a str, &'a str)> {
    if log_driver(container) != Some("awslogs") {
        return None;
    }
    let option = |name: &str| {
        container
            .get("logConfiguration")?
            .get("options")?
            .get(name)?
            .as_str()
    };
    let (group, region) = (option(GROUP)?, option(REGION)?);
    let is_known = |text: &str| placeholder::first(text).is_none() && !placeholder::is_token(text);
    let is_created = option(CREATE).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let is_looked_up = is_group(group) && is_known(group) && is_region(region) && !is_created;
    is_looked_up.then_some((group, region))
}

/// Whether a log group may have this name (CloudWatch Logs' API reference,
/// CreateLogGroup).
fn is_group(name: &str) -> bool {
    const MAX: usize = 512;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"_-/.#".contains(&b);
    (1..=MAX).contains(&name.len()) && name.bytes().all(is_part)
}

/// "Log driver awslogs disallows options: log_key"
/// (aws-samples/amazon-ecs-firelens-examples 83). An option with the driver's
/// own prefix may be newer than this list.
fn option(checks: &mut Checks<'_>, container: &Container<'_>, name: &str) {
    if OPTIONS.contains(&name) || DOCKERS.contains(&name) {
        return;
    }
    let place = within(container, steps!["logConfiguration", "options", name]);
    let problem = LogProblem::Unknown {
        name: Excerpt::of(name),
        nearest: nearest(name, OPTIONS),
    };
    if name.starts_with("awslogs-") {
        checks.warning(&place, problem);
    } else {
        checks.error(&place, problem);
    }
}
