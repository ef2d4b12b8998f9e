//! The `Install` event, which creates the green task set.

use jiff::Timestamp;

use crate::ecs::{self, Ecs, Green, TaskSet};

use super::app_spec::AppSpec;
use super::deployment::{Deployment, TaskSetRef};
use super::plan::Plan;

impl Deployment {
    /// Creates the green task set.
    pub(super) fn install(
        &mut self,
        ecs: &mut Ecs,
        at: Timestamp,
    ) -> Result<(), (&'static str, String)> {
        let Some(app_spec) = self.app_spec.clone() else {
            return Err(("INVALID_REVISION", "There is no AppSpec".into()));
        };
        check_task_definition(&app_spec, ecs)?;
        let blue = primary(ecs, &self.plan)
            .map_err(|message| ("INVALID_ECS_SERVICE", message.to_owned()))?;
        let service = ecs
            .service_mut(&self.plan.cluster, &self.plan.service)
            .expect("its primary task set was just found");
        // Remove task sets of earlier deployments, which would occupy the
        // target group.
        let others = service.task_sets.iter().filter(|set| set.id != blue.id);
        let leftovers: Vec<String> = others.map(|set| set.id.clone()).collect();
        for id in leftovers {
            service.drain(&id, at);
        }
        let serving = blue.target_group_name();
        let target_group = self.plan.other_target_group(serving).to_owned();
        let green = service.add_green(
            Green {
                deployment: &self.id,
                task_definition: &app_spec.task_definition,
                target_group: &target_group,
                overrides: app_spec.overrides.clone(),
            },
            at,
        );
        self.task_sets.blue = Some(TaskSetRef {
            id: blue.id.clone(),
            target_group: serving.map(str::to_owned),
        });
        self.task_sets.green = Some(TaskSetRef {
            id: green,
            target_group: Some(target_group),
        });
        Ok(())
    }
}

/// The primary task set of the service, or an error if CodeDeploy cannot deploy
/// the service.
pub(super) fn primary(ecs: &Ecs, plan: &Plan) -> Result<TaskSet, &'static str> {
    let service = ecs
        .service(&plan.cluster, &plan.service)
        .ok_or("The ECS service does not exist")?;
    if !service.is_deployed_by_code_deploy() {
        return Err("The ECS service's deployment controller is not CODE_DEPLOY");
    }
    let primary = service.primary().cloned();
    primary.ok_or("The ECS service has no primary task set")
}

/// The task definition must exist, be active, and have the container and port
/// of the AppSpec.
fn check_task_definition(app_spec: &AppSpec, ecs: &Ecs) -> Result<(), (&'static str, String)> {
    let arn = &app_spec.task_definition;
    let revision = ecs::find_task_definition(ecs, arn)
        .filter(|revision| revision.is_active())
        .ok_or_else(|| {
            let message = format!("The task definition {arn} does not exist or is inactive");
            ("ECS_UPDATE_ERROR", message)
        })?;
    let name = &app_spec.container_name;
    let port = app_spec.container_port;
    let matches = revision.containers().any(|container| {
        container["name"] == name.as_str()
            && container["portMappings"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|mapping| mapping["containerPort"] == port)
    });
    if matches {
        Ok(())
    } else {
        let message =
            format!("The container {name} with port {port} is not in the task definition {arn}");
        Err(("INVALID_ECS_SERVICE", message))
    }
}
