//! The operator's levels for rules of the team, by package or by rule.
//!
//! A new rule is watched as a warning before it refuses releases, without a
//! change of its file. A level that no rule has would be a rule in force
//! otherwise than the operator believes, so the set is refused then.

use std::collections::BTreeMap;

use rego::unless;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::question::Level;
use crate::job::nearest;

/// Levels by package or rule, such as `main.deny_latest`.
pub(super) type RuleLevels = BTreeMap<String, Level>;

/// A level as written.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct WrittenLevel {
    level: Option<String>,
    /// In TOML, a name without quotation marks becomes tables in tables.
    #[serde(flatten)]
    others: BTreeMap<String, IgnoredAny>,
}

/// Reads the levels of the file.
///
/// # Errors
///
/// A sentence about each that is none.
pub(super) fn read(written: BTreeMap<String, WrittenLevel>) -> Result<RuleLevels, Vec<String>> {
    let (mut levels, mut problems) = (RuleLevels::new(), Vec::new());
    for (name, WrittenLevel { level, others }) in written {
        if let Some(other) = others.keys().next() {
            problems.push(format!(
                "rules.{name}.{other}: a rule has only a level; write its whole name in quotation \
                 marks, like [rules.\"{name}.{other}\"]"
            ));
        }
        match level.as_deref() {
            Some("warn") => drop(levels.insert(name, Level::Warn)),
            Some("deny") => drop(levels.insert(name, Level::Deny)),
            // A rule that is off is removed from the set instead.
            Some(level) => problems.push(format!(
                "rules.\"{name}\".level: `{level}` is neither warn nor deny"
            )),
            None if others.is_empty() => {
                problems.push(format!("rules.\"{name}\": a level is missing"));
            }
            None => {}
        }
    }
    unless(problems, levels)
}

/// The level of a rule, given by its package and name; `named` without one. The
/// longest name that is the rule's or that of a package above it applies.
pub(super) fn level_for(levels: &RuleLevels, rule: &str, named: Level) -> Level {
    let meant = levels.iter().filter(|(name, _)| is_below(rule, name));
    let meant = meant.max_by_key(|(name, _)| name.len());
    meant.map_or(named, |(_, level)| *level)
}

/// A sentence about each level that none of the rules has.
pub(super) fn unknown(levels: &RuleLevels, rules: &[&str]) -> Vec<String> {
    let is_unknown = |name: &&String| !rules.iter().any(|rule| is_below(rule, name));
    let problem = |name: &String| {
        let meant = match nearest(name, rules.iter().copied()) {
            Some(rule) => format!("did you mean `{rule}`?"),
            None => "a level is for a package with rules that decide, or for one of them".into(),
        };
        format!("rules.\"{name}\": there is no such rule or package; {meant}")
    };
    levels.keys().filter(is_unknown).map(problem).collect()
}

/// Whether a package or rule is this one or stands below it.
pub(super) fn is_below(package: &str, namespace: &str) -> bool {
    package
        .strip_prefix(namespace)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::inputs::answer;
    use crate::policy::question::{Answer, Question, Task, Text};

    #[test]
    fn the_nearest_name_above_a_rule_gives_its_level() {
        let levels = RuleLevels::from([
            ("main".into(), Level::Warn),
            ("main.images".into(), Level::Deny),
            ("main.images.deny_latest".into(), Level::Warn),
        ]);
        let level = |rule: &str| level_for(&levels, rule, Level::Deny);
        assert_eq!(level("main.deny"), Level::Warn);
        assert_eq!(level("main.images.deny"), Level::Deny);
        assert_eq!(level("main.images.deny_latest"), Level::Warn);
        // Neither a name that begins alike nor another package.
        assert_eq!(level("main.images.deny_latest_tag"), Level::Deny);
        assert_eq!(level("mainly.deny"), Level::Deny);
    }

    #[test]
    fn a_level_without_a_rule_is_named_with_what_was_meant() {
        let levels = RuleLevels::from([
            ("main".into(), Level::Warn),
            ("main.deny_lates".into(), Level::Warn),
            ("controls.x".into(), Level::Warn),
        ]);
        let rules = ["main.deny", "main.deny_latest"];
        let problems = unknown(&levels, &rules);
        assert_eq!(
            problems,
            [
                "rules.\"controls.x\": there is no such rule or package; a level is for a package \
                 with rules that decide, or for one of them",
                "rules.\"main.deny_lates\": there is no such rule or package; did you mean \
                 `main.deny_latest`?",
            ]
        );
    }

    #[test]
    fn the_operators_levels_are_for_the_rules_of_both_kinds_of_input() {
        let with = |levels: &[(&str, Level)]| {
            let levels = levels.iter().map(|(name, level)| ((*name).into(), *level));
            let team = "package main\ndeny contains \"a\"\nwarn_b contains \"b\"\n";
            let conftest = "package main.conftest\ndeny contains \"c\"\n";
            let question = Question {
                on_task_definition: vec![Text::new("conftest.rego", conftest)],
                rules: levels.collect(),
                ..Question::about(Task::Evaluate, &[("team.rego", team)])
            };
            let mut document = || Ok(r#"{"taskDefinition": {}}"#.to_owned());
            match answer(&question, &mut document, &mut |_| {}) {
                Answer::Findings(found) => Ok(found
                    .iter()
                    .map(|one| format!("{:?} {}", one.level, one.message))
                    .collect::<Vec<_>>()
                    .join(", ")),
                Answer::Problems(problems) => Err(problems),
                other @ (Answer::Loaded(_) | Answer::Tests(_) | Answer::Explained(_)) => {
                    panic!("{other:?}")
                }
            }
        };
        assert_eq!(with(&[]).as_deref(), Ok("Deny a, Warn b, Deny c"));
        let watched = with(&[("main.deny", Level::Warn), ("main.conftest", Level::Warn)]);
        assert_eq!(watched.as_deref(), Ok("Warn a, Warn b, Warn c"));
        let strict = with(&[("main.warn_b", Level::Deny)]);
        assert_eq!(strict.as_deref(), Ok("Deny a, Deny b, Deny c"));
        let gone = with(&[("main.deny_a", Level::Warn), ("main", Level::Warn)]);
        let problems = gone.expect_err("there is no such rule");
        assert_eq!(
            problems,
            ["rules.\"main.deny_a\": there is no such rule or package; did you mean `main.deny`?"]
        );
    }
}
