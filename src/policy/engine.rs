//! The Rego engine with the settings that keep a `deny` from falling silent.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Rule, RuleHead};
use regorus::{Engine, Value};
use serde_json::{Value as Json, json};

use super::controls::Level;
use super::explain::{Reached, add_reached, definitions};
use super::question::{Answer, Explanation, Question, RuleFinding, Task, Text};
use super::{builtins, dialect, differences};

/// Findings that one evaluation may have. Whoever has more has one problem,
/// told a thousand times.
pub(super) const MAX_FINDINGS: usize = 1_000;

/// Characters of a finding's text that are taken over.
const MAX_TEXT: usize = 1_000;

/// Does what is asked. `at` hears what is being worked on.
pub(super) fn answer(question: &Question, at: &mut dyn FnMut(&str)) -> Answer {
    match Loaded::new(question, at).and_then(|loaded| loaded.carry_out(question, at)) {
        Ok(answer) => answer,
        Err(problems) => Answer::Problems(problems),
    }
}

/// Policies that were read without complaint.
struct Loaded {
    engine: Engine,
    /// Path of each rule to ask, and what its findings do.
    rules: BTreeMap<String, Level>,
    /// Paths of the rules that are tests.
    tests: BTreeSet<String>,
    /// What OPA would take otherwise.
    warnings: Vec<String>,
}

