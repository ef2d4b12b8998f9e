//! Carries out one act and enters the step that follows.

mod start;

use std::time::Duration;

use clock::Mark;
use serde_json::Value;
use tracing::{info, warn};

use super::abandon;
use super::job_run::JobRun;
use super::journal::{Entry, IntendedStop};
use crate::job::request::Request;
use crate::job::{DeploymentId, Engine, TaskDefinitionArn};
use crate::ports::{
    CallError, CallErrorKind, CodeDeployParameters, Created, NewDeployment, StopAnswer,
};
use crate::release::plan::PlannedTaskDefinition;
use crate::rollout::decision::Act;
use crate::rollout::deploying::may_appear;
use crate::rollout::description;
use crate::rollout::progress::Progress;
use crate::rollout::starting::release;
use crate::rollout::step::{Deploying, Step, StopReason, Stopping};

/// How long AWS may show a deployment as waiting that was continued. Then it is
/// continued again.
const CONTINUE_SHOWS: Duration = Duration::from_secs(10);

/// What the job does after an act.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Acted {
    GoOn,
    /// Nothing has changed; observe again later.
    Wait(Progress),
    /// Report to the pipeline at once.
    Report,
}

impl JobRun {
    /// Carries out the act, unless jobs are to be handed back: then it is left
    /// to the next job.
    pub(super) async fn act(&mut self, act: Act, request: &Request) -> Result<Acted, CallError> {
        if self.context().lifecycle.hand_back.is_cancelled() {
            return Ok(Acted::Report);
        }
        info!(?act, "acting");
        match act {
            Act::Register => self.register(request).await,
            Act::Deploy => self.deploy(request).await,
            Act::Continue(deployment) => {
                let shows = |at: &Mark| self.context().clock.since(at) >= CONTINUE_SHOWS;
                if !self.continued.as_ref().is_none_or(shows) {
                    return Ok(Acted::Wait(self.state.progress()));
                }
                let proceed = self.context().ports.deployments.proceed(&deployment);
                let call = match deployment.engine() {
                    Engine::CodeDeploy => "codedeploy:ContinueDeployment",
                    Engine::Ecs => "ecs:ContinueServiceDeployment",
                };
                self.context().while_lease_held(call, proceed).await?;
                self.continued = Some(self.context().clock.mark());
                Ok(Acted::GoOn)
            }
            Act::Stop {
                deployment,
                why,
                mode,
            } => {
                let at = self.context().clock.now();
                let stopping = Stopping { at, why, mode };
                let answer = self.stop(&deployment, stopping).await?;
                if why == StopReason::Abandoned {
                    abandon::applied(&deployment, request.options.on_abandon);
                }
                self.note_stop(stopping);
                Ok(match answer {
                    StopAnswer::Accepted => {
                        let progress = Progress::Stopping { deployment, why };
                        self.state.set_progress(progress);
                        Acted::Report
                    }
                    // An attempt whose answer was lost may have stopped it.
                    StopAnswer::TooLate => Acted::GoOn,
                })
            }
        }
    }

    /// Requests the stop. It is journaled first: whoever finds the deployment
    /// stopped must know that this was not done by hand.
    async fn stop(
        &self,
        deployment: &DeploymentId,
        stopping: Stopping,
    ) -> Result<StopAnswer, CallError> {
        let context = self.context();
        let stop = IntendedStop {
            deployment: deployment.clone(),
            stopping,
        };
        let entry = Entry::intended(&self.job, self.state.rollout().since);
        let entry = entry.claimed().stopping(stop.clone());
        if let Err(problem) = context.record(entry).await {
            warn!(%problem, "cannot write the journal; continuing the job");
        }
        let stopped = context.stop_deployment(deployment, stopping.mode).await;
        let is_unclear = |error: &CallError| error.kind == CallErrorKind::Unclear;
        if stopped.as_ref().is_err_and(is_unclear) {
            context.shared.own.add_stop(stop);
        }
        stopped
    }

    /// Notes in the rollout that the worker has requested this stop.
    pub(super) fn note_stop(&self, stopping: Stopping) {
        self.state.change(|rollout| {
            if let Step::Deploying(deploying) = &mut rollout.step {
                deploying.stopping = Some(stopping);
            }
        });
    }

