//! `stop` and `continue`: stop or continue a deployment of either engine, with
//! the same calls that the worker makes.

use clock::Clock;

use super::connection::connect;
use super::{Exit, environment, print, print_error};
use crate::aws::Engines;
use crate::job::{DeploymentId, Engine};
use crate::ports::{CallError, Deployments};
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus};

/// The arguments of `stop`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    bluegreen-worker stop d-A1B2C3D4E\n  \
    bluegreen-worker stop d-A1B2C3D4E --rollback")]
pub(super) struct Stop {
    /// The ID of CodeDeploy's deployment, such as d-A1B2C3D4E, or the ARN of
    /// the service deployment
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
    /// The ID of CodeDeploy's deployment, such as d-A1B2C3D4E, or the ARN of
    /// the service deployment
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
    let asked = deployments.stop(&seen.id, args.rollback).await;
    let what = match args.rollback {
        true => "is being stopped, and the traffic goes back to the old tasks",
        false => "is being stopped; the traffic stays where it is",
    };
    answer(asked, &seen.id, what)
}

pub(super) async fn proceed(args: &Continue) -> Exit {
    let (deployments, seen) = match find(&args.deployment).await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    if seen.status != DeploymentStatus::Ready {
        return refuse(&seen, "it does not wait for anybody");
    }
    let asked = deployments.proceed(&seen.id).await;
    let what = match seen.id.engine() {
        Engine::CodeDeploy => "goes on: its traffic is shifted now",
        Engine::Ecs => "goes on",
    };
    answer(asked, &seen.id, what)
}

async fn find(id: &str) -> Result<(Engines, DeploymentSeen), Exit> {
    let config = match connect(&environment()).await {
        Ok(config) => config,
        Err(problem) => {
            print_error(&problem.to_string());
            return Err(Exit::Usage);
        }
    };
    let deployments = Engines::new(&config, &Clock::system());
    let ids = [DeploymentId::new(id)];
    let engine = ids[0].engine();
    let answer = deployments.survey(&ids).await.pop();
    match answer {
        Some(Ok(Some(seen))) => Ok((deployments, seen)),
        Some(Ok(None)) | None => {
            print_error(&format!(
                "{engine} has no deployment {id} in this account and Region"
            ));
            Err(Exit::Refused)
        }
        Some(Err(error)) => {
            print_error(&error.to_string());
            Err(Exit::Refused)
        }
    }
}

fn refuse(seen: &DeploymentSeen, why: &str) -> Exit {
    print_error(&format!(
        "deployment {} is {}: {why}",
        seen.id,
        seen.status.word()
    ));
    Exit::Refused
}

fn answer(asked: Result<(), CallError>, id: &DeploymentId, what: &str) -> Exit {
    match asked {
        Ok(()) => print(format!("Deployment {id} {what}.\n"), Exit::Done),
        Err(error) => {
            print_error(&error.to_string());
            Exit::Refused
        }
    }
}
