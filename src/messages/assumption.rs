//! Messages about what was assumed because a release is not fully declared.

use super::words::{Words, all_of};
use crate::job::request::{DEFAULT_IMAGE_FILE, FileRef};
use crate::job::{Engine, Excerpt};

/// An action was assumed. `templates` are those that are not where an action
/// assumes them, `image` is the placeholder that its image replaces, and
/// `further` the value of its property `Images`.
#[must_use]
pub fn action(
    engine: Engine,
    templates: &[&str],
    image: Option<&str>,
    further: Option<&str>,
) -> Words {
    let images = match (image, further) {
        (Some(name), further) => {
            let further = further.map_or_else(String::new, |all| format!(", and Images {all}"));
            format!("puts {DEFAULT_IMAGE_FILE}'s image in the place of <{name}>{further}")
        }
        (None, Some(all)) => format!("has Images {all}"),
        (None, None) => "puts no image in".to_owned(),
    };
    let reads = match templates {
        [] => String::new(),
        templates => format!("reads {} and ", all_of(templates)),
    };
    let remedy = match engine {
        Engine::CodeDeploy => {
            "save the pipeline, or its action, as action.json; for a service that ECS deploys \
             itself, save what `action-type stage --version 2` prints as action.json: it needs no \
             AppSpec"
        }
        Engine::Ecs => "save the pipeline, or its action, as action.json",
    };
    Words::new(
        format!("there is no action.json, so one is assumed that {reads}{images}"),
        remedy,
    )
}

/// Stand-ins were used for these image files, each with the action that
/// produces it, if known.
#[must_use]
pub fn stand_ins(files: &[(&FileRef, Option<&str>)]) -> Words {
    let file = |(file, maker): &(&FileRef, Option<&str>)| {
        let FileRef { artifact, path } = file;
        match maker {
            Some(maker) => format!("{path} (the action “{maker}” makes it)"),
            // Several artifacts can have a file of the same name.
            None if files.len() > 1 => format!("{path} of {artifact}"),
            None => path.clone(),
        }
    };
    let named: Vec<String> = files.iter().map(file).collect();
    let (is, names) = match named.len() {
        1 => ("is", "the image is"),
        _ => ("are", "the images are"),
    };
    Words::new(
        format!(
            "{names} not known until {} {is} written; a stand-in was checked",
            all_of(&named)
        ),
        "the build or the ECR source action writes it; add one to have the image checked too",
    )
}

/// These links of a bundle lead out of its folder, and were not followed.
#[must_use]
pub fn links(paths: &[String]) -> Words {
    Words::new(
        format!(
            "not read, because a link there leads out of the folder and of its Git repository: {}",
            all_of(&excerpts(paths))
        ),
        "put the files that the release needs into the folder",
    )
}

/// These folders of a bundle are nested more deeply than `limit`, and were not
/// read.
#[must_use]
pub fn deep_folders(paths: &[String], limit: usize) -> Words {
    Words::new(
        format!(
            "not read, because it is nested in more than {limit} folders: {}",
            all_of(&excerpts(paths))
        ),
        "name the folder with the release's files",
    )
}

fn excerpts(paths: &[String]) -> Vec<Excerpt> {
    paths.iter().map(|path| Excerpt::of(path)).collect()
}
