//! The result of one check.

use serde_json::{Value, json};

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Good,
    /// The worker works, but the operator should know.
    Warning,
    Failed,
    /// Not checked.
    NotTried,
}

/// What was checked, what was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) state: State,
    what: String,
    remedy: Option<String>,
}

impl Check {
    pub(super) fn good(name: &'static str, what: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Good,
            what: what.into(),
            remedy: None,
        }
    }

    pub(super) fn warning(
        name: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::bad(State::Warning, name, what, remedy)
    }

    pub(super) fn failed(
        name: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::bad(State::Failed, name, what, remedy)
    }

    pub(super) fn not_tried(
        name: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::bad(State::NotTried, name, what, remedy)
    }

    fn bad(
        state: State,
        name: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            state,
            remedy: Some(remedy.into()),
            ..Self::good(name, what)
        }
    }

    /// The check as one line of text.
    pub(super) fn line(&self) -> String {
        let word = match self.state {
            State::Good => "ok  ",
            State::Warning => "warn",
            State::Failed => "FAIL",
            State::NotTried => "----",
        };
        // Messages of policies or AWS may have several lines.
        let what = self.what.split_whitespace().collect::<Vec<_>>().join(" ");
        match &self.remedy {
            Some(remedy) => format!("{word}  {}: {what} → {remedy}\n", self.name),
            None => format!("{word}  {}: {what}\n", self.name),
        }
    }

    /// The check as JSON.
    pub(super) fn json(&self) -> Value {
        let state = match self.state {
            State::Good => "ok",
            State::Warning => "warning",
            State::Failed => "failed",
            State::NotTried => "not tried",
        };
        json!({
            "check": self.name,
            "state": state,
            "what": self.what,
            "remedy": self.remedy,
        })
    }
}
