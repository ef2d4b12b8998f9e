//! Everything one job reads from AWS. Each step reads only what it needs,
//! concurrently where possible.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use tracing::info;

use super::deployment::Moment;
use super::inputs::Files;
use super::presence::look_up;
use super::reuse::Compared;
use super::review::{Basis, policies, preload, review};
use crate::blocking::in_place;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::job::{DeployTarget, Excerpt, TaskDefinitionArn};
use crate::messages::finding::marked;
use crate::messages::limit::fit;
use crate::ports::{CallError, GroupAnswer};
use crate::release::finding::{Finding, Place, TaskDefinitionFinding};
use crate::release::judgement_digest::JudgementDigest;
use crate::release::plan::{Inputs, Plan, PlannedTaskDefinition, plan};
use crate::release::target::{Group, ReleaseTarget, Service};
use crate::release::task_definition::is_registered;
use crate::rollout::decision::Observe;
use crate::rollout::evidence::Evidence;
use crate::rollout::failure::Failure;
use crate::rollout::starting;
use crate::rollout::starting::Turn;
use crate::rollout::step::{Rollout, Step, Warnings};
use crate::worker::abandon::AbandonmentCheck;
use crate::worker::claim::Ownership;
use crate::worker::context::Context;
use crate::worker::events::Facts;
use crate::worker::interrupted::Interrupted;
use crate::worker::shared::batch_reader::{BatchReader, ReaderGuard};

/// One job's observations, including what need not be read twice.
pub(in crate::worker) struct Observations {
    pub(in crate::worker) context: Context,
    pub(in crate::worker) job: Arc<Job>,
    /// Whether an earlier job, or a call whose answer was lost, may have
    /// created a deployment that the group no longer shows as its last.
    pub(in crate::worker) search: bool,
    /// Whether a revision may have been registered that no token names.
    pub(in crate::worker) unnamed: bool,
    pub(in crate::worker) planned: Option<Box<Result<Plan, Vec<Finding>>>>,
    /// The hash of the policies that judged the plan.
    policies: Option<String>,
    /// The revision that received the traffic when this was last read.
    running: Option<TaskDefinitionArn>,
    /// Identifies what was judged; `None` if the release has errors.
    judged: Option<JudgementDigest>,
    /// The revision that the token or an earlier round named for this release.
    pub(in crate::worker) named: Option<TaskDefinitionArn>,
    /// The result of comparing the newest revision with the plan.
    pub(in crate::worker) compared: Option<Compared>,
    /// The revision that was registered from the plan or found equal to it.
    pub(in crate::worker) registered: Option<TaskDefinitionArn>,
    /// Warnings and notes for the author, shown at the end.
    pub(in crate::worker) warnings: Warnings,
    pub(in crate::worker) requested: BTreeSet<Observe>,
    /// When the last decision was made whether to check for abandonment.
    pub(in crate::worker) asked: Timestamp,
    /// The abandonment check in progress.
    pub(in crate::worker) abandonment_check: Option<AbandonmentCheck>,
    /// Whether a check has found that the action was abandoned.
    pub(in crate::worker) abandoned: bool,
    /// Counts the job as a reader of deployments, from its first read.
    reader_guard: OnceLock<ReaderGuard>,
    /// When the group was last seen free for this release.
    pub(in crate::worker) free_at: Option<Timestamp>,
    /// The evidence for a failure, as this job last read it.
    pub(in crate::worker) evidence: Option<(Moment, Evidence)>,
}

/// What was observed before there is a deployment.
pub(in crate::worker) struct Before<'a> {
    planned: Option<&'a Result<Plan, Vec<Finding>>>,
    turn: Turn,
    unchanged: Option<TaskDefinitionArn>,
    registered: Option<&'a TaskDefinitionArn>,
    warnings: &'a Warnings,
}

impl Observations {
    pub(in crate::worker) fn new(
        context: Context,
        job: Arc<Job>,
        rollout: &Rollout,
        ownership: Ownership,
    ) -> Self {
        Self {
            asked: context.clock.now() - context.settings.tuning.poll_interval,
            abandonment_check: None,
            abandoned: false,
            search: job.data.token.is_some() || ownership == Ownership::Uncertain,
            unnamed: rollout.failing_since.is_some() || ownership == Ownership::Uncertain,
            context,
            job,
            planned: None,
            policies: None,
            running: None,
            judged: None,
            compared: None,
            named: None,
            registered: None,
            free_at: None,
            warnings: Warnings::default(),
            requested: BTreeSet::new(),
            reader_guard: OnceLock::new(),
            evidence: None,
        }
    }

