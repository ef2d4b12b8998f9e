//! A bundle on this machine, with its files as the worker would read them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::action::{APP_SPECS, TASK_DEFINITIONS};
use super::artifacts::{self, Archives, Listed, PassedOver};
use super::{Action, stand_in};
use crate::artifact::{LargeReads, read_files};
use crate::job::offer::InputArtifact;
use crate::job::request::FileRef;
use crate::messages::{Words, assumption};
use crate::ports::{ArtifactReader, ByteRange, ETag, Piece, ReadError};
use crate::release::bundle::Bundle;

/// A bundle, with the files that the pipeline would provide.
pub(in crate::cli) struct LocalBundle {
    root: PathBuf,
    /// The artifacts that have a folder of their own.
    folders: BTreeSet<String>,
    pub(in crate::cli) action: Action,
    /// Missing image files that a stand-in replaces.
    pub(in crate::cli) stand_ins: Vec<FileRef>,
    /// The action is derived from the files, because none is declared.
    pub(in crate::cli) is_assumed: bool,
    passed_over: PassedOver,
    pub(in crate::cli) artifacts: Archives,
}

/// Why a bundle cannot be read.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum BundleProblem {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is neither a directory nor a zip archive: {detail}; name the folder or the zip archive that has the release's files", path.display())]
    NotABundle { path: PathBuf, detail: String },
    #[error("{} has more than {limit} files and folders; name the folder with the release's files", path.display())]
    TooManyFiles { path: PathBuf, limit: usize },
    #[error("the files of {} have more than {limit} bytes together; name the folder with the release's files", path.display())]
    TooLarge { path: PathBuf, limit: u64 },
    #[error("a zip archive could not be made: {0}")]
    Zip(#[from] zip::result::ZipError),
}

impl LocalBundle {
    /// Reads a directory or a zip archive.
    ///
    /// In a directory, the folder with an input artifact's name has that
    /// artifact's files; an artifact without a folder has all files. A zip
    /// archive is every artifact at once. Without an `action`, one is derived
    /// from the files.
    pub(in crate::cli) fn read(
        path: &Path,
        action: Option<&Action>,
    ) -> Result<Self, BundleProblem> {
        let kind = std::fs::metadata(path).map_err(artifacts::unreadable(path))?;
        if kind.is_dir() {
            let Listed { files, passed_over } = artifacts::list(path)?;
            let bundle = Self::of(path, &files, None, action)?;
            return Ok(Self {
                passed_over,
                ..bundle
            });
        }
        let (files, archive) = artifacts::unpack(path)?;
        Self::of(path, &files, Some(archive), action)
    }

    /// A bundle of these files, or of this archive.
    pub(in crate::cli) fn of(
        path: &Path,
        files: &artifacts::Files,
        archive: Option<Vec<u8>>,
        action: Option<&Action>,
    ) -> Result<Self, BundleProblem> {
        let is_assumed = action.is_none();
        let action = action.map_or_else(|| Action::assume(files), Action::clone);
        let (mut artifacts, folders) = match archive {
            Some(archive) => {
                let inputs = action.inputs.iter();
                let all = inputs.map(|name| (name.clone(), archive.clone()));
                (all.collect(), BTreeSet::new())
            }
            None => artifacts::pack(files, &action.inputs)?,
        };
        let stand_ins = stand_in::put_in(&action, &mut artifacts)?;
        Ok(Self {
            stand_ins,
            is_assumed,
            passed_over: PassedOver::default(),
            root: path.to_owned(),
            folders,
            action,
            artifacts,
        })
    }

    /// The assumptions about the bundle, and what was not read of it, as text;
    /// `makers` are the actions that produce artifacts, if they are known.
    pub(in crate::cli) fn assumptions(
        &self,
        makers: Option<&BTreeMap<String, String>>,
    ) -> Vec<Words> {
        let mut assumed = Vec::new();
        if self.is_assumed {
            let value = |name: &str| self.action.configuration.get(name).map(String::as_str);
            let (image, further) = (value("Image1ContainerName"), value("Images"));
            let unusual = |property: &str, usual: &[&str]| {
                value(property).filter(|path| !usual.contains(path))
            };
            let templates = [
                unusual("TaskDefinitionTemplatePath", &TASK_DEFINITIONS[..1]),
                unusual("AppSpecTemplatePath", &APP_SPECS),
            ];
            let templates: Vec<&str> = templates.into_iter().flatten().collect();
            let engine = self.action.engine;
            assumed.push(assumption::action(engine, &templates, image, further));
        }
        if !self.stand_ins.is_empty() {
            let maker = |file: &FileRef| makers?.get(&file.artifact).map(String::as_str);
            let files = self.stand_ins.iter();
            let files: Vec<_> = files.map(|file| (file, maker(file))).collect();
            assumed.push(assumption::stand_ins(&files));
        }
        let PassedOver { links, deep } = &self.passed_over;
        if !links.is_empty() {
            assumed.push(assumption::links(links));
        }
        if !deep.is_empty() {
            assumed.push(assumption::deep_folders(deep, artifacts::MAX_DEPTH));
        }
        assumed
    }

    /// The path of an artifact's file on this machine.
    pub(in crate::cli) fn path_of(&self, artifact: Option<&str>, file: &str) -> PathBuf {
        match artifact {
            Some(artifact) if self.folders.contains(artifact) => {
                self.root.join(artifact).join(file)
            }
            Some(_) | None => self.root.join(file),
        }
    }

    /// Reads files of the artifacts, as the worker does.
    pub(super) async fn files(&self, files: impl Iterator<Item = &FileRef>) -> Bundle {
        let mut bundle = Bundle::default();
        for file in files {
            let Some(archive) = self.artifacts.get(&file.artifact) else {
                continue;
            };
            let artifact = InputArtifact {
                name: file.artifact.clone(),
                bucket: String::new(),
                key: String::new(),
            };
            let (reader, large) = (InMemory(archive), LargeReads::default());
            if let Ok(files) = read_files(&reader, &artifact, &[&file.path], &large).await {
                let bytes = files.into_values().map(|bytes| (file.clone(), bytes));
                bundle.files.extend(bytes);
            }
        }
        bundle
    }
}

/// Reads an artifact from memory instead of S3.
struct InMemory<'a>(&'a [u8]);

#[async_trait]
impl ArtifactReader for InMemory<'_> {
    async fn read(
        &self,
        _: &InputArtifact,
        range: ByteRange,
        _: Option<&ETag>,
    ) -> Result<Piece, ReadError> {
        let total = self.0.len() as u64;
        let (start, end) = match range {
            ByteRange::Last(count) => (total.saturating_sub(count), total),
            ByteRange::FromTo { start, end } => (start, end.min(total)),
        };
        let bytes = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let bytes = bytes.and_then(|(start, end)| self.0.get(start..end));
        match bytes {
            Some(bytes) if !bytes.is_empty() => Ok(Piece {
                start,
                bytes: bytes.to_vec(),
                total,
                etag: None,
            }),
            Some(_) | None => Err(ReadError::NoSuchRange),
        }
    }
}
