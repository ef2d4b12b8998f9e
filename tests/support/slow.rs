//! An account that takes its time.

use std::time::Duration;

use bluegreen_worker::clock::Clock;
use bluegreen_worker::simulator::wire::{Exchange, Latency, Options};
use bluegreen_worker::simulator::world::World;

use crate::support::{Stage, start};

/// An account of which each call takes so long.
pub(crate) fn slow_stage(world: World, round_trip: Duration) -> Stage {
    let clock = Clock::simulated(start(), 1.0);
    let options = Options {
        latency: Latency::Fixed(round_trip),
        recorder: None,
    };
    let exchange = Exchange::new(world, clock.clone(), options);
    Stage { exchange, clock }
}
