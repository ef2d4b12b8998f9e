//! A simulated account with slow calls.

use std::time::Duration;

use simulator::wire::Options;
use simulator::world::World;

use crate::support::Harness;

/// An account in which each call takes `round_trip`.
pub(crate) fn slow_harness(world: World, round_trip: Duration) -> Harness {
    let options = Options {
        latency: round_trip,
        recorder: None,
    };
    Harness::with_options(world, options)
}
