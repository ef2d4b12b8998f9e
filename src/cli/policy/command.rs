//! The three things that an author of policies asks for.

use std::path::{Path, PathBuf};

use super::release::LocalRelease;
use crate::cli::{Exit, complain};
use crate::messages;
use crate::policy::controls::{Levels, parse_levels};
use crate::policy::{Child, DEFAULT_NAMESPACE, Gate, PolicySet, SetProblem, TestResult};
use crate::release::finding::{Finding, Severity};

/// What a release would be told by a team's policies.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Try a release on policies, without AWS; exits with 1 if it is refused
    Check {
        /// Folder or zip archive with the release's files
        #[arg(value_name = "BUNDLE")]
        bundle: PathBuf,
        #[command(flatten)]
        set: SetArgs,
    },
    /// Print the document that policies are written against
    Input {
        /// Folder or zip archive with the release's files
        #[arg(value_name = "BUNDLE")]
        bundle: PathBuf,
    },
    /// Run the rules that are called test_…; exits with 1 if one fails
    Test {
        #[command(flatten)]
        set: SetArgs,
    },
}

/// Which policies, as `run` takes them.
#[derive(clap::Args, Debug)]
struct SetArgs {
    /// Files and directories of Rego, separated by colons
    #[arg(long, value_name = "PATHS", value_delimiter = ':')]
    policy: Vec<PathBuf>,
    /// The Rego package whose rules count, with those below it
    #[arg(long, value_name = "PACKAGE", default_value = DEFAULT_NAMESPACE)]
    policy_namespace: String,
    /// Shipped controls, such as all=warn,non-root=deny
    #[arg(long, value_name = "LEVELS", default_value = "", value_parser = parse_levels)]
    controls: Levels,
}

pub(in crate::cli) async fn run(args: &Args) -> Exit {
    let done = match &args.command {
        Command::Check { bundle, set } => check(bundle, set).await,
        Command::Input { bundle } => input(bundle).await,
        Command::Test { set } => test(set),
    };
    done.unwrap_or_else(|problems| {
        for problem in problems {
            complain(&problem);
        }
        Exit::Usage
    })
}

#[expect(clippy::print_stdout, reason = "the findings are what was asked for")]
async fn check(bundle: &Path, set: &SetArgs) -> Result<Exit, Vec<String>> {
    let set = set.read()?;
    if set.is_empty() {
        return Err(vec!["name policies with --policy or --controls".into()]);
    }
    let gate = Gate::open(set, Child::default()).map_err(|SetProblem(problems)| problems)?;
    let release = LocalRelease::read(bundle).await.map_err(|p| vec![p])?;
    let mut findings = release.findings().to_vec();
    if let Some(subject) = release.subject() {
        findings.extend(gate.review(&subject, release.bundle()).await);
    }
    for finding in &findings {
        println!("{}", line(finding));
    }
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    match errors {
        0 => println!("The release passes."),
        1 => println!("The release is refused: 1 error."),
        count => println!("The release is refused: {count} errors."),
    }
    Ok(if errors == 0 {
        Exit::Done
    } else {
        Exit::Refused
    })
}

#[expect(clippy::print_stdout, reason = "the document is what was asked for")]
async fn input(bundle: &Path) -> Result<Exit, Vec<String>> {
    let release = LocalRelease::read(bundle).await.map_err(|p| vec![p])?;
    let Some(subject) = release.subject() else {
        return Err(release.findings().iter().map(line).collect());
    };
    println!("{:#}", crate::policy::document(&subject));
    Ok(Exit::Done)
}

#[expect(clippy::print_stdout, reason = "the results are what was asked for")]
fn test(set: &SetArgs) -> Result<Exit, Vec<String>> {
    let results = Gate::test(&set.read()?, &Child::default());
    let results = results.map_err(|SetProblem(problems)| problems)?;
    for TestResult { name, failure } in &results {
        match failure {
            None => println!("ok    {name}"),
            Some(why) => println!("FAIL  {name}: {why}"),
        }
    }
    let failed = results.iter().filter(|r| r.failure.is_some()).count();
    println!("{} passed, {failed} failed", results.len() - failed);
    // A set without tests was not tested, which must not pass for success.
    Ok(if failed == 0 && !results.is_empty() {
        Exit::Done
    } else {
        Exit::Refused
    })
}

fn line(finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    format!("{mark}: {}", messages::finding::line(finding))
}

impl SetArgs {
    fn read(&self) -> Result<PolicySet, Vec<String>> {
        PolicySet::read(&self.policy, &self.policy_namespace, &self.controls)
    }
}
