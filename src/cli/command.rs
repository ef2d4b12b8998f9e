//! The command line: one variant for each command.

use clap::{CommandFactory as _, Parser, Subcommand};
use tokio::runtime::Runtime;

use super::{
    Exit, Failed, action_type, check, config, deployment, doctor, health, history, iam_policy,
    manual, policy, print_error, render, run, status,
};
#[cfg(feature = "simulator")]
use super::{rehearse, simulate};

const EXIT_CODES: &str = "\
Exit codes of every command:
  0  done
  1  refused: the input has errors, the release failed, or AWS refused or did not answer
  2  wrong usage, settings or credentials, or a file that cannot be read
  3  an unexpected error";

/// Deploys to Amazon ECS from CodePipeline, with CodeDeploy blue/green
/// deployments or with ECS's own
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the worker: poll CodePipeline for jobs and release them
    ///
    /// The Region, credentials, endpoints and proxies come from the AWS SDK's
    /// default chain: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and so on.
    ///
    /// The first SIGTERM or SIGINT returns all jobs to CodePipeline and exits
    /// within ten seconds. The second exits at once. SIGHUP reloads settings
    /// and policies.
    ///
    /// Exit codes: 0 stopped as requested, 2 settings, policies, credentials, an
    /// address or a journal that cannot be used, 3 unexpected failure.
    Run(Box<run::Args>),
    /// Check everything that the worker needs, and report what is wrong
    ///
    /// Prints a line for each check, with a remedy for each problem. Takes no
    /// jobs and changes nothing, but for a test object that it writes to an S3
    /// journal and removes, and a missing journal directory that it creates.
    /// All flags of `run` are accepted.
    ///
    /// Exit codes: 0 no problems, 1 problems found, 2 wrong usage or invalid
    /// settings.
    Doctor(Box<doctor::Args>),
    /// Check the health of the worker on this machine
    ///
    /// For health checks in an image without a shell.
    ///
    /// Exit codes: 0 healthy, 1 not healthy or no response, 2 wrong usage or
    /// invalid settings.
    Health(health::Args),
    /// Show a journal's workers and their unfinished jobs
    ///
    /// Reads the journal only. It takes and ends no lease, and does not affect
    /// the workers.
    ///
    /// Exit codes: 0 the journal was read, 1 it could not be read, 2 the
    /// settings are invalid or name no journal, or no Region or credentials.
    Status(status::Args),
    /// Show the releases to a deployment group or service, or of a pipeline
    ///
    /// For each release: when it began, how it ended and why, its commit, and
    /// who started it. Reads CodeDeploy or ECS, and CodePipeline, with your own
    /// credentials and changes nothing.
    ///
    /// Exit codes: 0 the history was read, 1 AWS refused or did not answer, 2
    /// wrong usage, or no Region or credentials.
    History(history::Args),
    /// Stop a deployment, with or without a rollback
    ///
    /// The worker that follows the deployment reports to the pipeline that it
    /// was stopped.
    ///
    /// Exit codes: 0 the deployment is stopping, 1 it has already ended, it is
    /// ECS's and --rollback is missing, or AWS refused or did not answer, 2 wrong
    /// usage, or no Region or credentials.
    Stop(deployment::Stop),
    /// Continue a deployment that waits to be continued
    ///
    /// Exit codes: 0 the deployment continues, 1 it is not waiting, or AWS
    /// refused or did not answer, 2 wrong usage, or no Region or credentials.
    Continue(deployment::Continue),
    /// Print the settings in effect, or the settings reference
    Config(config::Args),
    /// Check releases and their pipeline, without AWS
    ///
    /// Runs every check of the worker that needs no AWS, and prints all
    /// findings.
    ///
    /// Exit codes: 0 no errors, 1 errors found, 2 wrong usage, an unreadable
    /// file, or a file that is not a release.
    Check(check::Args),
    /// Print what a release would register and send to AWS
    ///
    /// Prints one JSON object with the task definition and the AppSpec.
    /// Findings go to standard error.
    ///
    /// Exit codes: 0 printed, 1 the release would be refused, or AWS refused or
    /// did not answer, 2 wrong usage, an unreadable file, or a file that is not a
    /// release.
    Render(render::Args),
    /// Run one release against a simulated AWS account, in seconds
    ///
    /// Starts the simulator on loopback, creates one pipeline action with your
    /// files, and runs the real worker against it. At the end it prints what
    /// the pipeline would show.
    ///
    /// Exit codes: 0 the action ended as expected, 1 it did not, 2 wrong usage,
    /// an unreadable file, or a file that is not a release.
    #[cfg(feature = "simulator")]
    Rehearse(rehearse::Args),
    /// Run a simulated AWS account for any AWS client
    ///
    /// Prints the environment variables that point AWS clients to it, then
    /// serves until SIGINT, SIGTERM or SIGHUP. With a command after `--`, it runs the
    /// command with these variables, stops when the command ends, and exits
    /// with the command's exit status.
    #[cfg(feature = "simulator")]
    Simulate(simulate::Args),
    /// Print the custom action type, or create it in CodePipeline
    ActionType(action_type::Args),
    /// Print the IAM policy that the worker's role needs
    ///
    /// The policy allows the calls that this version makes, what AWS checks with
    /// them, such as iam:PassRole, and nothing else. Artifacts are read with
    /// each job's own credentials and need no permission here.
    IamPolicy(iam_policy::Args),
    /// Check releases against policies, and test policies
    Policy(policy::Args),
    /// Print the shell completion script
    Completions(manual::Completions),
    /// Print the manual page
    Man(manual::Man),
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Exit {
        let runtime = match Runtime::new() {
            Ok(runtime) => runtime,
            Err(error) => {
                print_error(&format!("cannot start threads: {error}"));
                return Exit::Unexpected;
            }
        };
        let ended = runtime.block_on(self.command.run());
        let exit = ended.unwrap_or_else(Failed::print);
        // Do not wait for blocking tasks: their results are no longer needed.
        runtime.shutdown_background();
        exit
    }
}

impl Command {
    async fn run(self) -> Result<Exit, Failed> {
        match self {
            Self::Run(args) => run::run(&args).await,
            Self::Doctor(args) => Ok(doctor::run(&args).await),
            Self::Health(args) => health::run(&args).await,
            Self::Status(args) => status::run(&args).await,
            Self::Stop(args) => deployment::stop(&args).await,
            Self::Continue(args) => deployment::proceed(&args).await,
            Self::History(args) => history::run(&args).await,
            Self::Config(args) => config::run(&args),
            Self::Check(args) => check::run(&args).await,
            Self::Render(args) => render::run(&args).await,
            #[cfg(feature = "simulator")]
            Self::Rehearse(args) => rehearse::run(&args).await,
            #[cfg(feature = "simulator")]
            Self::Simulate(args) => Ok(simulate::run(args).await?),
            Self::ActionType(args) => action_type::run(&args).await,
            Self::IamPolicy(args) => iam_policy::run(args),
            Self::Policy(args) => policy::run(&args).await,
            Self::Completions(args) => Ok(manual::completions(&args, Cli::command())),
            Self::Man(args) => manual::man(&args, Cli::command()),
        }
    }
}
