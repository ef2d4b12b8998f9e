//! Findings about a task definition on its own.

use super::ValueKind;
use crate::job::Excerpt;

/// A finding about the task definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskDefinitionFinding {
    /// The file is not an object.
    NotAnObject { found: ValueKind },
    /// The file is one string with the JSON in it.
    Quoted,
    /// The file contains only the list of containers.
    OnlyContainers,
    /// The file is a CloudFormation template.
    Template(TemplateFinding),
    /// Comments were ignored.
    Comments,
    /// A wrapper around the task definition was removed.
    Unwrapped,
    /// A member that only `DescribeTaskDefinition` returns was removed.
    ResponseOnly,
    /// A member that was `null` was removed.
    NullMember,
    /// An unknown member. `nearest` is one that may be meant.
    UnknownMember {
        name: Excerpt,
        nearest: Option<&'static str>,
    },
    /// A value of the wrong type.
    WrongType {
        expected: Expected,
        found: ValueKind,
    },
    /// An integer that is written as `128.0` or `1.28e2`.
    NotInDigits,
    /// An unknown word.
    UnknownWord {
        found: Excerpt,
        known: &'static [&'static str],
        nearest: Option<&'static str>,
    },
    /// A required member is absent or empty.
    Missing { member: &'static str },
    /// More bytes than ECS accepts.
    TooLarge { bytes: usize, limit: usize },
    /// A member still contains a placeholder.
    Placeholder { text: Excerpt },
    /// Free text contains a placeholder in the form of the images'.
    PlaceholderInText,
    /// The registered revision in the AppSpec does not exist.
    NoSuchRevision { arn: Excerpt },
    /// The registered revision can no longer be deployed.
    NotActive { arn: Excerpt, status: Excerpt },
    /// A previously registered revision is deployed again.
    Reused { revision: Excerpt },
    /// The release changed while it waited and was judged again.
    JudgedAgain,
    /// The revision that was registered for this action earlier, according to
    /// the token, is not the planned task definition. It is not deployed.
    NotPlanned { revision: Excerpt },
    /// A deployment with the release's key existed already, and its revision is
    /// not known to be what was checked.
    Adopted { revision: Excerpt },
    /// The registered revision was not read.
    NotDescribed { arn: Excerpt },
}

/// A finding about a CloudFormation template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateFinding {
    /// The template has no task definition.
    None,
    /// The template has several task definitions.
    Several { names: Vec<Excerpt> },
    /// A property for which the API has no member of the same name.
    NotInApi { name: Excerpt },
    /// Values that only CloudFormation can compute. The finding is at the first
    /// one.
    NotLiteral {
        function: Excerpt,
        /// How many other such values there are.
        others: usize,
        /// The lines of the first of the others, without duplicates.
        lines: Vec<usize>,
    },
    /// The task definition was read from this resource of the template.
    ReadFrom { resource: Excerpt },
}

impl From<TemplateFinding> for TaskDefinitionFinding {
    fn from(finding: TemplateFinding) -> Self {
        Self::Template(finding)
    }
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
