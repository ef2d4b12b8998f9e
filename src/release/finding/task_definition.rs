//! What can be said about a task definition by itself.

use super::ValueKind;
use crate::job::Excerpt;

/// A finding about the task definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskDefinitionFinding {
    /// The file holds something else than an object.
    NotAnObject { found: ValueKind },
    /// The file holds the containers without the rest.
    OnlyContainers,
    /// The file is a template of CloudFormation without a task definition.
    CloudFormation,
    /// Such a template has several.
    SeveralInTemplate { names: Vec<Excerpt> },
    /// A property of CloudFormation's that the API may call otherwise.
    NotInApi { name: Excerpt },
    /// A value that only CloudFormation knows.
    NotLiteral { function: Excerpt },
    /// The task definition was read out of such a template.
    FromTemplate { resource: Excerpt },
    /// Comments were ignored.
    Comments,
    /// A member around it all was taken off.
    Unwrapped,
    /// A member that only `DescribeTaskDefinition` returns was removed.
    ResponseOnly,
    /// A member that was `null` was removed.
    NullMember,
    /// A member that this build does not know; `nearest` one that may be meant.
    UnknownMember {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// A value of another type than ECS takes.
    WrongType {
        expected: Expected,
        found: ValueKind,
    },
    /// A word that this build does not know.
    UnknownWord {
        found: Excerpt,
        known: &'static [&'static str],
        nearest: Option<&'static str>,
    },
    /// A required member is absent or empty.
    Missing { member: &'static str },
    /// More bytes than ECS registers.
    TooLarge { bytes: usize, limit: usize },
    /// A member still holds a placeholder.
    Placeholder { text: Excerpt },
    /// Text that may keep a placeholder holds one of the images' form.
    PlaceholderInText,
    /// The registered revision that the AppSpec names does not exist.
    NoSuchRevision { arn: Excerpt },
    /// The registered revision can no longer be deployed.
    NotActive { arn: Excerpt, status: Excerpt },
    /// A revision that was registered before is deployed again.
    Reused { revision: Excerpt },
    /// What was judged first has changed since.
    JudgedAgain,
    /// The revision that an earlier look registered, or that a token names, is
    /// not the planned task definition.
    NotPlanned { revision: Excerpt },
    /// The registered revision was not looked up.
    NotDescribed { arn: Excerpt },
}

/// What a member must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Text,
    Integer,
    Boolean,
    List,
    /// A list of strings.
    Texts,
    /// A list of objects with these two members.
    Pairs(&'static str, &'static str),
    Object,
}
