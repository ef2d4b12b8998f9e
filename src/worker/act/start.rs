//! Starts a deployment. A service that ECS deploys itself is locked meanwhile.

use tracing::warn;

use crate::job::request::Request;
use crate::job::{DeployTarget, ServiceName};
use crate::ports::{CallError, CallErrorKind, Created, NewDeployment, with_send_permit};
use crate::rollout::step::Step;
use crate::worker::job_run::JobRun;
use crate::worker::role::other_account;

impl JobRun {
    pub(super) async fn start(
        &self,
        new: &NewDeployment,
        request: &Request,
    ) -> Result<Created, CallError> {
        match &new.target {
            DeployTarget::Group(_) => {
                let create = self.context().ports.deployments.create(new);
                let call = "codedeploy:CreateDeployment";
                self.context().while_lease_held(call, create).await
            }
            DeployTarget::Service(name) => self.start_locked(new, name, request).await,
        }
    }

    async fn start_locked(
        &self,
        new: &NewDeployment,
        name: &ServiceName,
        request: &Request,
    ) -> Result<Created, CallError> {
        let (context, key) = (self.context(), self.job.key());
        let locks = &context.shared.start_locks;
        let lock = locks.lock(other_account(&self.job.account, request), name, &key);
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

    /// Removes the lock that a start without an answer has left, perhaps in
    /// another worker, now that its deployment is seen. Otherwise the next release
    /// of the service would wait until the lock ends.
    pub(in crate::worker) async fn unlock_adopted(&self, request: &Request) {
        let DeployTarget::Service(name) = &request.target else {
            return;
        };
        let Step::Deploying(_) = self.state.rollout().step else {
            return;
        };
        let (context, key) = (self.context(), self.job.key());
        let locks = &context.shared.start_locks;
        let lock = locks.lock(other_account(&self.job.account, request), name, &key);
        match context.while_lease_held("s3:PutObject", lock).await {
            Ok(Some(own)) => locks.unlock(own).await,
            Ok(None) => {}
            Err(error) => warn!(%error, "a service may stay locked for a while"),
        }
    }
}
