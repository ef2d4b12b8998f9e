//! The rules of a service's listeners, for either engine.

use crate::share::Share;
use crate::world::World;
use crate::{codedeploy, ecs};

/// Rules of a service's two listeners.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// Target groups of the production listener with their shares of the
    /// traffic.
    pub production: Vec<(String, Share)>,
    /// Target group of the test listener.
    pub test: Option<String>,
}

/// Current rules of the listeners of a service.
#[must_use]
pub fn routes(world: &World, cluster: &str, service: &str) -> Routes {
    let Some(live) = world.ecs.service(cluster, service) else {
        return Routes::default();
    };
    if live.is_deployed_by_ecs() {
        ecs::routes(live)
    } else {
        codedeploy::routes(world, live)
    }
}
