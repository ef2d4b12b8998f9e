//! CodeDeploy deployments, in process.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::deployment_group::group;
use super::deployment_reader::Reader;
use super::line::{Call, Line};
use super::values::list;
use crate::job::{DeploymentId, Key};
use crate::ports::{BATCH, CallError, Created, Deployments, GroupAnswer, NewDeployment};
use crate::rollout::description;
use crate::rollout::seen::DeploymentSeen;

/// How far back to search for a key: twice the longest life of an action.
const LOOK_BACK: Duration = Duration::from_secs(48 * 3600);

/// CodeDeploy of the simulated account.
#[derive(Debug)]
pub(super) struct WorldDeployments {
    line: Line,
    reader: Reader,
}

impl WorldDeployments {
    pub(super) fn new(line: Line) -> Self {
        Self {
            reader: Reader::new(line.clone()),
            line,
        }
    }

    /// The newest of `ids` with this key.
    async fn search(&self, ids: &[Value], key: &Key) -> Result<Option<DeploymentSeen>, CallError> {
        let ids: Vec<DeploymentId> = ids
            .iter()
            .filter_map(|id| id.as_str().map(DeploymentId::new))
            .collect();
        let answers = self.reader.survey(&ids).await.into_iter();
        let seen = answers.collect::<Result<_, _>>()?;
        Ok(description::newest_own(seen, key))
    }

    /// Makes a call that changes a deployment. Errors in `over` mean that
    /// nothing is left to do, and count as success.
    async fn tell(&self, call: &Call, input: Value, over: &[&str]) -> Result<(), CallError> {
        match self.line.ask(call, input).await {
            Ok(_) => Ok(()),
            Err(error) if over.contains(&error.code.as_str()) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Deployments for WorldDeployments {
    async fn group(&self, application: &str, name: &str) -> Result<GroupAnswer, CallError> {
        let call = Call::new(
            "codedeploy:GetDeploymentGroup",
            format!("{application}/{name}"),
        );
        let input = json!({ "applicationName": application, "deploymentGroupName": name });
        match self.line.ask(&call, input).await {
            Ok(answer) if answer["deploymentGroupInfo"].is_object() => {
                let found = group(&answer["deploymentGroupInfo"]);
                self.reader.note(&found);
                Ok(GroupAnswer::Found(Box::new(found)))
            }
            Ok(_) => Err(call.incomplete()),
            Err(error) => match error.code.as_str() {
                "ApplicationDoesNotExistException" => Ok(GroupAnswer::NoApplication),
                "DeploymentGroupDoesNotExistException" => Ok(GroupAnswer::NoGroup),
                _ => Err(error),
            },
        }
    }

    async fn create(&self, new: &NewDeployment) -> Result<Created, CallError> {
        let place = format!("{}/{}", new.application, new.group);
        let call = Call::new("codedeploy:CreateDeployment", place).once();
        let mut input = json!({
            "applicationName": new.application,
            "deploymentGroupName": new.group,
            "revision": {
                "revisionType": "AppSpecContent",
                "appSpecContent": { "content": new.app_spec, "sha256": new.app_spec_sha256 },
            },
            "description": new.description,
        });
        if let Some(config) = &new.deployment_config {
            input["deploymentConfigName"] = json!(config);
        }
        match self.line.ask(&call, input).await {
            Ok(answer) => match answer["deploymentId"].as_str() {
                Some(id) => Ok(Created::Started(DeploymentId::new(id))),
                None => Err(call.incomplete()),
            },
            Err(error) if error.code == "DeploymentLimitExceededException" => {
                Ok(Created::GroupIsBusy)
            }
            Err(error) => Err(error),
        }
    }

    async fn survey(&self, ids: &[DeploymentId]) -> Vec<Result<Option<DeploymentSeen>, CallError>> {
        self.reader.survey(ids).await
    }

    async fn with_target(&self, seen: DeploymentSeen) -> Result<DeploymentSeen, CallError> {
        self.reader.with_target(seen).await
    }

    /// Reads one page of the list: no simulated account has more deployments.
    async fn find(
        &self,
        application: &str,
        group: &str,
        key: &Key,
    ) -> Result<Option<DeploymentSeen>, CallError> {
        let call = Call::new(
            "codedeploy:ListDeployments",
            format!("{application}/{group}"),
        );
        let since = (self.line.now() - LOOK_BACK).as_second();
        let input = json!({
            "applicationName": application,
            "deploymentGroupName": group,
            "createTimeRange": { "start": since },
        });
        let listed = self.line.ask(&call, input).await?;
        for batch in list(&listed["deployments"]).chunks(BATCH) {
            if let Some(found) = self.search(batch, key).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError> {
        let call = Call::new("codedeploy:ContinueDeployment", id.as_str()).says_nothing();
        let input = json!({
            "deploymentId": id.as_str(),
            "deploymentWaitType": "READY_WAIT",
        });
        let over = [
            "DeploymentIsNotInReadyStateException",
            "DeploymentAlreadyCompletedException",
        ];
        self.tell(&call, input, &over).await
    }

    async fn stop(&self, id: &DeploymentId, roll_back: bool) -> Result<(), CallError> {
        let call = Call::new("codedeploy:StopDeployment", id.as_str());
        let input = json!({
            "deploymentId": id.as_str(),
            "autoRollbackEnabled": roll_back,
        });
        let over = ["DeploymentAlreadyCompletedException"];
        self.tell(&call, input, &over).await
    }
}
