//! Runs the tests of a policy set.

use super::child::Child;
use super::policy_set::PolicySet;
use super::question::{Answer, Question, Task, TestReport};
use super::set_problem::SetProblem;
use super::terms::UntestedRules;

/// Runs the set's tests, or those whose name matches the regular expression
/// `run`.
///
/// # Errors
///
/// Why the tests could not be run.
pub fn run_tests(
    set: &PolicySet,
    child: &Child,
    run: Option<&str>,
) -> Result<TestReport, SetProblem> {
    let question = Question {
        run: run.map(str::to_owned),
        ..set.question(Task::Test)
    };
    match child.ask(&question, "{}".into()) {
        Ok(Answer::Tests(report)) => Ok(report),
        other => Err(SetProblem::unexpected(other)),
    }
}

/// A sentence about each finding rule of the set that found nothing in any of
/// its tests. The shipped controls are not included: they have tests of their
/// own.
///
/// # Errors
///
/// Why the tests could not be run.
pub fn untested(set: &PolicySet, child: &Child) -> Result<Vec<String>, SetProblem> {
    if !set.has_own_rules() {
        return Ok(Vec::new());
    }
    Ok(sentences(&run_tests(set, child, None)?))
}

/// The untested rules, if the terms ask for them.
///
/// # Errors
///
/// Why the tests could not be run; also the untested rules, if the terms reject
/// sets that have any.
pub(super) fn untested_by_terms(set: &PolicySet, child: &Child) -> Result<Vec<String>, SetProblem> {
    const REFUSED: &str = "`untested_rules = \"refuse\"` in the policy terms refuses sets with such rules; `policy test` shows what the tests see";
    match set.terms().untested_rules {
        UntestedRules::Allow => Ok(Vec::new()),
        UntestedRules::Warn => untested(set, child),
        UntestedRules::Refuse => {
            let mut untested = untested(set, child)?;
            if untested.is_empty() {
                return Ok(untested);
            }
            untested.push(REFUSED.to_owned());
            Err(SetProblem(untested))
        }
    }
}

fn sentences(report: &TestReport) -> Vec<String> {
    let sentence = |rule: &String| match report.results.is_empty() {
        true => {
            format!("{rule}: the set has no tests, so no test shows that this rule finds anything")
        }
        false => format!("{rule}: this rule finds nothing in any test that passes"),
    };
    report.untested.iter().map(sentence).collect()
}
