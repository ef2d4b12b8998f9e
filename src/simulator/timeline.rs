//! Processes due events of all services in the order of their times. One large
//! step of time gives the same history as many small ones.

use super::codedeploy;
use super::ecs::Spot;
use super::world::World;

/// A due event.
enum Due {
    TaskSet(Spot),
    /// The index of a deployment.
    Deployment(usize),
}

/// Processes all events of ECS and CodeDeploy that are due. Must be called
/// whenever `World::now` has moved.
pub fn advance(world: &mut World) {
    while let Some(due) = next(world) {
        match due {
            Due::TaskSet(spot) => world.ecs.happen(&spot),
            Due::Deployment(index) => codedeploy::happen(world, index),
        }
    }
}

/// The first due event. At the same time task sets come before deployments,
/// because deployments depend on the state of task sets.
fn next(world: &mut World) -> Option<Due> {
    let now = world.now();
    let task_set = world.ecs.next_due().filter(|(at, _)| *at <= now);
    let deployment = codedeploy::next_due(world).filter(|(at, _)| *at <= now);
    match (task_set, deployment) {
        (Some((first, spot)), Some((second, _))) if first <= second => Some(Due::TaskSet(spot)),
        (_, Some((_, index))) => Some(Due::Deployment(index)),
        (Some((_, spot)), None) => Some(Due::TaskSet(spot)),
        (None, None) => None,
    }
}
