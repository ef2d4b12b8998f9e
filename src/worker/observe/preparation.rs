//! What a job observes before its release has a deployment: whose turn it is and,
//! when that matters, the release itself, read, planned and judged.

use jiff::Timestamp;
use tracing::info;

use super::inputs::{FileInputs, TargetInputs, read_files, read_target};
use super::job_reader::JobReader;
use super::presence::look_up;
use super::reuse::Revisions;
use super::review::{Basis, policies, preload, review};
use super::turn::{Contender, is_still_free};
use super::warnings;
use crate::blocking::in_place;
use crate::job::request::Request;
use crate::job::{TaskDefinitionArn, TaskDefinitionName};
use crate::ports::CallError;
use crate::release::finding::Finding;
use crate::release::judgement_digest::JudgementDigest;
use crate::release::plan::{Inputs, Plan, PlannedTaskDefinition, plan};
use crate::release::target::{ReleaseTarget, Service};
use crate::release::task_definition::is_registered;
use crate::rollout::starting::{self, Turn};
use crate::rollout::step::{Rollout, Step, Warnings};
use crate::worker::claim::Ownership;
use crate::worker::context::Context;
use crate::worker::events::Facts;
use crate::worker::interrupted::Interrupted;

/// What one job knows of a release that has no deployment yet.
pub(in crate::worker) struct Preparation {
    /// Whether an earlier job, or a call whose answer was lost, may have
    /// created a deployment that the group no longer shows as its last.
    may_be_hidden: bool,
    /// When the group was last seen free for this release.
    free_at: Option<Timestamp>,
    planned: Option<Box<Result<Plan, Vec<Finding>>>>,
    /// Whether a step has asked for the plan.
    is_plan_wanted: bool,
    /// The hash of the policies that judged the plan.
    policies: Option<String>,
    /// Identifies what was judged; `None` if the release has errors.
    judged: Option<JudgementDigest>,
    /// The revision that received the traffic when this was last read.
    running: Option<TaskDefinitionArn>,
    pub(in crate::worker) revisions: Revisions,
    /// Warnings and notes for the author, shown at the end.
    warnings: Warnings,
}

/// What was observed before there is a deployment.
pub(in crate::worker) struct PreparationView<'a> {
    planned: Option<&'a Result<Plan, Vec<Finding>>>,
    turn: Turn,
    unchanged: Option<TaskDefinitionArn>,
    registered: Option<&'a TaskDefinitionArn>,
    warnings: &'a Warnings,
}

impl Preparation {
    pub(in crate::worker) fn new(has_token: bool, rollout: &Rollout, ownership: Ownership) -> Self {
        let is_uncertain = ownership == Ownership::Uncertain;
        Self {
            may_be_hidden: has_token || is_uncertain,
            free_at: None,
            planned: None,
            is_plan_wanted: false,
            policies: None,
            judged: None,
            running: None,
            revisions: Revisions::new(rollout.failing_since.is_some() || is_uncertain),
            warnings: Warnings::default(),
        }
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

    /// Makes the plan with the next read.
    pub(in crate::worker) fn want_plan(&mut self) {
        self.is_plan_wanted = true;
    }

    /// Drops the plan while another release uses the group, which may take
    /// hours. The plan is made again when it is this release's turn.
    pub(in crate::worker) fn drop_plan(&mut self) {
        self.planned = None;
        self.judged = None;
        self.revisions.drop_plan();
        self.free_at = None;
        self.is_plan_wanted = false;
    }

    /// Must be called after a failed call: what was read about other workers
    /// may be outdated.
    pub(in crate::worker) fn invalidate(&mut self) {
        self.may_be_hidden = true;
        self.revisions.may_be_unnamed = true;
        self.free_at = None;
    }

    /// Reads whose turn it is, and the plan if it is wanted.
    pub(in crate::worker) async fn observe(
        &mut self,
        reader: &JobReader,
        request: &Request,
        rollout: &Rollout,
    ) -> Result<PreparationView<'_>, Interrupted> {
        if self.planned.is_some() && self.policies != policies(&reader.context) {
            info!("the policies changed; checking the release again");
            self.drop_plan();
            self.want_plan();
        }
        let now = reader.context.clock.now();
        let is_free = self.free_at.is_some_and(|at| is_still_free(at, now));
        if is_free && !self.revisions.may_be_unnamed {
            return Ok(self.view(Turn::Free, None));
        }
        let release = rollout.release();
        let contender = Contender {
            reader,
            request,
            since: rollout.since,
            named: release.map(|release| &release.task_definition),
            may_be_hidden: self.may_be_hidden,
        };
        let is_wanted = rollout.judged.is_none() || self.is_plan_wanted;
        let (turn, service) = match self.planned {
            None if is_wanted => self.read_all(&contender, rollout, now).await?,
            Some(_) | None => self.read_turn(&contender).await?,
        };
        let running = service.as_ref().and_then(Service::primary);
        let running = running.and_then(|primary| primary.task_definition.clone());
        self.running.clone_from(&running);
        let unchanged = self.unchanged(&reader.context, request, running).await?;
        self.free_at = (turn == Turn::Free && self.planned.is_some()).then_some(now);
        Ok(self.view(turn, unchanged))
    }

