//! Runs a claimed job: it observes, decides and acts in rounds until there is
//! something to report.
//!
//! Each round observes what the current step needs, and lets the step decide
//! (`rollout`). An act or a move to another step is followed by a round at once.
//! If there is nothing to do, the job waits and begins again, until it is due to
//! be handed back (`report::hand_back`).
//!
//! A transient error of a call is an observation too: the job waits, and the
//! time since the first of them is in the token, so that the step's timeout
//! counts over all jobs. A success of reads alone does not reset it while an act
//! keeps failing.
//!
//! The job runs in a task of its own. Its state stands outside (`job_state`), so
//! that the job can be handed back or failed even if the task is stuck or
//! panics.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, debug, error, warn};

use super::abandon;
use super::act::Acted;
use super::budget::Urgency;
use super::claim::Ownership;
use super::context::Context;
use super::interrupted::Interrupted;
use super::job_run::JobRun;
use super::limits::slots::Slot;
use super::report::hand_back::DueReport;
use super::report::{failed, succeeded};
use super::role::in_role;
use super::trace_spans::StepSpan;
use crate::job::Engine;
use crate::job::offer::Job;
use crate::job::options::{OnAbandon, Options};
use crate::job::report::Report;
use crate::job::request::Request;
use crate::ports::{CallError, CallErrorKind};
use crate::rollout::decision::{Decision, Observe};
use crate::rollout::failure::Failure;
use crate::rollout::progress::Progress;
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus};
use crate::rollout::step::{Deploying, Rollout, Step};
use crate::rollout::{deploying, outage, registered, rolling_back, starting};

/// Rounds of observing, deciding and acting between two waits. A rollout needs
/// fewer than ten; one that needs more is in an endless loop.
const MAX_ROUNDS: u32 = 32;

/// Follows the rollout until there is something to report. If the job panics,
/// its release fails; if it does not hand itself back in time when the process
/// ends, that is done here.
pub(super) async fn follow(
    context: &Context,
    job: &Arc<Job>,
    rollout: Rollout,
    ownership: Ownership,
    slot: &Arc<Slot>,
) -> DueReport {
    let run_job = JobRun::new(context, job, rollout, ownership, slot);
    let state = run_job.state.clone();
    context
        .shared
        .releases
        .add(job, &state, context.clock.now());
    let work = tokio::spawn(Box::new(run_job).run().in_current_span());
    let mut work = AbortOnDropHandle::new(work);
    tokio::select! {
        biased;
        // The panic message may contain secrets, so it is not repeated.
        done = &mut work => done.unwrap_or_else(|_| {
            error!("a job panicked");
            let detail = "the job ended unexpectedly".to_owned();
            let failure = unfollowed(Failure::Internal { detail }, &state.rollout());
            DueReport::last(failed(&failure))
        }),
        () = context.lifecycle.cancel.cancelled() => {
            work.abort();
            let report = Report::Continue(state.hand_back());
            DueReport { report, urgency: Urgency::Change, permit: None }
        }
    }
}

