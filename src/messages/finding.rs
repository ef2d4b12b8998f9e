//! Messages for the findings about a release. `release::finding` has the
//! findings themselves, as facts; each module here has the words for the facts
//! of one there.

mod app_spec;
mod container;
mod ecs_rule;
mod fargate;
mod image;
mod pair;
mod policy;
mod presence;
mod service;
mod target;
mod task_definition;
mod text;
mod unreadable;

use super::Words;
use crate::release::finding::{Finding, FindingKind, Severity};

/// What was found and what to do next, without the place.
#[must_use]
pub fn words(kind: &FindingKind) -> Words {
    match kind {
        FindingKind::Unreadable(why) => unreadable::words(why),
        FindingKind::NotFetched => Words::new(
            "the file was not read from its artifact",
            "release again; if it happens twice, tell the operator of the worker",
        ),
        FindingKind::Text(problem) => text::words(problem),
        FindingKind::Syntax(cause) => text::syntax(cause),
        FindingKind::Image(finding) => image::words(finding),
        FindingKind::TaskDefinition(finding) => task_definition::words(finding),
        FindingKind::AppSpecNote(note) => app_spec::note(note),
        FindingKind::AppSpec(finding) => app_spec::words(finding),
        FindingKind::Pair(finding) => pair::words(finding),
        FindingKind::EcsRule(rule) => ecs_rule::words(rule),
        FindingKind::ReleaseTarget(finding) => target::words(finding),
        FindingKind::Presence(problem) => presence::words(problem),
        FindingKind::Policy(finding) => policy::words(finding),
        FindingKind::More { count } => Words::only(format!("and {count} more")),
    }
}

/// The whole finding on one line: `place: what → remedy`.
#[must_use]
pub fn line(finding: &Finding) -> String {
    let words = words(&finding.kind);
    let place = finding.place.to_string();
    if place.is_empty() {
        words.to_string()
    } else {
        format!("{place}: {words}")
    }
}

/// The finding on one line. Warnings and notes are marked as such.
#[must_use]
pub fn marked(finding: &Finding) -> String {
    let line = line(finding);
    match finding.severity {
        Severity::Error => line,
        severity @ (Severity::Warning | Severity::Note) => format!("{}: {line}", severity.name()),
    }
}
