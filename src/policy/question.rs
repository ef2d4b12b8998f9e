//! What the evaluating process is asked, and what it answers: JSON both ways.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::controls::Level;
use super::inputs::InputKind;

/// What one process is to do: one line of its input. The document to try the
/// rules on follows, as JSON text, so that its numbers stay as they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    pub task: Task,
    /// Packages of this name, and those below it, hold the team's rules.
    pub namespace: String,
    pub policies: Vec<Text>,
    /// Those whose `input` is the task definition alone.
    #[serde(default)]
    pub on_task_definition: Vec<Text>,
    /// What `input` is to `policies`.
    #[serde(default)]
    pub input: InputKind,
    /// JSON or YAML documents, laid over one another as `data`.
    pub data: Vec<Text>,
    /// Packages of shipped controls that are on, and what their findings do.
    pub controls: BTreeMap<String, Level>,
    /// What the controls are told, by control: `data.control_parameters`.
    pub parameters: Map<String, Value>,
    /// A regular expression: only tests with such names are run.
    #[serde(default)]
    pub run: Option<String>,
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
    /// Try every rule on the input and tell how far each came.
    Explain,
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
    /// The policies load; so many rules will be asked. What looks like such a
    /// rule and is none, and what the input never has, is warned of, each with
    /// file and line.
    Loaded {
        rules: usize,
        not_asked: Vec<String>,
        unknown_members: Vec<String>,
    },
    /// Every rule was asked, and this is what they found.
    Findings(Vec<RuleFinding>),
    /// Every test was run.
    Tests(TestReport),
    /// Every rule was asked and watched.
    Explained(Vec<Explanation>),
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
    /// File and line.
    pub place: String,
    /// Why it failed; `None` when it passed.
    pub failure: Option<String>,
    /// The definitions of one that failed; none where they cannot be told.
    pub definitions: Vec<Definition>,
    /// What it printed, each with file and line.
    pub prints: Vec<String>,
}

/// What became of all tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    pub results: Vec<TestResult>,
    /// Rules with a body, tests left out.
    pub rules: usize,
    /// Those that no test has reached to the end, with file and line.
    pub unreached: Vec<String>,
    /// Definitions of rules whose findings count, shipped controls left out.
    pub finding_rules: usize,
    /// Those that no test which passed has seen find anything, with file and
    /// line.
    pub untested: Vec<String>,
    /// Names of tests that were not asked for.
    pub left_out: Vec<String>,
}

/// How a rule came to its findings, or to none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The rule with its package.
    pub rule: String,
    /// Its findings, or why it has no answer.
    pub outcome: Result<Vec<String>, String>,
    pub definitions: Vec<Definition>,
    /// What it printed, each with file and line.
    pub prints: Vec<String>,
}

/// One definition of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// File and line.
    pub place: String,
    pub steps: Vec<Step>,
}

/// One condition of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub line: u32,
    pub text: String,
    pub outcome: Outcome,
    /// What its references and calls came to where it failed, one line for
    /// each way to it.
    pub values: Vec<String>,
}

/// What became of a condition, given those before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was met, in so many ways.
    Met(u64),
    /// It was never met.
    Failed,
    /// It could not be evaluated.
    Error(String),
    /// It was evaluated; whether it was met cannot be told.
    Reached,
    /// One before it was never met.
    NotReached,
}
