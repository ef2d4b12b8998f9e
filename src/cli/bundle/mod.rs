//! A release's files on this machine: a directory or a zip archive that stands
//! for the input artifacts, and the pipeline action that names them.

mod action;
mod artifacts;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub(super) use action::Action;

/// The bundle, as the pipeline would hand it over.
#[derive(Debug)]
pub(super) struct LocalBundle {
    pub(super) action: Action,
    /// Each input artifact's zip archive.
    pub(super) artifacts: BTreeMap<String, Vec<u8>>,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub(super) enum BundleProblem {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is neither a directory nor a zip archive: {detail}", path.display())]
    NotABundle { path: PathBuf, detail: String },
    #[error("{} has more than {limit} files; name the folder with the release's files", path.display())]
    TooManyFiles { path: PathBuf, limit: usize },
    #[error("the files of {} have more than {limit} bytes together; name the folder with the release's files", path.display())]
    TooLarge { path: PathBuf, limit: u64 },
    #[error("{place} is no pipeline action: {detail}")]
    NotAnAction { place: String, detail: String },
    #[error("a zip archive could not be made: {0}")]
    Zip(#[from] zip::result::ZipError),
}

impl LocalBundle {
    /// Reads a directory or a zip archive.
    ///
    /// In a directory, the folder that has an input artifact's name holds that
    /// artifact's files; an artifact without a folder has all files. A zip
    /// archive is every artifact at once. `action.json` is the action as
    /// `aws codepipeline get-pipeline` shows it; without one, an action is
    /// assumed that fits the files.
    pub(super) fn read(path: &Path) -> Result<Self, BundleProblem> {
        let unreadable = |source| BundleProblem::Unreadable {
            path: path.to_owned(),
            source,
        };
        if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            let files = artifacts::list(path)?;
            let action = Action::of(&files)?;
            let artifacts = artifacts::pack(&files, &action.inputs)?;
            Ok(Self { action, artifacts })
        } else {
            let (files, bytes) = artifacts::unpack(path)?;
            let action = Action::of(&files)?;
            let inputs = action.inputs.iter();
            let artifacts = inputs.map(|name| (name.clone(), bytes.clone())).collect();
            Ok(Self { action, artifacts })
        }
    }

    /// The files that a request names, read as the worker would read them.
    pub(super) fn files(&self, request: &Request) -> Bundle {
        let mut bundle = Bundle::default();
        for file in request.files() {
            let archive = self.artifacts.get(&file.artifact);
            let read = archive.map(|archive| artifacts::read_entry(archive, &file.path));
            if let Some(read) = read {
                bundle.files.insert(file.clone(), read);
            }
        }
        bundle
    }
}
