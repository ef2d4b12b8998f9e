//! Runs the tests of a policy set.

use super::child::Child;
use super::policy_set::PolicySet;
use super::question::{Answer, Question, Task, TestReport};
use super::set_problem::SetProblem;

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

fn sentences(report: &TestReport) -> Vec<String> {
    let sentence = |rule: &String| match report.results.is_empty() {
        true => {
            format!("{rule}: the set has no tests, so no test shows that this rule finds anything")
        }
        false => format!("{rule}: this rule finds nothing in any test that passes"),
    };
    report.untested.iter().map(sentence).collect()
}
