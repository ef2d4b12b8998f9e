//! When the next events of services are due, and what they do. A service has
//! events of its task sets and, if ECS itself deploys it, of its deployments.

use jiff::Timestamp;

use crate::world::World;

use super::deployments::Environment;
use super::service::Service;
use super::state::Ecs;

/// Time of the next event of all services, and the service's key.
pub(crate) fn next_due(world: &mut World) -> Option<(Timestamp, String)> {
    let World {
        ecs, cloudwatch, ..
    } = world;
    let mut agenda = std::mem::take(&mut ecs.agenda);
    let environment = Environment {
        cloudwatch,
        lambdas: &ecs.lambdas,
        settings: &ecs.settings,
    };
    let next = agenda.next(|key| {
        let service = service_at(ecs, key)?;
        let of_set = service.next_set_due().map(|(at, _)| at);
        let of_deployment = service.next_deployment_due(environment).map(|(at, _)| at);
        of_set.into_iter().chain(of_deployment).min()
    });
    ecs.agenda = agenda;
    next
}

/// Processes the due event of this service. At the same time task sets come
/// before deployments, which depend on the state of task sets.
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
    let Some(service) = ecs.service_mut(cluster, name) else {
        return;
    };
    let of_deployment = service.next_deployment_due(environment);
    let of_set = service.next_set_due();
    if let Some((at, index)) = of_set
        && of_deployment.is_none_or(|(due, _)| at <= due)
    {
        service.advance_set(index);
    } else if let Some((_, index)) = of_deployment {
        service.advance_deployment(index, environment);
    }
}

fn service_at<'e>(ecs: &'e Ecs, key: &str) -> Option<&'e Service> {
    let (cluster, name) = key.split_once('/')?;
    ecs.service(cluster, name)
}
