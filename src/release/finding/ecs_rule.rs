//! Rules of `RegisterTaskDefinition` beyond types, by topic.

use super::{ContainerProblem, FargateProblem, FindingKind};
use crate::job::Excerpt;

/// A violated rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EcsRule {
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
    /// A member that tasks of this kind do not support.
    Unsupported {
        member: &'static str,
        setting: Setting,
    },
    /// A capability that Fargate does not add.
    Capability {
        name: Excerpt,
    },
    /// Less or more CPU than Windows has on Fargate.
    WindowsCpu,
    Container(ContainerProblem),
    Fargate(FargateProblem),
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
    HealthCommand(HealthCommandProblem),
    /// A ulimit's soft limit exceeds its hard limit.
    SoftAboveHard {
        hard: i64,
    },
    /// A container's memory limit exceeds the task's.
    MemoryAboveTask {
        task: u64,
    },
    /// Not a size.
    NotASize {
        found: Excerpt,
    },
    SystemControl(SystemControlProblem),
    /// Fault injection works only with other network modes.
    FaultInjection {
        mode: Excerpt,
    },
    /// A word in capitals, as in templates for `sed` and `envsubst`.
    Token {
        text: Excerpt,
        wanted: Wanted,
    },
}

/// The tasks that do not support a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Fargate,
    /// Linux on Fargate.
    FargateLinux,
    /// Windows on Fargate.
    FargateWindows,
    /// Windows anywhere.
    Windows,
    /// External instances.
    External,
    ManagedInstances,
    /// Instances that the account manages: EC2 and external ones.
    OwnInstances,
    Awsvpc,
    /// A network mode other than `awsvpc`.
    NotAwsvpc,
    Host,
    NoNetwork,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleProblem {
    /// The execution role is missing, but needed.
    Missing {
        needed_by: Needs,
    },
    Empty,
    /// The ARN of a role in no account.
    NotAnAccount {
        account: Excerpt,
    },
    /// Neither a role name nor the ARN of an IAM role.
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
    /// Neither an ARN nor a valid parameter name.
    NotAName,
    /// The ARN of a service that does not store secrets.
    OtherService,
    /// Part of what may stand behind the name of a secret.
    Incomplete,
    /// The ARN of a secret in no account.
    NotAnAccount { account: Excerpt },
    /// `valueFrom` in `environment`.
    AmongVariables,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogProblem {
    /// An option that the driver does not have.
    Unknown {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// An option that the driver requires.
    Missing {
        driver: &'static str,
        name: &'static str,
    },
    /// Both patterns for multi-line messages.
    BothPatterns,
    NotARegion {
        value: Excerpt,
    },
    /// The log router's configuration is in S3, which Fargate does not support.
    RouterFileInS3,
    /// A log router to which no container sends logs.
    RouterWithoutLogs,
    /// A log router whose user is not a number.
    RouterUser,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortProblem {
    /// A mapping without a port.
    Missing,
    NotARange {
        found: Excerpt,
    },
    /// Not a name that Service Connect takes.
    NotAName {
        name: Excerpt,
    },
    /// Two mappings of one container overlap.
    Overlap,
    /// Two mappings use the same port of a shared network.
    Twice {
        port: u64,
        shared: Shared,
    },
    /// The port that receives the traffic is mapped for both protocols.
    InTwoProtocols {
        port: u64,
    },
    /// The port that receives the traffic is mapped only as part of a range.
    InARange {
        port: u64,
    },
}

/// What the containers of a task share, so that each port can be used only
/// once.
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
    /// A volume of several kinds.
    SeveralKinds,
    /// `autoprovision` for a volume that belongs to the task.
    Autoprovision,
    /// A root directory in addition to an access point, which has its own.
    RootOfAccessPoint,
    /// Transit encryption is off, but `needed_by` needs it.
    NoTransitEncryption { needed_by: &'static str },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagProblem {
    /// A key or value begins with `aws:`.
    Reserved,
    /// Two tags have the same key.
    Twice { key: Excerpt },
    /// A key or value is too short or too long.
    Length { least: usize, most: usize },
    /// A character that tags cannot have.
    Character { character: char },
}

/// What is wrong with a kernel parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemControlProblem {
    /// It is the same for all containers of an instance.
    NotNamespaced { name: Excerpt },
    /// The task has no namespace of its own, because of `member`.
    OfTheHost { member: &'static str },
}

/// What is wrong with the command of a health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCommandProblem {
    Empty,
    /// It begins with neither `CMD` nor `CMD-SHELL`.
    Beginning,
    /// A shell's line in several strings.
    LineInPieces,
    /// A shell's line in the place of a program's name.
    LineAsProgram,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceProblem {
    /// Neither a value nor a sharing strategy.
    NoValue,
    /// Both a value and a sharing strategy.
    ValueAndSharing,
    /// A sharing strategy for a resource that cannot be shared.
    SharingWithoutGpu,
    /// Neither a number of GPUs nor `ALL`.
    NotANumberOfGpus { found: Excerpt },
    /// Some containers share their GPUs, and others do not.
    SomeShared,
    /// Neuron devices can only be assigned all together.
    NeuronNotAll,
    /// More than one container has Neuron devices.
    NeuronTwice,
    /// A device that is not in `inferenceAccelerators`.
    UnknownAccelerator { name: Excerpt },
    /// A confidential task without an attestation policy.
    NoAttestationPolicy,
}

/// What AWS expects in place of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Role,
    Family,
    ContainerName,
    Size,
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
    Container(ContainerProblem),
    Fargate(FargateProblem),
    Role(RoleProblem),
    Secret(SecretProblem),
    Log(LogProblem),
    Port(PortProblem),
    Volume(VolumeProblem),
    Tag(TagProblem),
    Resource(ResourceProblem),
    HealthCommand(HealthCommandProblem),
    SystemControl(SystemControlProblem),
);
