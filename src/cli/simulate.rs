//! `simulate`: runs a simulated AWS on loopback until it is stopped.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;
use simulator::wire::{Exchange, Latency, Options, Recorder, Simulator};
use simulator::world::{REGION, World};
use tokio::signal::unix::{SignalKind, signal};

use super::Exit;
use crate::job::action_type::definition;

/// The arguments of `simulate`.
#[derive(Clone, Debug, clap::Args)]
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
    #[arg(long, default_value = "1", value_name = "FACTOR", value_parser = speed)]
    speed: f64,

    /// The real time that each call takes, in milliseconds
    #[arg(long, default_value = "0", value_name = "MILLISECONDS")]
    latency: u64,

    /// Append every request and response to this file, as lines of JSON
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

/// Why the simulator could not run, or not save its state.
#[derive(Debug, thiserror::Error)]
pub(super) enum SimulateError {
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("cannot read or write {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} does not hold a world of this version", path.display())]
    State {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("cannot print or wait for signals")]
    Terminal(#[from] io::Error),
}

impl Args {
    /// The initial state.
    fn world(&self, now: Timestamp) -> World {
        match self.empty {
            true => World::new(now),
            false => World::webapp(now, &definition("1", REGION)),
        }
    }
}

impl SimulateError {
    /// Prints the error with the chain of its causes.
    pub(super) fn print_error(&self) -> Exit {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        super::print_error(&text);
        match self {
            Self::Listen { .. } | Self::File { .. } | Self::State { .. } => Exit::Usage,
            Self::Terminal(_) => Exit::Unexpected,
        }
    }
}

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
///
/// If the address, a file or the terminal cannot be used.
pub(super) async fn run(args: Args) -> Result<(), SimulateError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let real = Clock::system().now();
    let world = match &args.state {
        Some(path) => load(path, || args.world(real))?,
        None => args.world(real),
    };
    let clock = Clock::simulated(world.now(), args.speed);
    let options = Options {
        latency: match args.latency {
            0 => Latency::None,
            time => Latency::Fixed(Duration::from_millis(time)),
        },
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
    let environment = {
        let world = world.lock().unwrap_or_else(PoisonError::into_inner);
        environment(&world, &simulator.url())
    };
    io::stdout().write_all(environment.as_bytes())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    simulator.shutdown().await;
    match &args.state {
        Some(path) => {
            let world = world.lock().unwrap_or_else(PoisonError::into_inner);
            save(path, &world)
        }
        None => Ok(()),
    }
}

/// The variables to copy into a shell.
fn environment(world: &World, url: &str) -> String {
    let (region, key) = (&world.region, &world.keys.account);
    format!(
        "# A simulated AWS account. Set these variables in the shell of its clients:\n\
         export AWS_ENDPOINT_URL={url}\n\
         export AWS_REGION={region}\n\
         export AWS_DEFAULT_REGION={region}\n\
         export AWS_ACCESS_KEY_ID={}\n\
         export AWS_SECRET_ACCESS_KEY={}\n\
         export AWS_EC2_METADATA_DISABLED=true\n\
         # The control endpoint is at {url}/_control/\n",
        key.access_key_id, key.secret_access_key
    )
}

fn load(path: &Path, fresh: impl FnOnce() -> World) -> Result<World, SimulateError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| SimulateError::State {
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
    let text = serde_json::to_vec(world).map_err(|source| SimulateError::State {
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

/// Parses a speed, at most a day per real second.
fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= 86_400.0 => Ok(speed),
        Ok(_) | Err(_) => Err("a number above 0 and up to 86400 is wanted".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a date")
    }

    fn webapp(now: &str) -> World {
        World::webapp(at(now), &definition("1", REGION))
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
        assert_eq!(speed("60"), Ok(60.0));
        assert_eq!(speed("86400"), Ok(86_400.0));
        for text in ["0", "-1", "86401", "nan", "inf", "fast"] {
            assert!(speed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_environment_leads_every_client_here() {
        let mut world = webapp("2026-01-01T00:00:00Z");
        world.keys.account.secret_access_key = "SECRET".into();
        insta::assert_snapshot!(environment(&world, "http://127.0.0.1:4599"), @r"
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
