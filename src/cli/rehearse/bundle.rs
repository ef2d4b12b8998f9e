//! The bundle to rehearse.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::bundle::{Action, BundleProblem, LocalBundle};
use crate::job::request::holds_variable;

/// The name shown for the built-in example.
pub(super) const EXAMPLE: &str = "examples/webapp";

/// Reads the bundle, or takes the built-in example.
pub(super) fn read(path: Option<&Path>) -> Result<LocalBundle, BundleProblem> {
    let mut bundle = match path {
        Some(path) => LocalBundle::read(path, None)?,
        None => example()?,
    };
    resolve(&mut bundle.action);
    Ok(bundle)
}

/// The built-in example: `examples/webapp` of the sources.
fn example() -> Result<LocalBundle, BundleProblem> {
    macro_rules! file {
        ($name:literal) => {
            (
                $name.to_owned(),
                include_bytes!(concat!("../../../examples/webapp/", $name)).to_vec(),
            )
        };
    }
    let files = BTreeMap::from([
        file!("action.json"),
        file!("appspec.yaml"),
        file!("imageDetail.json"),
        file!("taskdef.json"),
    ]);
    LocalBundle::of(Path::new(EXAMPLE), &files, None, None)
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
    use crate::job::Engine;

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
