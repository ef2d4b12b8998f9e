//! Any two calls of a release fail, and it comes to the same end.

use bluegreen_worker::simulator::faults::{Fault, Kind};
use tokio_util::sync::CancellationToken;

use super::play::{self, Journal, Scene, leisurely};
use super::support::{Harness, Order};
use super::{Call, calls_of, came_to_its_end, check, in_simulated_time, kinds};
use crate::direct::direct;

/// Number of pairs tested over HTTP, where the SDK itself retries. The sample
/// includes every call and every kind of fault several times.
const SAMPLE: usize = 40;

/// In process every pair can be tested. In CI each two calls fail in two of the
/// 49 ways; with this environment variable, in all.
const EVERY: &str = "EVERY_PAIR";

#[test]
fn a_good_release_survives_pairs_of_faults_over_the_wire() {
    sample_goes_wrong(Scene::Good);
}

#[test]
fn a_failing_release_survives_pairs_of_faults_over_the_wire() {
    sample_goes_wrong(Scene::HookFails);
}

#[test]
fn a_good_release_survives_any_two_calls_that_go_wrong() {
    any_two_go_wrong(Scene::Good);
}

#[test]
fn a_failing_release_survives_any_two_calls_that_go_wrong() {
    any_two_go_wrong(Scene::HookFails);
}

/// A sample that is the same in every run.
fn sample_goes_wrong(scene: Scene) {
    let (calls, kinds) = (super::calls(scene), kinds());
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..SAMPLE {
        let faults: Vec<Fault> = (0..2)
            .map(|_| {
                let call = &calls[random.usize(..calls.len())];
                call.fault(kinds[random.usize(..kinds.len())].clone())
            })
            .collect();
        check(scene, &faults);
    }
}

fn any_two_go_wrong(scene: Scene) {
    let calls = calls_of(&play_directly(scene, &[]).0);
    let ways = ways();
    let at_once = if is_every_wanted() { ways.len() } else { 2 };
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
    let (harness, view) = play_directly(scene, &faults);
    came_to_its_end(scene, &faults, &harness, &view);
}

fn play_directly(scene: Scene, faults: &[Fault]) -> super::Played {
    in_simulated_time(async {
        let harness = Harness::with(play::world(scene));
        harness.world(|world| {
            for fault in faults {
                world.faults.add(fault.clone()).expect("a fault");
            }
        });
        let action = harness.queue(&Order::default());
        let death = CancellationToken::new();
        let worker = harness.start(direct(&harness), leisurely(), &Journal::None, death);
        let view = harness.end_of(&action).await;
        worker.stop().await;
        (harness, view)
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no `config` to read it from"
)]
fn is_every_wanted() -> bool {
    std::env::var_os(EVERY).is_some()
}
