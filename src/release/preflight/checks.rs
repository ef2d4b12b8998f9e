//! A task definition and the list for its findings.

use serde_json::Value;

use crate::release::document::{Path, Step};
use crate::release::finding::{EcsRule, FindingKind, Findings, Place};
use crate::release::task_definition::{Container, TaskDefinition, integer};

/// The steps to a finding, from the task definition or from one of its
/// containers.
macro_rules! steps {
    ($($step:expr),* $(,)?) => {
        &[$($crate::release::document::Step::from($step)),*]
    };
}

pub(super) use steps;

/// Shared state of the checks of one task definition.
pub(super) struct Checks<'a> {
    pub(super) task_definition: &'a TaskDefinition,
    pub(super) findings: &'a mut Findings,
}

impl Checks<'_> {
    pub(super) fn error(&mut self, steps: &[Step<'_>], kind: impl Into<FindingKind>) {
        self.findings.error(self.place(steps), kind);
    }

    pub(super) fn warning(&mut self, steps: &[Step<'_>], kind: impl Into<FindingKind>) {
        self.findings.warning(self.place(steps), kind);
    }

    pub(super) fn note(&mut self, steps: &[Step<'_>], kind: impl Into<FindingKind>) {
        self.findings.note(self.place(steps), kind);
    }

    /// Reports an integer outside its range. Other values are reported
    /// elsewhere.
    pub(super) fn range(&mut self, value: Option<&Value>, from: u64, to: u64, steps: &[Step<'_>]) {
        let Some(Value::Number(number)) = value else {
            return;
        };
        // A number that exceeds ECS's integers is reported with the type
        // errors.
        let fits = integer(number).and_then(|number| i32::try_from(number).ok());
        let is_outside = fits.is_some_and(|number| {
            u64::try_from(number).map_or(true, |number| !(from..=to).contains(&number))
        });
        if is_outside {
            self.error(steps, EcsRule::OutOfRange { from, to });
        }
    }

    pub(super) fn place(&self, steps: &[Step<'_>]) -> Place {
        Path::ROOT.follow(steps, |path| self.task_definition.place(path))
    }
}

/// The steps to a place in a container.
pub(super) fn within<'a>(container: &Container<'_>, steps: &[Step<'a>]) -> Vec<Step<'a>> {
    let mut whole = vec![Step::from("containerDefinitions"), container.index.into()];
    whole.extend_from_slice(steps);
    whole
}