    async fn register(&mut self, request: &Request) -> Result<Acted, CallError> {
        let Some(plan) = self.preparation.plan().cloned() else {
            return Ok(Acted::GoOn);
        };
        let arn = match &plan.task_definition {
            PlannedTaskDefinition::Register(body) => self.register_once(body, request).await?,
            PlannedTaskDefinition::Existing(arn) => arn.clone(),
        };
        self.preparation.revisions.registered = Some(arn.clone());
        let release = release(&plan, arn, self.preparation.warnings());
        self.enter(Step::Registered(release));
        self.state.set_progress(Progress::Registered);
        Ok(Acted::GoOn)
    }

    async fn register_once(
        &mut self,
        body: &Value,
        request: &Request,
    ) -> Result<TaskDefinitionArn, CallError> {
        // ECS's deployment is known by its revision. One that exists already may
        // be another release's, however young it is.
        let existing = match request.target.engine() {
            Engine::CodeDeploy => {
                let revisions = &self.preparation.revisions;
                revisions.registered_before(self.context(), body).await?
            }
            Engine::Ecs => None,
        };
        if let Some(arn) = existing {
            info!(task_definition = %arn, "the revision already exists");
            self.preparation.note_reuse(&arn);
            return Ok(arn);
        }
        // If the answer to this call is lost, the next run sees in our token
        // that it must look for a registered revision.
        let now = self.context().clock.now();
        self.state.change(|rollout| {
            rollout.failing_since.get_or_insert(now);
        });
        let context = self.context();
        let register = context.ports.task_definitions.register(body);
        let registered = context
            .while_lease_held("ecs:RegisterTaskDefinition", register)
            .await?;
        let own = &context.shared.own;
        own.add_revision(registered.clone(), body);
        Ok(registered)
    }

    async fn deploy(&mut self, request: &Request) -> Result<Acted, CallError> {
        let (Step::Registered(registered), Some(plan)) =
            (self.state.rollout().step, self.preparation.plan())
        else {
            return Ok(Acted::GoOn);
        };
        // ECS's deployment carries nothing of this release but its revision, so
        // the token must name it first: a worker that takes over finds the
        // deployment by it. And a worker that is not certain to have the job
        // must hand in a token first: CodePipeline accepts one for each job,
        // and none for a release that has ended in another worker.
        let is_named = self.named_by_token.as_ref() == Some(&registered.task_definition);
        let needs_token = request.target.engine() == Engine::Ecs && !is_named;
        if needs_token || !self.is_certain {
            return Ok(Acted::Report);
        }
        if request.target.engine() == Engine::Ecs && self.start_may_appear() {
            self.preparation.invalidate();
            return Ok(Acted::Wait(Progress::Registered));
        }
        let warnings = self.preparation.warnings();
        // Only the revision was compared with the plan; the rest of the step
        // may come from a token.
        let release = release(plan, registered.task_definition, warnings);
        let revision = &release.task_definition;
        let codedeploy = plan.app_spec.as_ref().map(|app_spec| {
            let content = app_spec.content(revision);
            CodeDeployParameters {
                app_spec: content.json,
                app_spec_sha256: content.sha256,
                description: self.describe(revision),
                deployment_config: request.options.deployment_config.clone(),
            }
        });
        let deployment = NewDeployment {
            target: request.target.clone(),
            task_definition: revision.clone(),
            codedeploy,
        };
        self.may_have_started = true;
        match self.start(&deployment, request).await? {
            Created::Started(deployment) => {
                self.calls_succeed();
                let own = &self.context().shared.own;
                own.add_deployment(deployment.clone(), self.job.key());
                self.enter(Step::Deploying(Deploying {
                    release,
                    deployment: deployment.clone(),
                    stopping: None,
                }));
                self.state.set_progress(Progress::Created { deployment });
                Ok(Acted::Report)
            }
            Created::GroupIsBusy => {
                // Another release was faster, or an earlier answer was lost.
                // AWS may take a moment to show whose deployment it is.
                self.preparation.invalidate();
                Ok(Acted::Wait(Progress::Registered))
            }
        }
    }

    /// Whether a deployment may still appear that an earlier attempt has started
    /// without an answer. Another release may have superseded it meanwhile, so
    /// the service need not show its revision.
    fn start_may_appear(&self) -> bool {
        let failing_since = self.state.rollout().failing_since;
        self.may_have_started
            && failing_since.is_some()
            && may_appear(failing_since, self.context().clock.now())
    }

    fn describe(&self, revision: &TaskDefinitionArn) -> String {
        let since = self.state.rollout().since;
        description::write(&self.job.key(), since, revision, &self.job.data.pipeline)
    }
}
