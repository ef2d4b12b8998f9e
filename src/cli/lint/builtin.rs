//! Translates the configuration of the built-in action to ours.

use std::collections::BTreeMap;

use super::problem::Problem;

/// The provider of the built-in action (docs/aws.md §2).
pub(super) const BUILT_IN: &str = "CodeDeployToECS";

/// The images beyond the first that the built-in action has.
const FURTHER: [&str; 3] = ["Image2", "Image3", "Image4"];

/// Whether a property belongs to the built-in action and not to ours.
pub(super) fn is_further_image(property: &str) -> bool {
    FURTHER.iter().any(|image| {
        let part = property.strip_prefix(image);
        matches!(part, Some("ArtifactName" | "ContainerName"))
    })
}

/// Moves `Image2` to `Image4` into `Images`. Returns the problems to report,
/// each with the property that it is about, if it is only one.
pub(super) fn translate(
    configuration: &mut BTreeMap<String, String>,
    is_built_in: bool,
) -> Vec<(Problem, Option<String>)> {
    let mut problems = Vec::new();
    let mut images: Vec<String> = configuration.remove("Images").into_iter().collect();
    let before = images.len();
    for image in FURTHER {
        let artifact_name = format!("{image}ArtifactName");
        let container_name = format!("{image}ContainerName");
        let artifact = configuration.remove(&artifact_name);
        let name = configuration.remove(&container_name);
        let (present, absent) = match (artifact, name) {
            (Some(artifact), Some(name)) => {
                images.push(format!("{name}={artifact}"));
                continue;
            }
            (Some(_), None) => (artifact_name, container_name),
            (None, Some(_)) => (container_name, artifact_name),
            (None, None) => continue,
        };
        problems.push((Problem::half_a_pair(&present, &absent), Some(present)));
    }
    let value = images.join(",");
    if images.len() > before {
        problems.push((Problem::further_images(&value, is_built_in), None));
    }
    if !value.is_empty() {
        configuration.insert("Images".to_owned(), value);
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_images_become_one_property() {
        let mut configuration: BTreeMap<String, String> = [
            ("Image1ArtifactName", "Build"),
            ("Image2ArtifactName", "Build"),
            ("Image2ContainerName", "LOG"),
            ("Image3ContainerName", "PROXY"),
            ("Image4ArtifactName", "Other"),
            ("Image4ContainerName", "TRACE"),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
        let problems = translate(&mut configuration, false);
        let said = problems
            .iter()
            .map(|(problem, _)| problem.words.to_string());
        let said: Vec<String> = said.collect();
        assert_eq!(configuration["Images"], "LOG=Build,TRACE=Other");
        assert_eq!(configuration.len(), 2, "{configuration:?}");
        assert!(
            said[0].starts_with("Image3ContainerName is set"),
            "{said:?}"
        );
        assert!(
            said[1].ends_with(r#"paste this one: "Images": "LOG=Build,TRACE=Other""#),
            "{said:?}"
        );
    }
}
