//! Whose turn it is to use the deployment group.
//!
//! CodeDeploy allows one active deployment per group. A release may only create
//! one when the group is free, must not create a second one of its own, and
//! must not overwrite a newer release. All of this is read from what AWS shows,
//! never from the text of an error. A deployment's description carries the key
//! of its release and when that release began.
//!
//! A service that ECS deploys itself is treated in the same way, although ECS
//! would let a second deployment supersede the first. Its deployments have no
//! description: one is known by the revision that it deploys.
//!
//! 1. The last attempted deployment of the group is read if the group is busy
//!    or the deployment may be ours. If it carries our key, an earlier run or
//!    another worker created it: the rollout continues with it. If it is
//!    another's and the group is busy, wait.
//! 2. If a release that began later has been deployed meanwhile, this one is
//!    overtaken, unless CodePipeline shows that the other is an older execution
//!    of the same action.
//! 3. If the group has just become free, an older waiting release goes first,
//!    for `GRACE_PERIOD`: one of this worker, or an older execution of the same
//!    pipeline on any worker.
//! 4. If a deployment of ours may be hidden behind a newer one, CodeDeploy is
//!    searched for our key. This comes last, because another worker that is not
//!    sure whether it has the job may create the deployment, and it may end,
//!    while the rest is being read.

use std::time::Duration;

use jiff::Timestamp;

use super::job_reader::JobReader;
use crate::job::request::Request;
use crate::job::{DeployTarget, DeploymentId, Key, TaskDefinitionArn, TaskDefinitionName};
use crate::ports::{CallError, OlderExecution, OwnDeployment};
use crate::release::target::{Group, LastDeployment, TaskSet};
use crate::rollout::description;
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::starting::{GRACE_PERIOD, Turn};
use crate::worker::budget::Urgency;
use crate::worker::role::other_account;
use crate::worker::shared::batch_reader::Wanted;
use crate::worker::shared::wait_queue::{First, Place};

/// How long a group that was seen free is not read again: no deployment comes
/// and goes in less, and `CreateDeployment` itself refuses if one has come. It
/// saves two round trips before each deployment.
const STILL_FREE: Duration = Duration::from_secs(5);

/// How far our clock may be from AWS's: a request that is signed further off is
/// refused.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// Whether a group that was seen free at this time still counts as free.
pub(in crate::worker) fn is_still_free(free_at: Timestamp, now: Timestamp) -> bool {
    now < free_at + STILL_FREE
}

/// A release that wants to use the deployment group.
pub(in crate::worker) struct Contender<'a> {
    pub(in crate::worker) reader: &'a JobReader,
    pub(in crate::worker) request: &'a Request,
    /// When the release began.
    pub(in crate::worker) since: Timestamp,
    /// The revision that the token or an earlier round named for it.
    pub(in crate::worker) named: Option<&'a TaskDefinitionArn>,
    /// Whether an earlier job, or a call whose answer was lost, may have created a
    /// deployment that the group no longer shows as its last.
    pub(in crate::worker) may_be_hidden: bool,
}

