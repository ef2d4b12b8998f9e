//! What can be said about the files together, and by ECS's rules.

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
    ContainerTwice { name: Excerpt },
    /// Outside the range that ECS takes.
    OutOfRange { from: u64, to: u64 },
    /// More entries than ECS takes.
    TooMany { count: usize, limit: usize },
    /// Not a name that ECS takes.
    NotAName { name: Excerpt },
    /// Fargate wants this member.
    FargateNeeds { member: &'static str },
    /// Fargate has no such pair of CPU and memory.
    FargatePair {
        cpu: Excerpt,
        memory: Excerpt,
        /// What goes with this CPU, in words; none when the CPU is the trouble.
        allowed: Option<&'static str>,
    },
    /// Fargate runs with `awsvpc` only.
    FargateNetwork { found: Excerpt },
    /// Fargate runs no privileged containers.
    FargatePrivileged,
    /// Fargate cannot pull, log or read secrets without an execution role.
    NoExecutionRole,
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
    /// Network settings for tasks that have no network interface of their own.
    NetworkWithoutAwsvpc,
}
