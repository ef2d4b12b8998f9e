//! Fargate's requirements of a task definition.

use crate::job::Excerpt;

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
