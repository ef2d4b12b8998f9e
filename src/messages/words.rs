//! The parts of a message for a single fact.

use std::fmt;

use jiff::Timestamp;

use crate::job::{DeployTarget, ServiceName};

/// What happened and what to do next, without the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub what: String,
    /// Empty if nothing needs to be done.
    pub remedy: String,
}

impl Words {
    pub(crate) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// What happened, without a remedy.
    pub(super) fn only(what: impl Into<String>) -> Self {
        Self::new(what, "")
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if self.remedy.is_empty() {
            Ok(())
        } else {
            write!(f, " → {}", self.remedy)
        }
    }
}

/// Suggests the name that was probably meant, or says what to do `otherwise`.
pub(super) fn did_you_mean(
    nearest: Option<impl fmt::Display>,
    otherwise: impl Into<String>,
) -> String {
    match nearest {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => otherwise.into(),
    }
}

/// `a, b or c`.
pub(super) fn one_of<T: fmt::Display>(choices: &[T]) -> String {
    joined(choices, "or")
}

/// `a, b and c`.
pub(super) fn all_of<T: fmt::Display>(names: &[T]) -> String {
    joined(names, "and")
}

/// `the deployment group web` or `the service web in cluster prod`.
pub(super) fn place(target: &DeployTarget) -> String {
    match target {
        DeployTarget::Group(name) => format!("the deployment group {}", name.group),
        DeployTarget::Service(ServiceName { cluster, service }) => {
            format!("the service {service} in cluster {cluster}")
        }
    }
}

/// Maximum number of names to list in one sentence.
const MAX_LISTED: usize = 13;

fn joined<T: fmt::Display>(names: &[T], last_word: &str) -> String {
    let listed = names.iter().take(MAX_LISTED).map(ToString::to_string);
    let listed: Vec<String> = listed.collect();
    match (names.len().saturating_sub(MAX_LISTED), &*listed) {
        (0, [first @ .., last]) if !first.is_empty() => {
            format!("{} {last_word} {last}", first.join(", "))
        }
        (0, one_or_none) => one_or_none.concat(),
        (more, listed) => format!("{} … ({more} more)", listed.join(", ")),
    }
}

/// Truncates a time to the second: `2026-01-01T10:03:00Z`.
pub(super) fn moment(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}
