//! Findings about an AppSpec on its own.

use super::ValueKind;
use crate::job::Excerpt;

/// What was tolerated or changed in the AppSpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppSpecNote {
    /// Comments in JSON were ignored.
    Comments,
    /// A key was accepted despite its case.
    KeyCase { canonical: &'static str },
    /// A version other than 0.0 was read as 0.0.
    Version { found: Excerpt },
    /// The version was absent and was added.
    VersionAdded,
    /// A member without a value was dropped.
    NullMember,
    /// The resource had another name and is sent as `TargetService`.
    ResourceRenamed { found: Excerpt },
    /// A map was accepted where a list is documented.
    MapForList { member: &'static str },
    /// The value of `TaskDefinition` was replaced.
    TaskDefinitionReplaced { found: Excerpt },
    /// `TaskDefinition` was absent and was added.
    TaskDefinitionAdded,
    /// A port written as a string was read as a number.
    PortAsText,
    /// Empty hooks were dropped.
    EmptyHooks,
}

/// What is wrong with the AppSpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppSpecFinding {
    /// The file is not an object.
    NotAnObject {
        found: ValueKind,
    },
    /// The file has members, but none of an AppSpec's.
    NothingKnown,
    /// The AppSpec is for another compute platform.
    OtherPlatform {
        platform: &'static str,
    },
    /// The file is the input of `CreateDeployment`, which contains the AppSpec,
    /// or the revision in it.
    DeploymentInput,
    /// Two keys differ only in case.
    KeyTwice {
        canonical: &'static str,
    },
    /// A member that AppSpecs for ECS do not have.
    UnknownMember {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// A member that belongs elsewhere in an AppSpec.
    Misplaced {
        name: &'static str,
        parent: &'static str,
    },
    /// A required member is absent or empty.
    Missing {
        member: &'static str,
    },
    WrongType {
        expected: &'static str,
        found: ValueKind,
    },
    /// A placeholder that was not replaced.
    Placeholder {
        text: Excerpt,
    },
    /// Not exactly one resource.
    ResourceCount {
        count: usize,
    },
    WrongResourceType {
        found: Excerpt,
    },
    /// Not the ARN of a revision, although nothing is to be registered.
    NotARevision {
        found: Excerpt,
    },
    /// Outside 1 to 65,535.
    NotAPort {
        found: Excerpt,
    },
    Hook(HookProblem),
    Network(NetworkProblem),
}

/// What is wrong with the hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookProblem {
    /// No lifecycle event has this name.
    Unknown {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// A lifecycle event that cannot have a hook.
    NotScriptable {
        name: Excerpt,
    },
    Twice {
        name: Excerpt,
    },
    /// Scripts, as in hooks on EC2.
    Scripts,
    /// Not the name or ARN of a Lambda function.
    NotAFunction {
        found: Excerpt,
    },
}

/// What is wrong with network settings or capacity providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkProblem {
    /// One of the three network settings is absent or empty.
    Incomplete { missing: &'static str },
    /// Neither `ENABLED` nor `DISABLED`.
    AssignPublicIp { found: Excerpt },
    /// More entries than ECS accepts.
    TooMany { limit: usize },
    /// A number outside its range.
    OutOfRange { from: u64, to: u64 },
    /// `Base` is set for more than one capacity provider.
    SeveralBases,
    /// Capacity providers of Fargate and others.
    FargateAndOthers,
    /// Not the ID of one subnet or security group.
    NotAnId {
        found: Excerpt,
        prefix: &'static str,
    },
    /// Every weight is 0.
    NoWeight,
}

impl From<HookProblem> for AppSpecFinding {
    fn from(problem: HookProblem) -> Self {
        Self::Hook(problem)
    }
}

impl From<NetworkProblem> for AppSpecFinding {
    fn from(problem: NetworkProblem) -> Self {
        Self::Network(problem)
    }
}
