//! Why a command of `policy` gives no answer.

use crate::cli::Exit;
use crate::cli::bundle::BundleProblem;
use crate::cli::check::text;
use crate::cli::remark::{Misuse, Remark};
use crate::job::request::ConfigurationProblem;
use crate::messages;
use crate::policy::{NotSet, SetProblem};
use crate::release::finding::Finding;

#[derive(Debug)]
pub(super) enum Problem {
    /// The policies cannot be read, loaded or asked.
    Policies(SetProblem),
    /// The worker's own checks refuse the release, so it would ask no policy.
    Refused(Vec<Finding>),
    Bundle(BundleProblem),
    Configuration(Vec<ConfigurationProblem>),
    /// The action in the pipeline's structure cannot be used.
    Pipeline(Vec<Remark>),
    Input {
        file: String,
        why: String,
    },
    NotSet(Vec<NotSet>),
    /// The command was called wrongly; this sentence says how.
    Misuse(String),
}

impl Problem {
    /// The findings that are errors.
    pub(super) fn refused(findings: &[Finding]) -> Self {
        let errors = findings.iter().filter(|finding| finding.is_error());
        Self::Refused(errors.cloned().collect())
    }

    /// What the release lacks refuses it, as `check` does. Everything else is
    /// about how the command was called.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Refused(_) | Self::Configuration(_) | Self::Pipeline(_) => Exit::Refused,
            Self::Policies(_)
            | Self::Bundle(_)
            | Self::Input { .. }
            | Self::NotSet(_)
            | Self::Misuse(_) => Exit::Usage,
        }
    }

    /// A text for each problem.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::Policies(SetProblem(problems)) => problems.clone(),
            Self::Refused(findings) => findings.iter().map(messages::finding::line).collect(),
            Self::Bundle(problem) => vec![problem.to_string()],
            Self::Configuration(problems) => {
                let words = problems.iter().map(messages::configuration::words);
                words.map(|words| words.to_string()).collect()
            }
            Self::Pipeline(remarks) => vec![text(remarks, false).trim_end().to_owned()],
            Self::Input { file, why } => vec![format!("{file}: {why}")],
            Self::NotSet(problems) => problems.iter().map(ToString::to_string).collect(),
            Self::Misuse(problem) => vec![problem.clone()],
        }
    }
}

impl From<SetProblem> for Problem {
    fn from(problem: SetProblem) -> Self {
        Self::Policies(problem)
    }
}

impl From<BundleProblem> for Problem {
    fn from(problem: BundleProblem) -> Self {
        Self::Bundle(problem)
    }
}

impl From<Misuse> for Problem {
    fn from(Misuse(problem): Misuse) -> Self {
        Self::Misuse(problem)
    }
}
