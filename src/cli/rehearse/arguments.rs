//! The arguments of a rehearsal.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::http::uri::PathAndQuery;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde_json::{Map, Value};
use simulator::traffic::{Break, Hook};

use super::bundle::example_path;
use super::ecs::HOOK_STAGES;
use super::scene::Scene;
use crate::cli::policy::set::SetArgs;
use crate::cli::values::speed;
use crate::config::parse_log_filter;
use crate::job::Engine;
use crate::release::appspec::HOOKS;

const EXAMPLES: &str = "\
Examples:
  bluegreen-worker rehearse
  bluegreen-worker rehearse my-release
  bluegreen-worker rehearse my-release --scene alarm --expect failed
  bluegreen-worker rehearse my-release --serve --task-command ./server
  bluegreen-worker rehearse --engine ecs --serve
  bluegreen-worker rehearse my-release --engine ecs --scene ready --by-hand
  bluegreen-worker rehearse --engine ecs --list";

/// The arguments of `rehearse`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Args {
    /// Folder or zip archive with the release's files [default: the built-in
    /// example]
    #[arg(value_name = "BUNDLE")]
    pub(super) bundle: Option<PathBuf>,

    /// The action to use, if the bundle's action.json is a pipeline or a stage
    /// with several: NAME, STAGE/NAME or PIPELINE/STAGE/NAME
    #[arg(long, value_name = "NAME", requires = "bundle")]
    pub(super) action: Option<String>,

    /// What shifts the traffic: CodeDeploy (version 1 of the action) or ECS
    /// itself (version 2) [default: the bundle's own]
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub(super) engine: Option<Engine>,

    /// What happens to the release; see --list
    #[arg(short, long, value_enum, default_value_t, hide_possible_values = true)]
    pub(super) scene: Scene,

    /// The result for which the exit code is 0
    #[arg(long, value_enum, default_value_t)]
    pub(super) expect: Expected,

    /// List the scenes of the engine and exit
    #[arg(short, long)]
    pub(super) list: bool,

    /// How many times faster than real time [default: 120, or 15 with --serve;
    /// some scenes differ]
    #[arg(long, value_name = "FACTOR", value_parser = |text: &str| speed(text, MAX_SPEED))]
    pub(super) speed: Option<f64>,

    /// The deployment configuration, such as CodeDeployDefault.ECSAllAtOnce;
    /// with ECS a strategy, such as BLUE_GREEN, or a service's whole
    /// deploymentConfiguration as JSON
    #[arg(long, value_name = "NAME", value_parser = deployment_config)]
    pub(super) deployment_config: Option<String>,

    /// Minutes that the deployment waits to be continued before traffic
    /// shifts; with ECS the timeout of a pause hook
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=2880))]
    pub(super) ready_wait: Option<u32>,

    /// Minutes that the old tasks stay after the traffic has shifted; with ECS
    /// the bake time
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(0..=2880))]
    pub(super) termination_wait: Option<u32>,

    /// Additional options of the action, such as OnTaskFailure=Rollback
    #[arg(long, value_name = "OPTIONS")]
    pub(super) options: Option<String>,

    /// Press Enter to continue a deployment that waits, instead of continuing
    /// it automatically
    #[arg(long)]
    pub(super) by_hand: bool,

    /// Print plain lines only, as if the output were not a terminal
    #[arg(long)]
    pub(super) plain: bool,

    /// The worker's log level, as a tracing filter
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

    /// The number of clients that send requests to the production listener
    #[arg(long, value_name = "CLIENTS", default_value_t = 4, value_parser = clients, requires = "serve")]
    pub(super) load: usize,

    /// The path that clients request; the built-in servers delay the response
    /// to `/?delay=1000` by one second
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = path, requires = "serve")]
    pub(super) load_path: String,

    /// Run this command for each task instead of the built-in server, with the
    /// container's environment and the PORT to listen on
    #[arg(long, value_name = "COMMAND", requires = "serve")]
    pub(super) task_command: Option<String>,

    /// The path of the health checks of --task-command
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = path, requires = "task_command")]
    pub(super) health_path: String,

    /// How the new version fails once it receives requests
    #[arg(
        long = "break",
        value_enum,
        value_name = "HOW",
        requires = "serve",
        conflicts_with = "task_command"
    )]
    pub(super) broken: Option<Broken>,

    /// A command or a URL to use instead of a hook's Lambda function, such as
    /// AfterAllowTestTraffic=./check.sh, with ECS
    /// POST_TEST_TRAFFIC_SHIFT=./check.sh; it gets TEST_URL and PRODUCTION_URL
    #[arg(long = "hook", value_name = "EVENT=COMMAND|URL", value_parser = hook, requires = "serve")]
    pub(super) hooks: Vec<(String, Hook)>,

    /// The address of the production listener; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = ANY, value_parser = loopback, requires = "serve")]
    pub(super) production: SocketAddr,

    /// The address of the test listener
    #[arg(long, value_name = "ADDRESS", default_value = ANY, value_parser = loopback, requires = "serve")]
    pub(super) test: SocketAddr,

    /// The address of the live page
    #[arg(long, value_name = "ADDRESS", default_value = ANY, value_parser = loopback, requires = "serve")]
    pub(super) page: SocketAddr,

    /// Keep everything running after the end, until Ctrl-C
    #[arg(long, requires = "serve")]
    pub(super) stay: bool,
}

