//! `simulate`: runs a simulated AWS on loopback until it is stopped, or until a
//! command in it has ended.

mod client;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use simulator::wire::{Exchange, Options, Recorder, Simulator};
use simulator::world::{REGION, World};

use super::signals::Signals;
use super::values::speed;
use super::{Exit, Failed};
use crate::job::action_type::definitions;

const EXAMPLES: &str = "\
Examples:
  bluegreen-worker simulate -- bash
  bluegreen-worker simulate --empty --speed 100 -- ./release.sh
  bluegreen-worker simulate --listen 127.0.0.1:4599 --state account.json";

/// The arguments of `simulate`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,

    /// Keep the account's state in this file between runs
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Start with an empty account, without the action type
    #[arg(long)]
    empty: bool,

    /// How many times faster than real time the account runs
    #[arg(long, default_value = "1", value_name = "FACTOR", value_parser = |text: &str| speed(text, MAX_SPEED))]
    speed: f64,

    /// The real time that each call takes, in milliseconds
    #[arg(long, default_value = "0", value_name = "MILLISECONDS")]
    latency: u64,

    /// Append every request and response to this file, as lines of JSON
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Run this command in the account, and stop when it ends
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Why the simulator could not run, or not save its state.
#[derive(Debug, thiserror::Error)]
pub(super) enum SimulateError {
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("cannot read or write {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} does not hold a world of this version: {source}", path.display())]
    State {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("cannot run {}: {source}", program.display())]
    Command {
        program: OsString,
        source: io::Error,
    },
    #[error("cannot print or wait for signals: {0}")]
    Terminal(#[from] io::Error),
}

impl Args {
    /// The initial state.
    fn world(&self, now: Timestamp) -> World {
        match self.empty {
            true => World::new(now),
            false => World::webapp(now, &definitions(REGION)),
        }
    }
}

impl From<SimulateError> for Failed {
    fn from(error: SimulateError) -> Self {
        let exit = match error {
            SimulateError::Listen { .. }
            | SimulateError::File { .. }
            | SimulateError::State { .. }
            | SimulateError::Command { .. } => Exit::Usage,
            SimulateError::Terminal(_) => Exit::Unexpected,
        };
        Self::all(exit, [error])
    }
}

/// Serves until a signal, or until the command ends, whose exit status
/// it returns.
///
/// # Errors
///
/// If the address, a file or the terminal cannot be used, or the command not
/// be started.
pub(super) async fn run(args: Args) -> Result<Exit, SimulateError> {
    let mut signals = Signals::listen()?;
    let real = Clock::system().now();
    let world = match &args.state {
        Some(path) => load(path, || args.world(real))?,
        None => args.world(real),
    };
    // A file that cannot be written is reported before anything runs.
    if let Some(path) = &args.state {
        save(path, &world)?;
    }
    let clock = Clock::simulated(world.now(), args.speed);
    let options = Options {
        latency: Duration::from_millis(args.latency),
        recorder: args.record.as_deref().map(record).transpose()?,
    };
    let exchange = Exchange::new(world, clock, options);
    let simulator = Simulator::start_on(args.listen, exchange)
        .await
        .map_err(|source| SimulateError::Listen {
            address: args.listen,
            source,
        })?;
    let world = simulator.world();
    let variables = {
        let world = world.lock();
        variables(&world, &simulator.url())
    };
    let ended = match args.command.split_first() {
        Some((program, words)) => {
            let ended = client::run(program, words, &variables, &mut signals).await;
            ended.map_err(|source| SimulateError::Command {
                program: program.clone(),
                source,
            })
        }
        None => {
            io::stdout().write_all(environment(&variables, &simulator.url()).as_bytes())?;
            signals.next().await;
            Ok(Exit::Done)
        }
    };
    simulator.shutdown().await;
    if let Some(path) = &args.state {
        let world = world.lock();
        save(path, &world)?;
    }
    ended
}

