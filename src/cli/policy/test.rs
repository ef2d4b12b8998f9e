//! `policy test`: runs the set's own tests.

use super::explain::step;
use super::junit::junit;
use super::set::SetArgs;
use crate::cli::{Exit, Failed, print};
use crate::job::excerpt::clean_lines;
use crate::job::nearest;
use crate::policy::{Child, Outcome, TestReport, TestResult, run_tests};

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Text
    #[default]
    Text,
    /// JUnit XML, for build servers
    Junit,
}

/// Parses the regular expression of `--run`.
pub(super) fn expression(text: &str) -> Result<String, String> {
    let parsed = regex::Regex::new(text).map_err(|error| error.to_string())?;
    Ok(parsed.as_str().to_owned())
}

pub(super) async fn run(set: &SetArgs, run: Option<&str>, format: Format) -> Result<Exit, Failed> {
    let report = run_tests(&set.read_some().await?, &Child::default(), run)?;
    if let (Some(run), true, false) = (run, report.results.is_empty(), report.left_out.is_empty()) {
        return Err(Failed::usage(nothing_like(run, &report.left_out)));
    }
    let failed = report.results.iter().any(|r| r.failure.is_some());
    // A set without tests has not passed.
    let exit = if failed || report.results.is_empty() {
        Exit::Refused
    } else {
        Exit::Done
    };
    let shown = match format {
        Format::Text => clean_lines(&text(&report)),
        Format::Junit => junit(&report),
    };
    Ok(print(shown, exit))
}

fn nothing_like(run: &str, names: &[String]) -> String {
    let short = names.iter().filter_map(|name| name.rsplit('.').next());
    let bare = short.clone().map(|name| name.trim_start_matches("test_"));
    let known = names.iter().map(String::as_str).chain(short).chain(bare);
    match nearest(run, known) {
        Some(nearest) => format!("no test is called like `{run}`; did you mean `{nearest}`?"),
        None => format!(
            "no test is called like `{run}`; there are {}",
            names.join(", ")
        ),
    }
}

fn text(report: &TestReport) -> String {
    let mut text: String = report.results.iter().map(result).collect();
    let failed = report.results.iter().filter(|r| r.failure.is_some());
    let failed = failed.count();
    let passed = report.results.len() - failed;
    text.push_str(&format!("{passed} passed, {failed} failed"));
    // A selection of tests says nothing about the whole set.
    if !report.left_out.is_empty() {
        return text + &format!(", {} not run\n", report.left_out.len());
    }
    text.push('\n');
    if report.rules > 0 {
        let reached = report.rules - report.unreached.len();
        let rules = report.rules;
        text.push_str(&format!(
            "{reached} of {rules} rules reached to their end\n"
        ));
    }
    let unreached = report.unreached.iter();
    text.extend(unreached.map(|rule| format!("      not {rule}\n")));
    if report.finding_rules > 0 {
        let seen = report.finding_rules - report.untested.len();
        let rules = report.finding_rules;
        text.push_str(&format!(
            "{seen} of {rules} finding rules seen to find something\n"
        ));
    }
    let untested = report.untested.iter();
    text.extend(untested.map(|rule| format!("      never {rule}\n")));
    text
}

fn result(result: &TestResult) -> String {
    let name = &result.name;
    let mut text = match &result.failure {
        None => format!("ok    {name}\n"),
        Some(why) => format!("FAIL  {name}: {why}\n{}", failure(result)),
    };
    let prints = result.prints.iter();
    text.extend(prints.map(|print| format!("      {print}\n")));
    text
}

/// The conditions of a failed test, with values.
pub(super) fn failure(result: &TestResult) -> String {
    let mut text = String::new();
    for definition in &result.definitions {
        text.push_str(&format!("      {}\n", definition.place));
        let failed = |outcome: &Outcome| match outcome {
            Outcome::Failed | Outcome::Error(_) => true,
            Outcome::Met(_) | Outcome::NotReached => false,
        };
        let steps = definition.steps.iter().filter(|step| failed(&step.outcome));
        text.extend(steps.map(|it| step(it, "      ")));
    }
    if text.is_empty() {
        text = format!("      {}\n", result.place);
    }
    text
}
