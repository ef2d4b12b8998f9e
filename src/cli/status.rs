//! `status`: shows the workers that share a journal, and the jobs that they
//! work on.

mod show;

use std::path::PathBuf;

use clock::Clock;

use super::connection::{connect, has_path_style};
use super::{Exit, Failed, environment, print};
use crate::aws::S3Objects;
use crate::config::{self, Flags, JournalPlace};
use crate::worker::journal::{JournalStatus, status_of_directory, status_of_fleet};

/// The arguments of `status`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    bluegreen-worker status --config /etc/bluegreen-worker.toml\n  \
    bluegreen-worker status --journal s3://bucket/prefix --json")]
pub(super) struct Args {
    /// The worker's settings file, in TOML
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The journal: a directory, or s3://bucket/prefix [default: the setting of
    /// `run`]
    #[arg(long, value_name = "PLACE")]
    journal: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failed> {
    let flags = Flags::only("journal", args.config.clone(), args.journal.clone());
    let settings = config::load(&flags, &environment())?;
    let Some(place) = &settings.journal else {
        let remedy =
            "no journal is set; name it with --journal, or the worker's file with --config";
        return Err(Failed::usage(remedy));
    };
    let status = read(place).await?;
    let shown = show::Shown {
        place,
        lease: settings.journal_lease,
        now: Clock::system().now(),
        status: &status,
    };
    let shown = match args.json {
        true => shown.json(),
        false => shown.text(),
    };
    Ok(print(shown, Exit::Done))
}

async fn read(place: &JournalPlace) -> Result<JournalStatus, Failed> {
    let status = match place {
        JournalPlace::Directory(path) => {
            let status = status_of_directory(path).await;
            status.map_err(|problem| problem.to_string())
        }
        JournalPlace::Bucket { bucket, prefix } => {
            let environment = environment();
            let config = connect(&environment).await?;
            let objects = S3Objects::new(&config, has_path_style(&environment), bucket, prefix);
            let status = status_of_fleet(&objects).await;
            status.map_err(|error| error.to_string())
        }
    };
    status.map_err(|problem| {
        Failed::refused(format!("the journal {place} cannot be read: {problem}"))
    })
}