    /// The shared reader of deployments, with this job counted among its
    /// users.
    pub(in crate::worker) fn deployment_reader(&self) -> Arc<BatchReader> {
        let reader = self.context.readers.deployments.clone();
        self.reader_guard.get_or_init(|| reader.enter());
        reader
    }

    /// The plan, once it has been made.
    pub(in crate::worker) fn plan(&self) -> Option<&Plan> {
        self.planned.as_deref()?.as_ref().ok()
    }

    /// Adds the facts that release events contain.
    pub(in crate::worker) fn add_facts(&self, facts: &mut Facts) {
        if let Some(planned) = self.planned.as_deref() {
            facts.judged(planned, self.policies.as_deref());
        }
        facts.running(self.running.as_ref());
    }

    /// Identifies what was judged; `None` if the release has errors.
    pub(in crate::worker) fn judged(&self) -> Option<&JudgementDigest> {
        self.judged.as_ref()
    }

    /// Findings that do not refuse the release.
    pub(in crate::worker) fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    /// Adds `observe` to what is read from now on.
    pub(in crate::worker) fn also(&mut self, observe: Observe) {
        self.requested.insert(observe);
    }

    /// Drops the plan while another release uses the group, which may take
    /// hours. The plan is made again when it is this release's turn.
    pub(in crate::worker) fn drop_plan(&mut self) {
        self.planned = None;
        self.judged = None;
        self.compared = None;
        self.registered = None;
        self.free_at = None;
        self.requested.remove(&Observe::Plan);
    }

    /// Must be called after a failed call: what was read about other workers
    /// may be outdated.
    pub(in crate::worker) fn invalidate(&mut self) {
        self.search = true;
        self.unnamed = true;
        self.free_at = None;
    }

