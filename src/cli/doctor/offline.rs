//! What can be looked at without AWS.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use tokio::net::TcpListener;

use super::check::Check;
use super::proxy;
use crate::cli::connection::ca_bundle;
use crate::cli::health::is_worker;
use crate::cli::run::gate;
use crate::clock::Clock;
use crate::config::{JournalPlace, Settings};
use crate::worker::journal::{Directory, JournalProblem};

pub(super) async fn checks(
    settings: &Settings,
    environment: &BTreeMap<String, String>,
) -> Vec<Check> {
    vec![
        policies(settings).await,
        journal(settings),
        address(settings).await,
        proxy::check(environment),
        certificates(environment),
    ]
}

async fn policies(settings: &Settings) -> Check {
    const NAME: &str = "policies";
    let wanted = settings.clone();
    match tokio::task::spawn_blocking(move || gate(&wanted)).await {
        Ok(Ok(None)) => Check::good(NAME, "none are set"),
        Ok(Ok(Some(_))) => Check::good(NAME, "they load"),
        Ok(Err(problem)) => Check::failed(
            NAME,
            problem.to_string(),
            "correct them; `bluegreen-worker policy check` tries them on a release",
        ),
        Err(_) => Check::failed(NAME, "loading them failed", "report this with the policies"),
    }
}

fn journal(settings: &Settings) -> Check {
    const NAME: &str = "journal";
    let path = match &settings.journal {
        None => {
            return Check::warning(
                NAME,
                "none is set: a job that is in hand when the process dies is lost",
                "set BLUEGREEN_JOURNAL",
            );
        }
        Some(JournalPlace::Bucket { bucket, prefix }) => {
            return Check::good(NAME, format!("it is kept in s3://{bucket}/{prefix}"));
        }
        Some(JournalPlace::Directory(path)) => path,
    };
    match Directory::open(path, &Clock::system()) {
        Ok(_) => Check::good(NAME, format!("{} can be written", path.display())),
        Err(JournalProblem::InUse { .. }) => {
            Check::good(NAME, format!("{} is in use by a worker", path.display()))
        }
        Err(JournalProblem::Unusable { path, source }) => Check::failed(
            NAME,
            format!("{} cannot be written: {source}", path.display()),
            "name a directory that belongs to the worker's user",
        ),
    }
}

/// One that a worker has already is as good as a free one.
async fn address(settings: &Settings) -> Check {
    const NAME: &str = "address";
    let listen = settings.listen;
    match TcpListener::bind(listen).await {
        Ok(_) => Check::good(NAME, format!("{listen} is free")),
        Err(problem) if problem.kind() == ErrorKind::AddrInUse && is_worker(listen).await => {
            Check::good(NAME, format!("a worker answers at {listen}"))
        }
        Err(problem) => Check::failed(
            NAME,
            format!("cannot listen on {listen}: {problem}"),
            "set BLUEGREEN_LISTEN to an address that is free",
        ),
    }
}

fn certificates(environment: &BTreeMap<String, String>) -> Check {
    const NAME: &str = "certificates";
    match ca_bundle(environment) {
        Ok(None) => Check::good(NAME, "the system's are trusted"),
        Ok(Some(_)) => Check::good(NAME, "the system's and those of AWS_CA_BUNDLE are trusted"),
        Err(problem) => Check::failed(
            NAME,
            problem.to_string(),
            "name a file with certificates in PEM",
        ),
    }
}
