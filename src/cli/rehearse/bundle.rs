//! The bundle to rehearse.

use std::collections::BTreeMap;
use std::path::Path;

use super::problem::Problem;
use crate::cli::bundle::{ACTION_FILE, Action, LocalBundle};
use crate::cli::check;
use crate::cli::lint::Pipeline;
use crate::cli::remark::Remark;
use crate::job::Engine;
use crate::job::request::holds_variable;

/// The path of the built-in example in the sources.
pub(super) fn example_path(engine: Engine) -> &'static str {
    match engine {
        Engine::CodeDeploy => "examples/webapp",
        Engine::Ecs => "examples/ecs",
    }
}

/// Reads the bundle, or takes the built-in example, and returns what `check`
/// finds in the action that it declares. `wanted` chooses one of these. With an
/// engine, the action is made to fit it.
pub(super) fn read(
    path: Option<&Path>,
    wanted: Option<&str>,
    engine: Option<Engine>,
) -> Result<(LocalBundle, Vec<Remark>), Problem> {
    let mut remarks = Vec::new();
    let mut bundle = match path {
        Some(path) => {
            let own = Pipeline::of_bundle(path, wanted)?;
            remarks.extend(own.iter().flat_map(Pipeline::remarks).cloned());
            LocalBundle::read(path, own.as_ref().map(declared).transpose()?)?
        }
        None => example(engine.unwrap_or(Engine::CodeDeploy))?,
    };
    resolve(&mut bundle.action);
    if let Some(engine) = engine {
        fit(&mut bundle.action, engine);
    }
    Ok((bundle, remarks))
}

fn declared(own: &Pipeline) -> Result<&Action, Problem> {
    let action = own.action()?.map(|declared| &declared.action);
    action.ok_or_else(|| Problem::Declaration(check::text(own.remarks(), false)))
}

fn example(engine: Engine) -> Result<LocalBundle, Problem> {
    macro_rules! file {
        ($folder:literal, $name:literal) => {
            (
                $name.to_owned(),
                include_bytes!(concat!("../../../examples/", $folder, "/", $name)).to_vec(),
            )
        };
    }
    let files = match engine {
        Engine::CodeDeploy => BTreeMap::from([
            file!("webapp", "action.json"),
            file!("webapp", "appspec.yaml"),
            file!("webapp", "imageDetail.json"),
            file!("webapp", "taskdef.json"),
        ]),
        Engine::Ecs => BTreeMap::from([
            file!("ecs", "action.json"),
            file!("ecs", "imageDetail.json"),
            file!("ecs", "taskdef.json"),
        ]),
    };
    let path = Path::new(example_path(engine));
    let own = Pipeline::parse(&path.join(ACTION_FILE), &files[ACTION_FILE], None);
    Ok(LocalBundle::of(path, &files, None, Some(declared(&own)?))?)
}

/// Properties of version 1, and what has their values in version 2.
const COUNTERPARTS: [(&str, Option<&str>); 4] = [
    ("ApplicationName", Some("ClusterName")),
    ("DeploymentGroupName", Some("ServiceName")),
    ("AppSpecTemplateArtifact", None),
    ("AppSpecTemplatePath", None),
];

/// Makes an action one of the engine. An action for CodeDeploy loses its
/// AppSpec, which ECS's own deployments do not have. The other way the action
/// lacks properties, which are reported.
fn fit(action: &mut Action, engine: Engine) {
    if (action.engine, engine) == (Engine::CodeDeploy, Engine::Ecs) {
        for (property, counterpart) in COUNTERPARTS {
            let value = action.configuration.remove(property);
            if let (Some(value), Some(counterpart)) = (value, counterpart) {
                action.configuration.insert(counterpart.into(), value);
            }
        }
    }
    action.engine = engine;
}

/// Replaces the variables in the configuration, whose values only a pipeline
/// run has: by the variable's name, by the first artifact for an artifact's
/// name, and by the default for an option.
fn resolve(action: &mut Action) {
    for (name, value) in &mut action.configuration {
        if !holds_variable(value) {
            continue;
        }
        if name == "Options" {
            let pairs = value.split([';', '\n']);
            let known: Vec<&str> = pairs.filter(|pair| !holds_variable(pair)).collect();
            *value = known.join(";");
        } else if name.ends_with("Artifact") || name.ends_with("ArtifactName") {
            *value = action.inputs.first().cloned().unwrap_or_default();
        } else {
            *value = value.replace("#{", "").replace('}', "");
        }
    }
    action.configuration.retain(|_, value| !value.is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_for_code_deploy_becomes_one_for_ecs() {
        let mut action = example(Engine::CodeDeploy).expect("an example").action;
        fit(&mut action, Engine::Ecs);
        let own = example(Engine::Ecs).expect("an example").action;
        let names = |action: &Action| {
            let names = action.configuration.keys();
            names.cloned().collect::<Vec<String>>()
        };
        assert_eq!(names(&action), names(&own));
        assert_eq!((action.engine, own.engine), (Engine::Ecs, Engine::Ecs));
    }

    #[test]
    fn a_rehearsal_takes_something_for_each_variable() {
        let pairs = [
            ("ApplicationName", "shop-#{variables.Stage}"),
            ("AppSpecTemplateArtifact", "#{variables.From}"),
            ("Options", "Timeout=#{variables.Wait};WhenBusy=Fail"),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut action = Action {
            name: "Release".into(),
            engine: Engine::CodeDeploy,
            configuration: pairs.into_iter().collect(),
            inputs: vec!["Source".into()],
        };
        resolve(&mut action);
        let configuration = action.configuration;
        assert_eq!(configuration["ApplicationName"], "shop-variables.Stage");
        assert_eq!(configuration["AppSpecTemplateArtifact"], "Source");
        assert_eq!(configuration["Options"], "WhenBusy=Fail");
    }
}
