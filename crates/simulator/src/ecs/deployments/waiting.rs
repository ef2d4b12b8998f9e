//! Hooks of which something else reports the result than the simulated Lambda
//! function.

use crate::ecs::service::Service;
use crate::hooks::WaitingHook;
use crate::world::World;

use super::hook::HookTarget;
use super::lambda::{LambdaBehaviour, Lambdas};
use super::read::{at_path, deployment_arn};
use super::state::HookRun;

/// The running hooks whose functions never end by themselves.
pub(crate) fn waiting_hooks(world: &World) -> Vec<WaitingHook> {
    let services = world.ecs.all_services();
    services
        .flat_map(|service| of_service(service, &world.ecs.lambdas))
        .collect()
}

fn of_service<'s>(
    service: &'s Service,
    lambdas: &'s Lambdas,
) -> impl Iterator<Item = WaitingHook> + 's {
    service.deployments.all.iter().flat_map(move |deployment| {
        let waiting = deployment
            .hooks
            .iter()
            .filter(|run| is_waiting(run, lambdas));
        waiting.map(|run| WaitingHook {
            deployment: deployment_arn(service, &deployment.id),
            event: run.stage.as_str(),
            execution: run.id.clone(),
        })
    })
}

fn is_waiting(run: &HookRun, lambdas: &Lambdas) -> bool {
    let never_ends = match &run.target {
        HookTarget::Lambda(function) => lambdas.of(function) == LambdaBehaviour::NeverEnds,
        HookTarget::Pause => false,
    };
    never_ends && run.outcome.is_none() && run.answer.is_none()
}

/// Ends a hook, if it still runs.
pub(crate) fn answer_hook(world: &mut World, hook: &WaitingHook, succeeded: bool) {
    let now = world.now();
    let Some(service) = at_path(&world.ecs, &hook.deployment, "service-deployment") else {
        return;
    };
    let (cluster, name) = (service.cluster.clone(), service.name.clone());
    if let Some(service) = world.ecs.service_mut(&cluster, &name) {
        let deployments = service.deployments.all.iter_mut();
        let mut runs = deployments.flat_map(|deployment| &mut deployment.hooks);
        if let Some(run) = runs.find(|run| run.id == hook.execution && run.answer.is_none()) {
            run.answer = Some((now, succeeded));
        }
    }
}
