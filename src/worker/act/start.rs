//! Starts a deployment. A service that ECS deploys itself is locked meanwhile.

use crate::job::{DeployTarget, ServiceName};
use crate::ports::{CallError, CallErrorKind, Created, NewDeployment, with_send_permit};
use crate::worker::job_run::JobRun;

impl JobRun {
    pub(super) async fn start(&self, new: &NewDeployment) -> Result<Created, CallError> {
        match &new.target {
            DeployTarget::Group(_) => {
                let create = self.context().ports.deployments.create(new);
                let call = "codedeploy:CreateDeployment";
                self.context().while_lease_held(call, create).await
            }
            DeployTarget::Service(name) => self.start_locked(new, name).await,
        }
    }

    async fn start_locked(
        &self,
        new: &NewDeployment,
        name: &ServiceName,
    ) -> Result<Created, CallError> {
        let (context, key) = (self.context(), self.job.key());
        let locks = &context.shared.start_locks;
        let lock = locks.lock(name, &key);
        let Some(lock) = context.while_lease_held("s3:PutObject", lock).await? else {
            return Ok(Created::GroupIsBusy);
        };
        let create = context.ports.deployments.create(new);
        let create = with_send_permit(lock.send_permit(), create);
        let created = context.while_lease_held("ecs:UpdateService", create).await;
        // What this attempt or an earlier one has started may still appear.
        let may_appear = match &created {
            Ok(Created::Started(_) | Created::GroupIsBusy) => false,
            Err(error) => match error.kind {
                CallErrorKind::Unclear | CallErrorKind::Throttled | CallErrorKind::Unreachable => {
                    true
                }
                CallErrorKind::Denied | CallErrorKind::Refused => false,
            },
        };
        if !may_appear {
            locks.unlock(lock).await;
        }
        created
    }
}
