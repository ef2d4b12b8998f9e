//! Processes due events of all services in the order of their times. One large
//! step of time gives the same history as many small ones.

use crate::world::World;
use crate::{codedeploy, ecs};

/// Processes all events of ECS and CodeDeploy that are due. Must be called
/// whenever `World::now` has moved. At the same time services come before
/// CodeDeploy's deployments, which depend on the state of task sets.
pub fn advance(world: &mut World) {
    let now = world.now();
    loop {
        let service = ecs::next_due(world).filter(|(at, _)| *at <= now);
        let deployment = codedeploy::next_due(world).filter(|(at, _)| *at <= now);
        match (service, deployment) {
            (Some((at, key)), other) if other.is_none_or(|(due, _)| at <= due) => {
                ecs::advance(world, &key);
            }
            (_, Some((_, index))) => codedeploy::advance(world, index),
            (_, None) => return,
        }
    }
}
