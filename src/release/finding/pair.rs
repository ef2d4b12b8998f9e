//! What can be said about the files together, and by ECS's rules.

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
    /// Outside the range that ECS takes.
    OutOfRange {
        from: u64,
        to: u64,
    },
    /// More entries than ECS takes.
    TooMany {
        count: usize,
        limit: usize,
    },
    /// Not a name that ECS takes.
    NotAName {
        name: Excerpt,
    },
    Fargate(FargateProblem),
    /// `links` go with the network mode `bridge` only.
    LinksWithoutBridge,
    /// A container that must start first is not there.
    UnknownDependency {
        name: Excerpt,
        nearest: Option<Excerpt>,
    },
    /// A mount point of a volume that is not there.
    UnknownVolume {
        name: Excerpt,
        nearest: Option<Excerpt>,
    },
    /// Neither the container nor the task says how much memory it may have.
    NoMemory,
    Container(ContainerProblem),
    /// Network settings for tasks that have no network interface of their own.
    NetworkWithoutAwsvpc,
}

/// What Fargate does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FargateProblem {
    /// A member that the task needs is absent.
    Needs { member: &'static str },
    /// No such pair of CPU and memory.
    Size {
        cpu: Excerpt,
        memory: Excerpt,
        /// What goes with this CPU, in words; none when the CPU is the error.
        allowed: Option<&'static str>,
    },
    /// Another network mode than `awsvpc`, or none.
    Network { found: Option<Excerpt> },
    /// A privileged container.
    Privileged,
    /// A volume on the instance, which Fargate does not have.
    HostVolume,
    /// A log driver that Fargate does not have.
    LogDriver { found: Excerpt },
}

impl From<FargateProblem> for FindingKind {
    fn from(problem: FargateProblem) -> Self {
        Self::Pair(PairFinding::Fargate(problem))
    }
}
