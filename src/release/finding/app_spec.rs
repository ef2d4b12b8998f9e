//! What can be said about an AppSpec by itself.

use super::ValueKind;
use crate::job::Excerpt;

/// What was tolerated or changed in the AppSpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppSpecNote {
    /// Comments in JSON were ignored.
    Comments,
    /// A key was read in spite of its case.
    KeyCase { canonical: &'static str },
    /// Another version than 0.0 was read as 0.0.
    Version { found: Excerpt },
    /// The version was absent, and is added.
    VersionAdded,
    /// A member without a value was dropped.
    NullMember,
    /// The resource has another name, and is sent as `TargetService`.
    ResourceRenamed { found: Excerpt },
    /// A map was read where a list is documented.
    MapForList { member: &'static str },
    /// `TaskDefinition` held this, and is replaced.
    TaskDefinitionReplaced { found: Excerpt },
    /// `TaskDefinition` was absent, and is added.
    TaskDefinitionAdded,
    /// A port written as a string was read as a number.
    PortAsText,
    /// Empty hooks were dropped.
    EmptyHooks,
}

/// What is wrong with the AppSpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppSpecFinding {
    /// The file holds something else than an object.
    NotAnObject {
        found: ValueKind,
    },
    /// It is written for another compute platform.
    OtherPlatform {
        platform: &'static str,
    },
    /// It is the input of `CreateDeployment`, which has the AppSpec inside.
    DeploymentInput,
    /// Two keys differ in nothing but case.
    KeyTwice {
        canonical: &'static str,
    },
    /// A member that AppSpecs for ECS do not have.
    UnknownMember {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// A member that AppSpecs have elsewhere.
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
    /// Something that should have been replaced.
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
    /// Not the ARN of a revision, and nothing is to be registered.
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
    /// A lifecycle event that CodeDeploy keeps to itself.
    NotScriptable {
        name: Excerpt,
    },
    Twice {
        name: Excerpt,
    },
    /// Scripts, as hooks on EC2 have them.
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
    /// More entries than ECS takes.
    TooMany { limit: usize },
    /// A number outside its range.
    OutOfRange { from: u64, to: u64 },
    /// `Base` is set for more than one capacity provider.
    SeveralBases,
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
