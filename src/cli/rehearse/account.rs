//! The account that the bundle is released into, for either engine.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use simulator::api::ApiError;
use simulator::codedeploy::LaunchType;
use simulator::codepipeline::{ActionDeclaration, ActionTypeId, InputArtifact, Source};
use simulator::ecr::Platform;
use simulator::ecs::Behaviour;
use simulator::s3::Content;
use simulator::world::World;

use super::arguments::Args;
use super::codedeploy::Group;
use super::ecs::Service;
use super::scene::Script;
use super::seen::Deployment;
use crate::cli::bundle::{LocalBundle, Rendered};
use crate::job::action_type::PROVIDER;
use crate::job::{ActionVersion, Engine, Key};
use crate::release::plan;
use crate::release::preflight::Named;

/// What a release is deployed to in the simulated account. Each engine has its
/// own.
pub(super) trait Account {
    /// Names of the cluster and the service.
    fn service(&self) -> (&str, &str);

    /// The hooks by lifecycle event or stage, each with its function.
    fn hooks(&self) -> &BTreeMap<String, String>;

    /// Creates the service and all that belongs to it.
    fn create(&self, world: &mut World) -> Result<(), ApiError>;

    /// Makes a hook's function fail, or else wait for an answer.
    fn set_hook(&self, world: &mut World, function: &str, fails: bool);

    /// Starts a deployment of the revision that runs, as another client does.
    fn deploy_another(&self, world: &mut World) -> Result<(), ApiError>;

    /// All deployments of the service, oldest first. `key` is the release's.
    fn deployments(&self, world: &mut World, key: &Key) -> Vec<Deployment>;

    /// Continues a deployment. It may have ended by now.
    fn proceed(&self, world: &mut World, deployment: &Deployment);

    /// Stops a deployment with a rollback. It may have ended by now.
    fn stop(&self, world: &mut World, deployment: &Deployment);
}

/// The account, derived from the release and the scene. `release` is absent if
/// its action is invalid, which the worker will report.
pub(super) fn account(
    engine: Engine,
    release: Option<&Rendered>,
    script: &Script,
    args: &Args,
) -> Box<dyn Account> {
    match engine {
        Engine::CodeDeploy => Box::new(Group::of(release, script, args)),
        Engine::Ecs => Box::new(Service::of(release, script, args)),
    }
}

/// Creates the scene in the simulated world, and determines how the release
/// will go. The hooks of the events in `answered` wait for an answer.
pub(super) fn build(
    account: &dyn Account,
    world: &mut World,
    script: &Script,
    answered: &BTreeSet<String>,
) -> Result<(), ApiError> {
    account.create(world)?;
    let (cluster, service) = account.service();
    if let Some(failure) = &script.tasks {
        let behaviour = Behaviour::TasksFail(*failure);
        world.ecs.set_next_behaviour(cluster, service, behaviour);
    }
    for (event, function) in account.hooks() {
        if answered.contains(event) || script.hooks_fail {
            account.set_hook(world, function, !answered.contains(event));
        }
    }
    if script.is_busy {
        account.deploy_another(world)?;
    }
    Ok(())
}

/// The task definition that runs at the moment, for [`Account::deploy_another`].
pub(super) fn running(world: &World, (cluster, service): (&str, &str)) -> String {
    let running = world.ecs.glance(cluster, service).into_iter().next();
    running.map_or_else(String::new, |set| set.task_definition)
}

/// Whether ECS accepts the name for a container.
pub(super) fn is_name(name: &str) -> bool {
    const MAX: usize = 255;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=MAX).contains(&name.len()) && name.bytes().all(is_part)
}

/// Where the task definition runs, and whether each task has its own network
/// interface on instances.
pub(super) fn place(release: &Rendered) -> Option<(LaunchType, bool)> {
    let task_definition = release.checked.task_definition.as_ref()?;
    let has_own_interface = task_definition["networkMode"] == "awsvpc";
    Some(match is_for_instances(task_definition) {
        true => (LaunchType::Ec2, has_own_interface),
        false => (LaunchType::Fargate, false),
    })
}

/// Whether the task definition is for container instances only.
fn is_for_instances(task_definition: &Value) -> bool {
    let wanted = task_definition["requiresCompatibilities"].as_array();
    let mut wanted = wanted.into_iter().flatten();
    match wanted.clone().next() {
        Some(_) => wanted.all(|one| one == "EC2"),
        // ECS assumes EC2 without a requirement.
        None => true,
    }
}

/// A time as AWS writes it, in seconds since 1970.
pub(super) fn moment(epoch: &Value) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(epoch.as_f64()?).ok()?;
    Timestamp::from_duration(since).ok()
}

/// Creates every image, role and log group that the release names. Making them
/// is not part of the rehearsal.
pub(super) fn provide_named(release: &Rendered, world: &mut World) {
    let questions = plan::questions(&release.request, &release.files, None);
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
    let version = ActionVersion::from(bundle.action.engine);
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
        action_type: ActionTypeId::custom("Deploy", PROVIDER, version.as_str()),
        pipeline: "rehearsal".into(),
        stage: "Deploy".into(),
        action: bundle.action.name.clone(),
        execution: None,
        configuration,
        inputs: inputs.into_iter().map(artifact).collect(),
        encryption_key: None,
    }
}
