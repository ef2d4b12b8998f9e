//! Which deployment moves next.

use jiff::Timestamp;

use crate::simulator::world::World;

use super::life::{Around, Then};

/// The first moment at which something happens to a deployment, and its index.
pub(in crate::simulator) fn next_due(world: &World) -> Option<(Timestamp, usize)> {
    let around = Around {
        cloudwatch: &world.cloudwatch,
        hooks: &world.codedeploy.hooks,
    };
    let deployments = world.codedeploy.deployments.iter().enumerate();
    deployments
        .filter(|(_, deployment)| !deployment.stage.is_final())
        .filter_map(|(index, deployment)| Some((deployment.due(&world.ecs, around)?, index)))
        .min()
}

/// Lets it happen to the deployment of this index.
pub(in crate::simulator) fn happen(world: &mut World, index: usize) {
    let World {
        ecs,
        codedeploy,
        cloudwatch,
        ..
    } = world;
    let around = Around {
        cloudwatch,
        hooks: &codedeploy.hooks,
    };
    let deployment = &mut codedeploy.deployments[index];
    let Some(at) = deployment.due(ecs, around) else {
        return;
    };
    match deployment.happen(ecs, around, at) {
        Then::RollBack => codedeploy.roll_back(index, at),
        Then::Nothing => {}
    }
}
