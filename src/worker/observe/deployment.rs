//! What a job observes of its deployment or rollback, and the evidence for a
//! failure.

use jiff::{Timestamp, Unit};

use super::diagnose::diagnose;
use super::observations::Observations;
use crate::job::options::{CompleteWhen, OnTaskFailure};
use crate::job::request::Request;
use crate::ports::CallError;
use crate::release::target::Service;
use crate::rollout::decision::Observe;
use crate::rollout::evidence::Evidence;
use crate::rollout::new_tasks::NewTasks;
use crate::rollout::progress::installs;
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::step::{Deploying, RollingBack};
use crate::rollout::{deploying, rolling_back};
use crate::worker::abandon::{self, AbandonmentCheck};
use crate::worker::interrupted::Interrupted;
use crate::worker::shared::batch_reader::Wanted;

/// What was observed of a deployment.
pub(in crate::worker) struct During {
    deployment: Option<DeploymentSeen>,
    service: Option<Service>,
    evidence: Option<Evidence>,
    new_tasks: Option<NewTasks>,
    abandoned: bool,
}

/// When the evidence for a failure is read: a rollback removes the new tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::worker) enum Moment {
    /// The deployment has failed.
    Failure,
    /// Its rollback has begun.
    Rollback,
}

/// What was observed of a rollback.
pub(in crate::worker) struct After {
    failed: Option<DeploymentSeen>,
    rollback: Option<DeploymentSeen>,
    evidence: Option<Evidence>,
}

impl Observations {
    pub(in crate::worker) async fn at_deployment(
        &mut self,
        step: &Deploying,
        request: &Request,
        since: Timestamp,
    ) -> Result<During, CallError> {
        self.check_abandoned(step, since);
        let wanted = match (
            request.options.complete_when,
            request.options.on_task_failure,
        ) {
            (CompleteWhen::DeploymentSucceeded, OnTaskFailure::Wait) => Wanted::Target,
            (CompleteWhen::TrafficShifted, _)
            | (_, OnTaskFailure::Stop | OnTaskFailure::Rollback) => Wanted::TargetEagerly,
        };
        let reader = self.deployment_reader();
        let (deployment, service) = tokio::join!(
            reader.read(&step.deployment, wanted),
            self.wanted_service(request)
        );
        let deployment = deployment?;
        let abandoned = self.is_abandoned(step);
        let evidence = self
            .evidence(request, deployment.as_ref(), step, Moment::Failure)
            .await;
        let new_tasks = self.new_tasks(deployment.as_ref(), step).await;
        Ok(During {
            deployment,
            service: service?,
            evidence,
            new_tasks,
            abandoned,
        })
    }

    /// What is known of the new tasks while they are starting.
    async fn new_tasks(
        &self,
        deployment: Option<&DeploymentSeen>,
        step: &Deploying,
    ) -> Option<NewTasks> {
        let deployment = deployment.filter(|seen| installs(seen) && step.stopping.is_none())?;
        let revision = &step.release.task_definition;
        self.context
            .readers
            .new_tasks
            .observe(deployment, revision)
            .await
    }

    /// Starts an abandonment check at regular intervals; the job does not wait
    /// for it.
    fn check_abandoned(&mut self, step: &Deploying, since: Timestamp) {
        let now = self.context.clock.now();
        let every = abandon::check_interval(&self.context);
        let turn = |moment: Timestamp| {
            let passed = (moment - since).total(Unit::Second).unwrap_or_default();
            (passed / every.as_secs_f64()).floor()
        };
        if turn(now) > turn(self.asked) && step.stopping.is_none() && !self.abandoned {
            let ask = || AbandonmentCheck::new(&self.context, &self.job);
            self.abandonment_check.get_or_insert_with(ask);
        }
        self.asked = now;
    }

    /// Whether a check has found that the action was abandoned, and the
    /// deployment has yet to be stopped.
    fn is_abandoned(&mut self, step: &Deploying) -> bool {
        let check = self.abandonment_check.as_mut();
        if let Some(abandoned) = check.and_then(AbandonmentCheck::result) {
            self.abandonment_check = None;
            self.abandoned = abandoned;
        }
        self.abandoned && step.stopping.is_none()
    }

    pub(in crate::worker) async fn at_rollback(
        &mut self,
        step: &RollingBack,
        request: &Request,
    ) -> Result<After, CallError> {
        let reader = self.deployment_reader();
        let (failed, rollback) = tokio::join!(
            reader.read(&step.deploying.deployment, Wanted::Target),
            reader.read(&step.rollback, Wanted::Target)
        );
        let failed = failed?;
        let evidence = self
            .evidence(request, failed.as_ref(), &step.deploying, Moment::Rollback)
            .await;
        Ok(After {
            failed,
            rollback: rollback?,
            evidence,
        })
    }

    /// The service, if the step has asked for it.
    async fn wanted_service(&self, request: &Request) -> Result<Option<Service>, CallError> {
        if !self.requested.contains(&Observe::Service) {
            return Ok(None);
        }
        let service = match self.group(request).await {
            Ok(group) => self.service(&group).await?,
            Err(Interrupted::Failure(_)) => None,
            Err(Interrupted::Call(error)) => return Err(error),
        };
        Ok(Some(service.unwrap_or_default()))
    }

    /// The evidence for a failure, if the step has asked for it. It is read
    /// once before and once after the rollback has begun.
    async fn evidence(
        &mut self,
        request: &Request,
        deployment: Option<&DeploymentSeen>,
        step: &Deploying,
        moment: Moment,
    ) -> Option<Evidence> {
        if !self.requested.contains(&Observe::Evidence) {
            return None;
        }
        if let Some((_, known)) = self.evidence.as_ref().filter(|(read, _)| *read == moment) {
            return Some(known.clone());
        }
        let revision = &step.release.task_definition;
        let mut evidence = diagnose(&self.context, request, deployment, revision).await;
        if let Some(tasks) = self.context.readers.new_tasks.known(&step.deployment) {
            evidence = evidence.or_seen_before(tasks.evidence);
        }
        let now = self.context.clock.now();
        let first_evidence = &self.context.shared.first_evidence;
        let evidence = first_evidence.combined(&step.deployment, evidence, now);
        self.evidence = Some((moment, evidence.clone()));
        Some(evidence)
    }
}

impl During {
    pub(in crate::worker) fn seen(&self) -> deploying::Seen<'_> {
        deploying::Seen {
            deployment: self.deployment.as_ref(),
            service: self.service.as_ref(),
            evidence: self.evidence.as_ref(),
            new_tasks: self.new_tasks.as_ref(),
            abandoned: self.abandoned,
        }
    }
}

impl After {
    pub(in crate::worker) fn seen(&self) -> rolling_back::Seen<'_> {
        rolling_back::Seen {
            failed: self.failed.as_ref(),
            rollback: self.rollback.as_ref(),
            evidence: self.evidence.as_ref(),
        }
    }
}
