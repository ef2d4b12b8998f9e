//! Processes due events of all services in the order of their times. One large
//! step of time gives the same history as many small ones.

use crate::codedeploy;
use crate::ecs::{self, TaskSetKey};
use crate::world::World;

/// A due event.
enum Due {
    TaskSet(TaskSetKey),
    /// The index of a deployment of CodeDeploy.
    Deployment(usize),
    /// The service of a deployment of ECS itself.
    ServiceDeployment(String),
}

/// Processes all events of ECS and CodeDeploy that are due. Must be called
/// whenever `World::now` has moved.
pub fn advance(world: &mut World) {
    while let Some(due) = next(world) {
        match due {
            Due::TaskSet(key) => world.ecs.advance(&key),
            Due::Deployment(index) => codedeploy::advance(world, index),
            Due::ServiceDeployment(service) => ecs::advance_deployment(world, &service),
        }
    }
}

/// The first due event. At the same time task sets come before deployments,
/// because deployments depend on the state of task sets.
fn next(world: &mut World) -> Option<Due> {
    let now = world.now();
    let task_set = world.ecs.next_due();
    let deployment = codedeploy::next_due(world);
    let service_deployment = ecs::next_deployment_due(world);
    let dues = [
        task_set.map(|(at, key)| (at, Due::TaskSet(key))),
        deployment.map(|(at, index)| (at, Due::Deployment(index))),
        service_deployment.map(|(at, service)| (at, Due::ServiceDeployment(service))),
    ];
    let due = dues.into_iter().flatten().filter(|(at, _)| *at <= now);
    // `min_by_key` takes the first of several at the same time.
    due.min_by_key(|(at, _)| *at).map(|(_, due)| due)
}
