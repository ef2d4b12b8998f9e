//! Images that only a build makes, or an ECR source action: no repository
//! holds their files, so that a stand-in lets everything else be checked.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{Action, BundleProblem};
use crate::job::request::{FileRef, Request};

/// What stands for an image: no registry can be called so, and its digest
/// leaves nothing to be pinned.
const FILE: &str = r#"{"ImageURI":"stand-in.invalid/image@sha256:0000000000000000000000000000000000000000000000000000000000000000"}"#;

/// The stand-in's registry, a name that nobody can have (RFC 2606).
const REGISTRY: &str = "stand-in.invalid/";

/// Whether a stand-in for an image is in the text.
pub(in crate::cli) fn is_stand_in(text: &str) -> bool {
    text.contains(REGISTRY)
}

/// What the ECS standard action reads, which people mistake for the file.
const DEFINITIONS: &str = "imagedefinitions.json";

/// Puts a stand-in where an image's file is in no folder of its artifact, and
/// answers which files these are.
pub(super) fn put_in(
    action: &Action,
    artifacts: &mut BTreeMap<String, Vec<u8>>,
) -> Result<Vec<FileRef>, BundleProblem> {
    let inputs: Vec<&str> = action.inputs.iter().map(String::as_str).collect();
    // What is wrong with the action is told where it is checked.
    let Ok(request) = Request::parse_declaration(&action.configuration, &inputs) else {
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

/// Whether the file is there, or one that is probably meant, of which the
/// check tells. What is no archive has no place for a stand-in.
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
