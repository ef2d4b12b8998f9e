//! Access to the simulated account at the current time, for real processes.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use parking_lot::Mutex;

use crate::world::World;

/// The world and the clock that it follows. Clones share it.
#[derive(Clone)]
pub struct Account {
    world: Arc<Mutex<World>>,
    clock: Clock,
    speed: f64,
}

impl Account {
    /// `speed` is the factor by which `clock` runs faster than real time.
    #[must_use]
    pub fn new(world: Arc<Mutex<World>>, clock: Clock, speed: f64) -> Self {
        Self {
            world,
            clock,
            speed,
        }
    }

    /// Reads or changes the world at the current time.
    pub fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock();
        world.follow(self.clock.now());
        look(&mut world)
    }

    /// The current time.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The factor by which the account's time runs faster than real time.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Converts a duration of the account's time to real time, limited to a
    /// range that processes and timers can follow.
    pub(super) fn real(&self, time: Duration, within: (Duration, Duration)) -> Duration {
        time.div_f64(self.speed).clamp(within.0, within.1)
    }
}
