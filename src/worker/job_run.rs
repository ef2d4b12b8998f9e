//! A job in progress: what it has observed, decided and is about to report.

use std::sync::Arc;

use clock::Mark;
use metrics::{counter, histogram};
use tracing::info;

use super::budget::{Permit, Ticket, Urgency};
use super::claim::Ownership;
use super::context::Context;
use super::job_state::JobState;
use super::limits::slots::Slot;
use super::observe::deployment::DeploymentWatch;
use super::observe::job_reader::JobReader;
use super::observe::preparation::Preparation;
use crate::job::offer::Job;
use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::rollout::progress::Progress;
use crate::rollout::step::{Rollout, Step};

/// A job in progress.
pub(super) struct JobRun {
    pub(super) job: Arc<Job>,
    pub(super) state: JobState,
    pub(super) reader: JobReader,
    pub(super) preparation: Preparation,
    pub(super) deployment: DeploymentWatch,
    /// Whether `reader` uses the role that the action names, if any.
    pub(super) in_role: bool,
    /// Whether the job is this worker's alone.
    pub(super) is_certain: bool,
    /// The revision that the job's token names.
    pub(super) named_by_token: Option<TaskDefinitionArn>,
    /// Whether this job or an earlier one may have asked AWS to start the
    /// deployment.
    pub(super) may_have_started: bool,
    pub(super) begun: Mark,
    /// When the deployment was last continued.
    pub(super) continued: Option<Mark>,
    /// The first progress of this run; a report is due when it has changed.
    pub(super) first: Option<Progress>,
    /// Whether something has happened that the pipeline should show.
    pub(super) has_news: bool,
    /// The place in the queue for the report that is due.
    pub(super) ticket: Option<(Urgency, Ticket)>,
    /// The permit to send it, held while the job observes once more.
    pub(super) permit: Option<Permit>,
    pub(super) slot: Arc<Slot>,
}

impl JobRun {
    pub(super) fn new(
        context: &Context,
        job: &Arc<Job>,
        rollout: Rollout,
        ownership: Ownership,
        slot: &Arc<Slot>,
    ) -> Self {
        let release = rollout.release();
        let named_by_token = release.map(|release| release.task_definition.clone());
        let may_have_started = rollout.failing_since.is_some() || ownership == Ownership::Uncertain;
        Self {
            reader: JobReader::new(context.clone(), job.clone()),
            preparation: Preparation::new(job.data.token.is_some(), &rollout, ownership),
            deployment: DeploymentWatch::new(context),
            state: JobState::new(rollout).keeping_facts(context.events.is_some()),
            may_have_started,
            begun: context.clock.mark(),
            continued: None,
            first: None,
            has_news: false,
            ticket: None,
            permit: None,
            slot: slot.clone(),
            in_role: false,
            is_certain: ownership == Ownership::Certain,
            named_by_token,
            job: job.clone(),
        }
    }

    pub(super) fn context(&self) -> &Context {
        &self.reader.context
    }

    /// Enters the step. The first deployment ends the release's wait.
    pub(super) fn enter(&self, step: Step) {
        let before = self.state.rollout();
        let begins = before.deployment().is_none() && matches!(step, Step::Deploying(_));
        if begins {
            let wait_queue = &self.context().shared.wait_queue;
            wait_queue.leave((before.since, &self.job.key()));
            let passed = self.context().clock.now().duration_since(before.since);
            counter!("bluegreen_deployments_total").increment(1);
            histogram!("bluegreen_seconds_to_deployment").record(passed.as_secs_f64());
        }
        self.state.change(|rollout| rollout.step = step);
        let rollout = self.state.rollout();
        let deployment = rollout.deployment().map(DeploymentId::as_str);
        info!(
            step = rollout.step.name(),
            deployment.id = deployment,
            "the rollout goes on"
        );
    }
}
