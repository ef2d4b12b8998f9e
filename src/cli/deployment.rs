//! `stop` and `continue`: stop or continue a deployment of either engine, with
//! the same calls that the worker makes.

use std::slice;

use aws_config::SdkConfig;
use clock::Clock;

use super::connection::connect;
use super::{Exit, Failed, environment, print};
use crate::aws::{Engines, Identity, who_am_i};
use crate::job::{DeploymentId, Engine};
use crate::ports::{CallError, Deployments, StopAnswer};
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

pub(super) async fn stop(args: &Stop) -> Result<Exit, Failed> {
    let (deployments, seen) = find(&args.deployment).await?;
    if seen.status.is_final() {
        return Err(refused(&seen, "there is nothing to stop"));
    }
    if seen.id.engine() == Engine::Ecs && !args.rollback {
        let why = "ECS only stops it with a rollback; add --rollback";
        return Err(refused(&seen, why));
    }
    let mode = match args.rollback {
        true => StopMode::Rollback,
        false => StopMode::Stop,
    };
    match deployments.stop(&seen.id, mode).await? {
        StopAnswer::Accepted => {}
        StopAnswer::TooLate => return Err(refused(&seen, "it can no longer be stopped")),
    }
    let what = match args.rollback {
        true => "is being stopped, and the traffic goes back to the old tasks",
        false => "is being stopped; the traffic stays where it is",
    };
    Ok(report(&seen.id, what))
}

pub(super) async fn proceed(args: &Continue) -> Result<Exit, Failed> {
    let (deployments, seen) = find(&args.deployment).await?;
    if seen.status != DeploymentStatus::Ready {
        return Err(refused(&seen, "it does not wait to be continued"));
    }
    deployments.proceed(&seen.id).await?;
    let what = match seen.id.engine() {
        Engine::CodeDeploy => "goes on: its traffic is shifted now",
        Engine::Ecs => "goes on",
    };
    Ok(report(&seen.id, what))
}

async fn find(id: &str) -> Result<(Engines, DeploymentSeen), Failed> {
    let config = connect(&environment()).await?;
    let deployments = Engines::new(&config, &Clock::system());
    let full = full(&config, id).await?;
    let found = deployments.survey(slice::from_ref(&full)).await.pop();
    match found.transpose()?.flatten() {
        Some(seen) => Ok((deployments, seen)),
        None => Err(Failed::refused(format!(
            "{} has no deployment {id} in this account and Region",
            full.engine()
        ))),
    }
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

fn refused(seen: &DeploymentSeen, why: &str) -> Failed {
    let status = seen.status.word();
    Failed::refused(format!("deployment {} is {status}: {why}", seen.id))
}

fn report(id: &DeploymentId, what: &str) -> Exit {
    print(format!("Deployment {id} {what}.\n"), Exit::Done)
}