impl JobRun {
    // Boxed, because a future stores its arguments twice.
    async fn run(mut self: Box<Self>) -> DueReport {
        let request = match Request::of_job(&self.job.data) {
            Ok(request) => request,
            Err(problems) => return self.fail(Failure::Configuration(problems)),
        };
        self.state.change_facts(|facts| facts.asked(&request));
        let mut rounds = 0;
        let mut step_span = StepSpan::new(&self.state.rollout());
        while rounds < MAX_ROUNDS {
            rounds += 1;
            step_span = step_span.at(&self.state.rollout());
            let span = step_span.span.clone();
            // Boxed, so that a job that only waits does not keep the space.
            let decide = Box::pin(self.decide(&request));
            let decision = match decide.instrument(span.clone()).await {
                Ok(decision) => decision,
                Err(error) => match self.wait_out(error, &request.options) {
                    Ok(progress) => Decision::Wait(progress),
                    Err(failure) => Decision::Fail(failure),
                },
            };
            let step = self.state.rollout().step.name();
            debug!(step, ?decision, "decided");
            let due = match decision {
                Decision::Act(act) => {
                    let act = Box::pin(self.act(act, &request));
                    match act.instrument(span).await {
                        Ok(Acted::GoOn) => {
                            self.calls_succeed();
                            continue;
                        }
                        Ok(Acted::Report) => {
                            self.has_news = true;
                            self.wait(self.state.progress()).await
                        }
                        Ok(Acted::Wait(progress)) => self.wait(progress).await,
                        Err(error) => match self.wait_out(error, &request.options) {
                            Ok(progress) => self.wait(progress).await,
                            Err(failure) => return self.fail(*failure),
                        },
                    }
                }
                Decision::Move(step) => {
                    self.enter(*step);
                    self.unlock_adopted(&request).await;
                    continue;
                }
                Decision::Observe(observe) => {
                    self.want(observe);
                    continue;
                }
                Decision::Wait(progress) => self.wait(progress).await,
                Decision::Succeed(success) => {
                    self.state.change_facts(|facts| facts.succeeded(&success));
                    return DueReport::last(succeeded(&success, &request));
                }
                Decision::Fail(failure) => return self.fail(*failure),
            };
            if let Some(due) = due {
                return due;
            }
            rounds = 0;
        }
        let detail = "the rollout went in circles".to_owned();
        self.fail(Failure::Internal { detail })
    }

    /// Returns what to do next.
    async fn decide(&mut self, request: &Request) -> Result<Decision, CallError> {
        let decision = match self.observe_and_decide(request).await {
            Ok(decision) => decision,
            Err(Interrupted::Failure(failure)) => Decision::Fail(failure),
            Err(Interrupted::Call(error)) => return Err(error),
        };
        self.state
            .change_facts(|facts| self.preparation.add_facts(facts));
        if let Some(judged) = self.preparation.judged() {
            self.state.change(|rollout| {
                rollout.judged.get_or_insert_with(|| judged.clone());
            });
        }
        // Successful reads do not end an outage while an act or a further
        // observation is due: if that keeps failing, the timeout must run.
        if !matches!(decision, Decision::Act(_) | Decision::Observe(_)) {
            self.calls_succeed();
        }
        Ok(decision)
    }

    /// Observes what the current step needs and returns the step's decision.
    async fn observe_and_decide(&mut self, request: &Request) -> Result<Decision, Interrupted> {
        if !self.in_role {
            self.reader.context = in_role(self.context(), &self.job, request).await?;
            self.in_role = true;
        }
        let rollout = self.state.rollout();
        let (options, since) = (&request.options, rollout.since);
        let clock = self.context().clock.clone();
        let (reader, preparation) = (&self.reader, &mut self.preparation);
        Ok(match &rollout.step {
            Step::Starting => {
                let view = preparation.observe(reader, request, &rollout).await?;
                starting::decide(view.seen(), options, since, clock.now())
            }
            Step::Registered(release) => {
                let view = preparation.observe(reader, request, &rollout).await?;
                registered::decide(release, view.seen(), options, since, clock.now())
            }
            Step::Deploying(step) => {
                let watch = &mut self.deployment;
                let view = watch.read_deployment(reader, step, request, since).await?;
                let seen = view.seen();
                let step = &self.with_unanswered_stop(step, seen.deployment);
                await_appearance(seen.deployment, step, &rollout, clock.now())?;
                self.not_ours(seen.deployment, step, request)
                    .unwrap_or_else(|| deploying::decide(step, seen, options, since, clock.now()))
            }
            Step::RollingBack(step) => {
                let watch = &mut self.deployment;
                let view = watch.read_rollback(reader, step, request).await?;
                let seen = view.seen();
                await_appearance(seen.failed, &step.deploying, &rollout, clock.now())?;
                self.not_ours(seen.failed, &step.deploying, request)
                    .unwrap_or_else(|| rolling_back::decide(step, seen, clock.now()))
            }
        })
    }

    /// Fails the release if its token names a deployment of another release,
    /// before anything is decided about that deployment.
    fn not_ours(
        &self,
        seen: Option<&DeploymentSeen>,
        step: &Deploying,
        request: &Request,
    ) -> Option<Decision> {
        let seen = seen?;
        if !self.context().is_own(seen, step, &self.job, request) {
            let deployment = step.deployment.clone();
            return Some(Decision::fail(Failure::NotOurDeployment { deployment }));
        }
        self.state.change_facts(|facts| facts.deployment(seen));
        None
    }

