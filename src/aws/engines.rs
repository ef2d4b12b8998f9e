//! Takes each deployment to the engine that makes it: CodeDeploy or ECS.

use async_trait::async_trait;
use aws_config::SdkConfig;
use clock::Clock;

use super::deployments::{CREATE, CodeDeployDeployments};
use super::error::refused;
use super::service_deployments::EcsDeployments;
use crate::job::{DeployTarget, DeploymentId, Engine};
use crate::ports::{
    CallError, Created, Deployments, GroupAnswer, NewDeployment, OwnDeployment, StopAnswer,
};
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::step::StopMode;

/// Both engines.
#[derive(Debug)]
pub struct Engines {
    codedeploy: CodeDeployDeployments,
    ecs: EcsDeployments,
}

impl Engines {
    #[must_use]
    pub fn new(config: &SdkConfig, clock: &Clock) -> Self {
        Self {
            codedeploy: CodeDeployDeployments::new(config, clock.clone()),
            ecs: EcsDeployments::new(config, clock.clone()),
        }
    }
}

#[async_trait]
impl Deployments for Engines {
    async fn group(&self, target: &DeployTarget) -> Result<GroupAnswer, CallError> {
        match target {
            DeployTarget::Group(name) => self.codedeploy.group(name).await,
            DeployTarget::Service(name) => self.ecs.group(name).await,
        }
    }

    async fn create(&self, new: &NewDeployment) -> Result<Created, CallError> {
        match (&new.target, &new.codedeploy) {
            (DeployTarget::Group(name), Some(parameters)) => {
                self.codedeploy.create(name, parameters).await
            }
            (DeployTarget::Group(name), None) => {
                let message = "the release has no AppSpec";
                Err(refused(CREATE, &name.to_string(), "NotSent", message))
            }
            (DeployTarget::Service(name), _) => self.ecs.start(name, &new.task_definition).await,
        }
    }

    async fn survey(&self, ids: &[DeploymentId]) -> Vec<Result<Option<DeploymentSeen>, CallError>> {
        let is_codedeploy = |id: &DeploymentId| id.engine() == Engine::CodeDeploy;
        let (codedeploy, ecs): (Vec<_>, Vec<_>) = ids.iter().cloned().partition(is_codedeploy);
        let (codedeploy, ecs) = tokio::join!(
            self.codedeploy.reader.survey(&codedeploy),
            self.ecs.reader.survey(&ecs)
        );
        let (mut codedeploy, mut ecs) = (codedeploy.into_iter(), ecs.into_iter());
        let answer = |id: &DeploymentId| match id.engine() {
            Engine::CodeDeploy => codedeploy.next(),
            Engine::Ecs => ecs.next(),
        };
        ids.iter()
            .map(answer)
            .map(|answer| answer.unwrap_or(Ok(None)))
            .collect()
    }

    async fn with_target(&self, seen: DeploymentSeen) -> Result<DeploymentSeen, CallError> {
        match seen.id.engine() {
            Engine::CodeDeploy => self.codedeploy.reader.with_target(seen).await,
            // The survey has read all that there is.
            Engine::Ecs => Ok(seen),
        }
    }

    async fn find(&self, wanted: &OwnDeployment) -> Result<Option<DeploymentSeen>, CallError> {
        match (&wanted.target, &wanted.revision) {
            (DeployTarget::Group(name), _) => self.codedeploy.find(name, &wanted.key).await,
            (DeployTarget::Service(name), Some(revision)) => self.ecs.find(name, revision).await,
            (DeployTarget::Service(_), None) => Ok(None),
        }
    }

    async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError> {
        match id.engine() {
            Engine::CodeDeploy => self.codedeploy.proceed(id).await,
            Engine::Ecs => self.ecs.proceed(id).await,
        }
    }

    async fn stop(&self, id: &DeploymentId, mode: StopMode) -> Result<StopAnswer, CallError> {
        match id.engine() {
            Engine::CodeDeploy => self.codedeploy.stop(id, mode).await,
            Engine::Ecs => self.ecs.stop(id).await,
        }
    }
}
