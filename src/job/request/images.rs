//! The `Images` property: any number of images in addition to the built-in
//! action's.

use super::parse::{Source, Values};
use super::problem::ConfigurationProblem;
use super::{FileRef, ImageRequest};
use crate::job::Excerpt;

/// The file that the ECR source action and hand-written builds put into the
/// artifact's root (docs/aws.md §2.2).
pub const DEFAULT_IMAGE_FILE: &str = "imageDetail.json";

/// Maximum number of images of a release. A task definition has at most ten
/// containers (docs/aws.md §4.3); this leaves room for images that are used
/// elsewhere.
pub const MAX_IMAGES: usize = 40;

/// Maximum length of a placeholder's name in characters.
pub(super) const MAX_IMAGE_NAME: usize = 100;

/// Parses `NAME=Artifact` or `NAME=Artifact/path/to/imageDetail.json`, separated
/// by commas. Ignores empty items and white space around the parts.
///
/// # Errors
///
/// Every problem of the text. Does not check for duplicate names: the caller
/// does, because it also knows the images of other properties.
pub(super) fn parse_images(
    text: &str,
    artifacts: &[&str],
    source: Source,
) -> Result<Vec<ImageRequest>, Vec<ConfigurationProblem>> {
    // Written as JSON it is one problem, not one for each of its pieces.
    if text.trim_start().starts_with(['[', '{']) {
        let item = Excerpt::of(text);
        return Err(vec![ConfigurationProblem::MalformedImage { item }]);
    }
    let items = text.split(',').map(str::trim);
    let items: Vec<&str> = items.filter(|item| !item.is_empty()).collect();
    if items.len() > MAX_IMAGES {
        return Err(vec![ConfigurationProblem::TooManyImages {
            count: items.len(),
            limit: MAX_IMAGES,
        }]);
    }
    let mut problems = Vec::new();
    let mut values = Values {
        artifacts,
        source,
        problems: &mut problems,
    };
    let images = items.into_iter();
    let images = images.filter_map(|item| image(item, &mut values)).collect();
    match problems.is_empty() {
        true => Ok(images),
        false => Err(problems),
    }
}

fn image(item: &str, values: &mut Values<'_>) -> Option<ImageRequest> {
    let Some((name, place)) = item.split_once('=') else {
        // A variable may stand for whole items.
        if !values.source.resolves_later(item) {
            values.problems.push(ConfigurationProblem::MalformedImage {
                item: Excerpt::of(item),
            });
        }
        return None;
    };
    let (source, file) = match place.split_once('/') {
        Some((source, file)) => (source.trim(), file.trim()),
        None => (place.trim(), DEFAULT_IMAGE_FILE),
    };
    // Neither can be the name of an artifact.
    if source.is_empty() || source.contains([';', '=']) && !values.source.resolves_later(source) {
        let item = Excerpt::of(item);
        let problem = ConfigurationProblem::MalformedImage { item };
        values.problems.push(problem);
        return None;
    }
    let name = values.image_name("Images", name.trim());
    let source = values.artifact("Images", source);
    let file = values.path("Images", file);
    Some(ImageRequest {
        name: name?,
        file: FileRef {
            artifact: source?,
            path: file?,
        },
    })
}
