//! Whose turn it is: who has the deployment group, or had it last.

use std::time::Duration;

use jiff::Timestamp;

use super::observations::Observations;
use super::observer::Wanted;
use crate::job::request::Request;
use crate::job::{DeploymentId, Key, TaskDefinitionArn};
use crate::ports::CallError;
use crate::release::target::{Group, LastDeployment, TaskSet};
use crate::rollout::description;
use crate::rollout::seen::DeploymentSeen;
use crate::rollout::starting::{GRACE_PERIOD, Turn};
use crate::worker::budget::Urgency;

/// How long a group that was seen free is not looked at again: no deployment
/// comes and goes in less, and one that has come is what `CreateDeployment`
/// itself refuses. It saves two round trips on the way to each deployment.
const STILL_FREE: Duration = Duration::from_secs(5);

/// How far our clock may be from AWS's: a request that is signed further off
/// is refused.
const SKEW: Duration = Duration::from_secs(5 * 60);

impl Observations {
    /// Whether the group was free a moment ago and nobody else can be at work
    /// on this release.
    pub(in crate::worker) fn is_still_free(&self) -> bool {
        let now = self.context.clock.now();
        let is_fresh = |free_at| now < free_at + STILL_FREE;
        self.free_at.is_some_and(is_fresh) && !self.unnoted
    }

    /// Who has the group. Read from what CodeDeploy shows, never from the text
    /// of an error.
    pub(in crate::worker) async fn whose_turn(
        &self,
        request: &Request,
        group: &Group,
        since: Timestamp,
    ) -> Result<Turn, CallError> {
        let key = self.job.key();
        // Others of this worker that began later let it go first.
        self.context.wait_queue.wait(
            place(request),
            (since, &key),
            &self.job.data.pipeline,
            self.context.clock.now(),
        );
        let observer = self.observer();
        let last = match &group.last_attempted {
            Some(last) if group.is_taken() || may_be_ours(last, since) => {
                match observer.look(&last.id, Wanted::Itself).await? {
                    Some(seen) => Some(seen),
                    // The group knows it, and CodeDeploy does not yet.
                    None => return Ok(held(group, last.id.clone())),
                }
            }
            Some(_) | None => None,
        };
        let ours = |seen: &DeploymentSeen| {
            let text = seen.description.as_deref();
            text.is_some_and(|text| description::carries(text, &key))
        };
        let may_be_hidden = self.search || last.is_some();
        // One that has ended since the group was read may have been a later
        // release, or have left the group to an older one: the group knows
        // when it is read again.
        match last {
            Some(last) if ours(&last) => return self.own_turn(last, group).await,
            Some(last) if group.is_taken() || !last.status.is_final() => {
                return Ok(held(group, last.id));
            }
            Some(_) | None => {}
        }
        let turn = match self.free_turn(group, since).await? {
            Turn::Free => self.whose_promise(request, group, since).await?,
            turn @ (Turn::Held { .. }
            | Turn::Promised { .. }
            | Turn::Overtaken { .. }
            | Turn::Ours { .. }) => turn,
        };
        // Ours may lie behind one that was made since. It is looked for last:
        // another worker that is not sure whether it has the job may make it,
        // and that may fail, while the rest is being looked at.
        if !may_be_hidden {
            return Ok(turn);
        }
        match self.find(request, &key).await? {
            Some(own) => self.own_turn(own, group).await,
            None => Ok(turn),
        }
    }

    async fn find(
        &self,
        request: &Request,
        key: &Key,
    ) -> Result<Option<DeploymentSeen>, CallError> {
        let (application, group) = place(request);
        let deployments = &self.context.ports.deployments;
        deployments.find(application, group, key).await
    }

    /// Nobody has the group. If it has just become free, whoever has waited
    /// longer goes first: a release of this worker, or an older execution of
    /// the same pipeline, whoever carries it out.
    async fn whose_promise(
        &self,
        request: &Request,
        group: &Group,
        since: Timestamp,
    ) -> Result<Turn, CallError> {
        let now = self.context.clock.now();
        let older = self.context.wait_queue.older(place(request), since, now);
        let ended = group.last_attempted.as_ref().and_then(|last| last.ended);
        let Some(until) = ended.and_then(|ended| grace_period(ended, now)) else {
            return Ok(Turn::Free);
        };
        let older = match older {
            Some(older) => Some(older),
            None => {
                let jobs = &self.context.ports.jobs;
                let ask = || jobs.older_execution(&self.job.data.pipeline);
                self.context.budget.call(Urgency::Change, None, ask).await?
            }
        };
        Ok(match older {
            Some(to) => Turn::Promised { to, until },
            None => Turn::Free,
        })
    }

    /// Nobody has the group; but a release that began later may have had it.
    async fn free_turn(&self, group: &Group, since: Timestamp) -> Result<Turn, CallError> {
        let later = group
            .last_successful
            .as_ref()
            .filter(|last| last.created.is_some_and(|created| created >= since));
        let Some(later) = later else {
            return Ok(Turn::Free);
        };
        let seen = self.observer().look(&later.id, Wanted::Itself).await?;
        let description = seen.and_then(|seen| seen.description);
        Ok(match description {
            Some(text) if description::is_of_later_release(&text, since) => Turn::Overtaken {
                group: group.name.clone(),
                by: later.id.clone(),
            },
            Some(_) | None => Turn::Free,
        })
    }

    /// The turn is ours already; which revision was deployed stands in the
    /// task set that the deployment made, or in its description.
    async fn own_turn(&self, own: DeploymentSeen, group: &Group) -> Result<Turn, CallError> {
        let service = self.service(group).await?;
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
            // Its task set will show it: look again.
            None => held(group, own.id),
        })
    }

    async fn resolve(&self, revision: &str) -> Result<Option<TaskDefinitionArn>, CallError> {
        let name = TaskDefinitionArn::new(revision);
        let described = self.context.ports.task_definitions.describe(&name).await?;
        Ok(described.and_then(|revision| {
            let arn = revision["taskDefinition"]["taskDefinitionArn"].as_str()?;
            Some(TaskDefinitionArn::new(arn))
        }))
    }
}

fn held(group: &Group, by: DeploymentId) -> Turn {
    Turn::Held {
        group: group.name.clone(),
        by,
    }
}

fn place(request: &Request) -> (&str, &str) {
    (&request.application, &request.deployment_group)
}

/// Until when a group that has `ended` its last deployment is left to whoever
/// has waited longer. AWS's clock says when it was; where ours is further
/// behind than the grace period is long, nobody would know when it is over.
fn grace_period(ended: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let until = ended + GRACE_PERIOD;
    (now < until && ended <= now + GRACE_PERIOD).then_some(until)
}

/// Whether it was made since this release began, as far as clocks agree. Then
/// another worker may have made it for the same job, even though this one has
/// acknowledged it: one whose acknowledgement got no answer, and was refused
/// when it asked again because the job had meanwhile been offered to us.
fn may_be_ours(last: &LastDeployment, since: Timestamp) -> bool {
    last.created.is_none_or(|created| created >= since - SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_courtesy_is_bounded_whatever_our_clock_says() {
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
