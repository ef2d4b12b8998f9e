//! What the evaluating process is asked, and what it answers: JSON both ways.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::controls::Level;

/// Everything that one process is to work on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    pub task: Task,
    /// Packages of this name, and those below it, hold the team's rules.
    pub namespace: String,
    pub policies: Vec<Text>,
    /// JSON or YAML documents, laid over one another as `data`.
    pub data: Vec<Text>,
    /// Packages of shipped controls that are on, and what their findings do.
    pub controls: BTreeMap<String, Level>,
    /// The input document as JSON text, so that its numbers stay as they are.
    pub input: String,
}

/// What to do with the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// See that they can be used at all.
    Load,
    /// Try every rule on the input.
    Evaluate,
    /// Run the rules whose names start with `test_`.
    Test,
}

/// A file with its path, as messages name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub path: String,
    pub text: String,
}

/// One line of the process's output. The last one is the answer; those before
/// tell what it was at, should it never come to an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Line {
    At(String),
    Answer(Answer),
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The policies load; so many rules will be asked.
    Loaded { rules: usize },
    /// Every rule was asked, and this is what they found.
    Findings(Vec<RuleFinding>),
    /// Every test was run.
    Tests(Vec<TestResult>),
    /// The policies cannot be used; each problem with its file and line.
    Problems(Vec<String>),
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFinding {
    pub level: Level,
    pub rule: String,
    pub message: String,
    pub remedy: Option<String>,
    /// Where in the input, as the policy wrote it.
    pub path: Option<String>,
}

/// What became of one test rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The rule with its package, such as `main.test_root_is_refused`.
    pub name: String,
    /// Why it failed; `None` when it passed.
    pub failure: Option<String>,
}
