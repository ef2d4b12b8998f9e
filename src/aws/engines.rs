//! Takes each deployment to the engine that makes it: CodeDeploy or ECS.

use async_trait::async_trait;
use aws_config::SdkConfig;
use clock::Clock;

use super::deployments::CodeDeployDeployments;
use super::service_deployments::EcsDeployments;
use crate::job::{DeployTarget, DeploymentId, Engine};
use crate::ports::{CallError, Created, Deployments, GroupAnswer, NewDeployment, OwnDeployment};
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::step::StopMode;

/// Both engines.
#[derive(Clone, Debug)]
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

    fn of(&self, engine: Engine) -> &dyn Deployments {
        match engine {
            Engine::CodeDeploy => &self.codedeploy,
            Engine::Ecs => &self.ecs,
        }
    }
}

#[async_trait]
impl Deployments for Engines {
    async fn group(&self, target: &DeployTarget) -> Result<GroupAnswer, CallError> {
        self.of(target.engine()).group(target).await
    }

    async fn create(&self, deployment: &NewDeployment) -> Result<Created, CallError> {
        self.of(deployment.target.engine()).create(deployment).await
    }

    async fn survey(&self, ids: &[DeploymentId]) -> Vec<Result<Option<DeploymentSeen>, CallError>> {
        let own = |engine| ids.iter().filter(move |id| id.engine() == engine).cloned();
        let codedeploy: Vec<DeploymentId> = own(Engine::CodeDeploy).collect();
        let ecs: Vec<DeploymentId> = own(Engine::Ecs).collect();
        let read = async |deployments: &dyn Deployments, ids: &[DeploymentId]| match ids {
            [] => Vec::new(),
            ids => deployments.survey(ids).await,
        };
        let (codedeploy, ecs) =
            tokio::join!(read(&self.codedeploy, &codedeploy), read(&self.ecs, &ecs));
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
        self.of(seen.id.engine()).with_target(seen).await
    }

    async fn find(&self, wanted: &OwnDeployment) -> Result<Option<DeploymentSeen>, CallError> {
        self.of(wanted.target.engine()).find(wanted).await
    }

    async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError> {
        self.of(id.engine()).proceed(id).await
    }

    async fn stop(&self, id: &DeploymentId, mode: StopMode) -> Result<(), CallError> {
        self.of(id.engine()).stop(id, mode).await
    }
}
