//! Rollbacks, which are new deployments that move the traffic back to blue
//! (docs/aws.md §5.5).

use std::time::Duration;

use jiff::Timestamp;

use crate::ecs::Ecs;
use crate::ids;

use super::deployment::{
    Creator, Deployment, EventName, EventStatus, LifecycleEvent, RollbackInfo, Stage,
};
use super::deployment_lifecycle::DRAIN;
use super::state::CodeDeploy;

/// Time to move all traffic back.
pub(super) const REROUTE: Duration = Duration::from_secs(10);

impl CodeDeploy {
    /// Starts the rollback of the deployment with this index.
    pub(super) fn roll_back(&mut self, index: usize, at: Timestamp) {
        let id = ids::deployment(self.next_number());
        let ended = self.deployments.at_mut(index);
        ended.rollback.rolled_back_by = Some(id.clone());
        ended.rollback.message = Some(format!("Rolling back in deployment {id}"));
        let ended = ended.clone();
        let previous = ended.previous_revision.clone();
        self.deployments.push(Deployment {
            id,
            creator: Creator::CodeDeployRollback,
            description: Some(format!("Rollback of deployment {}", ended.id)),
            revision: previous.unwrap_or_else(|| ended.revision.clone()),
            previous_revision: Some(ended.revision.clone()),
            created_at: at,
            started_at: None,
            completed_at: None,
            updated_at: at,
            stage: Stage::Created,
            events: LifecycleEvent::all_pending(),
            stop: None,
            error: None,
            rollback: RollbackInfo {
                rolls_back: Some(ended.id.clone()),
                ..RollbackInfo::default()
            },
            history: Vec::new(),
            ..ended
        });
    }
}

impl Deployment {
    /// Moves all traffic back to blue and removes green.
    pub(super) fn reroute(&mut self, ecs: &mut Ecs, at: Timestamp) {
        self.green_weight = 0;
        let event = self.event(EventName::AllowTraffic);
        event.status = EventStatus::Succeeded;
        event.ended_at = Some(at);
        if let Some(service) = ecs.service_mut(&self.plan.cluster, &self.plan.service) {
            if let Some(blue) = &self.task_sets.blue {
                service.make_primary(&blue.id, at);
            }
            if let Some(green) = &self.task_sets.green {
                service.drain(&green.id, at);
            }
        }
        self.stage = Stage::Draining { until: at + DRAIN };
    }
}
