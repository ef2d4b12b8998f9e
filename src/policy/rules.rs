//! Determines which rules decide about a release, and rejects those among them
//! that are not sets of findings.

use std::collections::{BTreeMap, BTreeSet};

use rego::syntax::{Step, file_of, head_of, is_test, name_of, package_of, reference};
use regorus::unstable::{Expr, Module, Ref, Rule, RuleHead};

use super::question::{Level, Question};
use super::rule_levels::{is_below, level_for};

/// The rules of a set by purpose, each with its path.
#[derive(Default)]
pub(super) struct Rules {
    /// The rules to evaluate, with the level of their findings.
    pub(super) asked: BTreeMap<String, Level>,
    /// The rules among them that are not of a shipped control, with their
    /// packages.
    pub(super) own: BTreeSet<String>,
    pub(super) tests: BTreeSet<String>,
    pub(super) problems: Vec<String>,
}

impl Rules {
    /// Finds the rules among everything that was parsed.
    pub(super) fn of(modules: &[Ref<Module>], question: &Question) -> Self {
        let (mut rules, mut seen) = (Self::default(), BTreeSet::new());
        for module in modules {
            let (package, file) = (package_of(module), file_of(module));
            let name = package.join(".");
            let control = question.controls.get(&name);
            if control.is_some() && !seen.insert(name.clone()) {
                rules.problems.push(format!(
                    "{file}: the package `{name}` is the shipped control's, which is on"
                ));
            }
            let ours = control.is_some() || is_below(&name, &question.namespace);
            for rule in &module.policy {
                let rule_name = name_of(rule);
                if let Some(control) = shadowed(&name, rule, question) {
                    rules.problems.push(format!(
                        "{file}:{}: the package `{control}` is the shipped control's, which is on",
                        rule.span().line
                    ));
                }
                let path = format!("data.{name}.{rule_name}");
                if rule_name.starts_with("test_") {
                    rules.tests.insert(path);
                    continue;
                }
                // Rules in test files are helpers, and absent when a release is
                // evaluated.
                let Some(level) = level_of(rule_name).filter(|_| ours && !is_test(file)) else {
                    continue;
                };
                let place = format!("{file}:{}", rule.span().line);
                let are_plain = package.iter().all(|part| is_identifier(part));
                if !are_plain {
                    rules.problems.push(format!(
                        "{place}: rules are looked for in packages of plain names, and this is `{name}`"
                    ));
                } else if let Err(what) = shape(rule) {
                    rules
                        .problems
                        .push(format!("{place}: `{rule_name}` {what}"));
                }
                let level = match control {
                    Some(level) => *level,
                    None => {
                        let rule = format!("{name}.{rule_name}");
                        let level = level_for(&question.rules, &rule, level);
                        rules.own.insert(rule);
                        level
                    }
                };
                rules.asked.insert(path, level);
            }
        }
        rules
    }
}

/// The enabled control whose package contains the rule by its full path,
/// although the rule is in another package. A rule's head extends the path: in
/// the package `controls`, `x.deny` is a rule of `controls.x`.
fn shadowed<'a>(package: &str, rule: &Rule, question: &'a Question) -> Option<&'a String> {
    let (root, steps) = reference(head_of(rule))?;
    let names = steps.into_iter().map_while(Step::name);
    let path = [package.to_owned(), root.to_owned()]
        .into_iter()
        .chain(names);
    let path = path.collect::<Vec<String>>().join(".");
    let mut controls = question.controls.keys();
    controls.find(|control| *control != package && is_below(&path, control))
}

/// Why a rule is not a set, as the `Err`.
fn shape(rule: &Rule) -> Result<(), &'static str> {
    match rule {
        Rule::Spec { head, .. } => head_shape(head),
        Rule::Default { value, .. } => value_shape(value),
    }
}

fn head_shape(head: &RuleHead) -> Result<(), &'static str> {
    const CONTAINS: &str = "is a map; write it with `contains`";
    match head {
        RuleHead::Func { .. } => {
            Err("is a function; a rule with this name must be a set of findings")
        }
        // `deny["x"] if …` is not a set since Rego v1, and `deny.x` never was.
        RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. }
            if !matches!(&**refr, Expr::Var { .. }) =>
        {
            Err(CONTAINS)
        }
        RuleHead::Set { .. } => Ok(()),
        RuleHead::Compr { assign: None, .. } => {
            Err("is true or nothing; write it with `contains` and what was found")
        }
        RuleHead::Compr {
            assign: Some(assign),
            ..
        } => value_shape(&assign.value),
    }
}

/// The value of other expressions is checked at evaluation.
fn value_shape(value: &Expr) -> Result<(), &'static str> {
    let is_no_set = matches!(
        value,
        Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::Object { .. }
            | Expr::ObjectCompr { .. }
    );
    match is_no_set {
        true => Err("is not a set of findings; write it with `contains`"),
        false => Ok(()),
    }
}

/// The rule at a path with its package, without `data.`.
pub(super) fn shown(path: &str) -> &str {
    path.strip_prefix("data.").unwrap_or(path)
}

/// What a rule's findings do, by conftest's names; `None` for helpers.
pub(super) fn level_of(rule: &str) -> Option<Level> {
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

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
