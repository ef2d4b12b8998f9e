//! The account that the bundle is released into: its application, its
//! deployment group, and a service with the container and the port that the
//! bundle names.

use std::collections::BTreeSet;

use serde_json::json;
use simulator::api::ApiError;
use simulator::codedeploy::{self, Fixture, HookBehaviour, LaunchType};
use simulator::codepipeline::{ActionDeclaration, ActionTypeId, InputArtifact, Source};
use simulator::ecr::Platform;
use simulator::s3::Content;
use simulator::traffic::ALARMS;
use simulator::world::World;

use super::arguments::Args;
use super::scene::{HOOK_FAILS_AFTER, Script};
use crate::cli::bundle::LocalBundle;
use crate::job::DeployTarget;
use crate::job::action_type::PROVIDER;
use crate::release::plan::{self, Checked};
use crate::release::preflight::Named;

/// The account, derived from the bundle and the scene.
pub(super) struct Account {
    pub(super) fixture: Fixture,
    /// The functions of the AppSpec's hooks, each with its event.
    hooks: Vec<(String, String)>,
}

impl Account {
    pub(super) fn of(bundle: &LocalBundle, checked: Option<&Checked>, args: &Args) -> Self {
        let script = args.scene.script();
        let mut fixture = Fixture {
            alarms: ALARMS.iter().map(|alarm| alarm.name.into()).collect(),
            ready_wait_minutes: args.ready_wait.or(script.ready_wait_minutes),
            ..Fixture::default()
        };
        // CodeDeploy rejects other names, so no application has them. The
        // worker refuses the release.
        let request = bundle.request();
        if let Ok(DeployTarget::Group(name)) = request.map(|request| request.target) {
            fixture.application = name.application;
            fixture.group = name.group;
        }
        if let Some(config) = script.deployment_config {
            config.clone_into(&mut fixture.deployment_config);
        }
        if let Some(config) = &args.deployment_config {
            fixture.deployment_config.clone_from(config);
        }
        if let Some(minutes) = args.termination_wait {
            fixture.termination_wait_minutes = minutes;
        }
        let mut hooks = Vec::new();
        if let Some(checked) = checked {
            if let Some(app_spec) = &checked.app_spec {
                // ECS rejects other names, so no service has them. The worker
                // refuses the release.
                if is_name(app_spec.container()) {
                    app_spec.container().clone_into(&mut fixture.container);
                }
                fixture.port = app_spec.port();
                let pairs = app_spec.hooks();
                hooks.extend(pairs.map(|(event, name)| (event.to_owned(), name.to_owned())));
            }
            if is_for_instances(checked) {
                fixture.launch_type = LaunchType::Ec2;
                fixture.has_own_interface = checked
                    .task_definition
                    .as_ref()
                    .is_some_and(|it| it["networkMode"] == "awsvpc");
            }
        }
        Self { fixture, hooks }
    }

    /// The events that the AppSpec has hooks for.
    pub(super) fn hooked(&self) -> BTreeSet<&str> {
        self.hooks.iter().map(|(event, _)| event.as_str()).collect()
    }

    /// Creates the scene in the simulated world, and determines how the release
    /// will go. The hooks of the events in `answered` wait for an answer.
    pub(super) fn build(
        &self,
        world: &mut World,
        script: &Script,
        answered: &BTreeSet<String>,
    ) -> Result<(), ApiError> {
        self.fixture.build(world)?;
        let Fixture {
            cluster, service, ..
        } = &self.fixture;
        if let Some(behaviour) = &script.tasks {
            world
                .ecs
                .set_next_behaviour(cluster, service, behaviour.clone());
        }
        for (event, function) in &self.hooks {
            if answered.contains(event) {
                world
                    .codedeploy
                    .set_hook(function, HookBehaviour::NeverAnswers);
            } else if script.hooks_fail {
                world.codedeploy.set_hook(function, failing());
            }
        }
        if script.is_group_busy {
            self.occupy(world)?;
        }
        Ok(())
    }

