//! What can be said about an AppSpec by itself.

use super::ValueKind;
use crate::job::Excerpt;

/// A finding about the AppSpec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppSpecFinding {
    /// The file holds something else than an object.
    NotAnObject {
        found: ValueKind,
    },
    /// Comments in JSON were ignored.
    Comments,
    /// It is written for another compute platform.
    OtherPlatform {
        platform: &'static str,
    },
    /// A key was read in spite of its case.
    KeyCase {
        canonical: &'static str,
    },
    /// Two keys differ in nothing but case.
    KeyTwice {
        canonical: &'static str,
    },
    /// A member that AppSpecs for ECS do not have.
    UnknownMember {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// A required member is absent or empty.
    Missing {
        member: &'static str,
    },
    WrongType {
        expected: &'static str,
        found: ValueKind,
    },
    /// Another version than 0.0 was read as 0.0.
    Version {
        found: Excerpt,
    },
    /// The version was absent, and is added.
    VersionAdded,
    /// A member without a value was dropped.
    NullMember,
    /// Something that should have been replaced.
    Placeholder {
        text: Excerpt,
    },
    /// Not exactly one resource.
    ResourceCount {
        count: usize,
    },
    /// The resource has another name, and is sent as `TargetService`.
    ResourceRenamed {
        found: Excerpt,
    },
    /// A map was read where a list is documented.
    MapForList {
        member: &'static str,
    },
    WrongResourceType {
        found: Excerpt,
    },
    /// `TaskDefinition` held this, and is replaced.
    TaskDefinitionReplaced {
        found: Excerpt,
    },
    /// `TaskDefinition` was absent, and is added.
    TaskDefinitionAdded,
    /// Not the ARN of a revision, and nothing is to be registered.
    NotARevision {
        found: Excerpt,
    },
    /// A port written as a string was read as a number.
    PortAsText,
    /// Outside 1 to 65,535.
    NotAPort {
        found: Excerpt,
    },
    /// Empty hooks were dropped.
    EmptyHooks,
    UnknownHook {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// A lifecycle event that CodeDeploy keeps to itself.
    HookNotScriptable {
        name: Excerpt,
    },
    HookTwice {
        name: Excerpt,
    },
    /// Not the name or ARN of a Lambda function.
    NotAFunction {
        found: Excerpt,
    },
    /// Some of the three network settings, but not all.
    NetworkIncomplete {
        missing: &'static str,
    },
    /// Neither `ENABLED` nor `DISABLED`.
    AssignPublicIp {
        found: Excerpt,
    },
    /// More entries than ECS takes.
    TooMany {
        limit: usize,
    },
    /// A number outside its range.
    OutOfRange {
        from: u64,
        to: u64,
    },
    /// `Base` is set for more than one capacity provider.
    SeveralBases,
    /// Every weight is 0.
    NoWeight,
}
