//! An order for a service under ECS's own controller, with its load balancers.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::ecs::{Balancing, Fixture};
use crate::world::World;

/// A service to create, whose first revision runs at once. What is left out is
/// as in [`Fixture::default`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceOrder {
    cluster: Option<String>,
    service: Option<String>,
    desired_count: Option<u32>,
    container: Option<String>,
    port: Option<u16>,
    balancing: Option<BalancingOrder>,
    has_test_rule: Option<bool>,
    /// As in `CreateService`.
    deployment_configuration: Option<Value>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BalancingOrder {
    Application,
    Network,
    ServiceConnect,
    None,
}

impl ServiceOrder {
    /// Creates the service and returns the names of it and its cluster.
    pub(super) fn apply(self, world: &mut World) -> Result<Value, String> {
        let default = Fixture::default();
        let fixture = Fixture {
            cluster: self.cluster.unwrap_or(default.cluster),
            service: self.service.unwrap_or(default.service),
            desired_count: self.desired_count.unwrap_or(default.desired_count),
            container: self.container.unwrap_or(default.container),
            port: self.port.unwrap_or(default.port),
            balancing: match self.balancing {
                None => default.balancing,
                Some(BalancingOrder::Application) => Balancing::Application,
                Some(BalancingOrder::Network) => Balancing::Network,
                Some(BalancingOrder::ServiceConnect) => Balancing::ServiceConnect,
                Some(BalancingOrder::None) => Balancing::None,
            },
            launch_type: default.launch_type,
            has_own_interface: default.has_own_interface,
            balancers: default.balancers,
            has_test_rule: self.has_test_rule.unwrap_or(default.has_test_rule),
            deployment_configuration: self
                .deployment_configuration
                .unwrap_or(default.deployment_configuration),
        };
        fixture.build(world).map_err(|error| error.message)?;
        Ok(json!({ "cluster": fixture.cluster, "service": fixture.service }))
    }
}