impl Args {
    /// The path of the bundle, for display.
    pub(super) fn subject(&self, engine: Engine) -> &Path {
        let example = Path::new(example_path(engine));
        self.bundle.as_deref().unwrap_or(example)
    }
}

impl ValueEnum for Engine {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::CodeDeploy => {
                PossibleValue::new("codedeploy").help("CodeDeploy, with an AppSpec")
            }
            Self::Ecs => {
                PossibleValue::new("ecs").help("ECS's own blue/green, linear or canary deployments")
            }
        })
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
    /// The action was abandoned
    Abandoned,
}

/// Any free port on loopback.
const ANY: &str = "127.0.0.1:0";

/// How a version can misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Broken {
    /// Responds with status 500
    #[value(name = "500")]
    Errors,
    /// Takes 1.5 seconds for each response
    Slow,
    /// Exits after twenty requests
    Crash,
}

impl Serve {
    /// Whether a broken version fails because of real requests.
    pub(super) fn really_fails(&self) -> bool {
        self.serve && self.task_command.is_none() && self.load > 0
    }

    /// The hooks by lifecycle event. A later one for the same event wins.
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

/// The highest speed, in simulated seconds per real second. Each call of the
/// worker takes some real milliseconds; at a higher speed it could not keep up
/// with the release.
const MAX_SPEED: f64 = 5_000.0;

/// The most clients. More would measure only this machine.
const MAX_CLIENTS: usize = 1_000;

/// Checks a name, or a whole configuration in JSON.
fn deployment_config(text: &str) -> Result<String, String> {
    if text.trim_start().starts_with('{') {
        let parsed = serde_json::from_str::<Map<String, Value>>(text);
        parsed.map_err(|error| format!("it begins like JSON, but {error}"))?;
    }
    Ok(text.to_owned())
}

fn clients(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count <= MAX_CLIENTS => Ok(count),
        Ok(_) | Err(_) => Err(format!("give a number up to {MAX_CLIENTS}")),
    }
}

/// Parses an address on loopback: a rehearsal must not be reachable from other
/// machines.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(_) | Err(_) => Err("give a loopback address such as 127.0.0.1:8080".into()),
    }
}

fn path(text: &str) -> Result<String, String> {
    let is_path = text.starts_with('/') && text.parse::<PathAndQuery>().is_ok();
    match is_path {
        true => Ok(text.to_owned()),
        false => Err("give a path such as /health".into()),
    }
}

fn hook(text: &str) -> Result<(String, Hook), String> {
    let (event, what) = text
        .split_once('=')
        .filter(|(_, what)| !what.trim().is_empty())
        .ok_or("write it like AfterAllowTestTraffic=./check.sh")?;
    if !HOOKS.contains(&event) && !HOOK_STAGES.contains(&event) {
        let (events, stages) = (HOOKS.join(", "), HOOK_STAGES.join(", "));
        return Err(format!(
            "`{event}` has no hook; there are {events}, and with ECS {stages}"
        ));
    }
    let hook = if what.starts_with("http://") {
        let url = what.parse();
        Hook::Url(url.map_err(|_| format!("`{what}` is not a URL"))?)
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
        assert_eq!(speed("0.5", MAX_SPEED), Ok(0.5));
        assert_eq!(speed("5000", MAX_SPEED), Ok(5_000.0));
        for text in ["0", "-1", "5001", "nan", "inf", "fast"] {
            assert!(speed(text, MAX_SPEED).is_err(), "{text}");
        }
    }

    #[test]
    fn a_configuration_is_a_name_or_json() {
        for text in [
            "CodeDeployDefault.ECSAllAtOnce",
            "LINEAR",
            "{\"strategy\":\"LINEAR\"}",
        ] {
            assert_eq!(deployment_config(text).as_deref(), Ok(text));
        }
        let problem = deployment_config("{strategy").expect_err("no JSON");
        assert!(
            problem.starts_with("it begins like JSON, but "),
            "{problem}"
        );
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
