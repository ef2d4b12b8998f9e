//! Simulated behaviour of the tasks in a task set.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the tasks of a new task set behave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Behaviour {
    /// All tasks run and pass their health checks this long after the start.
    Healthy { after: Duration },
    /// Tasks start and stop in a loop.
    TasksFail(TaskFailure),
    /// No task can be placed.
    NotPlaced,
    /// Healthy at first; later half of the tasks are interrupted and not
    /// replaced.
    CapacityLost {
        healthy_after: Duration,
        lost_after: Duration,
    },
    /// Real processes run in place of the tasks. Each task has the health that
    /// its process's supervisor reports.
    Served,
}

/// Why the tasks of a task set stop (docs/aws.md §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskFailure {
    CannotPullImage,
    OutOfMemory,
    Exits { code: i32 },
    SecretsMissing,
    FailedElbHealthChecks,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self::Healthy {
            after: Duration::from_secs(40),
        }
    }
}

/// The behaviours planned for a service's task sets.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Script {
    /// For the next task sets, one each.
    pub(super) next: VecDeque<Behaviour>,
    /// For every task set after those.
    pub(super) then: Behaviour,
}

impl Script {
    /// The behaviour of the task set that is now made.
    pub(super) fn take(&mut self) -> Behaviour {
        self.next.pop_front().unwrap_or_else(|| self.then.clone())
    }
}
