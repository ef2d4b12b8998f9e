//! The command line: one variant for each command.

use clap::{Parser, Subcommand};
use tokio::runtime::Runtime;

use super::{
    Exit, action_type, check, config, deployment, doctor, health, history, iam_policy, manual,
    policy, print_error, rehearse, render, run, simulate, status,
};

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
    /// Look at everything that a worker needs, and say what is wrong
    Doctor(Box<doctor::Args>),
    /// Ask the running worker how it is
    Health(health::Args),
    /// Show a journal's workers and the jobs that they have in hand
    Status(status::Args),
    /// Show who released what, when, from which commit, and how it ended
    History(history::Args),
    /// Stop a deployment, with or without a rollback
    Stop(deployment::Stop),
    /// Let a deployment go on that waits for somebody
    Continue(deployment::Continue),
    /// Show the settings in force, and the page about all of them
    Config(config::Args),
    /// Check releases, and the pipeline that makes them, before anything is pushed
    Check(check::Args),
    /// Print what a release would register and send
    Render(render::Args),
    /// Play one release through on a pretend AWS, in seconds
    Rehearse(rehearse::Args),
    /// Run a pretend AWS that any AWS client can talk to
    Simulate(simulate::Args),
    /// Print the custom action type, or create it in CodePipeline
    ActionType(action_type::Args),
    /// Print the IAM policy that the worker's role needs
    IamPolicy(iam_policy::Args),
    /// Try, print and test what policies are written for
    Policy(policy::Args),
    /// Print completions for a shell
    Completions(manual::Completions),
    /// Print the manual page
    Man(manual::Man),
}

impl Cli {
    /// Runs the one command that was asked for.
    pub fn run(self) -> Exit {
        let runtime = match Runtime::new() {
            Ok(runtime) => runtime,
            Err(error) => {
                print_error(&format!("no threads can be had: {error}"));
                return Exit::Unexpected;
            }
        };
        let exit = runtime.block_on(self.command.run());
        // What is still being evaluated has nobody left to hear of it.
        runtime.shutdown_background();
        exit
    }
}

impl Command {
    async fn run(self) -> Exit {
        match self {
            Self::Run(args) => run::run(&args).await,
            Self::Doctor(args) => doctor::run(&args).await,
            Self::Health(args) => health::run(&args).await,
            Self::Status(args) => status::run(&args).await,
            Self::Stop(args) => deployment::stop(&args).await,
            Self::Continue(args) => deployment::proceed(&args).await,
            Self::History(args) => history::run(&args).await,
            Self::Config(args) => config::run(&args),
            Self::Check(args) => check::run(&args).await,
            Self::Render(args) => render::run(&args).await,
            Self::Rehearse(args) => rehearse::run(&args).await,
            Self::Simulate(args) => match simulate::run(args).await {
                Ok(()) => Exit::Done,
                Err(problem) => problem.print_error(),
            },
            Self::ActionType(args) => action_type::run(&args).await,
            Self::IamPolicy(args) => iam_policy::run(args),
            Self::Policy(args) => policy::run(&args).await,
            Self::Completions(args) => manual::completions(&args),
            Self::Man(args) => manual::man(&args),
        }
    }
}
