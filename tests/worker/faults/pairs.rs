//! Any two calls of a release fail, and it comes to the same end.

use simulator::faults::Kind;

use super::play::Scene;
use super::{Call, calls, check, kinds};

/// In CI each two calls fail in one of the 49 ways; with this environment
/// variable, in all.
const EVERY: &str = "EVERY_PAIR";

#[test]
fn a_good_release_survives_any_two_calls_that_go_wrong() {
    any_two_go_wrong(Scene::Good);
}

#[test]
fn a_failing_release_survives_any_two_calls_that_go_wrong() {
    any_two_go_wrong(Scene::HookFails);
}

fn any_two_go_wrong(scene: Scene) {
    let calls = calls(scene);
    let ways = ways();
    let at_once = if is_every_wanted() { ways.len() } else { 1 };
    let mut next = 0;
    for (n, first) in calls.iter().enumerate() {
        for second in &calls[n + 1..] {
            for _ in 0..at_once {
                let (one, other) = &ways[next % ways.len()];
                next += 1;
                both_go_wrong(scene, (first, one), (second, other));
            }
        }
    }
}

/// Every pair of kinds.
fn ways() -> Vec<(Kind, Kind)> {
    let kinds = kinds();
    let beside = |one: &Kind| {
        kinds
            .iter()
            .map(|other| (one.clone(), other.clone()))
            .collect()
    };
    kinds
        .iter()
        .flat_map(|one| -> Vec<_> { beside(one) })
        .collect()
}

fn both_go_wrong(scene: Scene, first: (&Call, &Kind), second: (&Call, &Kind)) {
    let faults = [first, second].map(|(call, kind)| call.fault(kind.clone()));
    check(scene, &faults);
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no `config` to read it from"
)]
fn is_every_wanted() -> bool {
    std::env::var_os(EVERY).is_some()
}
