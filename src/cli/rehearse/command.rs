//! The command itself: read the bundle, set the stage, show what happens.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use super::scenario::Scenario;
use super::show::Show;
use super::stage::{Stage, StageProblem};
use crate::cli::bundle::{BundleProblem, LocalBundle};
use crate::cli::{Exit, complain};
use crate::config::LogFormat;
use crate::telemetry;

/// Plays one release through: the simulator on loopback, one pipeline action
/// with the bundle's files, and the real worker, over HTTP with signed
/// requests. Ends with what the pipeline would show; exits with 0 only if the
/// action succeeded.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Args {
    /// Folder or zip archive with the release's files
    #[arg(default_value = "examples/webapp", value_name = "BUNDLE")]
    bundle: PathBuf,

    /// What happens to the release
    #[arg(long, value_enum, default_value_t)]
    scenario: Scenario,

    /// How many times faster than real time it goes [default: 120, or what
    /// suits the scenario]
    #[arg(long, value_name = "FACTOR", value_parser = crate::cli::simulate::speed)]
    speed: Option<f64>,

    /// What the worker logs, as a tracing filter
    #[arg(long, default_value = "off", value_name = "FILTER")]
    log: String,
}

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Bundle(#[from] BundleProblem),
    #[error(transparent)]
    Stage(#[from] StageProblem),
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

pub(in crate::cli) async fn run(args: &Args) -> Exit {
    telemetry::start(&args.log, LogFormat::Text);
    match rehearse(args).await {
        Ok(true) => Exit::Done,
        Ok(false) => Exit::Refused,
        Err(problem) => {
            complain(&problem.to_string());
            match problem {
                Problem::Bundle(_) => Exit::Usage,
                Problem::Stage(_) | Problem::Output(_) => Exit::Unexpected,
            }
        }
    }
}

/// Whether the action succeeded.
async fn rehearse(args: &Args) -> Result<bool, Problem> {
    let bundle = LocalBundle::read(&args.bundle)?;
    let speed = args.speed.unwrap_or_else(|| args.scenario.speed());
    let mut show = Show::new(io::stdout(), io::stdout().is_terminal());
    show.opening(&args.bundle, args.scenario, speed)?;
    let mut stage = Stage::set(&bundle, args.scenario, speed).await?;
    let view = loop {
        let seen = stage.look().await;
        show.moment(&seen)?;
        args.scenario.interfere(&mut stage, &seen);
        if let Some(view) = seen.ended() {
            break view;
        }
        stage.pause().await;
    };
    stage.strike().await;
    show.ending(&view)?;
    Ok(view.status == crate::simulator::codepipeline::ActionStatus::Succeeded)
}
