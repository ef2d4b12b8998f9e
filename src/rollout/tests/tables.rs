//! Each step's decisions as one table, of which the first matching row counts.
//! The test proves that the table is complete: every combination of
//! observations and options matches a row and is decided as it says, and every
//! row is used.

mod before;
mod during;
mod undone;

use crate::rollout::decision::{Act, Decision, Observe};
use crate::rollout::progress::Progress;
use crate::rollout::step::StopMode;

/// One row: its name, its condition and the expected decision.
type Row<Case> = (&'static str, fn(&Case) -> bool, &'static str);

/// Checks every case against the table.
fn hold<Case: std::fmt::Debug>(
    rows: &[Row<Case>],
    cases: impl IntoIterator<Item = Case>,
    decide: impl Fn(&Case) -> Decision,
) {
    let mut used = vec![0_u32; rows.len()];
    for case in cases {
        let row = rows.iter().position(|(_, is_so, _)| is_so(&case));
        let row = row.unwrap_or_else(|| panic!("no row for {case:?}"));
        used[row] += 1;
        let (when, _, expected) = rows[row];
        let decided = name(&decide(&case));
        assert_eq!(decided, expected, "{when}: {case:?}");
    }
    for ((when, _, _), used) in rows.iter().zip(used) {
        assert!(used > 0, "no case comes to the row: {when}");
    }
}

/// A short name for a decision.
fn name(decision: &Decision) -> String {
    match decision {
        Decision::Act(Act::Register) => "register".into(),
        Decision::Act(Act::Deploy) => "deploy".into(),
        Decision::Act(Act::Continue(_)) => "continue".into(),
        Decision::Act(Act::Stop { mode, why, .. }) => {
            let how = match mode {
                StopMode::Stop => "",
                StopMode::Rollback => " with rollback",
            };
            format!("stop{how}: {why:?}")
        }
        Decision::Move(step) => format!("go to {}", step.name()),
        Decision::Observe(Observe::Plan) => "look at the plan".into(),
        Decision::Observe(Observe::Service) => "look at the service".into(),
        Decision::Observe(Observe::Evidence) => "look at the evidence".into(),
        Decision::Wait(progress) => format!("wait: {}", waiting(progress)),
        Decision::Succeed(success) => format!("succeed: {}", word(&success.live)),
        Decision::Fail(failure) => format!("fail: {}", word(failure)),
    }
}

fn waiting(progress: &Progress) -> &'static str {
    match progress {
        Progress::NotStarted => "not started",
        Progress::WaitingForAws { .. } => "AWS",
        Progress::WaitingForGroup { .. } => "the group",
        Progress::WaitingToSee { .. } => "what AWS shows",
        Progress::WaitingForOlder { .. } => "an older one",
        Progress::Registered => "registered",
        Progress::Created { .. } => "created",
        Progress::Underway(_) => "under way",
        Progress::Stopping { .. } => "stopping",
        Progress::Ended { .. } => "ended",
    }
}

/// The first word of a value's debug text: its variant.
fn word(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find(|c: char| !c.is_alphanumeric());
    text[..end.unwrap_or(text.len())].to_owned()
}

/// Every pair of an item of `a` and one of `b`.
fn times<A: Clone, B: Clone>(a: &[A], b: &[B]) -> Vec<(A, B)> {
    let pairs = |a: &A| {
        let a = a.clone();
        b.iter()
            .map(move |b| (a.clone(), b.clone()))
            .collect::<Vec<_>>()
    };
    a.iter().flat_map(pairs).collect()
}
