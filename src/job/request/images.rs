//! The `Images` property: any number of images in addition to the built-in
//! action's.

use std::fmt;

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

/// The images of an `Images` property, in order. Printing them gives the
/// property's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images(pub Vec<ImageRequest>);

impl Images {
    /// Parses `NAME=Artifact` or `NAME=Artifact/path/to/imageDetail.json`,
    /// separated by commas. Ignores empty items and white space around the
    /// parts.
    ///
    /// # Errors
    ///
    /// Every problem of the text. Does not check for duplicate names: the
    /// caller does, because it also knows the images of other properties.
    pub fn parse(text: &str, inputs: &[&str]) -> Result<Self, Vec<ConfigurationProblem>> {
        Self::read(text, inputs, Source::Job)
    }

    /// Like [`Self::parse`], for a text from the given source.
    pub(super) fn read(
        text: &str,
        inputs: &[&str],
        source: Source,
    ) -> Result<Self, Vec<ConfigurationProblem>> {
        // Written as JSON it is one problem, not one for each of its pieces.
        if text.trim_start().starts_with(['[', '{']) {
            let item = Excerpt::of(text);
            return Err(vec![ConfigurationProblem::MalformedImage { item }]);
        }
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
        let mut problems = Vec::new();
        let mut values = Values {
            artifacts: inputs,
            source,
            problems: &mut problems,
        };
        let images = items.into_iter();
        let images = images.filter_map(|item| image(item, &mut values)).collect();
        if problems.is_empty() {
            Ok(Self(images))
        } else {
            Err(problems)
        }
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
