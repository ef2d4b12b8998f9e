//! What can be asked of a rehearsal.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::parse_log_filter;
use axum::http::uri::PathAndQuery;
use clap::ValueEnum;

use super::scene::Scene;
use crate::cli::bundle::EXAMPLE;
use crate::cli::policy::SetArgs;
use crate::release::appspec::HOOKS;
use crate::simulator::traffic::{Break, Hook};

/// Plays one release through: the simulator on loopback, one pipeline action
/// with the bundle's files, and the real worker, over HTTP with signed
/// requests. Ends with what the pipeline would show; exits with 0 only if the
/// action ended as expected.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Args {
    /// Folder or zip archive with the release's files; without one, the
    /// built-in example
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: Option<PathBuf>,

    /// What happens to the release; --list tells more
    #[arg(
        long,
        value_enum,
        default_value_t,
        alias = "scenario",
        hide_possible_values = true
    )]
    pub(super) scene: Scene,

    /// How the action must end for the exit code to be 0
    #[arg(long, value_enum, default_value_t)]
    pub(super) expect: Expected,

    /// Name the scenes and end
    #[arg(long)]
    pub(super) list: bool,

    /// How many times faster than real time it goes [default: 120, 15 with
    /// --serve, or what suits the scene]
    #[arg(long, value_name = "FACTOR", value_parser = speed)]
    pub(super) speed: Option<f64>,

    /// How the traffic moves, such as CodeDeployDefault.ECSAllAtOnce
    #[arg(long, value_name = "NAME")]
    pub(super) deployment_config: Option<String>,

    /// Minutes that the deployment waits to be continued before traffic moves
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=2880))]
    pub(super) ready_wait: Option<u32>,

    /// Minutes that the old tasks stay once the traffic has moved
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(0..=2880))]
    pub(super) termination_wait: Option<u32>,

    /// Options of the action, beside its own, such as OnTaskFailure=Rollback
    #[arg(long, value_name = "OPTIONS")]
    pub(super) options: Option<String>,

    /// Continue a deployment that waits with the Enter key, instead of having
    /// it continued
    #[arg(long)]
    pub(super) by_hand: bool,

    /// Only lines that stay, as where the output is no terminal
    #[arg(long)]
    pub(super) plain: bool,

    /// What the worker logs, as a tracing filter
    #[arg(long, default_value = "off", value_name = "FILTER", value_parser = parse_log_filter)]
    pub(super) log: String,

    #[command(flatten)]
    pub(super) policies: SetArgs,

    #[command(flatten)]
    pub(super) serve: Serve,
}

/// Real traffic.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Real traffic")]
pub(super) struct Serve {
    /// Run a small HTTP server for each task, behind a load balancer on
    /// loopback, and show a live page
    #[arg(long)]
    pub(super) serve: bool,

    /// Clients that ask the production listener again and again
    #[arg(long, value_name = "CLIENTS", default_value_t = 4, value_parser = clients, requires = "serve")]
    pub(super) load: usize,

    /// What the clients ask for; the small servers wait a second before they
    /// answer `/?delay=1000`
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = path, requires = "serve")]
    pub(super) load_path: String,

    /// Run this for each task instead; it gets the container's environment and
    /// the PORT to listen on
    #[arg(long, value_name = "COMMAND", requires = "serve")]
    pub(super) task_command: Option<String>,

    /// What health checks ask the --task-command for
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = path, requires = "task_command")]
    pub(super) health_path: String,

    /// How the new version misbehaves once it gets requests
    #[arg(
        long = "break",
        value_enum,
        value_name = "HOW",
        requires = "serve",
        conflicts_with = "task_command"
    )]
    pub(super) broken: Option<Broken>,

    /// A command or a URL in the place of a hook's Lambda function, such as
    /// AfterAllowTestTraffic=./check.sh; it gets TEST_URL and PRODUCTION_URL
    #[arg(long = "hook", value_name = "EVENT=COMMAND|URL", value_parser = hook, requires = "serve")]
    pub(super) hooks: Vec<(String, Hook)>,

    /// Where the production listener is; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = ANY, value_parser = loopback, requires = "serve")]
    pub(super) production: SocketAddr,

    /// Where the test listener is
    #[arg(long, value_name = "ADDRESS", default_value = ANY, value_parser = loopback, requires = "serve")]
    pub(super) test: SocketAddr,

    /// Where the live page is
    #[arg(long, value_name = "ADDRESS", default_value = ANY, value_parser = loopback, requires = "serve")]
    pub(super) page: SocketAddr,

    /// Keep everything up after the end, until Ctrl-C
    #[arg(long, requires = "serve")]
    pub(super) stay: bool,
}

