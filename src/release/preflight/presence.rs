//! The roles and log groups that a task definition names. ECS documents no
//! check of them when a revision is registered; without them the tasks do not
//! start. So what is missing is a warning, and what could not be read a note.
//!
//! What the running tasks use already exists and is not looked up: most
//! releases change neither, and so take no call. Roles of another account
//! cannot be looked up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::checks::{Checks, steps, within};
use super::logs;
use super::roles::{MEMBERS, role_name};
use crate::job::{Excerpt, TaskDefinitionArn};
use crate::release::document::Step;
use crate::release::finding::{Place, PresenceProblem};
use crate::release::task_definition::TaskDefinition;

/// Maximum number of log groups of a release to look up. A task has at most ten
/// containers; this only stops a hostile file from causing many requests.
pub const MAX_LOG_GROUPS: usize = 10;

/// What a task definition names and an account must have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A role, by its ARN or only by its name.
    Role(String),
    LogGroup {
        name: String,
        region: String,
    },
}

/// Whether it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Exists,
    Missing,
    /// The role with this name has another ARN, because of its path.
    OtherArn {
        arn: String,
    },
    /// It could not be read, for the given `reason`.
    NotReadable {
        reason: String,
    },
}

/// What the task definition names: at most two roles and [`MAX_LOG_GROUPS`] log
/// groups, without duplicates.
#[must_use]
pub(crate) fn named(task_definition: &TaskDefinition) -> BTreeSet<Named> {
    let roles = MEMBERS.iter().filter_map(|member| {
        let role = task_definition.text(member)?;
        role_name(role).map(|_| Named::Role(role.to_owned()))
    });
    let groups = log_groups(task_definition).map(|(_, group)| group);
    let groups: BTreeSet<Named> = groups.collect();
    roles
        .chain(groups.into_iter().take(MAX_LOG_GROUPS))
        .collect()
}

/// Which of the named to look up: not what the running tasks use, and no role
/// of another account. `known` are descriptions of revisions, one of which may
/// be the running one.
#[must_use]
pub fn to_look_up(
    named: &BTreeSet<Named>,
    running: &TaskDefinitionArn,
    known: &[&Value],
) -> Vec<Named> {
    let account = running.as_str().split(':').nth(4);
    let mut known = known.iter().filter_map(|revision| {
        let inner = revision.get("taskDefinition").unwrap_or(revision);
        let arn = inner.get("taskDefinitionArn").and_then(Value::as_str);
        (arn == Some(running.as_str()))
            .then(|| TaskDefinition::described(revision, Place::default()))?
    });
    let used = known.next().map(|running| self::named(&running));
    let used = used.unwrap_or_default();
    named
        .iter()
        .filter(|one| match one {
            Named::Role(role) if role.starts_with("arn:") => role.split(':').nth(4) == account,
            Named::Role(_) | Named::LogGroup { .. } => true,
        })
        .filter(|one| !used.contains(one))
        .cloned()
        .collect()
}

/// Reports what is missing or could not be read.
pub(crate) fn check(checks: &mut Checks<'_>, answers: &BTreeMap<Named, Presence>) {
    let task_definition = checks.task_definition;
    for member in MEMBERS {
        let role = task_definition.text(member).unwrap_or_default();
        report(
            checks,
            &Named::Role(role.to_owned()),
            answers,
            steps![member],
        );
    }
    let mut reported = BTreeSet::new();
    for (place, group) in log_groups(task_definition) {
        if reported.insert(group.clone()) {
            report(checks, &group, answers, &place);
        }
    }
}

fn report(
    checks: &mut Checks<'_>,
    named: &Named,
    answers: &BTreeMap<Named, Presence>,
    place: &[Step<'_>],
) {
    let problem = match (named, answers.get(named)) {
        (_, Some(Presence::Exists) | None) => return,
        (_, Some(Presence::NotReadable { reason })) => {
            let problem = PresenceProblem::NotChecked {
                reason: Excerpt::of(reason),
            };
            return checks.note(place, problem);
        }
        (Named::Role(role), Some(Presence::Missing)) => PresenceProblem::NoRole {
            role: Excerpt::of(role),
        },
        (Named::Role(role), Some(Presence::OtherArn { arn })) => PresenceProblem::OtherRole {
            role: Excerpt::of(role),
            arn: Excerpt::of(arn),
        },
        (Named::LogGroup { name, region }, Some(Presence::Missing | Presence::OtherArn { .. })) => {
            PresenceProblem::NoLogGroup {
                name: Excerpt::of(name),
                region: Excerpt::of(region),
            }
        }
    };
    checks.warning(place, problem);
}

/// The log groups that must exist before the tasks start, with their places.
fn log_groups(
    task_definition: &TaskDefinition,
) -> impl Iterator<Item = (Vec<Step<'static>>, Named)> {
    task_definition.containers().filter_map(|container| {
        let (name, region) = logs::existing_group(&container)?;
        let place = within(
            &container,
            steps!["logConfiguration", "options", logs::GROUP],
        );
        let group = Named::LogGroup {
            name: name.to_owned(),
            region: region.to_owned(),
        };
        Some((place, group))
    })
}
