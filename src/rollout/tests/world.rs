//! Short constructors for observations.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::job::options::{
    CapacityProviders, CompleteWhen, ContinueWhenReady, OnAbandon, OnTaskFailure, OnTimeout,
    Options, TaskDefinitionSource, WhenBusy,
};
use crate::job::{DeployTarget, DeploymentId, TaskDefinitionArn};
use crate::release::target::{Service, TaskSet};
use crate::rollout::seen::{
    DeploymentSeen, DeploymentStatus, Label, LifecycleEvent, TargetSeen, TargetStatus, TaskSetSeen,
};
use crate::rollout::seen::{EventStatus, RollbackSeen};
use crate::rollout::shift::Shift;
use crate::rollout::step::{Deploying, Release, Warnings};

pub(super) const START: Timestamp = Timestamp::UNIX_EPOCH;

pub(super) fn after(minutes: u64) -> Timestamp {
    START + Duration::from_secs(minutes * 60)
}

pub(super) fn options() -> Options {
    Options {
        complete_when: CompleteWhen::DeploymentSucceeded,
        when_busy: WhenBusy::Wait,
        timeout: Duration::from_secs(3600),
        on_timeout: OnTimeout::Leave,
        on_abandon: OnAbandon::Leave,
        on_task_failure: OnTaskFailure::Wait,
        continue_when_ready: ContinueWhenReady::Never,
        deployment_config: None,
        task_definition: TaskDefinitionSource::Register,
        capacity_providers: CapacityProviders::AsAppSpec,
        pin_digest: false,
        skip_if_unchanged: false,
        role_arn: None,
    }
}

pub(super) fn arn(revision: &str) -> TaskDefinitionArn {
    TaskDefinitionArn::new(format!(
        "arn:aws:ecs:eu-west-1:111122223333:task-definition/{revision}"
    ))
}

pub(super) fn id(text: &str) -> DeploymentId {
    DeploymentId::new(text)
}

pub(super) fn release() -> Release {
    Release {
        task_definition: arn("web:7"),
        images: vec![("IMAGE1_NAME".into(), "example.com/web:1".into())],
        warnings: Warnings::default(),
    }
}

pub(super) fn deploying() -> Deploying {
    Deploying {
        release: release(),
        deployment: id("d-OURS00000"),
        stopping: None,
    }
}

pub(super) fn seen(status: DeploymentStatus) -> DeploymentSeen {
    DeploymentSeen {
        id: id("d-OURS00000"),
        status,
        deploys_to: DeployTarget::group("shop", "web"),
        description: None,
        deployment_config: None,
        shift: Some(Shift::Linear {
            percent: 10,
            every: Duration::from_secs(60),
        }),
        ready_wait: Some(Duration::from_secs(1800)),
        awaited: None,
        termination_wait: Some(Duration::from_secs(300)),
        creator: None,
        created: Some(START),
        completed: None,
        error: None,
        rolls_back: false,
        rollback: None,
        superseded_by: None,
        reached: None,
        target: None,
    }
}

/// A deployment during `event`, with `weight` per cent of the traffic moved.
pub(super) fn at_event(event: &str, weight: f64) -> DeploymentSeen {
    let order = [
        "BeforeInstall",
        "Install",
        "AfterInstall",
        "AllowTestTraffic",
        "AfterAllowTestTraffic",
        "BeforeAllowTraffic",
        "AllowTraffic",
        "AfterAllowTraffic",
    ];
    let current = order
        .iter()
        .position(|name| *name == event)
        .expect("an event");
    let events = order
        .iter()
        .enumerate()
        .map(|(index, name)| LifecycleEvent {
            name: (*name).into(),
            status: match index.cmp(&current) {
                std::cmp::Ordering::Less => EventStatus::Succeeded,
                std::cmp::Ordering::Equal => EventStatus::InProgress,
                std::cmp::Ordering::Greater => EventStatus::Pending,
            },
            started: None,
            ended: None,
            diagnostics: None,
        });
    DeploymentSeen {
        target: Some(TargetSeen {
            id: "prod:web".into(),
            status: TargetStatus::InProgress,
            events: events.collect(),
            task_sets: vec![TaskSetSeen {
                id: "ecs-svc/2".into(),
                label: Label::Green,
                status: "ACTIVE".into(),
                desired: 2,
                pending: 0,
                running: 2,
                traffic_weight: Some(weight),
                target_group: None,
                task_definition: None,
            }],
        }),
        ..seen(DeploymentStatus::InProgress)
    }
}

/// All traffic has moved; the deployment waits to stop the old tasks.
pub(super) fn shifted() -> DeploymentSeen {
    let mut seen = at_event("AfterAllowTraffic", 100.0);
    if let Some(target) = &mut seen.target {
        target.status = TargetStatus::Succeeded;
    }
    seen
}

pub(super) fn rolled_back_by(rollback: &str, status: DeploymentStatus) -> DeploymentSeen {
    DeploymentSeen {
        rollback: Some(RollbackSeen {
            deployment: Some(id(rollback)),
            triggered_by: None,
            message: None,
        }),
        ..seen(status)
    }
}

pub(super) fn service_running(revision: &str) -> Service {
    Service {
        task_sets: vec![TaskSet {
            status: "PRIMARY".into(),
            task_definition: Some(arn(revision)),
            capacity_providers: vec![json!({"capacityProvider": "FARGATE"})],
            ..TaskSet::default()
        }],
        ..Service::default()
    }
}
