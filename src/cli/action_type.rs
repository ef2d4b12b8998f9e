//! `action-type`: the custom action type, to be created in CodePipeline.

use super::Exit;
use crate::job::action_type::definition;

/// The custom action type that pipelines name and this worker polls for.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Print it for `aws codepipeline create-custom-action-type --cli-input-json`
    Print {
        /// The Region whose console the action's links open
        #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
        region: String,
        /// The action type's version
        #[arg(long, default_value = "1")]
        version: String,
    },
}

#[expect(
    clippy::print_stdout,
    reason = "what was asked for goes to standard output"
)]
pub(super) fn run(args: &Args) -> Exit {
    match &args.command {
        Command::Print { region, version } => {
            println!("{:#}", definition(version, region));
            Exit::Done
        }
    }
}
