//! The schedule of the next events of all services' deployments.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ecs::service::Service;
use crate::ecs::state::Ecs;
use crate::world::World;

use super::due::Environment;

/// The times of the next events, by service.
///
/// Every call must find the next due event. Only services that have changed
/// since the last call are evaluated again. The others keep their entries.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::ecs) struct Agenda {
    /// Services whose next event must be computed again, as `CLUSTER/SERVICE`.
    changed: BTreeSet<String>,
    dues: BTreeMap<String, Timestamp>,
    /// The entries of `dues`, sorted by time.
    entries: BTreeSet<(Timestamp, String)>,
}

impl Agenda {
    pub(in crate::ecs) fn service_changed(&mut self, cluster: &str, name: &str) {
        self.changed.insert(format!("{cluster}/{name}"));
    }

    /// Must be called when anything has changed that all deployments depend on.
    pub(in crate::ecs) fn everything_changed(&mut self) {
        self.changed.extend(self.dues.keys().cloned());
    }

    fn set(&mut self, key: String, due: Option<Timestamp>) {
        if let Some(before) = self.dues.remove(&key) {
            self.entries.remove(&(before, key.clone()));
        }
        if let Some(due) = due {
            self.dues.insert(key.clone(), due);
            self.entries.insert((due, key));
        }
    }
}

/// Time of the next event of all deployments, and the service with it.
pub(crate) fn next_due(world: &mut World) -> Option<(Timestamp, String)> {
    let World {
        ecs, cloudwatch, ..
    } = world;
    for key in std::mem::take(&mut ecs.agenda.changed) {
        let environment = Environment {
            cloudwatch,
            lambdas: &ecs.lambdas,
            settings: &ecs.settings,
        };
        let due = service_at(ecs, &key).and_then(|it| it.next_deployment_due(environment));
        ecs.agenda.set(key, due.map(|(at, _)| at));
    }
    ecs.agenda.entries.first().cloned()
}

/// Processes the due event of this service's deployments.
pub(crate) fn advance(world: &mut World, key: &str) {
    let World {
        ecs, cloudwatch, ..
    } = world;
    // Both are small, and `service_mut` needs all of ECS.
    let (lambdas, settings) = (ecs.lambdas.clone(), ecs.settings.clone());
    let environment = Environment {
        cloudwatch,
        lambdas: &lambdas,
        settings: &settings,
    };
    let Some((cluster, name)) = key.split_once('/') else {
        return;
    };
    if let Some(service) = ecs.service_mut(cluster, name)
        && let Some((at, index)) = service.next_deployment_due(environment)
    {
        service.advance_deployment(index, environment, at);
    }
}

fn service_at<'e>(ecs: &'e Ecs, key: &str) -> Option<&'e Service> {
    let (cluster, name) = key.split_once('/')?;
    ecs.service(cluster, name)
}
