//! What was assumed of a release that nobody declared whole, in words.

use super::words::Words;
use crate::job::request::DEFAULT_IMAGE_FILE;

/// An action was assumed, with the image that replaces this placeholder, and
/// the further images as its property `Images` has them.
#[must_use]
pub fn action(image: Option<&str>, further: Option<&str>) -> Words {
    let images = match image {
        Some(name) => {
            let further = further.map_or_else(String::new, |all| format!(", and Images {all}"));
            format!("puts {DEFAULT_IMAGE_FILE}'s image in the place of <{name}>{further}")
        }
        None => "puts no image in".to_owned(),
    };
    Words::new(
        format!("there is no action.json, so one is assumed that {images}"),
        "give the pipeline with --pipeline, or its action as action.json",
    )
}

/// A stand-in was taken for these images' files, each with the action that
/// makes it where that is known.
#[must_use]
pub fn stand_ins(files: &[(&str, Option<&str>)]) -> Words {
    let file = |(path, maker): &(&str, Option<&str>)| match maker {
        Some(maker) => format!("{path} (the action “{maker}” makes it)"),
        None => (*path).to_owned(),
    };
    let files: Vec<String> = files.iter().map(file).collect();
    Words::new(
        format!(
            "the image is not known until {} is written; a stand-in was checked",
            files.join(", ")
        ),
        "the build or the ECR source action writes it; add one to have the image checked too",
    )
}
