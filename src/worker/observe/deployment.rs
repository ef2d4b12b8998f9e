//! What a job observes of its deployment or rollback, and the evidence for a
//! failure.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::diagnose::diagnose;
use super::job_reader::JobReader;
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
use crate::worker::abandon::AbandonmentWatch;
use crate::worker::context::Context;
use crate::worker::interrupted::Interrupted;
use crate::worker::shared::batch_reader::Wanted;

/// What was observed of a deployment.
pub(in crate::worker) struct DeploymentView {
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
pub(in crate::worker) struct RollbackView {
    failed: Option<DeploymentSeen>,
    rollback: Option<DeploymentSeen>,
    evidence: Option<Evidence>,
}

/// What one job knows of its deployment, and what is to be read of it.
pub(in crate::worker) struct DeploymentWatch {
    wanted: BTreeSet<Observe>,
    abandonment: AbandonmentWatch,
    /// The evidence for a failure, as this job last read it.
    evidence: Option<(Moment, Evidence)>,
}

impl DeploymentWatch {
    pub(in crate::worker) fn new(context: &Context) -> Self {
        Self {
            wanted: BTreeSet::new(),
            abandonment: AbandonmentWatch::new(context),
            evidence: None,
        }
    }

    /// Adds `observe` to what is read from now on.
    pub(in crate::worker) fn want(&mut self, observe: Observe) {
        self.wanted.insert(observe);
    }

    /// Reads the deployment, and what a step has asked for.
    pub(in crate::worker) async fn read_deployment(
        &mut self,
        reader: &JobReader,
        step: &Deploying,
        request: &Request,
        since: Timestamp,
    ) -> Result<DeploymentView, Interrupted> {
        let is_stopping = step.stopping.is_some();
        if !is_stopping {
            self.abandonment.check(&reader.context, &reader.job, since);
        }
        let detail = match (
            request.options.complete_when,
            request.options.on_task_failure,
        ) {
            (CompleteWhen::DeploymentSucceeded, OnTaskFailure::Wait) => Wanted::Target,
            (CompleteWhen::TrafficShifted, _)
            | (_, OnTaskFailure::Stop | OnTaskFailure::Rollback) => Wanted::TargetEagerly,
        };
        let deployments = reader.deployments();
        let (deployment, service) = tokio::join!(
            deployments.read(&step.deployment, detail),
            self.wanted_service(reader, request)
        );
        let deployment = deployment?;
        let abandoned = self.abandonment.take_answer() && !is_stopping;
        let context = &reader.context;
        let evidence = self
            .evidence(context, request, deployment.as_ref(), step, Moment::Failure)
            .await;
        let new_tasks = new_tasks(context, deployment.as_ref(), step).await;
        Ok(DeploymentView {
            deployment,
            service: service?,
            evidence,
            new_tasks,
            abandoned,
        })
    }

    /// Reads the deployment and its rollback.
    pub(in crate::worker) async fn read_rollback(
        &mut self,
        reader: &JobReader,
        step: &RollingBack,
        request: &Request,
    ) -> Result<RollbackView, CallError> {
        let deployments = reader.deployments();
        let (failed, rollback) = tokio::join!(
            deployments.read(&step.deploying.deployment, Wanted::Target),
            deployments.read(&step.rollback, Wanted::Target)
        );
        let failed = failed?;
        let (context, deploying) = (&reader.context, &step.deploying);
        let evidence = self
            .evidence(
                context,
                request,
                failed.as_ref(),
                deploying,
                Moment::Rollback,
            )
            .await;
        Ok(RollbackView {
            failed,
            rollback: rollback?,
            evidence,
        })
    }

    /// The service, if the step has asked for it.
    async fn wanted_service(
        &self,
        reader: &JobReader,
        request: &Request,
    ) -> Result<Option<Service>, Interrupted> {
        if !self.wanted.contains(&Observe::Service) {
            return Ok(None);
        }
        let group = reader.group(request).await?;
        let service = reader.service(&group).await?;
        Ok(Some(service.unwrap_or_default()))
    }

    /// The evidence for a failure, if the step has asked for it. It is read
    /// once before and once after the rollback has begun.
    async fn evidence(
        &mut self,
        context: &Context,
        request: &Request,
        deployment: Option<&DeploymentSeen>,
        step: &Deploying,
        moment: Moment,
    ) -> Option<Evidence> {
        if !self.wanted.contains(&Observe::Evidence) {
            return None;
        }
        if let Some((_, known)) = self.evidence.as_ref().filter(|(read, _)| *read == moment) {
            return Some(known.clone());
        }
        let revision = &step.release.task_definition;
        let mut evidence = diagnose(context, request, deployment, revision).await;
        if let Some(tasks) = context.readers.new_tasks.known(&step.deployment) {
            evidence = evidence.or_seen_before(tasks.evidence);
        }
        let now = context.clock.now();
        let first_evidence = &context.shared.first_evidence;
        let evidence = first_evidence.combined(&step.deployment, evidence, now);
        self.evidence = Some((moment, evidence.clone()));
        Some(evidence)
    }
}

/// What is known of the new tasks while they are starting.
async fn new_tasks(
    context: &Context,
    deployment: Option<&DeploymentSeen>,
    step: &Deploying,
) -> Option<NewTasks> {
    let deployment = deployment.filter(|seen| installs(seen) && step.stopping.is_none())?;
    let revision = &step.release.task_definition;
    let reader = &context.readers.new_tasks;
    reader.observe(deployment, revision).await
}

impl DeploymentView {
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

impl RollbackView {
    pub(in crate::worker) fn seen(&self) -> rolling_back::Seen<'_> {
        rolling_back::Seen {
            failed: self.failed.as_ref(),
            rollback: self.rollback.as_ref(),
            evidence: self.evidence.as_ref(),
        }
    }
}
