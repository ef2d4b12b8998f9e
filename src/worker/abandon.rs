//! Handles actions that were abandoned in the pipeline: `OnAbandon` says what
//! happens to the deployment.
//!
//! CodePipeline tells no worker that an action was abandoned, and offers no job
//! for it again. So the worker asks, on three occasions:
//!
//! - While a job follows a deployment, at intervals and in the background
//!   ([`AbandonmentWatch`]): nothing about the deployment waits for the answer.
//! - When CodePipeline refuses to take the job back because it is over
//!   ([`settle`]).
//! - A while after a job was handed back, unless another job has come for the
//!   release by then ([`look_back`]): the action may be abandoned between the
//!   two.
//!
//! The last two act without a job. They stop a deployment only if AWS shows that
//! it is this release's, because its id comes from a token.

mod watch;

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tracing::{Instrument as _, info, warn};

use crate::job::DeploymentId;
use crate::job::continuation_token::Token;
use crate::job::offer::Job;
use crate::job::options::{Choice as _, OnAbandon};
use crate::job::request::Request;
use crate::ports::CallError;
use crate::rollout::step::{Deploying, Step, StopMode};
use crate::rollout::token;
use crate::worker::budget::Urgency;
use crate::worker::context::Context;
use crate::worker::interrupted::Interrupted;
use crate::worker::role::in_role;
pub(in crate::worker) use watch::AbandonmentWatch;

/// How often to check for abandonment, counted from the start of the rollout.
/// Rarely, because CodePipeline's limits are not published and abandoning is
/// rare.
const CHECK_INTERVAL: Duration = Duration::from_secs(2 * 60);

/// How often it is tried to apply `OnAbandon` without a job: for five minutes.
const ATTEMPTS: u32 = 6;

/// Wait before the second attempt, doubled before each further one.
const INITIAL_BACKOFF: Duration = Duration::from_secs(10);

async fn is_abandoned(context: &Context, job: &Job) -> Result<bool, CallError> {
    let jobs = &context.ports.jobs;
    let ask = || jobs.is_abandoned(&job.data.pipeline);
    context
        .shared
        .limits
        .budget
        .call(Urgency::Progress, None, ask)
        .await
}

/// Handles a job whose hand-back CodePipeline has refused because the job is
/// over. Acts only if the action was abandoned: a report is also refused if its
/// first attempt succeeded but the answer was lost. No further job comes for an
/// abandoned action, so calls that fail are repeated.
pub(in crate::worker) async fn settle(context: &Context, job: &Job, returned: &Token) {
    let Some((deploying, request)) = running_deployment(job, returned) else {
        return;
    };
    let mut wait = INITIAL_BACKOFF;
    let mut left = ATTEMPTS;
    while let Err(error) = try_to_settle(context, job, &deploying, &request).await {
        left -= 1;
        let hands_back = context.lifecycle.hand_back.is_cancelled();
        if !error.is_transient() || left == 0 || hands_back {
            warn!(
                deployment.id = %deploying.deployment,
                %error,
                "OnAbandon could not be applied; if the action was abandoned, its deployment goes on"
            );
            return;
        }
        context.pause(wait).await;
        wait *= 2;
    }
}

async fn try_to_settle(
    context: &Context,
    job: &Job,
    deploying: &Deploying,
    request: &Request,
) -> Result<(), CallError> {
    if !is_abandoned(context, job).await? {
        return Ok(());
    }
    let (id, on_abandon) = (&deploying.deployment, request.options.on_abandon);
    let mode = match on_abandon {
        OnAbandon::Leave => {
            applied(id, on_abandon);
            return Ok(());
        }
        OnAbandon::Stop => StopMode::Stop,
        OnAbandon::Rollback => StopMode::Rollback,
    };
    let context = match in_role(context, job, request).await {
        Ok(context) => context,
        Err(Interrupted::Call(error)) => return Err(error),
        Err(Interrupted::Failure(_)) => {
            warn!("the role of the abandoned action is not allowed; its deployment continues");
            return Ok(());
        }
    };
    // The deployment's id comes from the token and may not have been verified
    // yet.
    let shown = context.ports.deployments.survey(std::slice::from_ref(id));
    let shown = shown.await.pop().unwrap_or(Ok(None))?;
    match shown.filter(|seen| context.is_own(seen, deploying, job, request)) {
        None => warn!(
            deployment.id = %id,
            "cannot tell whether the deployment belongs to the abandoned action; it continues"
        ),
        // Another job of the action may have stopped it meanwhile.
        Some(own) if own.status.is_final() => {}
        Some(_) => {
            context.stop_deployment(id, mode).await?;
            applied(id, on_abandon);
        }
    }
    Ok(())
}

/// Checks once more after a job was handed back. If its action is abandoned
/// now, no job comes for it again; so unless `OnAbandon` is `Leave`, one last
/// check follows after a while, unless a job comes by then. There are at most
/// as many such checks as reports in that time, which the budget limits.
pub(in crate::worker) fn look_back(context: &Context, job: &Arc<Job>, returned: Token) {
    match running_deployment(job, &returned) {
        Some((_, request)) if request.options.on_abandon != OnAbandon::Leave => {}
        None | Some(_) => return,
    }
    let (last_checks, key) = (&context.shared.last_checks, job.key());
    let end = context.lifecycle.end.clone();
    let (context, job) = (context.clone(), job.clone());
    let check = async move {
        context.pause(CHECK_INTERVAL).await;
        if !context.lifecycle.hand_back.is_cancelled() {
            settle(&context, &job, &returned).await;
        }
        context.shared.last_checks.forget(&job.key());
    };
    let check = Box::pin(check);
    let check = async move {
        end.run_until_cancelled(check).await;
    };
    last_checks.spawn(key, check.in_current_span());
}

/// The running deployment and the request; `None` if there is nothing to
/// decide.
fn running_deployment(job: &Job, returned: &Token) -> Option<(Deploying, Request)> {
    let Step::Deploying(deploying) = token::decode(&returned.0).ok()?.step else {
        return None;
    };
    let request = Request::of_job(&job.data).ok()?;
    deploying.stopping.is_none().then_some((deploying, request))
}

/// Logs and counts that `OnAbandon` was applied, which the pipeline no longer
/// shows.
pub(in crate::worker) fn applied(deployment: &DeploymentId, on_abandon: OnAbandon) {
    info!(
        deployment.id = %deployment,
        on_abandon = %on_abandon.word(),
        "the action was abandoned; OnAbandon was applied to its deployment"
    );
    counter!("bluegreen_abandoned_total", "done" => on_abandon.word()).increment(1);
}