impl Args {
    /// What is rehearsed, as people call it.
    pub(super) fn subject(&self) -> &Path {
        self.bundle.as_deref().unwrap_or(Path::new(EXAMPLE))
    }
}

/// How a rehearsal can end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Expected {
    /// The action succeeded
    #[default]
    Succeeded,
    /// The action failed
    Failed,
}

/// Any free port of the loopback address.
const ANY: &str = "127.0.0.1:0";

/// How a version can misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Broken {
    /// It answers 500
    #[value(name = "500")]
    Errors,
    /// It takes one and a half seconds for each answer
    Slow,
    /// It ends after twenty requests
    Crash,
}

impl Serve {
    /// Whether a version that is to misbehave does so under real requests.
    pub(super) fn really_fails(&self) -> bool {
        self.serve && self.task_command.is_none() && self.load > 0
    }

    /// The hooks by lifecycle event; of two for the same the later counts.
    pub(super) fn hooks(&self) -> BTreeMap<String, Hook> {
        self.hooks.iter().cloned().collect()
    }
}

impl From<Broken> for Break {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Errors => Self::Errors,
            Broken::Slow => Self::Slow,
            Broken::Crash => Self::Crash,
        }
    }
}

/// In a real second at most so much passes: each call of the worker takes
/// some real milliseconds, and at more speed it would only miss the release.
const MAX_SPEED: f64 = 5_000.0;

/// More clients than this would measure this machine and nothing else.
const MAX_CLIENTS: usize = 1_000;

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed <= MAX_SPEED => Ok(speed),
        Ok(_) | Err(_) => Err(format!("a number above 0 and up to {MAX_SPEED} is wanted")),
    }
}

fn clients(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count <= MAX_CLIENTS => Ok(count),
        Ok(_) | Err(_) => Err(format!("a number up to {MAX_CLIENTS} is wanted")),
    }
}

/// What is rehearsed is nobody else's to see or to ask.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(_) | Err(_) => Err("a loopback address such as 127.0.0.1:8080 is wanted".into()),
    }
}

fn path(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && text.parse::<PathAndQuery>().is_ok();
    match is_path {
        true => Ok(text.to_owned()),
        false => Err("a path such as /health is wanted".into()),
    }
}

fn hook(text: &str) -> Result<(String, Hook), String> {
    let (event, what) = text
        .split_once('=')
        .filter(|(_, what)| !what.trim().is_empty())
        .ok_or("it is written like AfterAllowTestTraffic=./check.sh")?;
    if !HOOKS.contains(&event) {
        let events = HOOKS.join(", ");
        return Err(format!("`{event}` has no hook; there are {events}"));
    }
    let hook = if what.starts_with("http://") {
        let url = what.parse();
        Hook::Url(url.map_err(|_| format!("`{what}` is no URL"))?)
    } else if what.starts_with("https://") {
        return Err("a URL on this machine begins with http://".into());
    } else {
        Hook::Command(what.to_owned())
    };
    Ok((event.to_owned(), hook))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_positive_number_that_the_worker_can_follow() {
        assert_eq!(speed("0.5"), Ok(0.5));
        assert_eq!(speed("5000"), Ok(5_000.0));
        for text in ["0", "-1", "5001", "nan", "inf", "fast"] {
            assert!(speed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_hook_is_an_event_and_a_command_or_a_url() {
        let (event, command) = hook("BeforeInstall=test a = b").expect("a hook");
        assert_eq!(event, "BeforeInstall");
        assert_eq!(command, Hook::Command("test a = b".into()));
        let (_, url) = hook("AfterAllowTraffic=http://127.0.0.1:9/x").expect("a hook");
        assert!(matches!(url, Hook::Url(_)));
        for text in ["Install=x", "BeforeInstall", "BeforeInstall= ", "=x"] {
            assert!(hook(text).is_err(), "{text}");
        }
        assert!(hook("BeforeInstall=https://127.0.0.1/").is_err());
    }

    #[test]
    fn a_path_is_one_that_can_be_asked_for() {
        for text in ["/", "/health", "/?delay=1000"] {
            assert_eq!(path(text).as_deref(), Ok(text));
        }
        for text in ["", "health", "/a b", "http://127.0.0.1/"] {
            assert!(path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn clients_are_bounded_and_listeners_are_on_loopback() {
        assert_eq!(clients("1000"), Ok(1_000));
        assert!(clients("1001").is_err());
        assert!(loopback("[::1]:8080").is_ok());
        assert!(loopback("0.0.0.0:8080").is_err());
    }
}
