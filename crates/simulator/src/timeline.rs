//! Processes due events of all services in the order of their times. One large
//! step of time gives the same history as many small ones.

use crate::world::World;
use crate::{codedeploy, ecs};

/// A due event.
enum Due {
    /// The key of a service in ECS.
    Service(String),
    /// The index of a deployment of CodeDeploy.
    Deployment(usize),
}

/// Processes all events of ECS and CodeDeploy that are due. Must be called
/// whenever `World::now` has moved.
pub fn advance(world: &mut World) {
    while let Some(due) = next(world) {
        match due {
            Due::Service(key) => ecs::advance(world, &key),
            Due::Deployment(index) => codedeploy::advance(world, index),
        }
    }
}

/// The first due event. At the same time services come before CodeDeploy's
/// deployments, which depend on the state of task sets.
fn next(world: &mut World) -> Option<Due> {
    let now = world.now();
    let service = ecs::next_due(world).filter(|(at, _)| *at <= now);
    let deployment = codedeploy::next_due(world).filter(|(at, _)| *at <= now);
    match (service, deployment) {
        (Some((at, key)), other) if other.is_none_or(|(due, _)| at <= due) => {
            Some(Due::Service(key))
        }
        (_, Some((_, index))) => Some(Due::Deployment(index)),
        (_, None) => None,
    }
}
