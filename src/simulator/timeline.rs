//! Lets everything happen that is due, across services, in the order in which
//! it is due. One big step of time gives the same history as many small ones.

use super::codedeploy;
use super::ecs::Spot;
use super::world::World;

/// What can be due.
enum Due {
    TaskSet(Spot),
    /// The index of a deployment.
    Deployment(usize),
}

/// Brings ECS and CodeDeploy up to the present moment. To be called whenever
/// `World::now` has moved.
pub fn advance(world: &mut World) {
    while let Some(due) = next(world) {
        match due {
            Due::TaskSet(spot) => world.ecs.happen(&spot),
            Due::Deployment(index) => codedeploy::happen(world, index),
        }
    }
}

/// What is due first. At the same moment task sets come before deployments,
/// which look at them.
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
