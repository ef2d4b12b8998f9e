//! `policy`: the commands for authors of policies.

use super::check::Format;
use super::release::{ReleaseArgs, refused};
use super::set::SetArgs;
use super::{bench, check, controls, explain, test};
use crate::cli::{Exit, Failed, json_text, print};

/// The arguments of `policy`.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    command: Command,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  bluegreen-worker policy check release/ --policy policies
  bluegreen-worker policy check release/ --controls all=warn,non-root=deny
  bluegreen-worker policy check release/ --policy policies --pipeline pipeline.json
  bluegreen-worker policy check release/ --policy policies \\
      --set pipeline.name=shop-prod --set 'deployment.alarms=[\"high-5xx\"]'
  bluegreen-worker policy check --input input.json --policy policies";

const INPUT_EXAMPLES: &str = "\
Examples:
  bluegreen-worker policy input release/ > input.json
  bluegreen-worker policy input release/ --set pipeline.name=shop-prod";

const TEST_EXAMPLES: &str = "\
Examples:
  bluegreen-worker policy test --policy policies
  bluegreen-worker policy test --policy policies --run root
  bluegreen-worker policy test --policy policies --run '^main_test\\.test_root$'
  bluegreen-worker policy test --policy policies --format junit > policy-tests.xml";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  bluegreen-worker policy explain release/ --policy policies
  bluegreen-worker policy explain release/ --policy policies --rule main.deny
  bluegreen-worker policy explain --input input.json --policy policies";

const BENCH_EXAMPLES: &str = "\
Examples:
  bluegreen-worker policy bench release/ --policy policies --rounds 100";

const CONTROLS_EXAMPLES: &str = "\
Examples:
  bluegreen-worker policy controls
  bluegreen-worker policy controls non-root";

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Evaluate policies on a release, without AWS
    ///
    /// Exit codes: 0 the release passes, 1 it is refused, 2 wrong usage, or
    /// policies or a file that cannot be used.
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        #[command(flatten)]
        release: ReleaseArgs,
        /// The output format
        #[arg(short, long, value_enum, default_value_t)]
        format: Format,
        #[command(flatten)]
        policies: SetArgs,
    },
    /// Print the input document that policies see
    #[command(after_help = INPUT_EXAMPLES)]
    Input {
        #[command(flatten)]
        release: ReleaseArgs,
    },
    /// Run the policies' tests, rules named test_…
    ///
    /// Exit codes: 0 all tests pass, 1 a test fails, 2 wrong usage, or policies
    /// that cannot be used.
    #[command(after_help = TEST_EXAMPLES)]
    Test {
        /// Run only tests whose full name, with the package, matches this
        /// regular expression
        #[arg(short, long, value_name = "REGEX", value_parser = test::expression)]
        run: Option<String>,
        /// The output format
        #[arg(short, long, value_enum, default_value_t)]
        format: test::Format,
        #[command(flatten)]
        policies: SetArgs,
    },
    /// Explain why each rule found something in a release, or did not
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        #[command(flatten)]
        release: ReleaseArgs,
        /// Explain only rules whose full name, with the package, contains this
        #[arg(long, value_name = "TEXT", default_value = "")]
        rule: String,
        #[command(flatten)]
        policies: SetArgs,
    },
    /// Measure how long policies take to evaluate a release
    #[command(after_help = BENCH_EXAMPLES)]
    Bench {
        #[command(flatten)]
        release: ReleaseArgs,
        /// The number of evaluations
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
        rounds: u32,
        #[command(flatten)]
        policies: SetArgs,
    },
    /// List the built-in controls, or print one
    #[command(after_help = CONTROLS_EXAMPLES)]
    Controls {
        /// The control to print
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
}

pub(in crate::cli) async fn run(args: &Args) -> Result<Exit, Failed> {
    match &args.command {
        Command::Check {
            release,
            format,
            policies,
        } => check::run(release, policies, *format).await,
        Command::Input { release } => input(release).await,
        Command::Test {
            run,
            format,
            policies,
        } => test::run(policies, run.as_deref(), *format).await,
        Command::Explain {
            release,
            rule,
            policies,
        } => explain::run(release, rule, policies).await,
        Command::Bench {
            release,
            rounds,
            policies,
        } => bench::run(release, *rounds, policies).await,
        Command::Controls { name } => controls::run(name.as_deref()),
    }
}

async fn input(release: &ReleaseArgs) -> Result<Exit, Failed> {
    let release = release.read(None).await?;
    let Some(document) = release.document() else {
        return Err(refused(release.findings()));
    };
    Ok(print(json_text(document), Exit::Done))
}
