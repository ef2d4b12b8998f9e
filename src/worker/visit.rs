//! One job, top to bottom: claim it, then look, decide and act until there is
//! something to report, and report.

use std::sync::Arc;

use jiff::Timestamp;
use metrics::{counter, histogram};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, debug, error, info, info_span, warn};

use super::abandon;
use super::act::Acted;
use super::budget::{Permit, Ticket, Urgency};
use super::claim::{Hold, Origin, forget, take};
use super::hand_back::DueReport;
use super::hands::Hands;
use super::look::Looks;
use super::outcome;
use super::report::{failed, hand_in, succeeded};
use super::role::in_role;
use super::slots::Slot;
use super::standing::Standing;
use super::traced::StepSpan;
use crate::job::DeploymentId;
use crate::job::offer::Job;
use crate::job::options::Options;
use crate::job::report::Report;
use crate::job::request::Request;
use crate::ports::{Receipt, Trouble};
use crate::rollout::decision::Decision;
use crate::rollout::description::is_own;
use crate::rollout::failure::Failure;
use crate::rollout::progress::Progress;
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::step::{Deploying, Rollout, Step};
use crate::rollout::token::{self, TokenProblem};
use crate::rollout::{deploying, registered, rolling_back, starting};

/// Looks, moves and acts between two waits. A rollout needs fewer than ten;
/// one that needs more goes in circles.
const MAX_TURNS: u32 = 32;

/// What a job's visit begins with.
pub(super) struct Begin {
    pub(super) origin: Origin,
    /// For the acknowledgement, where a poll has just offered the job.
    pub(super) permit: Option<Permit>,
    pub(super) slot: Slot,
}

/// Carries out one job.
pub(super) async fn visit(hands: &Hands, job: Job, begin: Begin) {
    let span = info_span!(
        "visit",
        job.id = %job.id,
        pipeline.name = job.data.pipeline.pipeline,
        action.execution = %job.key(),
    );
    let job = Arc::new(job);
    let work = async {
        let _in_flight = hands.in_flight.begin(&job.id, hands.clock.now());
        tokio::select! {
            biased;
            // Whatever is under way is dropped: from now on it would be
            // somebody else's to do.
            () = hands.tenure.lost() => {
                warn!("the lease is gone; another worker has the job");
                hands.board.lose(&job, hands.clock.now());
            }
            () = carry_out(hands, &job, begin) => {}
        }
    };
    work.instrument(span).await;
}

async fn carry_out(hands: &Hands, job: &Arc<Job>, begin: Begin) {
    let Begin {
        origin,
        permit,
        slot,
    } = begin;
    let slot = Arc::new(slot);
    // Read before the job is ours: what a newer worker wrote is left to it.
    let rollout = match job.data.token.as_deref().map(token::decode) {
        None => Ok(Rollout::new(origin.since(hands.clock.now()))),
        Some(Ok(rollout)) => Ok(rollout),
        Some(Err(TokenProblem::Newer { version })) => {
            info!(
                version,
                "left for a newer worker: its token is not ours to read"
            );
            return;
        }
        Some(Err(TokenProblem::Unreadable { detail })) => Err(Failure::BadToken { detail }),
    };
    // On the heap, like the report: what comes between takes hours.
    let Some(hold) = Box::pin(take(hands, job, &origin, permit)).await else {
        return;
    };
    let since = rollout.as_ref().map(|rollout| rollout.since);
    let since = since.unwrap_or_else(|_| hands.clock.now());
    let due = match rollout {
        Ok(rollout) => follow(hands, job, rollout, hold, &slot).await,
        Err(failure) => DueReport::last(failed(&failure)),
    };
    // Whoever cannot report takes no more jobs.
    slot.set_waiting(false);
    let DueReport {
        report,
        urgency,
        permit,
    } = due;
    let left = match &report {
        Report::Continue(progress) => Some(progress.token.clone()),
        Report::Success(_) | Report::Failure(_) => {
            hands.waiters.leave((since, &job.key()));
            None
        }
    };
    let handed_in = Box::pin(hand_in(hands, &job.id, report, (urgency, permit)));
    let Some(handed_in) = handed_in.await else {
        return;
    };
    outcome::tell(hands, job, since, &handed_in);
    match (handed_in.receipt, left) {
        (Receipt::JobIsOver, Some(left)) => Box::pin(abandon::settle(hands, job, &left)).await,
        (Receipt::Taken, Some(left)) => abandon::look_back(hands, job, left),
        (Receipt::JobIsOver | Receipt::Taken, None) => {}
    }
    forget(hands, &job.id).await;
}