impl Loaded {
    fn new(question: &Question, at: &mut dyn FnMut(&str)) -> Result<Self, Vec<String>> {
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(true);
        engine.set_gather_prints(true);
        builtins::add(&mut engine);
        let (mut problems, mut warnings) = (Vec::new(), Vec::new());
        for file in &question.policies {
            at(&file.path);
            match dialect::add(&mut engine, file) {
                Ok(()) if question.task == Task::Load => {
                    let module = engine.get_modules().last();
                    let module = module.and_then(|module| serde_json::to_value(module).ok());
                    warnings.extend(
                        module
                            .iter()
                            .flat_map(|module| differences::warnings(file, module)),
                    );
                }
                Ok(()) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if let Err(problem) = add_parameters(&mut engine, question) {
            problems.push(problem);
        }
        for file in &question.data {
            at(&file.path);
            if let Err(problem) = add_data(&mut engine, file) {
                problems.push(problem);
            }
        }
        let mut loaded = Self {
            engine,
            rules: BTreeMap::new(),
            tests: BTreeSet::new(),
            warnings,
        };
        loaded.list_rules(question, &mut problems);
        if problems.is_empty() {
            Ok(loaded)
        } else {
            Err(problems)
        }
    }

    /// Finds the rules that have a say, and what no such rule may look like.
    fn list_rules(&mut self, question: &Question, problems: &mut Vec<String>) {
        let packages = self.engine.get_policy_package_components();
        let packages = packages.unwrap_or_default();
        for (module, package) in self.engine.get_modules().iter().zip(packages) {
            let components = &package.components;
            let name = components.join(".");
            let control = question.controls.get(&name);
            let ours = control.is_some() || is_below(&name, &question.namespace);
            for rule in &module.policy {
                let Rule::Spec { head, .. } = &**rule else {
                    continue;
                };
                let rule_name = root_name(head);
                let path = format!("data.{name}.{rule_name}");
                if rule_name.starts_with("test_") {
                    self.tests.insert(path);
                    continue;
                }
                let Some(level) = level_of(rule_name).filter(|_| ours) else {
                    continue;
                };
                let place = format!("{}:{}", package.source_file, rule.span().line);
                if !components.iter().all(|component| is_identifier(component)) {
                    problems.push(format!(
                        "{place}: rules are looked for in packages of plain names, and this is `{name}`"
                    ));
                } else if is_map(head) {
                    problems.push(format!(
                        "{place}: `{rule_name}` is a map; write `{rule_name} contains …`"
                    ));
                } else if matches!(head, RuleHead::Func { .. }) {
                    problems.push(format!(
                        "{place}: `{rule_name}` is a function; a rule with this name must be a set of findings"
                    ));
                }
                self.rules.insert(path, control.copied().unwrap_or(level));
            }
        }
        if self.rules.is_empty() && question.task != Task::Test && problems.is_empty() {
            problems.push(format!(
                "no rule `deny`, `warn` or `violation` in a package `{}`",
                question.namespace
            ));
        }
    }

    fn carry_out(
        self,
        question: &Question,
        at: &mut dyn FnMut(&str),
    ) -> Result<Answer, Vec<String>> {
        match question.task {
            Task::Load => Ok(Answer::Loaded {
                rules: self.rules.len(),
                warnings: self.warnings,
            }),
            Task::Explain => self.explain(&question.input, at),
            Task::Evaluate => self.evaluate(&question.input, at),
            Task::Test => Ok(Answer::Tests(super::test_rules::run(
                self.engine,
                &self.tests,
                at,
            ))),
        }
    }

    fn evaluate(mut self, input: &str, at: &mut dyn FnMut(&str)) -> Result<Answer, Vec<String>> {
        let input = Value::from_json_str(input).map_err(|error| vec![error.to_string()])?;
        self.engine.set_input(input);
        let (mut findings, mut problems) = (Vec::new(), Vec::new());
        for (path, level) in &self.rules {
            at(path);
            match self.engine.eval_rule(path.clone()) {
                Ok(value) => match read_findings(path, *level, value) {
                    Ok(found) => findings.extend(found),
                    Err(problem) => problems.push(problem),
                },
                Err(error) => problems.push(format!("{path}: {}", in_one_line(&error))),
            }
        }
        if findings.len() > MAX_FINDINGS {
            problems.push(format!(
                "the rules found {} things, and {MAX_FINDINGS} is the limit",
                findings.len()
            ));
        }
        if problems.is_empty() {
            Ok(Answer::Findings(findings))
        } else {
            Err(problems)
        }
    }

    /// Each rule in an engine of its own, so that what it reached is its own.
    fn explain(mut self, input: &str, at: &mut dyn FnMut(&str)) -> Result<Answer, Vec<String>> {
        let input = Value::from_json_str(input).map_err(|error| vec![error.to_string()])?;
        self.engine.set_input(input);
        self.engine.set_enable_coverage(true);
        let explain = |(path, level): (&String, &Level)| {
            at(path);
            let mut engine = self.engine.clone();
            let outcome = match engine.eval_rule(path.clone()) {
                Ok(value) => read_findings(path, *level, value).map(|found| {
                    let messages = found.into_iter().map(|finding| finding.message);
                    messages.collect()
                }),
                Err(error) => Err(in_one_line(&error)),
            };
            let mut reached = Reached::new();
            add_reached(&engine, &mut reached);
            Explanation {
                rule: path.strip_prefix("data.").unwrap_or(path).to_owned(),
                outcome,
                definitions: definitions(&mut engine, path, &reached),
                prints: engine.take_prints().unwrap_or_default(),
            }
        };
        Ok(Answer::Explained(self.rules.iter().map(explain).collect()))
    }
}

/// Always there, so that a control that looks for them is never undefined.
fn add_parameters(engine: &mut Engine, question: &Question) -> Result<(), String> {
    let text = json!({"control_parameters": question.parameters}).to_string();
    Value::from_json_str(&text)
        .and_then(|value| engine.add_data(value))
        .map_err(|error| format!("control_parameters: {}", in_one_line(&error)))
}

fn add_data(engine: &mut Engine, file: &Text) -> Result<(), String> {
    let is_json = file.path.to_ascii_lowercase().ends_with(".json");
    let value = if is_json {
        Value::from_json_str(&file.text)
    } else {
        Value::from_yaml_str(&file.text)
    };
    let value = value.map_err(|error| format!("{}: {}", file.path, in_one_line(&error)))?;
    if !matches!(value, Value::Object(_)) {
        return Err(format!("{}: a data document must be an object", file.path));
    }
    engine
        .add_data(value)
        .map_err(|error| format!("{}: {}", file.path, in_one_line(&error)))
}

/// The rule's name without what follows it, such as the key of a set.
pub(super) fn root_name(head: &RuleHead) -> &str {
    let mut expr = match head {
        RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => {
            refr
        }
    };
    while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = &**expr {
        expr = refr;
    }
    expr.span().text()
}

/// `deny["x"] if …` makes no set since Rego v1.
fn is_map(head: &RuleHead) -> bool {
    match head {
        RuleHead::Compr { refr, .. } => !matches!(&**refr, Expr::Var { .. }),
        RuleHead::Set { .. } | RuleHead::Func { .. } => false,
    }
}

/// What a rule's findings do, by conftest's names; `None` for helpers.
fn level_of(rule: &str) -> Option<Level> {
    let (word, rest) = rule
        .split_once('_')
        .map_or((rule, None), |(word, rest)| (word, Some(rest)));
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    if !rest.is_none_or(|rest| rest.split('_').all(is_part)) {
        return None;
    }
    match word {
        "deny" | "violation" => Some(Level::Deny),
        "warn" => Some(Level::Warn),
        _ => None,
    }
}

fn is_below(package: &str, namespace: &str) -> bool {
    package
        .strip_prefix(namespace)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A rule's value as findings. Whatever is no set of texts and objects refuses:
/// a `deny` whose answer is not understood must not pass for silence.
fn read_findings(rule: &str, level: Level, value: Value) -> Result<Vec<RuleFinding>, String> {
    let elements: Vec<Value> = match value {
        Value::Set(set) => set.iter().cloned().collect(),
        Value::Array(array) => array.iter().cloned().collect(),
        Value::Undefined => Vec::new(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(format!("{rule}: its value is no set of findings"));
        }
    };
    elements
        .into_iter()
        .map(|element| read_finding(rule, level, &element))
        .collect()
}

fn read_finding(rule: &str, level: Level, element: &Value) -> Result<RuleFinding, String> {
    let shape = || format!("{rule}: a finding is neither a text nor an object with a text `msg`");
    let json = element.to_json_str().map_err(|_| shape())?;
    let short = rule.strip_prefix("data.").unwrap_or(rule);
    let mut finding = RuleFinding {
        level,
        rule: short.to_owned(),
        message: String::new(),
        remedy: None,
        path: None,
    };
    match serde_json::from_str(&json) {
        Ok(Json::String(text)) => finding.message = cut(&text),
        Ok(Json::Object(object)) => {
            let text = |member: &str| object.get(member).and_then(Json::as_str).map(cut);
            finding.message = text("msg").ok_or_else(shape)?;
            if let Some(named) = text("rule") {
                finding.rule = named;
            }
            finding.remedy = text("remedy");
            finding.path = text("path");
        }
        Ok(Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_)) | Err(_) => {
            return Err(shape());
        }
    }
    Ok(finding)
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

/// The engine's message, which draws the source around it, as `place: what`.
pub(super) fn in_one_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let place = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("--> "))
        .map(str::trim);
    let what = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("error: "))
        .map(str::trim);
    match (place, what) {
        (Some(place), Some(what)) => format!("{place}: {what}"),
        _ => cut(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
