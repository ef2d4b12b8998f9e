//! Findings about the files taken together, and by ECS's rules.

use super::{ContainerProblem, FindingKind};
use crate::job::Excerpt;

/// A finding about the task definition and the AppSpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairFinding {
    /// The AppSpec's container is not in the task definition.
    NoSuchContainer {
        container: Excerpt,
        known: Vec<Excerpt>,
        nearest: Option<Excerpt>,
    },
    /// The container does not map the AppSpec's port.
    PortNotMapped {
        container: Excerpt,
        port: u64,
        mapped: Vec<u64>,
    },
    /// No container is essential.
    NoneEssential,
    /// Two containers have the same name.
    ContainerTwice {
        name: Excerpt,
    },
    /// Outside the range that ECS accepts.
    OutOfRange {
        from: u64,
        to: u64,
    },
    /// More entries than ECS accepts.
    TooMany {
        count: usize,
        limit: usize,
    },
    /// Not a name that ECS accepts.
    NotAName {
        name: Excerpt,
    },
    Fargate(FargateProblem),
    /// `links` require the network mode `bridge`.
    LinksWithoutBridge,
    /// A member names a container that does not exist.
    UnknownContainer {
        member: &'static str,
        name: Excerpt,
        nearest: Option<Excerpt>,
    },
    /// A mount point for a volume that does not exist.
    UnknownVolume {
        name: Excerpt,
        nearest: Option<Excerpt>,
    },
    /// Neither the container nor the task sets a memory limit.
    NoMemory,
    Container(ContainerProblem),
    /// Network settings for tasks without their own network interface.
    NetworkWithoutAwsvpc,
}

/// What Fargate does not support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FargateProblem {
    /// A member that Fargate requires is absent.
    Needs { member: &'static str },
    /// Not a supported combination of CPU and memory.
    Size {
        cpu: Excerpt,
        memory: Excerpt,
        /// A description of the memory for this CPU; `None` if the CPU is
        /// wrong.
        allowed: Option<&'static str>,
    },
    /// A network mode other than `awsvpc`, or none.
    Network { found: Option<Excerpt> },
    /// A privileged container.
    Privileged,
    /// A volume on the container instance, which Fargate does not have.
    HostVolume,
    /// A log driver that Fargate does not support.
    LogDriver { found: Excerpt },
}

impl From<FargateProblem> for FindingKind {
    fn from(problem: FargateProblem) -> Self {
        Self::Pair(PairFinding::Fargate(problem))
    }
}