/// Follows the rollout until there is something to report. A visit that
/// panics fails its release; one that outstays a drain is handed back.
async fn follow(
    hands: &Hands,
    job: &Arc<Job>,
    rollout: Rollout,
    hold: Hold,
    slot: &Arc<Slot>,
) -> DueReport {
    let looks = Looks::new(hands.clone(), job.clone(), &rollout, hold);
    let standing = Standing::new(rollout);
    hands.board.put(job, &standing, hands.clock.now());
    let visit = Visit {
        looks,
        begun: hands.clock.now(),
        first: None,
        has_news: false,
        ticket: None,
        permit: None,
        slot: slot.clone(),
        in_role: false,
        job: job.clone(),
        standing: standing.clone(),
    };
    let work = tokio::spawn(Box::new(visit).run().in_current_span());
    let mut work = AbortOnDropHandle::new(work);
    tokio::select! {
        biased;
        // What a panic says may hold anything, so nothing of it is repeated.
        done = &mut work => done.unwrap_or_else(|_| {
            error!("the visit has panicked");
            let detail = "the visit ended unexpectedly".to_owned();
            DueReport::last(failed(&Failure::Internal { detail }))
        }),
        () = hands.hurry.cancelled() => {
            work.abort();
            let report = Report::Continue(standing.hand_back());
            DueReport { report, urgency: Urgency::Change, permit: None }
        }
    }
}

/// A visit at work.
pub(super) struct Visit {
    pub(super) job: Arc<Job>,
    pub(super) standing: Standing,
    pub(super) looks: Looks,
    /// Whether it acts as the role that the action names, if it names one.
    in_role: bool,
    pub(super) begun: Timestamp,
    /// What was seen first; a report is due when that has changed.
    pub(super) first: Option<Progress>,
    /// Whether something was done that the pipeline should hear of.
    pub(super) has_news: bool,
    /// The place in the line for the report that is due.
    pub(super) ticket: Option<(Urgency, Ticket)>,
    /// The permit for it, while there is one more look before.
    pub(super) permit: Option<Permit>,
    pub(super) slot: Arc<Slot>,
}

impl Visit {
    // Boxed, for a future keeps what it is given twice.
    async fn run(mut self: Box<Self>) -> DueReport {
        let artifacts = self.job.data.artifacts.iter();
        let artifacts: Vec<&str> = artifacts.map(|artifact| artifact.name.as_str()).collect();
        let request = match Request::parse(&self.job.data.configuration, &artifacts) {
            Ok(request) => request,
            Err(problems) => return Self::fail(&Failure::Configuration(problems)),
        };
        let mut turns = 0;
        let mut step = StepSpan::new(&self.standing.rollout());
        while turns < MAX_TURNS {
            turns += 1;
            step = step.at(&self.standing.rollout());
            let span = step.span.clone();
            // On the heap for as long as it takes: most visits only wait.
            let decide = Box::pin(self.decide(&request));
            let mut decision = match decide.instrument(span.clone()).await {
                Ok(decision) => decision,
                Err(trouble) => self.endure(trouble, &request.options),
            };
            let step = self.standing.rollout().step.name();
            debug!(step, ?decision, "decided");
            if let Decision::Act(act) = decision {
                let act = Box::pin(self.act(act, &request));
                decision = match act.instrument(span).await {
                    Ok(Acted::GoOn) => {
                        self.out_of_trouble();
                        continue;
                    }
                    Ok(Acted::Report) => {
                        self.has_news = true;
                        Decision::Wait(self.standing.progress())
                    }
                    Ok(Acted::Wait(progress)) => Decision::Wait(progress),
                    Err(trouble) => self.endure(trouble, &request.options),
                };
            }
            match decision {
                Decision::Act(_) => {}
                Decision::Move(step) => self.enter(*step),
                Decision::Look(sight) => self.looks.also(sight),
                Decision::Wait(progress) => match self.wait(progress).await {
                    Some((urgency, permit)) => {
                        let report = Report::Continue(self.standing.hand_back());
                        return DueReport {
                            report,
                            urgency,
                            permit,
                        };
                    }
                    None => turns = 0,
                },
                Decision::Succeed(success) => {
                    return DueReport::last(succeeded(&success, &request));
                }
                Decision::Fail(failure) => return Self::fail(&failure),
            }
        }
        let detail = "the rollout went in circles".to_owned();
        Self::fail(&Failure::Internal { detail })
    }

