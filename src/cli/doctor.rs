//! `doctor`: checks everything that a worker needs, and says how to fix
//! problems.

mod check;
mod event_bus;
mod offline;
mod online;
mod proxy;
mod simulated;
mod targets;

use serde_json::{Value, json};

use self::check::{Check, State};
use self::targets::Targets;
use super::{Exit, environment, json_text, print};
use crate::config::{self, Flags};
use crate::job::excerpt::clean_lines;

const EXAMPLES: &str = "\
Examples:
  bluegreen-worker doctor --config /etc/bluegreen-worker.toml
  bluegreen-worker doctor --application shop --group web
  bluegreen-worker doctor --offline --json";

/// The arguments of `doctor`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Check only what needs no AWS: settings, policies, journal, address,
    /// proxy
    #[arg(long)]
    offline: bool,
    /// Also ask IAM's policy simulator which calls the worker's role may make;
    /// needs iam:SimulatePrincipalPolicy
    #[arg(long, conflicts_with = "offline")]
    simulate_permissions: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also check releases to this CodeDeploy application
    #[arg(long, requires = "group", conflicts_with = "offline")]
    application: Option<String>,
    /// The deployment group of that application
    #[arg(long, requires = "application")]
    group: Option<String>,
    /// Also check releases to a service in this ECS cluster, for version 2
    #[arg(long, requires = "service", conflicts_with = "offline")]
    cluster: Option<String>,
    /// The service in that cluster
    #[arg(long, requires = "cluster")]
    service: Option<String>,
    #[command(flatten, next_help_heading = "Settings of the worker")]
    flags: Flags,
}

/// The version of the JSON output. It changes only with incompatible changes.
const VERSION: u32 = 1;

pub(super) async fn run(args: &Args) -> Exit {
    let environment = environment();
    let settings = match config::load(&args.flags, &environment) {
        Ok(settings) => settings,
        Err(problems) => {
            let checks: Vec<Check> = problems
                .into_iter()
                .map(|problem| {
                    let remedy = "see docs/configuration.md for what may be written";
                    Check::failed("settings", problem.to_string(), remedy)
                })
                .collect();
            return end(args, &checks, Exit::Usage);
        }
    };
    let mut checks = vec![Check::good("settings", "every setting can be used")];
    checks.extend(offline::checks(&settings, &environment).await);
    if !args.offline {
        let targets = Targets {
            group: args.application.as_deref().zip(args.group.as_deref()),
            service: args.cluster.as_deref().zip(args.service.as_deref()),
        };
        let simulate = args.simulate_permissions;
        checks.extend(online::checks(&settings, &environment, targets, simulate).await);
    }
    let is_wrong = checks.iter().any(|check| check.state == State::Failed);
    end(
        args,
        &checks,
        if is_wrong { Exit::Refused } else { Exit::Done },
    )
}

fn end(args: &Args, checks: &[Check], exit: Exit) -> Exit {
    let shown = if args.json {
        let checks: Vec<Value> = checks.iter().map(Check::json).collect();
        json_text(&json!({ "version": VERSION, "checks": checks }))
    } else {
        clean_lines(&checks.iter().map(Check::line).collect::<String>())
    };
    print(&shown, exit)
}
