//! The rules of a service's listeners, as set by deployments.

use crate::ecs::{Service, TaskSet};
use crate::routes::Routes;
use crate::share::Share;
use crate::world::World;

use super::deployment::{Deployment, EventName, EventStatus};

/// Current rules of the listeners of a service.
pub(crate) fn routes(world: &World, live: &Service) -> Routes {
    let deployments = &world.codedeploy.deployments;
    let mut newest_first = deployments.of_service(&live.cluster, &live.name);
    let deployment = newest_first.find(|one| one.task_sets.green.is_some());
    let serving = live.primary().and_then(target_group_of);
    let mut production: Vec<(String, Share)> = deployment
        .map(|deployment| weights(deployment, live))
        .unwrap_or_default();
    if production.is_empty() {
        production.extend(serving.clone().map(|group| (group, Share::ALL)));
    }
    Routes {
        production,
        test: deployment.and_then(|one| test_group(one, live)).or(serving),
    }
}

/// Weights of a deployment's task sets, as far as they still exist.
fn weights(deployment: &Deployment, service: &Service) -> Vec<(String, Share)> {
    let green = deployment.green_weight;
    let sets = &deployment.task_sets;
    [(&sets.blue, 100 - green), (&sets.green, green)]
        .into_iter()
        .filter(|(_, weight)| *weight > 0)
        .filter_map(|(set, weight)| {
            let live = service.task_set(&set.as_ref()?.id)?;
            Some((target_group_of(live)?, Share::of_percent(weight)))
        })
        .collect()
}

/// Target group of the green task set, once test traffic is allowed.
fn test_group(deployment: &Deployment, service: &Service) -> Option<String> {
    let mut events = deployment.events.iter();
    let event = events.find(|event| event.name == EventName::AllowTestTraffic)?;
    let is_open = matches!(
        event.status,
        EventStatus::InProgress | EventStatus::Succeeded
    );
    let green = deployment.task_sets.green.as_ref()?;
    let live = service.task_set(&green.id).filter(|_| is_open)?;
    target_group_of(live)
}

fn target_group_of(set: &TaskSet) -> Option<String> {
    set.target_group_name().map(str::to_owned)
}
