//! What can be wrong with containers beside each other.

use super::{FindingKind, PairFinding};
use crate::job::Excerpt;

/// What ECS does not take of a container beside the others and its task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerProblem {
    /// A container reserves more memory than it may have.
    ReservationAboveLimit { limit: u64 },
    /// The containers together reserve more than the task has.
    MoreThanTheTask {
        what: Reserved,
        reserved: u64,
        task: u64,
    },
    /// With these network modes a container's port is the host's port.
    HostPort { port: u64, mode: Excerpt },
    /// A secret has the name of another secret or of a variable.
    SecretNameTaken { name: Excerpt },
    /// Nothing may wait for the end of a container that ends the task.
    EndOfEssential { name: Excerpt },
    /// A container waits for the health of one that has no health check.
    NoHealthCheck { name: Excerpt },
    /// Containers wait for each other, and none can be the first.
    CircularDependency,
    /// Logs go to a router that is not there.
    NoLogRouter,
}

/// What containers reserve of their task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// In MiB.
    Memory,
    /// In units.
    Cpu,
}

impl From<ContainerProblem> for FindingKind {
    fn from(problem: ContainerProblem) -> Self {
        Self::Pair(PairFinding::Container(problem))
    }
}
