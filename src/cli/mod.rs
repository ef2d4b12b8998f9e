//! What a person can ask: one file per command.

mod action_type;
mod exit;
mod run;

pub use exit::Exit;

use clap::{Parser, Subcommand};

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
    Run(run::Args),
    /// Show the custom action type
    ActionType(action_type::Args),
}

impl Cli {
    /// Runs the one command that was asked for.
    pub async fn run(self) -> Exit {
        match self.command {
            Command::Run(args) => run::run(&args).await,
            Command::ActionType(args) => action_type::run(&args),
        }
    }
}
