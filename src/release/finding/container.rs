//! Problems of containers in relation to each other.

use crate::job::Excerpt;

/// A container that conflicts with the others or with its task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerProblem {
    /// No container is essential.
    NoneEssential,
    /// Two containers have the same name.
    NameTwice { name: Excerpt },
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
    /// `links` require the network mode `bridge`.
    LinksWithoutBridge,
    /// Neither the container nor the task sets a memory limit.
    NoMemory,
    /// A container reserves more memory than its limit.
    ReservationAboveLimit { limit: u64 },
    /// The containers together reserve more than the task has.
    MoreThanTheTask {
        what: Reserved,
        reserved: u64,
        task: u64,
    },
    /// In these network modes a container's port is the host's port.
    HostPort { port: u64, mode: Excerpt },
    /// A secret has the name of another secret or of a variable.
    SecretNameTaken { name: Excerpt },
    /// A container waits for the end of an essential container, which ends the
    /// task.
    EndOfEssential { name: Excerpt },
    /// A container waits for the health of one without a health check.
    NoHealthCheck { name: Excerpt },
    /// Containers wait for each other through this member, so none can start
    /// first.
    Circle { member: &'static str },
    /// Logs go to a log router that does not exist.
    NoLogRouter,
}

/// A resource that containers reserve from their task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// In MiB.
    Memory,
    /// In CPU units.
    Cpu,
}
