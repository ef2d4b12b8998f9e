//! The command itself: read the bundle, set the stage, show what happens.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use tracing_subscriber::EnvFilter;

use super::scenario::Scenario;
use super::show::Show;
use super::stage::{Stage, StageProblem};
use crate::cli::bundle::{BundleProblem, LocalBundle};
use crate::cli::{Exit, complain};
use crate::config::LogFormat;
use crate::simulator::codepipeline::ActionStatus;
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
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    speed: Option<f64>,

    /// What the worker logs, as a tracing filter
    #[arg(long, default_value = "off", value_name = "FILTER", value_parser = filter)]
    log: String,
}

/// Why there is no rehearsal.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(
        "{0}\nA bundle is a folder or a zip archive with taskdef.json, appspec.yaml and \
         imageDetail.json, such as examples/webapp in this project's sources."
    )]
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
        // Whoever closed the pipe has seen enough.
        Err(Problem::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Unexpected
        }
        Err(problem) => {
            complain(&problem.to_string());
            problem.exit()
        }
    }
}

impl Problem {
    fn exit(&self) -> Exit {
        match self {
            Self::Bundle(_) | Self::Stage(StageProblem::Action(_)) => Exit::Usage,
            Self::Stage(StageProblem::Simulator(_) | StageProblem::Scenery(_))
            | Self::Output(_) => Exit::Unexpected,
        }
    }
}

/// Whether the action succeeded.
async fn rehearse(args: &Args) -> Result<bool, Problem> {
    let bundle = LocalBundle::read(&args.bundle)?;
    let speed = args.speed.unwrap_or_else(|| args.scenario.speed());
    let mut stage = Stage::set(&bundle, args.scenario, speed).await?;
    let mut show = Show::new(io::stdout(), columns);
    show.opening(&args.bundle, args.scenario, speed)?;
    let view = loop {
        let seen = stage.look();
        show.moment(&seen)?;
        args.scenario.interfere(&mut stage, &seen);
        if let Some(view) = seen.ended() {
            break view.clone();
        }
        stage.pause().await;
    };
    stage.strike().await;
    show.ending(&view)?;
    Ok(view.status == ActionStatus::Succeeded)
}

/// The terminal's width, where standard output is one.
fn columns() -> Option<usize> {
    let terminal = io::stdout().is_terminal();
    let width = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal.then(|| width().unwrap_or(80))
}

/// In a real second at most so much passes: each call of the worker takes
/// some real milliseconds, and at more speed it would only miss the release.
const MAX_SPEED: f64 = 5_000.0;

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= MAX_SPEED => Ok(speed),
        Ok(_) | Err(_) => Err(format!("a number above 0 and up to {MAX_SPEED} is wanted")),
    }
}

fn filter(text: &str) -> Result<String, String> {
    let checked = text.parse::<EnvFilter>();
    checked
        .map(|_| text.to_owned())
        .map_err(|problem| problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_means_nothing_is_refused() {
        assert!(filter("bluegreen_worker=debug").is_ok());
        assert!(filter("==").is_err());
    }

    #[test]
    fn a_speed_is_a_positive_number_that_the_worker_can_follow() {
        assert_eq!(speed("0.5"), Ok(0.5));
        assert_eq!(speed("5000"), Ok(5_000.0));
        for text in ["0", "-1", "5001", "nan", "inf", "fast"] {
            assert!(speed(text).is_err(), "{text}");
        }
    }
}
