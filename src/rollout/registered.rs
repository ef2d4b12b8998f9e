//! A task definition is registered: create its deployment, once.
//!
//! The policies have judged the plan, which is a task definition with an
//! AppSpec. A revision that an earlier job registered, or that a token names,
//! may belong to another plan: the artifacts may have been overwritten since,
//! and a token is not authenticated. So a revision is deployed only if it is
//! known to be the planned one. Any other is left alone, and the planned one is
//! registered.

use jiff::Timestamp;

use super::decision::{Act, Decision};
use super::failure::Failure;
use super::starting::{Seen, Turn, adopt, overtaken, until_shown, wait_for_turn, without_plan};
use super::step::{Release, Step};
use crate::job::options::Options;
use crate::release::plan::PlannedTaskDefinition;

/// Decides for a release whose task definition is registered. The plan has been
/// made and judged again. It passed before and passes again unless the
/// artifacts, the target or the policies have changed.
pub fn decide(
    release: &Release,
    seen: Seen<'_>,
    options: &Options,
    since: Timestamp,
    now: Timestamp,
) -> Decision {
    let plan = match (seen.plan, seen.turn) {
        (None, turn) => return without_plan(turn, options, since, now),
        (Some(_), Turn::Ours { .. }) => return adopt(seen),
        (Some(_), Turn::Overtaken { target, by }) => return overtaken(target, by),
        (Some(_), Turn::Unclear { target, by }) => {
            return until_shown(target, by, options, since, now);
        }
        (Some(Err(findings)), Turn::Free | Turn::Busy { .. } | Turn::Promised { .. }) => {
            return Decision::fail(Failure::Refused(findings.clone()));
        }
        (Some(Ok(plan)), Turn::Free | Turn::Busy { .. } | Turn::Promised { .. }) => plan,
    };
    if let Some(waiting) = wait_for_turn(seen.turn, options, since, now) {
        return waiting;
    }
    let planned = match &plan.task_definition {
        PlannedTaskDefinition::Register(_) => seen.registered,
        PlannedTaskDefinition::Existing(named) => Some(named),
    };
    if planned == Some(&release.task_definition) {
        Decision::Act(Act::Deploy)
    } else {
        Decision::go_to(Step::Starting)
    }
}
