//! Orders to start an action, as JSON.

use std::collections::BTreeMap;

use aws_smithy_types::base64;
use serde::Deserialize;

use crate::archive;
use crate::codepipeline::{ActionDeclaration, ActionTypeId, InputArtifact, QueueError, Source};
use crate::s3::Content;
use crate::world::World;

/// An action to start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionOrder {
    /// `None` is the account's first action type.
    pub action_type: Option<ActionTypeId>,
    #[serde(default = "webapp")]
    pub pipeline: String,
    #[serde(default = "deploy")]
    pub stage: String,
    #[serde(default = "deploy")]
    pub action: String,
    /// The execution to join; `None` starts a new one.
    pub execution: Option<String>,
    pub configuration: BTreeMap<String, String>,
    /// Input artifacts by name.
    #[serde(default)]
    pub artifacts: BTreeMap<String, ArtifactOrder>,
    pub encryption_key: Option<String>,
}

/// Source of an input artifact.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ArtifactOrder {
    /// Text files by path, to be zipped.
    Files(BTreeMap<String, String>),
    /// Like `Files`, with this many zero bytes in front of the archive's
    /// directory, to make a large artifact.
    FilesWithGap {
        files: BTreeMap<String, String>,
        gap: u64,
    },
    /// A complete archive, valid or not.
    ZipBase64(String),
    /// An object that may or may not exist.
    Object { bucket: String, key: String },
}

fn webapp() -> String {
    "webapp".into()
}

fn deploy() -> String {
    "Deploy".into()
}

impl ActionOrder {
    /// Starts the action and returns its `actionExecutionId`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the order.
    pub fn place(self, world: &mut World) -> Result<String, QueueError> {
        let mut problems = Vec::new();
        let mut inputs = Vec::new();
        for (name, order) in self.artifacts {
            match order.source() {
                Ok(source) => inputs.push(InputArtifact { name, source }),
                Err(problem) => problems.push(format!("artifact '{name}': {problem}")),
            }
        }
        let first = || world.codepipeline.first_action_type().cloned();
        let action_type = self.action_type.or_else(first);
        if action_type.is_none() {
            problems.push("the account has no action type".into());
        }
        let Some(action_type) = action_type.filter(|_| problems.is_empty()) else {
            return Err(QueueError(problems));
        };
        world.queue_action(ActionDeclaration {
            action_type,
            pipeline: self.pipeline,
            stage: self.stage,
            action: self.action,
            execution: self.execution,
            configuration: self.configuration,
            inputs,
            encryption_key: self.encryption_key,
        })
    }
}

impl ArtifactOrder {
    fn source(self) -> Result<Source, String> {
        let bytes = match self {
            Self::Files(files) => archive::zip(&files).map_err(|error| error.to_string())?,
            Self::FilesWithGap { files, gap } => {
                return archive::zip_with_gap(&files, gap)
                    .map_err(|error| error.to_string())?
                    .map(Source::Content)
                    .ok_or_else(|| "the gap must stay below 4 GiB".to_owned());
            }
            Self::ZipBase64(text) => base64::decode(text).map_err(|error| error.to_string())?,
            Self::Object { bucket, key } => return Ok(Source::Object { bucket, key }),
        };
        Ok(Source::Content(Content::from(bytes)))
    }
}
