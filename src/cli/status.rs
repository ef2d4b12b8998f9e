//! `status`: shows the workers that share a journal, and the jobs that they
//! work on.

mod show;

use std::path::PathBuf;

use clock::Clock;

use super::connection::connect_or_print;
use super::{Exit, environment, print, print_error, settings};
use crate::aws::S3Objects;
use crate::config::{Flags, JournalPlace};
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

pub(super) async fn run(args: &Args) -> Exit {
    let flags = Flags::journal_only(args.config.clone(), args.journal.clone());
    let settings = match settings::load(&flags) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let Some(place) = &settings.journal else {
        print_error(
            "no journal is set; name it with --journal, or the worker's file with --config",
        );
        return Exit::Usage;
    };
    let status = match read(place).await {
        Ok(status) => status,
        Err(exit) => return exit,
    };
    let shown = show::Shown {
        place,
        lease: settings.journal_lease,
        now: Clock::system().now(),
        status: &status,
    };
    match args.json {
        true => print(shown.json(), Exit::Done),
        false => print(shown.text(), Exit::Done),
    }
}

async fn read(place: &JournalPlace) -> Result<JournalStatus, Exit> {
    let problem = match place {
        JournalPlace::Directory(path) => match status_of_directory(path).await {
            Ok(status) => return Ok(status),
            Err(problem) => problem.to_string(),
        },
        JournalPlace::Bucket { bucket, prefix } => {
            let config = connect_or_print().await?;
            let path_style = environment().contains_key("AWS_ENDPOINT_URL_S3");
            let objects = S3Objects::new(&config, path_style, bucket, prefix);
            match status_of_fleet(&objects).await {
                Ok(status) => return Ok(status),
                Err(error) => error.to_string(),
            }
        }
    };
    print_error(&format!("the journal {place} cannot be read: {problem}"));
    Err(Exit::Refused)
}
