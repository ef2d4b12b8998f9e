//! The messages between the worker and the evaluating process, as JSON.

use std::collections::BTreeMap;

use rego::ExplainedDefinition;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The task of one process: one line of its input. The document follows as JSON
/// text of its own, so that its numbers keep their form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    pub task: Task,
    /// The package with the team's rules. Packages below it count too.
    pub namespace: String,
    pub policies: Vec<Text>,
    /// Policies whose `input` is the task definition alone.
    #[serde(default)]
    pub on_task_definition: Vec<Text>,
    /// What `input` is in `policies`.
    #[serde(default)]
    pub input: InputKind,
    /// JSON or YAML documents, merged into `data`.
    pub data: Vec<Text>,
    /// The packages of the shipped controls that are on, with the level of
    /// their findings.
    pub controls: BTreeMap<String, Level>,
    /// The parameters of the controls, by control: `data.control_parameters`.
    pub parameters: Map<String, Value>,
    /// The levels of the team's own rules, by package or rule.
    #[serde(default)]
    pub rules: BTreeMap<String, Level>,
    /// A regular expression. Only tests whose name matches are run.
    #[serde(default)]
    pub run: Option<String>,
}

impl Question {
    /// A question about policies alone: no data, controls or levels.
    pub(super) fn new(task: Task, namespace: &str, policies: Vec<Text>) -> Self {
        Self {
            task,
            namespace: namespace.to_owned(),
            policies,
            on_task_definition: Vec::new(),
            input: InputKind::Document,
            data: Vec::new(),
            controls: BTreeMap::new(),
            parameters: Map::new(),
            rules: BTreeMap::new(),
            run: None,
        }
    }

    /// A question about files, each given as its path and text.
    #[cfg(test)]
    pub(super) fn about(task: Task, files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| Text::new(*path, *text));
        Self::new(task, "main", files.collect())
    }
}

/// The kinds of `input`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// The whole document about the release.
    #[default]
    Document,
    /// The task definition that will be registered.
    TaskDefinition,
}

/// What to do with the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Load them, to verify that they can be used.
    Load,
    /// Evaluate every rule on the input.
    Evaluate,
    /// Run the rules whose names start with `test_`.
    Test,
    /// Evaluate every rule on the input and report which of its conditions were
    /// met.
    Explain,
}

/// The effect of a finding on the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// The finding is reported.
    Warn,
    /// The release is refused.
    Deny,
}

/// A file's text and the path that messages name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    pub path: String,
    pub text: String,
}

impl Text {
    pub(super) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        Self { path, text }
    }
}

/// One line of the process's output. The last is the answer; the others tell
/// which file or rule the process is working on, in case it never answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Line {
    At(String),
    Answer(Answer),
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The policies load. Their tests were not run.
    Loaded(PolicySetWarnings),
    /// Every rule was evaluated, with these findings.
    Findings(Vec<RuleFinding>),
    /// Every test was run.
    Tests(TestReport),
    /// Every rule was evaluated and explained.
    Explained(Vec<Explanation>),
    /// The policies cannot be used; each problem with its file and line.
    Problems(Vec<String>),
}

/// Warnings for the authors of a set that loads, each with file and line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySetWarnings {
    /// Rules that look like finding rules but are not evaluated.
    pub unevaluated: Vec<String>,
    /// References to members that neither the input nor the data ever has.
    pub unknown_members: Vec<String>,
    /// Finding rules that found nothing in any test; empty if that was not
    /// checked.
    pub untested: Vec<String>,
    /// Exemptions from rules that nothing has.
    pub idle_exemptions: Vec<String>,
}

impl PolicySetWarnings {
    /// All warnings, beginning with those that make a rule ineffective.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.kinds().into_iter().flatten()
    }

    pub(super) fn kinds(&self) -> [&[String]; 4] {
        [
            &self.unknown_members,
            &self.unevaluated,
            &self.idle_exemptions,
            &self.untested,
        ]
    }
}

/// A finding of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFinding {
    pub level: Level,
    pub rule: String,
    pub message: String,
    pub remedy: Option<String>,
    /// The path into the input, as the policy wrote it.
    pub path: Option<String>,
}

/// The result of one test rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The rule with its package, such as `main.test_root_is_refused`.
    pub name: String,
    /// File and line.
    pub place: String,
    /// Why it failed; `None` if it passed.
    pub failure: Option<String>,
    /// The definitions of a failed test with their conditions. Empty if they
    /// could not be tried one by one.
    pub definitions: Vec<ExplainedDefinition>,
    /// What it printed, each with file and line.
    pub prints: Vec<String>,
}

/// The results of all tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    pub results: Vec<TestResult>,
    /// The number of rules with a body, without tests.
    pub rules: usize,
    /// The rules that no test has evaluated to the end, with file and line.
    pub unreached: Vec<String>,
    /// The number of definitions of finding rules, without the shipped
    /// controls.
    pub finding_rules: usize,
    /// The definitions that found nothing in any test that passed, with file
    /// and line.
    pub untested: Vec<String>,
    /// The names of the tests that were not selected.
    pub left_out: Vec<String>,
}

impl TestReport {
    /// Adds the results of other tests.
    pub(super) fn add(&mut self, other: Self) {
        self.results.extend(other.results);
        self.rules += other.rules;
        self.unreached.extend(other.unreached);
        self.finding_rules += other.finding_rules;
        self.untested.extend(other.untested);
        self.left_out.extend(other.left_out);
    }
}

/// How a rule came to its findings, or to none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The rule with its package.
    pub rule: String,
    /// Its findings, or why its evaluation failed.
    pub outcome: Result<Vec<String>, String>,
    pub definitions: Vec<ExplainedDefinition>,
    /// What it printed, each with file and line.
    pub prints: Vec<String>,
}
