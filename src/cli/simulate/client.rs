//! The command that `simulate` runs in its account.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::SignalKind;

use crate::cli::Exit;
use crate::cli::signals::Signals;

/// Variables that could lead a client out of the account although
/// `AWS_ENDPOINT_URL` and a key are set.
const MISLEADING: [&str; 4] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];

/// The start of the variables for single services, which outrank the one for
/// all.
const ENDPOINT_OF_ONE: &str = "AWS_ENDPOINT_URL_";

/// A shell reports this number plus the signal's for a process that was killed.
const KILLED: i32 = 128;

/// Runs a command with the account's variables, and waits for its end. SIGTERM is
/// passed on to it. SIGINT and SIGHUP come from the terminal, which sends them to
/// the command too, and the command decides what they mean.
pub(super) async fn run(
    program: &OsStr,
    words: &[OsString],
    variables: &[(&'static str, String)],
    signals: &mut Signals,
) -> io::Result<Exit> {
    let mut command = Command::new(program);
    command.args(words).kill_on_drop(true);
    let of_one = |name: &OsString| {
        name.to_str()
            .is_some_and(|it| it.starts_with(ENDPOINT_OF_ONE))
    };
    let endpoints = env::vars_os().map(|(name, _)| name).filter(of_one);
    for name in endpoints.chain(MISLEADING.map(OsString::from)) {
        command.env_remove(name);
    }
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let mut child = command.spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(exit(status?)),
            signal = signals.next() => if signal == SignalKind::terminate() {
                terminate(&child);
            },
        }
    }
}

fn terminate(child: &Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = id.and_then(Pid::from_raw) {
        // It may have ended meanwhile.
        let _ = kill_process(pid, Signal::TERM);
    }
}

fn exit(status: ExitStatus) -> Exit {
    let code = status.code().or_else(|| Some(KILLED + status.signal()?));
    let code = code.and_then(|code| u8::try_from(code).ok());
    code.map_or(Exit::Unexpected, Exit::OfCommand)
}