    /// Reads whose turn it is, and the plan if it is wanted.
    pub(in crate::worker) async fn before_deploying(
        &mut self,
        request: &Request,
        rollout: &Rollout,
    ) -> Result<Before<'_>, Interrupted> {
        if self.planned.is_some() && self.policies != policies(&self.context) {
            info!("the policies changed; checking the release again");
            self.drop_plan();
            self.also(Observe::Plan);
        }
        self.named = rollout
            .release()
            .map(|release| release.task_definition.clone());
        if self.is_still_free() {
            return Ok(self.before(Turn::Free, None));
        }
        let observed_at = self.context.clock.now();
        let is_wanted = rollout.judged.is_none() || self.requested.contains(&Observe::Plan);
        let (turn, service) = match self.planned {
            None if is_wanted => self.read_all(request, rollout).await?,
            Some(_) | None => self.read_turn(request, rollout.since).await?,
        };
        let running = service.as_ref().and_then(Service::primary);
        let running = running.and_then(|primary| primary.task_definition.clone());
        self.running.clone_from(&running);
        let unchanged = self.unchanged(request, running).await?;
        self.free_at = (turn == Turn::Free && self.planned.is_some()).then_some(observed_at);
        Ok(self.before(turn, unchanged))
    }

    fn before(&self, turn: Turn, unchanged: Option<TaskDefinitionArn>) -> Before<'_> {
        Before {
            planned: self.planned.as_deref(),
            turn,
            unchanged,
            registered: self.registered.as_ref(),
            warnings: &self.warnings,
        }
    }

    /// Reads and plans the release and has the policies judge it; concurrently
    /// reads whose turn it is.
    async fn read_all(
        &mut self,
        request: &Request,
        rollout: &Rollout,
    ) -> Result<(Turn, Option<Service>), Interrupted> {
        // Taken before the policies run: if they are replaced meanwhile, the
        // hashes differ and the release is judged again.
        let policies = policies(&self.context);
        let (files, target, preloaded) = tokio::join!(
            self.read_files(request),
            self.read_target(request, rollout.since),
            preload(&self.context)
        );
        let (mut files, target) = (files?, target?);
        files.lookups.presence = look_up(&self.context, &files, &target).await;
        let Files {
            bundle,
            lookups,
            newest,
            permit: _permit,
            named: _,
        } = files;
        let inputs = Inputs {
            target: ReleaseTarget {
                group: target.group,
                service: target.service,
                forwarded: target.forwarded,
                alarms_on: target.alarms_on,
            },
            lookups,
        };
        let planned = match in_place(|| plan(request, &bundle, &inputs)) {
            Ok(plan) => {
                let basis = Basis {
                    request,
                    bundle: &bundle,
                    inputs: &inputs,
                    previous: &target.previous,
                };
                review(&self.context, &self.job, preloaded, plan, &basis).await
            }
            Err(findings) => Err(findings),
        };
        self.judged = None;
        self.registered = None;
        self.warnings = warnings(match &planned {
            Ok(plan) => &plan.findings,
            // Shown if the release's deployment exists already.
            Err(findings) => findings,
        });
        if let Ok(plan) = &planned {
            self.compare(plan, newest.as_ref());
            let configuration = &self.job.data.configuration;
            let judged = JudgementDigest::of(plan, &bundle, configuration, policies.as_deref());
            self.compare_with(rollout, plan, &judged).await?;
            self.judged = Some(judged);
        }
        self.note_adopted(&planned, &target.turn).await?;
        self.policies = policies;
        self.planned = Some(Box::new(planned));
        Ok((target.turn, inputs.target.service))
    }

    /// Checks that what the rollout has judged and registered so far belongs to
    /// this plan, and notes for the author what does not.
    async fn compare_with(
        &mut self,
        rollout: &Rollout,
        plan: &Plan,
        judged: &JudgementDigest,
    ) -> Result<(), CallError> {
        let is_another = rollout.judged.as_ref().is_some_and(|first| first != judged);
        if is_another {
            info!("the release changed while it waited; checked again");
            self.note_finding(TaskDefinitionFinding::JudgedAgain);
        }
        if let Step::Registered(release) = &rollout.step {
            let named = &release.task_definition;
            self.registered = self.is_planned(plan, named).await?.then(|| named.clone());
            if self.registered.is_none() {
                info!(task_definition = %named, "not the current release; left unchanged");
                let revision = Excerpt::of(named.as_str());
                self.note_finding(TaskDefinitionFinding::NotPlanned { revision });
            }
        }
        Ok(())
    }

    /// Adds a note for the author, shown at the end.
    pub(in crate::worker) fn note_finding(&mut self, finding: TaskDefinitionFinding) {
        let note = Finding::note(Place::default(), finding);
        self.warnings.checks.push(marked(&note));
    }

    /// The running revision, if it is the planned one and `SkipIfUnchanged` is
    /// set.
    async fn unchanged(
        &self,
        request: &Request,
        running: Option<TaskDefinitionArn>,
    ) -> Result<Option<TaskDefinitionArn>, CallError> {
        let (Some(plan), Some(running), true) =
            (self.plan(), running, request.options.skip_if_unchanged)
        else {
            return Ok(None);
        };
        let is_same = match &plan.task_definition {
            PlannedTaskDefinition::Existing(planned) => *planned == running,
            PlannedTaskDefinition::Register(body) => {
                let described = self
                    .context
                    .ports
                    .task_definitions
                    .describe(&running)
                    .await?;
                described.is_some_and(|described| is_registered(body, &described))
            }
        };
        Ok(is_same.then_some(running))
    }

    /// The deployment group.
    pub(in crate::worker) async fn group(&self, request: &Request) -> Result<Group, Interrupted> {
        let deployments = &self.context.ports.deployments;
        let answer = deployments.group(&request.target).await?;
        let failure = match (answer, &request.target) {
            (GroupAnswer::Found(group), _) => return Ok(*group),
            (GroupAnswer::NoApplication, DeployTarget::Group(name)) => {
                let application = name.application.clone();
                Failure::NoApplication { application }
            }
            (GroupAnswer::NoTarget, DeployTarget::Group(name)) => Failure::NoGroup(name.clone()),
            (GroupAnswer::NoApplication | GroupAnswer::NoTarget, DeployTarget::Service(name)) => {
                Failure::NoService(name.clone())
            }
        };
        Err(failure.into())
    }

    /// The service that the group deploys.
    pub(in crate::worker) async fn service(
        &self,
        group: &Group,
    ) -> Result<Option<Service>, CallError> {
        match group.services.first() {
            Some(name) => self.context.ports.services.describe(name).await,
            None => Ok(None),
        }
    }
}

/// The findings as text, as many as fit into a summary.
fn warnings(findings: &[Finding]) -> Warnings {
    /// More would crowd out the rest of the summary.
    const MAX_LINES: usize = 8;
    /// Characters of one line: where and what.
    const MAX_LINE: usize = 200;
    let mut warnings = Warnings::default();
    for finding in findings.iter().take(MAX_LINES) {
        let lines = match finding.policy() {
            Some(_) => &mut warnings.policies,
            None => &mut warnings.checks,
        };
        lines.push(fit(&marked(finding), MAX_LINE));
    }
    warnings
}

impl Before<'_> {
    pub(in crate::worker) fn seen(&self) -> starting::Seen<'_> {
        starting::Seen {
            plan: self.planned,
            turn: &self.turn,
            unchanged: self.unchanged.as_ref(),
            registered: self.registered,
            warnings: self.warnings,
        }
    }
}