impl Contender<'_> {
    /// Joins the worker's queue and reads whose turn it is; see the module's
    /// documentation.
    pub(in crate::worker) async fn whose_turn(&self, group: &Group) -> Result<Turn, CallError> {
        let (context, job, since) = (&self.reader.context, &self.reader.job, self.since);
        let key = job.key();
        // Releases of this worker that began later let this one go first.
        context.shared.wait_queue.join(
            self.place(),
            (since, &key),
            &job.data.pipeline,
            context.clock.now(),
        );
        let reader = self.reader.deployments();
        let last = match &group.last_attempted {
            Some(last) if group.is_taken() || may_be_ours(last, since) => {
                match reader.read(&last.id, Wanted::Itself).await? {
                    Some(seen) => Some(seen),
                    // The group shows it, but CodeDeploy does not return it
                    // yet.
                    None => return Ok(unclear(group, last.id.clone())),
                }
            }
            Some(_) | None => None,
        };
        let ours = |seen: &DeploymentSeen| match &seen.deploys_to {
            DeployTarget::Group(_) => {
                let text = seen.description.as_deref();
                text.is_some_and(|text| description::carries(text, &key))
            }
            DeployTarget::Service(_) => self.named.is_some() && seen.revision() == self.named,
        };
        let may_be_hidden = self.may_be_hidden || last.is_some();
        match last {
            Some(last) if ours(&last) => return self.own_turn(last, group).await,
            // If it has ended since the group was read, a later release may have
            // been deployed, or an older one may go next. The next read of the
            // group tells.
            Some(last) if group.is_taken() || !last.status.is_final() => {
                return Ok(held(group, last.id));
            }
            Some(_) | None => {}
        }
        let turn = match self.free_turn(group).await? {
            Turn::Free => self.whose_promise(group).await?,
            turn @ (Turn::Busy { .. }
            | Turn::Unclear { .. }
            | Turn::Promised { .. }
            | Turn::Overtaken { .. }
            | Turn::Ours { .. }) => turn,
        };
        // Searched last, for what another worker may have created meanwhile.
        if !may_be_hidden {
            return Ok(turn);
        }
        match self.find(key).await? {
            Some(own) => self.own_turn(own, group).await,
            None => Ok(turn),
        }
    }

    fn place(&self) -> Place {
        let account = other_account(&self.reader.job.account, self.request);
        Place {
            account: account.map(str::to_owned),
            target: self.request.target.clone(),
        }
    }

    async fn find(&self, key: Key) -> Result<Option<DeploymentSeen>, CallError> {
        let wanted = OwnDeployment {
            target: self.request.target.clone(),
            key,
            revision: self.named.cloned(),
        };
        self.reader.context.ports.deployments.find(&wanted).await
    }

    /// The group is free. If it has just become free, a release that has waited
    /// longer goes first. Among releases of this worker, an action has the place
    /// of its release that began first, and executions of one action go in the
    /// order of their pipeline, whichever workers run them. So no two of them
    /// wait for each other.
    async fn whose_promise(&self, group: &Group) -> Result<Turn, CallError> {
        let context = &self.reader.context;
        let now = context.clock.now();
        let pipeline = &self.reader.job.data.pipeline;
        let queue = &context.shared.wait_queue;
        let first = queue.first(&self.place(), self.since, pipeline, now);
        let ended = group.last_attempted.as_ref().and_then(|last| last.ended);
        let Some(until) = ended.and_then(|ended| grace_period(ended, now)) else {
            return Ok(Turn::Free);
        };
        let to = match first {
            First::Other(first) => Some(first),
            First::SameAction(_) | First::Oneself => {
                let ask = || context.ports.jobs.older_execution(pipeline);
                let budget = &context.shared.limits.budget;
                match (budget.call(Urgency::Change, None, ask).await?, first) {
                    (OlderExecution::InProgress(older), _) => Some(older),
                    (OlderExecution::Unknown, First::SameAction(first)) => Some(first),
                    (OlderExecution::None | OlderExecution::Unknown, _) => None,
                }
            }
        };
        Ok(match to {
            Some(to) => Turn::Promised { to, until },
            None => Turn::Free,
        })
    }

    /// The group is free, but a release that began later may have used it.
    async fn free_turn(&self, group: &Group) -> Result<Turn, CallError> {
        let since = self.since;
        let later = group
            .last_successful
            .as_ref()
            .filter(|last| last.created.is_some_and(|created| created >= since));
        let Some(later) = later else {
            return Ok(Turn::Free);
        };
        let seen = self
            .reader
            .deployments()
            .read(&later.id, Wanted::Itself)
            .await?;
        let text = seen.and_then(|seen| seen.description).unwrap_or_default();
        if !description::is_of_later_release(&text, since) || self.is_older_execution(&text).await?
        {
            return Ok(Turn::Free);
        }
        Ok(Turn::Overtaken {
            target: group.target.clone(),
            by: later.id.clone(),
        })
    }

    /// Whether a deployment with this description is of an older execution of
    /// the same action, whose job only reached a worker later.
    async fn is_older_execution(&self, description: &str) -> Result<bool, CallError> {
        let context = &self.reader.context;
        let pipeline = &self.reader.job.data.pipeline;
        let Some(other) = description::key(description).map(Key::new) else {
            return Ok(false);
        };
        let ask = || context.ports.jobs.began_before(&other, pipeline);
        let budget = &context.shared.limits.budget;
        budget.call(Urgency::Change, None, ask).await
    }

    /// The deployment is ours. Its revision is read from the task set that it
    /// created, or from its description.
    async fn own_turn(&self, own: DeploymentSeen, group: &Group) -> Result<Turn, CallError> {
        if let Some(revision) = own.revision().cloned() {
            return Ok(Turn::Ours {
                deployment: own.id,
                task_definition: revision,
            });
        }
        let service = self.reader.service(group).await?;
        let made_by_us = |set: &&TaskSet| set.external_id.as_deref() == Some(own.id.as_str());
        let shown = service
            .as_ref()
            .and_then(|service| service.task_sets.iter().find(made_by_us))
            .and_then(|set| set.task_definition.clone());
        let revision = own.description.as_deref().and_then(description::revision);
        let task_definition = match (shown, revision) {
            (Some(arn), _) => Some(arn),
            (None, Some(revision)) => self.resolve(revision).await?,
            (None, None) => None,
        };
        Ok(match task_definition {
            Some(task_definition) => Turn::Ours {
                deployment: own.id,
                task_definition,
            },
            // The task set will show it: read again later.
            None => unclear(group, own.id),
        })
    }

    async fn resolve(&self, revision: &str) -> Result<Option<TaskDefinitionArn>, CallError> {
        let name = TaskDefinitionName::new(revision);
        let revisions = &self.reader.context.ports.task_definitions;
        let described = revisions.describe(&name).await?;
        Ok(described.and_then(|revision| {
            let arn = revision["taskDefinition"]["taskDefinitionArn"].as_str()?;
            Some(TaskDefinitionArn::new(arn))
        }))
    }
}

