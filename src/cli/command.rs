//! The command line: one variant for each command.

use clap::{Parser, Subcommand};

use super::{Exit, action_type, check, iam_policy, rehearse, render, run, simulate};

/// Releases to ECS from CodePipeline with CodeDeploy blue/green deployments:
/// checks before it registers, waits its turn, and says why when it fails.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Work: poll for jobs and release them until told to stop
    Run(Box<run::Args>),
    /// Check releases, and the pipeline that makes them, before anything is pushed
    Check(check::Args),
    /// Print what a release would register and send
    Render(render::Args),
    /// Play one release through on a pretend AWS, in seconds
    Rehearse(rehearse::Args),
    /// Run a pretend AWS that any AWS client can talk to
    Simulate(simulate::Args),
    /// Show the custom action type
    ActionType(action_type::Args),
    /// Print the IAM policy that the worker's role needs
    IamPolicy(iam_policy::Args),
}

impl Cli {
    /// Runs the one command that was asked for.
    pub async fn run(self) -> Exit {
        match self.command {
            Command::Run(args) => run::run(&args).await,
            Command::Check(args) => check::run(&args).await,
            Command::Render(args) => render::run(&args).await,
            Command::Rehearse(args) => rehearse::run(&args).await,
            Command::Simulate(args) => match simulate::run(args).await {
                Ok(()) => Exit::Done,
                Err(problem) => problem.complain(),
            },
            Command::ActionType(args) => action_type::run(&args),
            Command::IamPolicy(args) => iam_policy::run(args),
        }
    }
}
