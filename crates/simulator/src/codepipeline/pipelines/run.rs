//! Runs executions: the sources at once, and each later stage when the previous
//! one has succeeded.

use crate::codepipeline::queue::artifact_key;
use crate::codepipeline::state::{ArtifactLocation, Execution};
use crate::codepipeline::{ActionDeclaration, ActionStatus, InputArtifact, Source};
use crate::world::World;

use super::{Fetch, Fetched, Pipeline, Run};

/// Starts an execution for `trigger` and returns its id.
pub(super) fn start(world: &mut World, name: &str, trigger: &str, token: Option<String>) -> String {
    let id = world.names.uuid();
    let execution = Execution {
        pipeline: name.to_owned(),
        is_stopping: false,
    };
    let executions = &mut world.codepipeline.executions;
    executions.insert(id.clone(), execution);
    let (sources, bucket) = match world.codepipeline.pipelines.get(name) {
        Some(pipeline) => (pipeline.sources.clone(), pipeline.artifact_bucket.clone()),
        None => return id,
    };
    let fetched: Result<Vec<_>, String> = sources
        .iter()
        .map(|source| fetch(world, name, source, &bucket))
        .collect();
    let started = world.now();
    let (artifacts, source_problem) = match fetched {
        Ok(artifacts) => (artifacts, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    if let Some(pipeline) = world.codepipeline.pipelines.get_mut(name) {
        pipeline.runs.push(Run {
            id: id.clone(),
            started,
            source_problem,
            artifacts,
            trigger: trigger.to_owned(),
            token,
            begun: 0,
            problem: None,
        });
    }
    advance(world);
    id
}

/// Copies the source object to the pipeline's artifact bucket.
fn fetch(
    world: &mut World,
    pipeline: &str,
    source: &Fetch,
    bucket: &str,
) -> Result<Fetched, String> {
    let from = (source.bucket.as_str(), source.key.as_str());
    if !world.s3.is_versioned(from.0) {
        return Err(format!(
            "The S3 bucket {} is not versioned, as a source must be",
            from.0
        ));
    }
    let object = world.s3.get(from.0, from.1);
    let object = object.map_err(|error| error.message)?;
    let (content, version) = (object.content.clone(), object.version_id.clone());
    let key = artifact_key(&mut world.names, pipeline, &source.artifact) + ".zip";
    let now = world.now();
    world
        .s3
        .put(&mut world.names, now, (bucket, &key), content)
        .map_err(|error| error.message)?;
    let artifact = ArtifactLocation {
        name: source.artifact.clone(),
        bucket: bucket.to_owned(),
        key,
    };
    Ok(Fetched { artifact, version })
}

/// Starts all stages whose previous stage has succeeded.
pub(in crate::codepipeline) fn advance(world: &mut World) {
    let names: Vec<String> = world.codepipeline.pipelines.keys().cloned().collect();
    for name in names {
        for (number, declarations) in due(world, &name) {
            let problem = queue(world, &name, declarations);
            if let Some(run) = run_mut(world, &name, number) {
                run.begun += 1;
                run.problem = problem;
            }
        }
    }
}

/// Starts actions, and returns why one could not start.
pub(super) fn queue(world: &mut World, pipeline: &str, actions: Vec<Declared>) -> Option<String> {
    let pipeline = world.codepipeline.pipelines.get(pipeline);
    let bucket = pipeline
        .map(|it| it.artifact_bucket.clone())
        .unwrap_or_default();
    let mut problem = None;
    for (declaration, outputs) in actions {
        match world.queue_action(declaration) {
            Ok(id) => world.give_outputs(&id, &bucket, &outputs),
            Err(error) => problem = Some(error.to_string()),
        }
    }
    problem
}

/// An action to start, and its output artifacts.
pub(super) type Declared = (ActionDeclaration, Vec<String>);

/// The runs whose next stage can start, with that stage's actions.
fn due(world: &World, name: &str) -> Vec<(usize, Vec<Declared>)> {
    let Some(pipeline) = world.codepipeline.pipelines.get(name) else {
        return Vec::new();
    };
    let runs = pipeline.runs.iter().enumerate();
    runs.filter_map(|(number, run)| {
        let stage = pipeline.stages.get(run.begun)?;
        let execution = world.codepipeline.executions.get(&run.id)?;
        let is_due = run.source_problem.is_none()
            && run.problem.is_none()
            && !execution.is_stopping
            && has_passed(world, pipeline, run);
        is_due.then(|| (number, declarations(world, name, run, stage)))
    })
    .collect()
}

/// Whether every action of the last started stage has succeeded.
fn has_passed(world: &World, pipeline: &Pipeline, run: &Run) -> bool {
    let Some(last) = run.begun.checked_sub(1) else {
        return true;
    };
    let stage = pipeline.stages.get(last).and_then(|it| it.first());
    let mut actions = world.codepipeline.actions_of(&run.id);
    actions.all(|action| {
        let is_of_stage = stage.is_some_and(|it| it.stage == action.stage);
        !is_of_stage || action.status == ActionStatus::Succeeded
    })
}

pub(super) fn declarations(
    world: &World,
    name: &str,
    run: &Run,
    stage: &[super::Deploy],
) -> Vec<Declared> {
    let declare = |deploy: &super::Deploy| {
        let declaration = ActionDeclaration {
            action_type: deploy.action_type.clone(),
            pipeline: name.to_owned(),
            stage: deploy.stage.clone(),
            action: deploy.action.clone(),
            execution: Some(run.id.clone()),
            configuration: deploy.configuration.clone(),
            inputs: inputs(world, run, &deploy.inputs),
            encryption_key: None,
        };
        (declaration, deploy.outputs.clone())
    };
    stage.iter().map(declare).collect()
}

/// The artifacts with these names: fetched, or made by an earlier action.
fn inputs(world: &World, run: &Run, names: &[String]) -> Vec<InputArtifact> {
    let fetched = run.artifacts.iter().map(|it| &it.artifact);
    let actions = world.codepipeline.actions_of(&run.id);
    let all = fetched.chain(actions.flat_map(|action| &action.outputs));
    all.filter(|it| names.contains(&it.name))
        .map(|it| InputArtifact {
            name: it.name.clone(),
            source: Source::Object {
                bucket: it.bucket.clone(),
                key: it.key.clone(),
            },
        })
        .collect()
}

fn run_mut<'w>(world: &'w mut World, name: &str, number: usize) -> Option<&'w mut Run> {
    let pipeline = world.codepipeline.pipelines.get_mut(name)?;
    pipeline.runs.get_mut(number)
}