fn held(group: &Group, by: DeploymentId) -> Turn {
    Turn::Busy {
        target: group.target.clone(),
        by,
    }
}

fn unclear(group: &Group, by: DeploymentId) -> Turn {
    Turn::Unclear {
        target: group.target.clone(),
        by,
    }
}

/// Until when a group whose last deployment has `ended` is left to a release
/// that has waited longer. `ended` is by AWS's clock: if ours is behind by more
/// than the grace period, there is none, because it would last as long as ours is behind.
fn grace_period(ended: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let until = ended + GRACE_PERIOD;
    (now < until && ended <= now + GRACE_PERIOD).then_some(until)
}

/// Whether the deployment was created since this release began, allowing for
/// clock skew. Then another worker may have created it for the same job, even
/// though this one has acknowledged the job: its acknowledgement got no answer,
/// and the next attempt was refused because the job had meanwhile been offered
/// to us.
fn may_be_ours(last: &LastDeployment, since: Timestamp) -> bool {
    last.created.is_none_or(|created| created >= since - SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_for_older_releases_is_bounded_on_any_clock() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let minute = i64::try_from(GRACE_PERIOD.as_secs()).unwrap();
        for (now, expected) in [
            (1_000 - minute - 1, None),
            (1_000 - minute, Some(at(1_000 + minute))),
            (1_000 + minute - 1, Some(at(1_000 + minute))),
            (1_000 + minute, None),
        ] {
            assert_eq!(grace_period(at(1_000), at(now)), expected, "{now}");
        }
    }
}