    fn view(&self, turn: Turn, unchanged: Option<TaskDefinitionArn>) -> PreparationView<'_> {
        PreparationView {
            planned: self.planned.as_deref(),
            turn,
            unchanged,
            registered: self.revisions.registered.as_ref(),
            warnings: &self.warnings,
        }
    }

    /// Whose turn it is to use the group, and the service once it is this
    /// release's turn.
    async fn read_turn(
        &self,
        contender: &Contender<'_>,
    ) -> Result<(Turn, Option<Service>), Interrupted> {
        let group = contender.reader.group(contender.request).await?;
        let turn = contender.whose_turn(&group).await?;
        let service = if turn == Turn::Free && self.planned.is_some() {
            contender.reader.service(&group).await?
        } else {
            None
        };
        Ok((turn, service))
    }

    /// Reads and plans the release and has the policies judge it; concurrently
    /// reads whose turn it is.
    async fn read_all(
        &mut self,
        contender: &Contender<'_>,
        rollout: &Rollout,
        now: Timestamp,
    ) -> Result<(Turn, Option<Service>), Interrupted> {
        let Contender {
            reader, request, ..
        } = contender;
        let context = &reader.context;
        // Taken before the policies run: if they are replaced meanwhile, the
        // hashes differ and the release is judged again.
        let policies = policies(context);
        let (files, target, preloaded) = tokio::join!(
            read_files(reader, request),
            read_target(contender),
            preload(context)
        );
        let (mut files, target) = (files?, target?);
        files.lookups.presence = look_up(context, &files, &target).await;
        let FileInputs {
            bundle,
            lookups,
            newest,
            permit: _permit,
            named: _,
        } = files;
        let TargetInputs {
            group,
            service,
            turn,
            forwarded,
            alarms_on,
            previous,
        } = target;
        let inputs = Inputs {
            target: ReleaseTarget {
                group,
                service,
                forwarded,
                alarms_on,
            },
            lookups,
        };
        let planned = match in_place(|| plan(request, &bundle, &inputs)) {
            Ok(plan) => {
                let basis = Basis {
                    request,
                    bundle: &bundle,
                    inputs: &inputs,
                    previous: &previous,
                };
                review(context, &reader.job, preloaded, plan, &basis).await
            }
            Err(findings) => Err(findings),
        };
        self.judged = None;
        self.revisions.registered = None;
        self.warnings = warnings::of(match &planned {
            Ok(plan) => &plan.findings,
            // Shown if the release's deployment exists already.
            Err(findings) => findings,
        });
        if let Ok(plan) = &planned {
            self.revisions.compare(plan, newest.as_ref(), now);
            let configuration = &reader.job.data.configuration;
            let judged = JudgementDigest::of(plan, &bundle, configuration, policies.as_deref());
            self.compare_with(context, rollout, plan, &judged).await?;
            self.judged = Some(judged);
        }
        self.note_adopted(reader, &planned, &turn).await?;
        self.policies = policies;
        self.planned = Some(Box::new(planned));
        Ok((turn, inputs.target.service))
    }

    /// Checks that what the rollout has judged and registered so far belongs to
    /// this plan, and notes for the author what does not.
    async fn compare_with(
        &mut self,
        context: &Context,
        rollout: &Rollout,
        plan: &Plan,
        judged: &JudgementDigest,
    ) -> Result<(), CallError> {
        let is_another = rollout.judged.as_ref().is_some_and(|first| first != judged);
        if is_another {
            info!("the release changed while it waited; checked again");
            warnings::judged_again(&mut self.warnings);
        }
        if let Step::Registered(release) = &rollout.step {
            let named = &release.task_definition;
            let is_planned = self.revisions.is_planned(context, plan, named).await?;
            self.revisions.registered = is_planned.then(|| named.clone());
            if !is_planned {
                info!(task_definition = %named, "not the current release; left unchanged");
                warnings::not_planned(&mut self.warnings, named);
            }
        }
        Ok(())
    }

    /// Warns the author if the deployment that is adopted may deploy something
    /// else than what was checked, or was refused. Anyone who may create
    /// deployments can give one the release's key.
    async fn note_adopted(
        &mut self,
        reader: &JobReader,
        planned: &Result<Plan, Vec<Finding>>,
        turn: &Turn,
    ) -> Result<(), CallError> {
        let Turn::Ours {
            deployment,
            task_definition,
        } = turn
        else {
            return Ok(());
        };
        let context = &reader.context;
        let own = &context.shared.own;
        let is_checked = own.has_deployment(deployment, &reader.job.key())
            || match planned {
                Ok(plan) => {
                    let revisions = &self.revisions;
                    revisions.is_planned(context, plan, task_definition).await?
                }
                Err(_) => false,
            };
        if !is_checked {
            warnings::adopted(&mut self.warnings, task_definition);
        }
        Ok(())
    }

    /// Notes for the author that an existing revision is deployed.
    pub(in crate::worker) fn note_reuse(&mut self, arn: &TaskDefinitionArn) {
        warnings::reused(&mut self.warnings, arn);
    }

    /// The running revision, if it is the planned one and `SkipIfUnchanged` is
    /// set.
    async fn unchanged(
        &self,
        context: &Context,
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
                let name = TaskDefinitionName::from(&running);
                let described = context.ports.task_definitions.describe(&name).await?;
                described.is_some_and(|described| is_registered(body, &described))
            }
        };
        Ok(is_same.then_some(running))
    }
}

impl PreparationView<'_> {
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
