//! Findings of the preflight checks and policy rules about a release, as facts.
//! `messages::finding` has the words for them.

mod app_spec;
mod collected;
mod container;
mod ecs_rule;
mod fargate;
mod image;
mod pair;
mod place;
mod policy;
mod presence;
mod service;
mod target;
mod task_definition;
mod text;

pub use app_spec::{AppSpecFinding, AppSpecNote, HookProblem, NetworkProblem};
pub use collected::{Findings, MAX_FINDINGS};
pub use container::{ContainerProblem, Reserved};
pub use ecs_rule::{
    EcsRule, HealthCommandProblem, LogProblem, Needs, PortProblem, ResourceProblem, RoleProblem,
    SecretProblem, Setting, Shared, SystemControlProblem, TagProblem, VolumeProblem, Wanted,
};
pub use fargate::FargateProblem;
pub use image::{Absent, ImageFinding};
pub use pair::PairFinding;
pub use place::{Place, Position};
pub use policy::PolicyFinding;
pub use presence::PresenceProblem;
pub use service::{ServiceFinding, Waits};
pub use target::TargetFinding;
pub use task_definition::{Expected, TaskDefinitionFinding, TemplateFinding};
pub use text::{CommonMistake, SyntaxCause, SyntaxProblem, TextProblem, ValueKind};

use super::bundle::Unreadable;

/// A finding as data. `messages` turns it into a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub severity: Severity,
    pub place: Place,
    pub kind: FindingKind,
}

/// The effect of a finding on the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The release is refused.
    Error,
    /// The release continues; the author should know.
    Warning,
    /// Something was tolerated or changed.
    Note,
}

impl Severity {
    /// For example `error`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingKind {
    /// The file could not be read from its artifact.
    Unreadable(Unreadable),
    /// The file was not requested from the artifact.
    NotFetched,
    /// The file is not text.
    Text(TextProblem),
    /// The text is not JSON or YAML.
    Syntax(SyntaxCause),
    /// An image file, or an image in the task definition.
    Image(ImageFinding),
    /// The task definition on its own.
    TaskDefinition(TaskDefinitionFinding),
    /// What was tolerated or changed in the AppSpec.
    AppSpecNote(AppSpecNote),
    /// The AppSpec on its own.
    AppSpec(AppSpecFinding),
    /// The task definition compared with what traffic and network settings need.
    Pair(PairFinding),
    /// The task definition compared with the rules of `RegisterTaskDefinition`.
    EcsRule(EcsRule),
    /// The release compared with the state of AWS.
    ReleaseTarget(TargetFinding),
    /// What the task definition names, looked up in AWS.
    Presence(PresenceProblem),
    /// The release judged by the team's policies.
    Policy(PolicyFinding),
    /// The number of further findings of this severity that were not kept.
    More { count: usize },
}

impl Finding {
    /// Creates an error, which refuses the release.
    pub fn error(place: Place, kind: impl Into<FindingKind>) -> Self {
        Self::new(Severity::Error, place, kind)
    }

    /// Creates a warning, which the author should know about.
    pub fn warning(place: Place, kind: impl Into<FindingKind>) -> Self {
        Self::new(Severity::Warning, place, kind)
    }

    /// Creates a note that something was tolerated or changed.
    pub fn note(place: Place, kind: impl Into<FindingKind>) -> Self {
        Self::new(Severity::Note, place, kind)
    }

    /// Whether it refuses the release.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The policy finding, if it is one.
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
    Presence(PresenceProblem),
    Policy(PolicyFinding),
);
