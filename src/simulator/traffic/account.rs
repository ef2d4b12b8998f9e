//! The pretend account as real programs see it: at the present moment.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::simulator::world::World;

/// The world and the clock that it follows. Clones share it.
#[derive(Clone)]
pub struct Account {
    world: Arc<Mutex<World>>,
    clock: Clock,
    speed: f64,
}

impl Account {
    /// `speed` is how much faster than real time `clock` runs.
    #[must_use]
    pub fn new(world: Arc<Mutex<World>>, clock: Clock, speed: f64) -> Self {
        Self {
            world,
            clock,
            speed,
        }
    }

    /// Looks at the world, or changes it, at the present moment.
    pub fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.follow(self.clock.now());
        look(&mut world)
    }

    /// The present moment.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How much faster than real time the account lives.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The real time that so much of the account's time takes, kept within
    /// what programs and timers can follow.
    pub(super) fn real(&self, time: Duration, within: (Duration, Duration)) -> Duration {
        time.div_f64(self.speed).clamp(within.0, within.1)
    }
}
