//! What a preflight check or a policy rule has to say about a release.

mod app_spec;
mod collected;
mod container;
mod ecs_rule;
mod image;
mod pair;
mod place;
mod policy;
mod target;
mod task_definition;
mod text;

pub use app_spec::{AppSpecFinding, AppSpecNote, HookProblem, NetworkProblem};
pub use collected::{Findings, MAX_FINDINGS};
pub use container::{ContainerProblem, Reserved};
pub use ecs_rule::{
    EcsRule, LogProblem, Needs, PortProblem, ResourceProblem, RoleProblem, SecretProblem, Setting,
    Shared, TagProblem, VolumeProblem, Wanted,
};
pub use image::{ImageFinding, ReferenceProblem};
pub use pair::{FargateProblem, PairFinding};
pub use place::{Place, Position};
pub use policy::PolicyFinding;
pub use target::TargetFinding;
pub use task_definition::{Expected, TaskDefinitionFinding};
pub use text::{CommonMistake, SyntaxCause, SyntaxProblem, TextProblem, ValueKind};

use super::bundle::Unreadable;

/// One thing found, as facts; the sentence for it is in `messages`.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub severity: Severity,
    pub place: Place,
    pub kind: FindingKind,
}

/// What a finding does to the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The release is refused.
    Error,
    /// The release goes on; the author should know.
    Warning,
    /// Something was tolerated or changed on the way.
    Note,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingKind {
    /// The file could not be had from its artifact.
    Unreadable(Unreadable),
    /// Nobody asked the artifact for this file.
    NotFetched,
    /// The file is no text.
    Text(TextProblem),
    /// The text is no JSON or YAML.
    Syntax(SyntaxCause),
    /// An image file, or an image in the task definition.
    Image(ImageFinding),
    /// The task definition by itself.
    TaskDefinition(TaskDefinitionFinding),
    /// What was tolerated or changed in the AppSpec.
    AppSpecNote(AppSpecNote),
    /// The AppSpec by itself.
    AppSpec(AppSpecFinding),
    /// The files against each other, and against ECS's rules.
    Pair(PairFinding),
    /// The task definition against the rules of `RegisterTaskDefinition`.
    EcsRule(EcsRule),
    /// The release against what AWS shows.
    ReleaseTarget(TargetFinding),
    /// The release against the team's policies.
    Policy(PolicyFinding),
    /// More findings of one severity than are kept.
    More { count: usize },
}

impl Finding {
    /// What refuses the release.
    pub fn error(place: Place, kind: impl Into<FindingKind>) -> Self {
        Self::new(Severity::Error, place, kind)
    }

    /// What the author should know.
    pub fn warning(place: Place, kind: impl Into<FindingKind>) -> Self {
        Self::new(Severity::Warning, place, kind)
    }

    /// What was tolerated or changed.
    pub fn note(place: Place, kind: impl Into<FindingKind>) -> Self {
        Self::new(Severity::Note, place, kind)
    }

    /// Whether it refuses the release.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// What a policy has to say, if it is a policy that speaks.
    #[must_use]
    pub fn policy(&self) -> Option<&PolicyFinding> {
        if let FindingKind::Policy(finding) = &self.kind {
            Some(finding)
        } else {
            None
        }
    }

    fn new(severity: Severity, place: Place, kind: impl Into<FindingKind>) -> Self {
        Self {
            severity,
            place,
            kind: kind.into(),
        }
    }
}

macro_rules! from_theme {
    ($($theme:ident($facts:ty)),* $(,)?) => {
        $(impl From<$facts> for FindingKind {
            fn from(facts: $facts) -> Self {
                Self::$theme(facts)
            }
        })*
    };
}

from_theme!(
    Unreadable(Unreadable),
    Text(TextProblem),
    Syntax(SyntaxCause),
    Image(ImageFinding),
    TaskDefinition(TaskDefinitionFinding),
    AppSpecNote(AppSpecNote),
    AppSpec(AppSpecFinding),
    Pair(PairFinding),
    EcsRule(EcsRule),
    ReleaseTarget(TargetFinding),
    Policy(PolicyFinding),
);
