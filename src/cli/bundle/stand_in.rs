//! Stand-ins for image files that only a build or an ECR source action writes.
//! They are in no repository, so a stand-in lets everything else be checked.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::artifacts::Archives;
use super::{Action, BundleProblem};
use crate::job::request::FileRef;

/// The content of a stand-in. No registry can have this name, and the digest
/// leaves no tag to be pinned.
const FILE: &str = r#"{"ImageURI":"stand-in.invalid/image@sha256:0000000000000000000000000000000000000000000000000000000000000000"}"#;

/// The registry of the stand-in. No registry can have this name (RFC 2606).
const REGISTRY: &str = "stand-in.invalid/";

/// Whether the text contains a stand-in for an image.
pub(in crate::cli) fn is_stand_in(text: &str) -> bool {
    text.contains(REGISTRY)
}

/// What the ECS standard action reads, which people mistake for the file.
const DEFINITIONS: &str = "imagedefinitions.json";

/// Adds a stand-in for each image file that its artifact lacks, and returns
/// which files these are.
pub(super) fn put_in(
    action: &Action,
    artifacts: &mut Archives,
) -> Result<Vec<FileRef>, BundleProblem> {
    // Problems of the action are reported when it is checked.
    let Ok(request) = action.request() else {
        return Ok(Vec::new());
    };
    let mut missing: Vec<FileRef> = Vec::new();
    for image in &request.images {
        let file = &image.file;
        let Some(archive) = artifacts.get_mut(&file.artifact) else {
            continue;
        };
        if missing.contains(file) || has_like(archive, &file.path) {
            continue;
        }
        let mut writer = ZipWriter::new_append(Cursor::new(std::mem::take(archive)))?;
        writer.start_file(&file.path, SimpleFileOptions::default())?;
        writer
            .write_all(FILE.as_bytes())
            .map_err(zip::result::ZipError::from)?;
        *archive = writer.finish()?.into_inner();
        missing.push(file.clone());
    }
    Ok(missing)
}

/// Whether the archive has the file, or one that was probably meant, which the
/// check reports. Returns `true` for anything that is not an archive, since no
/// file can be added to it.
fn has_like(archive: &[u8], path: &str) -> bool {
    let Ok(archive) = ZipArchive::new(Cursor::new(archive)) else {
        return true;
    };
    let wanted = file_name(path).to_lowercase();
    archive.file_names().flatten().any(|name| {
        let found = file_name(&name).to_lowercase();
        found == wanted || found == DEFINITIONS
    })
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
