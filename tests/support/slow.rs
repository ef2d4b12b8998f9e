//! A simulated account with slow calls.

use std::time::Duration;

use clock::Clock;
use simulator::wire::{Exchange, Latency, Options};
use simulator::world::World;

use crate::support::{Harness, start};

/// An account in which each call takes `round_trip`.
pub(crate) fn slow_harness(world: World, round_trip: Duration) -> Harness {
    let clock = Clock::simulated(start(), 1.0);
    let options = Options {
        latency: Latency::Fixed(round_trip),
        recorder: None,
    };
    let exchange = Exchange::new(world, clock.clone(), options);
    Harness {
        exchange,
        clock,
        version: "1",
    }
}
