//! The `Images` property: any number of images beyond the built-in action's.

use std::fmt;

use super::parse::{artifact, path};
use super::problem::ConfigurationProblem;
use super::{FileRef, ImageRequest};
use crate::job::Excerpt;

/// The file that the ECR source action and hand-written builds leave in the
/// artifact's root (aws-facts §2.2).
pub const DEFAULT_IMAGE_FILE: &str = "imageDetail.json";

/// Images of one release. A task definition has at most ten containers
/// (aws-facts §4.3); this leaves room for images that are used elsewhere.
pub const MAX_IMAGES: usize = 40;

/// Characters that a placeholder's name may have.
const MAX_IMAGE_NAME: usize = 100;

/// The images of an `Images` property, in their order. Printing them gives
/// the property again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images(pub Vec<ImageRequest>);

impl Images {
    /// Reads `NAME=Artifact` or `NAME=Artifact/path/to/imageDetail.json`,
    /// separated by commas. White space around the parts, and empty items,
    /// count for nothing.
    ///
    /// # Errors
    ///
    /// Every problem of the text. Names that occur twice are for the caller
    /// to find, who knows of more images.
    pub fn parse(text: &str, inputs: &[&str]) -> Result<Self, Vec<ConfigurationProblem>> {
        let items: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .collect();
        if items.len() > MAX_IMAGES {
            return Err(vec![ConfigurationProblem::TooManyImages {
                count: items.len(),
                limit: MAX_IMAGES,
            }]);
        }
        let mut images = Vec::new();
        let mut problems = Vec::new();
        for item in items {
            match image(item, inputs, &mut problems) {
                Some(image) => images.push(image),
                None => continue,
            }
        }
        if problems.is_empty() {
            Ok(Self(images))
        } else {
            Err(problems)
        }
    }
}

fn image(
    item: &str,
    inputs: &[&str],
    problems: &mut Vec<ConfigurationProblem>,
) -> Option<ImageRequest> {
    let Some((name, place)) = item.split_once('=') else {
        problems.push(ConfigurationProblem::MalformedImage {
            item: Excerpt::of(item),
        });
        return None;
    };
    let (source, file) = match place.split_once('/') {
        Some((source, file)) => (source.trim(), file.trim()),
        None => (place.trim(), DEFAULT_IMAGE_FILE),
    };
    let name = image_name("Images", name.trim(), problems);
    let source = artifact("Images", source, inputs, problems);
    let file = path("Images", file, problems);
    Some(ImageRequest {
        name: name?,
        file: FileRef {
            artifact: source?,
            path: file?,
        },
    })
}

/// The name between `<` and `>`: whatever could not be mistaken for the
/// property's own punctuation or for the end of the placeholder.
pub(super) fn image_name(
    property: &'static str,
    name: &str,
    problems: &mut Vec<ConfigurationProblem>,
) -> Option<String> {
    let fits = (1..=MAX_IMAGE_NAME).contains(&name.chars().count());
    let clean = !name
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || "<>=,\"\\".contains(c));
    if fits && clean {
        return Some(name.to_owned());
    }
    problems.push(ConfigurationProblem::NotAnImageName {
        property,
        name: Excerpt::of(name),
    });
    None
}

impl fmt::Display for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ImageRequest { name, file }) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{name}={}", file.artifact)?;
            if file.path != DEFAULT_IMAGE_FILE {
                write!(f, "/{}", file.path)?;
            }
        }
        Ok(())
    }
}
