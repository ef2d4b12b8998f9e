//! Rules of `RegisterTaskDefinition` beyond types, by theme.

use super::FindingKind;
use crate::job::Excerpt;

/// A rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EcsRule {
    /// A member that tasks of this kind do not have.
    Unsupported {
        member: &'static str,
        setting: Setting,
    },
    /// A capability that Fargate does not add.
    Capability {
        name: Excerpt,
    },
    /// Less CPU than Windows has on Fargate.
    WindowsCpu,
    Role(RoleProblem),
    Secret(SecretProblem),
    Log(LogProblem),
    Port(PortProblem),
    Volume(VolumeProblem),
    Tag(TagProblem),
    Resource(ResourceProblem),
    /// Not an object in S3 whose name ends with `.env`.
    NotAnEnvironmentFile {
        value: Excerpt,
    },
    /// A health check that begins with neither `CMD` nor `CMD-SHELL`.
    HealthCommand {
        found: Option<Excerpt>,
    },
    /// A container may have more memory than the task.
    MemoryAboveTask {
        task: u64,
    },
    /// Not a size.
    NotASize {
        found: Excerpt,
    },
    /// Faults can be injected with other network modes only.
    FaultInjection {
        mode: Excerpt,
    },
    /// A word in capitals, as templates of `sed` and `envsubst` have them.
    Token {
        text: Excerpt,
        wanted: Wanted,
    },
}

/// Which tasks do not have a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Fargate,
    /// Linux on Fargate.
    FargateLinux,
    /// Windows on Fargate.
    FargateWindows,
    /// Windows anywhere.
    Windows,
    Awsvpc,
    Host,
    NoNetwork,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleProblem {
    /// There is no execution role, and something needs one.
    Missing {
        needed_by: Needs,
    },
    Empty,
    /// Neither the name of a role nor an IAM role's ARN.
    NotARole {
        value: Excerpt,
    },
}

/// What needs the execution role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Secrets,
    RepositoryCredentials,
    /// An image in ECR, on Fargate.
    EcrImage,
    /// The log driver `awslogs`, on Fargate.
    AwsLogs,
    LogSecrets,
    EnvironmentFiles,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretProblem {
    /// An empty `valueFrom`.
    Empty,
    /// Neither an ARN nor a name that a parameter can have.
    NotAName,
    /// The ARN of something that holds no secrets.
    OtherService,
    /// `valueFrom` among the variables.
    AmongVariables,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogProblem {
    /// An option that the driver does not have.
    Unknown {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// An option that the driver must have.
    Missing {
        name: &'static str,
    },
    /// Both patterns for lines that belong together.
    BothPatterns,
    NotARegion {
        value: Excerpt,
    },
    /// The router's configuration in S3, which Fargate does not read.
    RouterFileInS3,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortProblem {
    /// A mapping without a port.
    Missing,
    NotARange {
        found: Excerpt,
    },
    /// Two mappings of one container have a port in common.
    Overlap,
    /// Two mappings have the same port of what containers share.
    Twice {
        port: u64,
        shared: Shared,
    },
    /// The port that takes the traffic is mapped for both protocols.
    InTwoProtocols {
        port: u64,
    },
    /// The port that takes the traffic is mapped as part of a range only.
    InARange {
        port: u64,
    },
}

/// What the containers of a task share, so that a port can be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// The task's network interface.
    Task,
    /// The instance.
    Host,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeProblem {
    /// Two volumes have the same name.
    Twice { name: Excerpt },
    /// Volumes of a container that is not there.
    UnknownContainer {
        name: Excerpt,
        nearest: Option<Excerpt>,
    },
    /// A folder beside an access point, which has its own.
    RootOfAccessPoint,
    /// Transit encryption is off, and `needed_by` needs it.
    NoTransitEncryption { needed_by: &'static str },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagProblem {
    /// A key or value begins with `aws:`.
    Reserved,
    /// Two tags have the same key.
    Twice { key: Excerpt },
    /// A key or value has more characters, or fewer, than it may.
    Length { least: usize, most: usize },
    /// A character that no tag has.
    Character { character: char },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceProblem {
    /// Neither a value nor a strategy for sharing.
    NoValue,
    /// A value and a strategy for sharing.
    ValueAndSharing,
    /// A strategy for sharing something that is not shared.
    SharingWithoutGpu,
    /// Neuron devices are assigned all together.
    NeuronNotAll,
    /// A device that `inferenceAccelerators` does not name.
    UnknownAccelerator { name: Excerpt },
    /// A confidential task without a policy.
    NoAttestationPolicy,
}

/// What AWS wants where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Role,
    Family,
    ContainerName,
    LogGroup,
    StreamPrefix,
    FileSystem,
    Tag,
    Subnet,
    SecurityGroup,
    Function,
}

macro_rules! themes {
    ($($theme:ident($problem:ty)),* $(,)?) => {
        $(impl From<$problem> for FindingKind {
            fn from(problem: $problem) -> Self {
                Self::EcsRule(EcsRule::$theme(problem))
            }
        })*
    };
}

themes!(
    Role(RoleProblem),
    Secret(SecretProblem),
    Log(LogProblem),
    Port(PortProblem),
    Volume(VolumeProblem),
    Tag(TagProblem),
    Resource(ResourceProblem),
);