    /// Once the deployment ends, counts a stop whose answer was lost as its cause.
    fn with_unanswered_stop(&self, step: &Deploying, seen: Option<&DeploymentSeen>) -> Deploying {
        let mut step = step.clone();
        let ends = |seen: &DeploymentSeen| {
            seen.status.is_final() || seen.status == DeploymentStatus::RollingBack
        };
        if step.stopping.is_none()
            && seen.is_some_and(ends)
            && let Some(stopping) = self.context().shared.own.stop_of(&step.deployment)
        {
            self.note_stop(stopping);
            step.stopping = Some(stopping);
        }
        step
    }

    pub(super) fn calls_succeed(&self) {
        self.state.change(|rollout| rollout.failing_since = None);
    }

    /// Reads `observe` from now on.
    fn want(&mut self, observe: Observe) {
        match observe {
            Observe::Plan => self.preparation.want_plan(),
            Observe::Service | Observe::Evidence => self.deployment.want(observe),
        }
    }

    /// Returns the report that hands the job back, or else waits until it is time
    /// to observe again.
    async fn wait(&mut self, progress: Progress) -> Option<DueReport> {
        self.set_progress(progress);
        self.hand_back_or_rest().await
    }

    /// What to show while a transient error may still pass, or the failure that
    /// ends the release.
    fn wait_out(&mut self, error: CallError, options: &Options) -> Result<Progress, Box<Failure>> {
        warn!(%error, "AWS did not give what the job needs");
        self.preparation.invalidate();
        if !error.is_transient() {
            return Err(Box::new(Failure::Call(error)));
        }
        let now = self.context().clock.now();
        let rollout = self.state.rollout();
        let since = rollout.failing_since.unwrap_or(now);
        self.state
            .change(|rollout| rollout.failing_since = Some(since));
        if now >= outage::fails_at(&rollout, options, since) {
            let failing_for = Duration::try_from(now.duration_since(since)).unwrap_or_default();
            let last = error;
            return Err(Box::new(Failure::Unavailable { last, failing_for }));
        }
        Ok(Progress::WaitingForAws {
            call: error.call,
            code: error.code,
        })
    }

    fn fail(&self, failure: Failure) -> DueReport {
        let failure = unfollowed(failure, &self.state.rollout());
        if let Failure::Abandoned { deployment } = &failure {
            abandon::applied(deployment, OnAbandon::Leave);
        }
        self.state.change_facts(|facts| facts.failed(&failure));
        DueReport::last(failed(&failure))
    }
}

/// Adds to a failure that says nothing of the release's deployment that it may
/// go on.
fn unfollowed(failure: Failure, rollout: &Rollout) -> Failure {
    let is_not_ours = matches!(failure, Failure::NotOurDeployment { .. });
    match rollout.deployment() {
        Some(deployment) if failure.deployment().is_none() && !is_not_ours => Failure::Unfollowed {
            deployment: deployment.clone(),
            why: Box::new(failure),
        },
        Some(_) | None => failure,
    }
}

/// An error while AWS does not show the deployment but still may: the job waits
/// as for any other read that fails.
fn await_appearance(
    seen: Option<&DeploymentSeen>,
    step: &Deploying,
    rollout: &Rollout,
    now: Timestamp,
) -> Result<(), CallError> {
    if seen.is_some() || !deploying::may_appear(rollout.failing_since, now) {
        return Ok(());
    }
    let (call, code) = match step.deployment.engine() {
        Engine::CodeDeploy => (
            "codedeploy:GetDeployment",
            "DeploymentDoesNotExistException",
        ),
        Engine::Ecs => ("ecs:DescribeServiceDeployments", "MISSING"),
    };
    let message = "the deployment is not shown";
    Err(CallError {
        resource: Some(step.deployment.to_string()),
        ..CallError::new(call, CallErrorKind::Unclear, code, message)
    })
}
