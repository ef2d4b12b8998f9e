//! ECS's limits on numbers, counts and names (aws-facts §4.1, §4.3).

use serde_json::Value;

use crate::job::Excerpt;
use crate::release::document::Path;
use crate::release::finding::{Findings, PairFinding, Place};
use crate::release::placeholder;
use crate::release::task_definition::{Container, TaskDefinition};

const MAX_CONTAINERS: usize = 10;
const MAX_TAGS: usize = 50;
const MAX_PLACEMENT_CONSTRAINTS: usize = 10;
const MAX_ENVIRONMENT_FILES: usize = 10;
const MAX_PORT_RANGES: usize = 100;
const MAX_NAME: usize = 255;

/// Members of a health check with what each may be.
const HEALTH_CHECK: [(&str, u64, u64); 4] = [
    ("interval", 5, 300),
    ("timeout", 2, 60),
    ("retries", 1, 10),
    ("startPeriod", 0, 300),
];

pub(super) fn check(task_definition: &TaskDefinition, findings: &mut Findings) {
    for (member, limit) in [
        ("containerDefinitions", MAX_CONTAINERS),
        ("tags", MAX_TAGS),
        ("placementConstraints", MAX_PLACEMENT_CONSTRAINTS),
    ] {
        let list = task_definition.value().get(member);
        let place = || task_definition.place(&Path::ROOT.member(member));
        count(list, limit, place, findings);
    }
    if let Some(family) = task_definition.text("family") {
        let place = task_definition.place(&Path::ROOT.member("family"));
        name(family, place, findings);
    }
    for each in task_definition.containers() {
        container(task_definition, &each, findings);
    }
}

fn container(task_definition: &TaskDefinition, container: &Container<'_>, findings: &mut Findings) {
    let place =
        |member: &str| task_definition.at(container, member, |path| task_definition.place(path));
    name(container.name(), place("name"), findings);
    let files = "environmentFiles";
    let limit = MAX_ENVIRONMENT_FILES;
    count(container.get(files), limit, || place(files), findings);
    let ranges = container
        .list("portMappings")
        .filter(|(_, mapping)| mapping.get("containerPortRange").is_some())
        .count();
    if ranges > MAX_PORT_RANGES {
        let limit = MAX_PORT_RANGES;
        let finding = PairFinding::TooMany {
            count: ranges,
            limit,
        };
        findings.error(place("portMappings"), finding);
    }
    for (member, from, to) in HEALTH_CHECK {
        let value = container
            .get("healthCheck")
            .and_then(|check| check.get(member));
        let place = || {
            task_definition.at(container, "healthCheck", |path| {
                task_definition.place(&path.member(member))
            })
        };
        range(value, from, to, place, findings);
    }
    for (index, mapping) in container.list("portMappings") {
        for (member, from) in [("containerPort", 1), ("hostPort", 0)] {
            let place = || {
                task_definition.at(container, "portMappings", |path| {
                    let element = path.index(index);
                    task_definition.place(&element.member(member))
                })
            };
            range(mapping.get(member), from, 65_535, place, findings);
        }
    }
}

fn count(
    list: Option<&Value>,
    limit: usize,
    place: impl FnOnce() -> Place,
    findings: &mut Findings,
) {
    let count = list.and_then(Value::as_array).map_or(0, Vec::len);
    if count > limit {
        findings.error(place(), PairFinding::TooMany { count, limit });
    }
}

/// A whole number outside its range; other values are told of elsewhere.
pub(super) fn range(
    value: Option<&Value>,
    from: u64,
    to: u64,
    place: impl FnOnce() -> Place,
    findings: &mut Findings,
) {
    let Some(Value::Number(number)) = value else {
        return;
    };
    // What does not even fit ECS's integers is told of there.
    let fits = number
        .as_i64()
        .and_then(|number| i32::try_from(number).ok());
    let is_outside = fits.is_some_and(|number| {
        u64::try_from(number).map_or(true, |number| !(from..=to).contains(&number))
    });
    if is_outside {
        findings.error(place(), PairFinding::OutOfRange { from, to });
    }
}

/// Letters, digits, `_` and `-`. A placeholder is told of elsewhere.
fn name(name: &str, place: Place, findings: &mut Findings) {
    let well_formed = name.len() <= MAX_NAME
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if !well_formed && placeholder::first(name).is_none() {
        let name = Excerpt::of(name);
        findings.error(place, PairFinding::NotAName { name });
    }
}