    /// Starts another deployment in the same group.
    fn occupy(&self, world: &mut World) -> Result<(), ApiError> {
        let Fixture {
            application,
            group,
            cluster,
            service,
            ..
        } = &self.fixture;
        // Deploys the revision that is already running.
        let running = world.ecs.glance(cluster, service).into_iter().next();
        let running = running.map_or_else(String::new, |set| set.task_definition);
        let request = json!({
            "applicationName": application,
            "deploymentGroupName": group,
            "description": "somebody else's",
            "revision": {
                "revisionType": "AppSpecContent",
                "appSpecContent": { "content": self.fixture.app_spec(&running) },
            },
        });
        codedeploy::call(world, "CreateDeployment", &request).map(|_| ())
    }
}

fn failing() -> HookBehaviour {
    HookBehaviour::Fails {
        after: HOOK_FAILS_AFTER,
        message: "The smoke test got 500 from /checkout".into(),
        log_tail: "GET /health 200\nGET /checkout 500".into(),
    }
}

/// Whether ECS accepts the name for a container.
fn is_name(name: &str) -> bool {
    const MAX: usize = 255;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=MAX).contains(&name.len()) && name.bytes().all(is_part)
}

/// Whether the task definition is for container instances only.
fn is_for_instances(checked: &Checked) -> bool {
    let Some(task_definition) = &checked.task_definition else {
        return false;
    };
    let wanted = task_definition["requiresCompatibilities"].as_array();
    let mut wanted = wanted.into_iter().flatten();
    match wanted.clone().next() {
        Some(_) => wanted.all(|one| one == "EC2"),
        // ECS assumes EC2 without a requirement.
        None => true,
    }
}

/// The bundle's files, rendered and checked; `None` if its action is invalid,
/// which the worker will report.
pub(super) async fn checked(bundle: &LocalBundle) -> Option<Checked> {
    let request = bundle.request().ok()?;
    Some(plan::check(&request, &bundle.files(&request).await))
}

/// Creates every image, role and log group that the bundle names. Making them
/// is not part of the rehearsal.
pub(super) async fn provide_named(bundle: &LocalBundle, world: &mut World) {
    let Ok(request) = bundle.request() else {
        return;
    };
    let files = bundle.files(&request).await;
    let questions = plan::questions(&request, &files, None);
    for image in questions.images {
        let platforms = [
            Platform::LinuxAmd64,
            Platform::LinuxArm64,
            Platform::WindowsAmd64,
        ];
        world.push_image(&image.reference.to_string(), &platforms);
    }
    for named in questions.named {
        match named {
            Named::Role(role) => world.add_task_role(&role),
            Named::LogGroup { name, .. } => world.add_log_group(&name),
        }
    }
}

/// The action's declaration in the pipeline.
pub(super) fn declaration(
    bundle: &LocalBundle,
    script: &Script,
    asked_for: Option<&str>,
) -> ActionDeclaration {
    let inputs: BTreeSet<&String> = bundle.action.inputs.iter().collect();
    let artifact = |name: &String| InputArtifact {
        name: name.clone(),
        source: Source::Content(Content::from(
            bundle.artifacts.get(name).cloned().unwrap_or_default(),
        )),
    };
    let mut configuration = bundle.action.configuration.clone();
    for options in script.options.into_iter().chain(asked_for) {
        configuration
            .entry("Options".into())
            .and_modify(|own| *own = format!("{own}; {options}"))
            .or_insert_with(|| options.into());
    }
    ActionDeclaration {
        action_type: ActionTypeId::custom("Deploy", PROVIDER, "1"),
        pipeline: "rehearsal".into(),
        stage: "Deploy".into(),
        action: bundle.action.name.clone(),
        execution: None,
        configuration,
        inputs: inputs.into_iter().map(artifact).collect(),
        encryption_key: None,
    }
}
