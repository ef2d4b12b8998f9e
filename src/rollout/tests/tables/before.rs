//! The steps before there is a deployment: `Starting` and `Registered`.

use super::{Row, hold, times};
use crate::job::DeployTarget;
use crate::job::options::{Options, WhenBusy};
use crate::release::plan::{Plan, PlannedTaskDefinition};
use crate::rollout::starting::{Seen, Turn};
use crate::rollout::step::Warnings;
use crate::rollout::tests::world::{START, after, arn, id, options, release};
use crate::rollout::{registered, starting};

/// The decisions do not depend on them.
static NO_WARNINGS: Warnings = Warnings {
    checks: Vec::new(),
    policies: Vec::new(),
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Planned {
    NotAgain,
    Registers,
    Exists,
    Refused,
}

const PLANNED: [Planned; 4] = [
    Planned::NotAgain,
    Planned::Registers,
    Planned::Exists,
    Planned::Refused,
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Has {
    Nobody,
    Other,
    Unclear,
    OlderFirst,
    OlderTooLate,
    Later,
    Ourselves,
}

const TURNS: [Has; 7] = [
    Has::Nobody,
    Has::Other,
    Has::Unclear,
    Has::OlderFirst,
    Has::OlderTooLate,
    Has::Later,
    Has::Ourselves,
];

#[derive(Clone, Debug)]
struct Case {
    planned: Planned,
    has: Has,
    unchanged: bool,
    /// Whether the revision is known to be the planned one.
    is_planned: bool,
    busy: WhenBusy,
    out_of_time: bool,
}

fn cases() -> impl Iterator<Item = Case> {
    let seen = times(&times(&PLANNED, &TURNS), &[false, true]);
    let seen = times(&seen, &[false, true]);
    let asked = times(&[WhenBusy::Wait, WhenBusy::Fail], &[false, true]);
    let all = times(&seen, &asked).into_iter();
    all.map(
        |((((planned, has), unchanged), is_planned), (busy, out_of_time))| Case {
            planned,
            has,
            unchanged,
            is_planned,
            busy,
            out_of_time,
        },
    )
}

/// Every variant has its place in the lists above.
#[expect(dead_code, reason = "it only has to compile")]
fn all_turns_are_listed(turn: &Turn) -> Has {
    match turn {
        Turn::Free => Has::Nobody,
        Turn::Busy { .. } => Has::Other,
        Turn::Unclear { .. } => Has::Unclear,
        Turn::Promised { .. } => Has::OlderFirst,
        Turn::Overtaken { .. } => Has::Later,
        Turn::Ours { .. } => Has::Ourselves,
    }
}

/// Whether no other release goes first.
fn may_act(has: Has) -> bool {
    match has {
        Has::Nobody | Has::OlderTooLate | Has::Ourselves => true,
        Has::Other | Has::Unclear | Has::OlderFirst | Has::Later => false,
    }
}

const STARTING: &[Row<Case>] = &[
    (
        "not planned again, and there may be something to do",
        |c| c.planned == Planned::NotAgain && may_act(c.has),
        "look at the plan",
    ),
    (
        "our own deployment is there",
        |c| c.has == Has::Ourselves,
        "go to Deploying",
    ),
    (
        "a deployment may be ours, for too long",
        |c| c.has == Has::Unclear && c.out_of_time,
        "fail: NeverOurTurn",
    ),
    (
        "a deployment may be ours",
        |c| c.has == Has::Unclear,
        "wait: what AWS shows",
    ),
    (
        "the release is not in order",
        |c| c.planned == Planned::Refused,
        "fail: Refused",
    ),
    (
        "a later release is live",
        |c| c.has == Has::Later,
        "fail: Overtaken",
    ),
    (
        "it runs already",
        |c| c.has == Has::Nobody && c.unchanged,
        "succeed: Already",
    ),
    (
        "busy, and not to wait",
        |c| c.has == Has::Other && c.busy == WhenBusy::Fail,
        "fail: GroupBusy",
    ),
    (
        "busy for too long",
        |c| c.has == Has::Other && c.out_of_time,
        "fail: NeverOurTurn",
    ),
    ("busy", |c| c.has == Has::Other, "wait: the group"),
    (
        "an older one goes first",
        |c| c.has == Has::OlderFirst,
        "wait: an older one",
    ),
    (
        "nothing to register",
        |c| c.planned == Planned::Exists,
        "go to Registered",
    ),
    (
        "all is well",
        |c| c.planned == Planned::Registers,
        "register",
    ),
];

const REGISTERED: &[Row<Case>] = &[
    (
        "not planned again, and there may be something to do",
        |c| c.planned == Planned::NotAgain && may_act(c.has),
        "look at the plan",
    ),
    (
        "our own deployment is there",
        |c| c.has == Has::Ourselves,
        "go to Deploying",
    ),
    (
        "a later release is live",
        |c| c.has == Has::Later,
        "fail: Overtaken",
    ),
    (
        "a deployment may be ours, for too long",
        |c| c.has == Has::Unclear && c.out_of_time,
        "fail: NeverOurTurn",
    ),
    (
        "a deployment may be ours",
        |c| c.has == Has::Unclear,
        "wait: what AWS shows",
    ),
    (
        "not in order any more",
        |c| c.planned == Planned::Refused,
        "fail: Refused",
    ),
    (
        "busy, and not to wait",
        |c| c.has == Has::Other && c.busy == WhenBusy::Fail,
        "fail: GroupBusy",
    ),
    (
        "busy for too long",
        |c| c.has == Has::Other && c.out_of_time,
        "fail: NeverOurTurn",
    ),
    ("busy", |c| c.has == Has::Other, "wait: the group"),
    (
        "an older one goes first",
        |c| c.has == Has::OlderFirst,
        "wait: an older one",
    ),
    (
        "the revision is not the planned one",
        |c| !c.is_planned,
        "go to Starting",
    ),
    ("all is well", |_| true, "deploy"),
];

fn turn(has: Has, now: u64) -> Turn {
    let target = DeployTarget::group("shop", "web");
    match has {
        Has::Nobody => Turn::Free,
        Has::Other => Turn::Busy {
            target,
            by: id("d-OTHER0000"),
        },
        Has::Unclear => Turn::Unclear {
            target,
            by: id("d-OURS00000"),
        },
        Has::OlderFirst => Turn::Promised {
            to: "older".into(),
            until: after(now + 1),
        },
        Has::OlderTooLate => Turn::Promised {
            to: "older".into(),
            until: after(now),
        },
        Has::Later => Turn::Overtaken {
            target,
            by: id("d-LATER0000"),
        },
        Has::Ourselves => Turn::Ours {
            deployment: id("d-OURS00000"),
            task_definition: arn("web:7"),
        },
    }
}

fn with<T>(case: &Case, decide: impl Fn(Seen<'_>, &Options, u64) -> T) -> T {
    let plan: Plan = crate::release::tests::a_plan();
    let plan = match case.planned {
        Planned::NotAgain => None,
        Planned::Registers => Some(Ok(plan)),
        Planned::Exists => Some(Ok(Plan {
            task_definition: PlannedTaskDefinition::Existing(arn(match case.is_planned {
                true => "web:7",
                false => "web:8",
            })),
            ..plan
        })),
        Planned::Refused => Some(Err(Vec::new())),
    };
    let options = Options {
        when_busy: case.busy,
        ..options()
    };
    let minutes = if case.out_of_time { 60 } else { 59 };
    let (turn, running) = (turn(case.has, minutes), arn("web:7"));
    let compared = arn("web:7");
    let seen = Seen {
        plan: plan.as_ref(),
        turn: &turn,
        unchanged: case.unchanged.then_some(&running),
        registered: case.is_planned.then_some(&compared),
        warnings: &NO_WARNINGS,
    };
    decide(seen, &options, minutes)
}

#[test]
fn starting_is_decided_for_everything_that_can_be_seen() {
    hold(STARTING, cases(), |case| {
        with(case, |seen, options, minutes| {
            starting::decide(seen, options, START, after(minutes))
        })
    });
}

#[test]
fn registered_is_decided_for_everything_that_can_be_seen() {
    hold(REGISTERED, cases(), |case| {
        with(case, |seen, options, minutes| {
            registered::decide(&release(), seen, options, START, after(minutes))
        })
    });
}
