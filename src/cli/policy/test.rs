//! `policy test`: the set's own tests.

use super::set::SetArgs;
use crate::cli::{Exit, say};
use crate::policy::{Child, Gate, SetProblem, TestReport, TestResult};

pub(super) async fn run(set: &SetArgs) -> Result<Exit, Vec<String>> {
    let report = Gate::test(&set.read().await?, &Child::default());
    let report = report.map_err(|SetProblem(problems)| problems)?;
    let failed = report.results.iter().any(|r| r.failure.is_some());
    // A set without tests was not tested, which must not pass for success.
    let exit = if failed || report.results.is_empty() {
        Exit::Refused
    } else {
        Exit::Done
    };
    Ok(say(text(&report), exit))
}

fn text(report: &TestReport) -> String {
    let mut lines = Vec::new();
    for TestResult {
        name,
        failure,
        prints,
    } in &report.results
    {
        lines.push(match failure {
            None => format!("ok    {name}"),
            Some(why) => format!("FAIL  {name}: {why}"),
        });
        lines.extend(prints.iter().map(|print| format!("      {print}")));
    }
    let failed = report.results.iter().filter(|r| r.failure.is_some());
    let failed = failed.count();
    let passed = report.results.len() - failed;
    lines.push(format!("{passed} passed, {failed} failed"));
    if report.rules > 0 {
        let reached = report.rules - report.unreached.len();
        let rules = report.rules;
        lines.push(format!("{reached} of {rules} rules reached to their end"));
    }
    let unreached = report.unreached.iter();
    lines.extend(unreached.map(|rule| format!("      not {rule}")));
    lines.join("\n") + "\n"
}
