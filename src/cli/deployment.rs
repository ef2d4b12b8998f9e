//! `stop` and `continue`: stop or continue a deployment of either engine, with
//! the same calls that the worker makes.

use std::slice;

use aws_config::SdkConfig;
use clock::Clock;

use super::connection::connect_or_print;
use super::{Exit, print, print_error};
use crate::aws::{Engines, Identity, who_am_i};
use crate::job::{DeploymentId, Engine};
use crate::ports::{CallError, Deployments};
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus};
use crate::rollout::step::StopMode;

/// The arguments of `stop`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    bluegreen-worker stop d-A1B2C3D4E\n  \
    bluegreen-worker stop d-A1B2C3D4E --rollback\n  \
    bluegreen-worker stop prod/web/EZe5RNVLH6PPzHXINuP28 --rollback")]
pub(super) struct Stop {
    /// The ID of CodeDeploy's deployment, such as d-A1B2C3D4E, or ECS's service
    /// deployment: its ARN, or CLUSTER/SERVICE/ID as `history` shows it
    deployment: String,
    /// Roll back: shift the traffic back to the old tasks. ECS knows no other
    /// way to stop
    #[arg(long)]
    rollback: bool,
}

/// The arguments of `continue`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  bluegreen-worker continue d-A1B2C3D4E")]
pub(super) struct Continue {
    /// The ID of CodeDeploy's deployment, such as d-A1B2C3D4E, or ECS's service
    /// deployment: its ARN, or CLUSTER/SERVICE/ID as `history` shows it
    deployment: String,
}

pub(super) async fn stop(args: &Stop) -> Exit {
    let (deployments, seen) = match find(&args.deployment).await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    if seen.status.is_final() {
        return refuse(&seen, "there is nothing to stop");
    }
    if seen.id.engine() == Engine::Ecs && !args.rollback {
        return refuse(&seen, "ECS only stops it with a rollback; add --rollback");
    }
    let mode = match args.rollback {
        true => StopMode::Rollback,
        false => StopMode::Stop,
    };
    let result = deployments.stop(&seen.id, mode).await;
    let what = match args.rollback {
        true => "is being stopped, and the traffic goes back to the old tasks",
        false => "is being stopped; the traffic stays where it is",
    };
    report(result, &seen.id, what)
}

pub(super) async fn proceed(args: &Continue) -> Exit {
    let (deployments, seen) = match find(&args.deployment).await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    if seen.status != DeploymentStatus::Ready {
        return refuse(&seen, "it does not wait to be continued");
    }
    let result = deployments.proceed(&seen.id).await;
    let what = match seen.id.engine() {
        Engine::CodeDeploy => "goes on: its traffic is shifted now",
        Engine::Ecs => "goes on",
    };
    report(result, &seen.id, what)
}

async fn find(id: &str) -> Result<(Engines, DeploymentSeen), Exit> {
    let config = connect_or_print().await?;
    let deployments = Engines::new(&config, &Clock::system());
    let problem = match full(&config, id).await {
        Ok(full) => match deployments.survey(slice::from_ref(&full)).await.pop() {
            Some(Ok(Some(seen))) => return Ok((deployments, seen)),
            Some(Ok(None)) | None => {
                let engine = full.engine();
                format!("{engine} has no deployment {id} in this account and Region")
            }
            Some(Err(error)) => error.to_string(),
        },
        Err(error) => error.to_string(),
    };
    print_error(&problem);
    Err(Exit::Refused)
}

/// The full id of a deployment. One of ECS may be given as `history` shows it,
/// `CLUSTER/SERVICE/ID`, without the account and the Region.
async fn full(config: &SdkConfig, id: &str) -> Result<DeploymentId, CallError> {
    if id.starts_with("arn:") || !id.contains('/') {
        return Ok(DeploymentId::new(id));
    }
    let Identity { account, arn, .. } = who_am_i(config).await?;
    let partition = arn.split(':').nth(1).unwrap_or("aws");
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    Ok(DeploymentId::new(format!(
        "arn:{partition}:ecs:{region}:{account}:service-deployment/{id}"
    )))
}

fn refuse(seen: &DeploymentSeen, why: &str) -> Exit {
    print_error(&format!(
        "deployment {} is {}: {why}",
        seen.id,
        seen.status.word()
    ));
    Exit::Refused
}

fn report(result: Result<(), CallError>, id: &DeploymentId, what: &str) -> Exit {
    match result {
        Ok(()) => print(format!("Deployment {id} {what}.\n"), Exit::Done),
        Err(error) => {
            print_error(&error.to_string());
            Exit::Refused
        }
    }
}
