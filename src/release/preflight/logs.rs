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

const ROUTER: &str = "firelensConfiguration";

pub(super) fn check(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    routers(checks);
    for container in task_definition.containers() {
        let place = within(&container, steps!["logConfiguration", "logDriver"]);
        match log_driver(&container) {
            Some("awslogs") => awslogs(checks, &container),
            Some("splunk") => splunk(checks, &container),
            // Unknown drivers are reported separately.
            Some(driver) if NOT_ON_FARGATE.contains(&driver) && is_fargate(task_definition) => {
                let found = Excerpt::of(driver);
                checks.error(&place, FargateProblem::LogDriver { found });
            }
            Some(_) | None => {}
        }
    }
}

/// "When awsfirelens log driver is specified in log configuration, a firelens
/// configuration object must be configured in one of the containers."
/// (turnerlabs/fargate 60) "When a firelensConfiguration object is specified, at
/// least one container has to be configured with the awsfirelens log driver."
/// (aws/amazon-cloudwatch-logs-for-fluent-bit 20) The ECS agent gives the
/// router's folder to the number of its user, and takes no name
/// (aws/amazon-ecs-agent 4596).
fn routers(checks: &mut Checks<'_>) {
    let containers = || checks.task_definition.containers();
    let is_router = |container: &Container<'_>| container.get(ROUTER).is_some();
    let sends = |container: &Container<'_>| log_driver(container) == Some("awsfirelens");
    let has_router = containers().any(|container| is_router(&container));
    let has_sender = containers().any(|container| sends(&container));
    for container in checks.task_definition.containers() {
        if sends(&container) && !has_router {
            let place = within(&container, steps!["logConfiguration"]);
            checks.error(&place, ContainerProblem::NoLogRouter);
        }
        if !is_router(&container) {
            continue;
        }
        if !has_sender {
            let place = within(&container, steps![ROUTER]);
            checks.error(&place, LogProblem::RouterWithoutLogs);
        }
        let user = container.text("user").unwrap_or_default();
        let mut number = user.bytes().take_while(|byte| *byte != b':');
        if !number.all(|byte| byte.is_ascii_digit()) && placeholder::first(user).is_none() {
            let place = within(&container, steps!["user"]);
            checks.warning(&place, LogProblem::RouterUser);
        }
    }
}

/// "Log driver splunk requires options: splunk-token"
/// (hashicorp/terraform-provider-aws 8596)
fn splunk(checks: &mut Checks<'_>, container: &Container<'_>) {
    const TOKEN: &str = "splunk-token";
    let log = container.get("logConfiguration");
    let member = |name: &str| log.and_then(|log| log.get(name));
    let secrets = member("secretOptions").and_then(Value::as_array);
    let mut secrets = secrets.into_iter().flatten();
    let has_token = member("options").is_some_and(|options| options.get(TOKEN).is_some())
        || secrets.any(|secret| secret.get("name").is_some_and(|name| name == TOKEN));
    if !has_token {
        let place = within(container, steps!["logConfiguration", "options", TOKEN]);
        let problem = LogProblem::Missing {
            driver: "splunk",
            name: TOKEN,
        };
        checks.error(&place, problem);
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
    // "Log driver awslogs requires options: awslogs-region, awslogs-group"
    // (klothoplatform/klotho 892)
    let prefix = is_fargate(checks.task_definition).then_some(PREFIX);
    for name in prefix.into_iter().chain([GROUP, REGION]) {
        let driver = "awslogs";
        match options.get(name) {
            None => checks.error(&place(name), LogProblem::Missing { driver, name }),
            // ECS's answer to an empty option has not been observed.
            Some(value) if value == "" => {
                checks.warning(&place(name), LogProblem::Missing { driver, name });
            }
            Some(_) => {}
        }
    }
    if options.contains_key(FORMAT) && options.contains_key(PATTERN) {
        checks.warning(&place(PATTERN), LogProblem::BothPatterns);
    }
    let text = |name: &str| options.get(name).and_then(Value::as_str);
    if let Some(region) = text(REGION).filter(|region| !region.is_empty() && !is_region(region))
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