    /// Looks at what the step must see, and asks the step.
    async fn decide(&mut self, request: &Request) -> Result<Decision, Trouble> {
        if !self.in_role {
            match in_role(self.hands(), &self.job, request).await? {
                Ok(hands) => self.looks.hands = hands,
                Err(failure) => return Ok(Decision::fail(failure)),
            }
            self.in_role = true;
        }
        let rollout = self.standing.rollout();
        let (options, since) = (&request.options, rollout.since);
        let clock = self.hands().clock.clone();
        let decision = match &rollout.step {
            Step::Starting => match self.looks.before_deploying(request, &rollout).await? {
                Ok(view) => starting::decide(view.seen(), options, since, clock.now()),
                Err(failure) => Decision::fail(failure),
            },
            Step::Registered(release) => {
                match self.looks.before_deploying(request, &rollout).await? {
                    Ok(view) => {
                        registered::decide(release, view.seen(), options, since, clock.now())
                    }
                    Err(failure) => Decision::fail(failure),
                }
            }
            Step::Deploying(step) => {
                let view = self.looks.at_deployment(step, request, since).await?;
                let seen = view.seen();
                self.not_ours(seen.deployment, step, request)
                    .unwrap_or_else(|| deploying::decide(step, seen, options, since, clock.now()))
            }
            Step::RollingBack(step) => {
                let view = self.looks.at_rollback(step, request).await?;
                let seen = view.seen();
                self.not_ours(seen.failed, &step.deploying, request)
                    .unwrap_or_else(|| rolling_back::decide(step, seen, clock.now()))
            }
        };
        if let Some(judged) = self.looks.judged() {
            self.standing.change(|rollout| {
                rollout.judged.get_or_insert_with(|| judged.clone());
            });
        }
        // To look is not enough where an act is due, or more is to be seen
        // first: while that fails, the step's patience runs.
        if !matches!(decision, Decision::Act(_) | Decision::Look(_)) {
            self.out_of_trouble();
        }
        Ok(decision)
    }

    /// Ends the release where its token names somebody else's deployment,
    /// before anything is decided about that.
    fn not_ours(
        &self,
        seen: Option<&DeploymentSeen>,
        step: &Deploying,
        request: &Request,
    ) -> Option<Decision> {
        let is_ours = |seen: &DeploymentSeen| is_own(seen, step, &self.job, request);
        let deployment = step.deployment.clone();
        seen.is_some_and(|seen| !is_ours(seen))
            .then(|| Decision::fail(Failure::NotOurDeployment { deployment }))
    }

    pub(super) fn hands(&self) -> &Hands {
        &self.looks.hands
    }

    fn out_of_trouble(&self) {
        self.standing
            .change(|rollout| rollout.troubled_since = None);
    }

    /// What trouble with a call means: transient trouble is waited out until
    /// the step's patience ends; the rest fails the release.
    fn endure(&mut self, trouble: Trouble, options: &Options) -> Decision {
        warn!(%trouble, "a call to AWS failed");
        self.looks.distrust();
        if !trouble.is_transient() {
            return Decision::fail(Failure::Call(trouble));
        }
        let now = self.hands().clock.now();
        self.standing.change(|rollout| {
            rollout.troubled_since.get_or_insert(now);
        });
        let rollout = self.standing.rollout();
        let (begun, patience) = match &rollout.step {
            Step::Starting | Step::Registered(_) => {
                (rollout.troubled_since.unwrap_or(now), starting::PATIENCE)
            }
            Step::Deploying(_) | Step::RollingBack(_) => {
                (rollout.since, options.timeout + deploying::STOP_PATIENCE)
            }
        };
        if now >= begun + patience {
            let last = trouble;
            return Decision::fail(Failure::Unavailable { last, patience });
        }
        Decision::Wait(Progress::WaitingForAws {
            call: trouble.call,
            code: trouble.code,
        })
    }

    pub(super) fn enter(&self, step: Step) {
        let before = self.standing.rollout();
        let begins = before.deployment().is_none() && matches!(step, Step::Deploying(_));
        if begins {
            let waiters = &self.hands().waiters;
            waiters.leave((before.since, &self.job.key()));
            let passed = self.hands().clock.now().duration_since(before.since);
            counter!("bluegreen_deployments_total").increment(1);
            histogram!("bluegreen_seconds_to_deployment").record(passed.as_secs_f64());
        }
        self.standing.change(|rollout| rollout.step = step);
        let rollout = self.standing.rollout();
        let deployment = rollout.deployment().map(DeploymentId::as_str);
        info!(
            step = rollout.step.name(),
            deployment.id = deployment,
            "the rollout goes on"
        );
    }

    fn fail(failure: &Failure) -> DueReport {
        DueReport::last(failed(failure))
    }
}