/// The variables that point every AWS client to the account.
fn variables(world: &World, url: &str) -> Vec<(&'static str, String)> {
    let (region, key) = (&world.region, &world.keys.account);
    vec![
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("AWS_REGION", region.clone()),
        ("AWS_DEFAULT_REGION", region.clone()),
        ("AWS_ACCESS_KEY_ID", key.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", key.secret_access_key.clone()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// The variables to copy into a shell.
fn environment(variables: &[(&str, String)], url: &str) -> String {
    let exports = variables
        .iter()
        .map(|(name, value)| format!("export {name}={value}\n"));
    format!(
        "# A simulated AWS account. Set these variables in the shell of its clients:\n{}\
         # The control endpoint is at {url}/_control/\n",
        exports.collect::<String>()
    )
}

fn load(path: &Path, fresh: impl FnOnce() -> World) -> Result<World, SimulateError> {
    match fs::read(path) {
        Ok(bytes) => World::from_json(&bytes).map_err(|source| SimulateError::State {
            path: path.to_owned(),
            source,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(fresh()),
        Err(source) => Err(file_error(path, source)),
    }
}

/// Writes to a temporary file first, so that a crash leaves the old file
/// intact.
fn save(path: &Path, world: &World) -> Result<(), SimulateError> {
    let text = world.to_json().map_err(|source| SimulateError::State {
        path: path.to_owned(),
        source,
    })?;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let beside = PathBuf::from(name);
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|source| file_error(path, source))
}

fn record(path: &Path) -> Result<Recorder, SimulateError> {
    fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map(Recorder::new)
        .map_err(|source| file_error(path, source))
}

fn file_error(path: &Path, source: io::Error) -> SimulateError {
    SimulateError::File {
        path: path.to_owned(),
        source,
    }
}

/// The highest speed: a day per real second.
const MAX_SPEED: f64 = 86_400.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a date")
    }

    fn webapp(now: &str) -> World {
        World::webapp(at(now), &definitions(REGION))
    }

    #[test]
    fn a_world_continues_where_its_file_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let mut world = load(&path, || webapp("2026-01-01T00:00:00Z")).unwrap();
        world.advance_to(at("2026-01-02T00:00:00Z"));
        save(&path, &world).unwrap();
        let later = load(&path, || webapp("2027-01-01T00:00:00Z")).unwrap();
        assert_eq!(later.now(), at("2026-01-02T00:00:00Z"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_holds_no_world_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        fs::write(&path, "{}").unwrap();
        let error = load(&path, || webapp("2026-01-01T00:00:00Z")).unwrap_err();
        assert!(matches!(error, SimulateError::State { .. }));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
    }

    #[test]
    fn a_speed_is_a_positive_number() {
        assert_eq!(speed("60", MAX_SPEED), Ok(60.0));
        assert_eq!(speed("86400", MAX_SPEED), Ok(86_400.0));
        for text in ["0", "-1", "86401", "nan", "inf", "fast"] {
            assert!(speed(text, MAX_SPEED).is_err(), "{text}");
        }
    }

    #[test]
    fn the_environment_leads_every_client_here() {
        let mut world = webapp("2026-01-01T00:00:00Z");
        world.keys.account.secret_access_key = "SECRET".into();
        let url = "http://127.0.0.1:4599";
        insta::assert_snapshot!(environment(&variables(&world, url), url), @r"
        # A simulated AWS account. Set these variables in the shell of its clients:
        export AWS_ENDPOINT_URL=http://127.0.0.1:4599
        export AWS_REGION=eu-west-1
        export AWS_DEFAULT_REGION=eu-west-1
        export AWS_ACCESS_KEY_ID=AKIASIMULATOR0000000
        export AWS_SECRET_ACCESS_KEY=SECRET
        export AWS_EC2_METADATA_DISABLED=true
        # The control endpoint is at http://127.0.0.1:4599/_control/
        ");
    }
}
