//! Nobody waits for the action any more: `OnAbandon` says what becomes of its
//! deployment.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use metrics::counter;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, debug, info, warn};

use crate::job::offer::Job;
use crate::job::options::OnAbandon;
use crate::job::request::Request;
use crate::job::token::Token;
use crate::ports::CallError;
use crate::rollout::description::is_own;
use crate::rollout::step::{Deploying, Step};
use crate::rollout::token;
use crate::worker::budget::Urgency;
use crate::worker::context::Context;
use crate::worker::role::in_role;

/// How often the pipeline is asked, counted from the rollout's begin: seldom,
/// because CodePipeline's rates are not published and abandoning is rare.
const EVERY: Duration = Duration::from_secs(2 * 60);

/// The same while jobs watch longer because there are many: once in two
/// jobs, which their share of the budget holds.
pub(in crate::worker) fn every(context: &Context) -> Duration {
    let watch = context.watch();
    if watch > context.tuning.watch {
        EVERY.max(watch * 2)
    } else {
        EVERY
    }
}

/// A question whether the action was abandoned, asked while the job goes on:
/// nothing about the deployment waits for the answer. Dropped, it is not asked.
#[derive(Debug)]
pub(in crate::worker) struct Question(AbortOnDropHandle<Result<bool, CallError>>);

impl Question {
    pub(in crate::worker) fn new(context: &Context, job: &Arc<Job>) -> Self {
        let (context, job) = (context.clone(), job.clone());
        let asking = async move { ask(&context, &job).await };
        Self(AbortOnDropHandle::new(tokio::spawn(
            asking.in_current_span(),
        )))
    }

    /// The answer, once it is there; `false` where it could not be had.
    pub(in crate::worker) fn answer(&mut self) -> Option<bool> {
        let answer = (&mut self.0).now_or_never()?;
        match answer {
            Ok(Ok(abandoned)) => return Some(abandoned),
            Ok(Err(error)) => debug!(%error, "whether the action was abandoned is not known"),
            Err(problem) => debug!(%problem, "whether the action was abandoned was not asked"),
        }
        Some(false)
    }
}

async fn ask(context: &Context, job: &Job) -> Result<bool, CallError> {
    let jobs = &context.ports.jobs;
    let ask = || jobs.is_abandoned(&job.data.pipeline);
    context.budget.call(Urgency::Progress, None, ask).await
}

/// CodePipeline has not taken the report that would have handed the job back.
/// Only where the action was abandoned is anything done: a report whose first
/// answer was lost is refused the second time as well.
pub(in crate::worker) async fn settle(context: &Context, job: &Job, left: &Token) {
    let Some((deploying, request)) = at_stake(job, left) else {
        return;
    };
    match ask(context, job).await {
        Ok(true) => match with_its_role(context, job, &request).await {
            Some(context) => carry_out(&context, job, &deploying, &request).await,
            None => warn!("the role of the abandoned action is not to be had"),
        },
        Ok(false) => {}
        Err(error) => warn!(%error, "whether the action was abandoned is not known"),
    }
}

/// The job was handed back. Were its action abandoned now, no job would ever
/// come to notice; so somebody who wants more than to leave the deployment
/// running is served by a last look after a while. There are as many of them
/// as reports in that while, which the budget bounds.
pub(in crate::worker) fn look_back(context: &Context, job: &Arc<Job>, left: Token) {
    match at_stake(job, &left) {
        Some((_, request)) if request.options.on_abandon != OnAbandon::Leave => {}
        None | Some(_) => return,
    }
    let end = context.end.clone();
    let (context, job) = (context.clone(), job.clone());
    let look = async move {
        context.pause(EVERY).await;
        if !context.drain.is_cancelled() {
            settle(&context, &job, &left).await;
        }
    };
    let look = Box::pin(look);
    let look = async move { end.run_until_cancelled(look).await };
    tokio::spawn(look.in_current_span());
}

/// The deployment that runs, and the action, which says what to do about it.
fn at_stake(job: &Job, left: &Token) -> Option<(Deploying, Request)> {
    let Step::Deploying(deploying) = token::decode(&left.0).ok()?.step else {
        return None;
    };
    let request = request(job)?;
    deploying.stopping.is_none().then_some((deploying, request))
}

fn request(job: &Job) -> Option<Request> {
    let artifacts = job.data.artifacts.iter();
    let artifacts: Vec<&str> = artifacts.map(|artifact| artifact.name.as_str()).collect();
    Request::parse(&job.data.configuration, &artifacts).ok()
}

async fn with_its_role(context: &Context, job: &Job, request: &Request) -> Option<Context> {
    match in_role(context, job, request).await {
        Ok(context) => context.ok(),
        Err(error) => {
            warn!(%error, "a call to AWS failed");
            None
        }
    }
}

async fn carry_out(context: &Context, job: &Job, deploying: &Deploying, request: &Request) {
    let on_abandon = request.options.on_abandon;
    let roll_back = match on_abandon {
        OnAbandon::Leave => return note(deploying, on_abandon),
        OnAbandon::Stop => false,
        OnAbandon::Rollback => true,
    };
    let deployments = &context.ports.deployments;
    // A token names it, and perhaps no look has compared it with AWS yet.
    let shown = deployments.survey(std::slice::from_ref(&deploying.deployment));
    let is_ours = shown.await.into_iter().any(|shown| {
        shown.is_ok_and(|seen| seen.is_some_and(|seen| is_own(&seen, deploying, job, request)))
    });
    if !is_ours {
        warn!(
            deployment.id = %deploying.deployment,
            "the deployment is not known to be the abandoned action's; it runs on"
        );
        return;
    }
    note(deploying, on_abandon);
    let stop = deployments.stop(&deploying.deployment, roll_back);
    if let Err(error) = context
        .while_lease_held("codedeploy:StopDeployment", stop)
        .await
    {
        warn!(
            deployment.id = %deploying.deployment,
            %error,
            "the abandoned deployment could not be stopped; it runs on"
        );
    }
}

/// Says what is done where somebody can still see it.
pub(in crate::worker) fn note(deploying: &Deploying, on_abandon: OnAbandon) {
    info!(
        deployment.id = %deploying.deployment,
        ?on_abandon,
        "the action was abandoned; its deployment is dealt with as OnAbandon says"
    );
    counter!("bluegreen_abandoned_total", "done" => format!("{on_abandon:?}")).increment(1);
}
