//! The action's configuration, parsed into a request.

mod images;
mod parse;
mod problem;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::BTreeSet;

use super::DeployTarget;
use super::options::{Options, TaskDefinitionSource};

pub use images::{DEFAULT_IMAGE_FILE, MAX_IMAGES};
pub use parse::MAX_PROPERTY_BYTES;
pub use problem::ConfigurationProblem;
pub use variables::holds_variable;

/// A complete and well-formed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub target: DeployTarget,
    pub task_definition: FileRef,
    /// Absent if ECS shifts the traffic itself: its services have no AppSpec.
    pub app_spec: Option<FileRef>,
    pub images: Vec<ImageRequest>,
    pub options: Options,
}

impl Request {
    /// The files that planning reads, without duplicates.
    #[must_use]
    pub fn files(&self) -> BTreeSet<&FileRef> {
        let mut files: BTreeSet<&FileRef> = self.app_spec.iter().collect();
        match self.options.task_definition {
            TaskDefinitionSource::Register => {
                files.insert(&self.task_definition);
                files.extend(self.images.iter().map(|image| &image.file));
            }
            TaskDefinitionSource::FromAppSpec => {}
        }
        files
    }
}

/// A file in one of the job's input artifacts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileRef {
    /// The name of an input artifact that the job has.
    pub artifact: String,
    /// The name of the entry in the artifact's zip archive.
    pub path: String,
}

/// One image: replaces `<name>` in the task definition with the image URI in
/// `file` (an `imageDetail.json`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRequest {
    pub name: String,
    pub file: FileRef,
}
