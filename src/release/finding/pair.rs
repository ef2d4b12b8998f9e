//! Findings about the AppSpec, or a service that ECS deploys itself, and the
//! task definition together.

use crate::job::Excerpt;

/// Where they contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairFinding {
    /// Traffic goes to a container that is not in the task definition.
    NoSuchContainer {
        container: Excerpt,
        known: Vec<Excerpt>,
        nearest: Option<Excerpt>,
    },
    /// The container does not map the port that traffic goes to.
    PortNotMapped {
        container: Excerpt,
        port: u64,
        mapped: Vec<u64>,
    },
    /// Network settings for tasks without their own network interface.
    NetworkWithoutAwsvpc,
}
