//! What an author of policies asks for.

use std::path::{Path, PathBuf};

use super::release::LocalRelease;
use super::{bench, controls, explain};
use crate::cli::{Exit, complain};
use crate::messages;
use crate::policy::controls::{Levels, parse_levels};
use crate::policy::{
    Child, DEFAULT_NAMESPACE, Gate, PolicySet, Recipe, SetProblem, Source, TestResult,
};
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
    /// Tell why each rule found something in a release, or did not
    Explain {
        /// Folder or zip archive with the release's files
        #[arg(value_name = "BUNDLE")]
        bundle: PathBuf,
        /// Only rules whose names, with their packages, contain this
        #[arg(long, value_name = "TEXT", default_value = "")]
        rule: String,
        #[command(flatten)]
        set: SetArgs,
    },
    /// Measure how long the policies take for a release
    Bench {
        /// Folder or zip archive with the release's files
        #[arg(value_name = "BUNDLE")]
        bundle: PathBuf,
        /// How often they are asked
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
        rounds: u32,
        #[command(flatten)]
        set: SetArgs,
    },
    /// Show the controls that ship, or everything about one
    Controls {
        /// The control to show
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
}

/// Which policies, as `run` takes them.
#[derive(clap::Args, Debug)]
pub(super) struct SetArgs {
    /// Files and directories of Rego, separated by colons
    #[arg(long, value_name = "PATHS", value_delimiter = ':')]
    policy: Vec<PathBuf>,
    /// The Rego package whose rules count, with those below it
    #[arg(long, value_name = "PACKAGE", default_value = DEFAULT_NAMESPACE)]
    policy_namespace: String,
    /// Shipped controls, such as all=warn,non-root=deny
    #[arg(long, value_name = "LEVELS", default_value = "", value_parser = parse_levels)]
    controls: Levels,
    /// The file with exemptions, parameters and further checks
    #[arg(long, value_name = "FILE")]
    policy_terms: Option<PathBuf>,
}

pub(in crate::cli) async fn run(args: &Args) -> Exit {
    let done = match &args.command {
        Command::Check { bundle, set } => check(bundle, set).await,
        Command::Input { bundle } => input(bundle).await,
        Command::Test { set } => test(set),
        Command::Explain { bundle, rule, set } => explain::run(bundle, rule, set).await,
        Command::Bench {
            bundle,
            rounds,
            set,
        } => bench::run(bundle, *rounds, set).await,
        Command::Controls { name } => controls::run(name.as_deref()),
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
    let gate = set.open()?;
    for warning in set.warnings()? {
        println!("warning: {warning}");
    }
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
    let report = Gate::test(&set.read()?, &Child::default());
    let report = report.map_err(|SetProblem(problems)| problems)?;
    for result in &report.results {
        let TestResult {
            name,
            failure,
            prints,
        } = result;
        match failure {
            None => println!("ok    {name}"),
            Some(why) => println!("FAIL  {name}: {why}"),
        }
        for print in prints {
            println!("      {print}");
        }
    }
    let failed = report.results.iter().filter(|r| r.failure.is_some());
    let failed = failed.count();
    println!("{} passed, {failed} failed", report.results.len() - failed);
    if report.rules > 0 {
        let reached = report.rules - report.unreached.len();
        println!("{reached} of {} rules reached to their end", report.rules);
    }
    for rule in &report.unreached {
        println!("      not {rule}");
    }
    // A set without tests was not tested, which must not pass for success.
    Ok(if failed == 0 && !report.results.is_empty() {
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
        let recipe = Recipe {
            sources: self.policy.iter().cloned().map(Source::Path).collect(),
            namespace: self.policy_namespace.clone(),
            levels: self.controls.clone(),
            terms: self.policy_terms.clone(),
        };
        recipe.read(&[])
    }

    /// The gate that a worker with this set would have.
    pub(super) fn open(&self) -> Result<Gate, Vec<String>> {
        let set = self.read()?;
        if set.is_empty() {
            return Err(vec!["name policies with --policy or --controls".into()]);
        }
        Gate::open(set, Child::default()).map_err(|SetProblem(problems)| problems)
    }

    /// Where OPA would take something otherwise.
    fn warnings(&self) -> Result<Vec<String>, Vec<String>> {
        Gate::load(&self.read()?, &Child::default()).map_err(|SetProblem(problems)| problems)
    }
}
