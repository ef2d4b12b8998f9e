//! A task definition is there to be deployed: make the deployment, once.

use jiff::Timestamp;

use super::decision::{Act, Decision};
use super::failure::Failure;
use super::starting::{Seen, Turn, adopt, overtaken, wait_for_turn, without_plan};
use crate::job::options::Options;

/// Decides for a release whose task definition is registered. The plan has
/// been made again from the same artifacts; it passed once and passes again
/// unless the surroundings have changed.
pub fn decide(seen: Seen<'_>, options: &Options, since: Timestamp, now: Timestamp) -> Decision {
    match (seen.plan, seen.turn) {
        (None, turn) => without_plan(turn, options, since, now),
        (Some(_), Turn::Ours { .. }) => adopt(seen),
        (Some(_), Turn::Overtaken { group, by }) => overtaken(group, by),
        (Some(Err(findings)), Turn::Free | Turn::Held { .. } | Turn::Promised { .. }) => {
            Decision::fail(Failure::Refused(findings.clone()))
        }
        (Some(Ok(_)), turn) => {
            wait_for_turn(turn, options, since, now).unwrap_or(Decision::Act(Act::Deploy))
        }
    }
}
