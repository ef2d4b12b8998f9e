//! What an author of policies asks for.

use std::path::{Path, PathBuf};

use super::check::{Format, line};
use super::release::LocalRelease;
use super::set::SetArgs;
use super::{bench, check, controls, explain, test};
use crate::cli::{Exit, complain, say};

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
        /// How the verdict is shown
        #[arg(long, value_enum, default_value_t)]
        format: Format,
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

pub(in crate::cli) async fn run(args: &Args) -> Exit {
    let done = match &args.command {
        Command::Check {
            bundle,
            format,
            set,
        } => check::run(bundle, set, *format).await,
        Command::Input { bundle } => input(bundle).await,
        Command::Test { set } => test::run(set).await,
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

async fn input(bundle: &Path) -> Result<Exit, Vec<String>> {
    let release = LocalRelease::read(bundle).await.map_err(|p| vec![p])?;
    let Some(subject) = release.subject() else {
        return Err(release.findings().iter().map(line).collect());
    };
    let document = crate::policy::document(&subject);
    Ok(say(format!("{document:#}\n"), Exit::Done))
}
