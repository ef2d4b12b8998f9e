//! Checks one bundle as the worker would, without AWS.

use std::path::Path;

use crate::cli::bundle::{ACTION_FILE, LocalBundle, Rendered};
use crate::cli::lint::{Declared, assumed_remarks};
use crate::cli::remark::{Misuse, Remark, rule};
use crate::job::request::FileRef;
use crate::messages::finding;
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, Place, Severity};

/// The result of checking a bundle.
pub(in crate::cli) struct Examined {
    pub(in crate::cli) remarks: Vec<Remark>,
    /// `None` if there is no valid request to check the files for.
    pub(in crate::cli) rendered: Option<Rendered>,
}

/// Reads, renders and checks a bundle. `declared` is its action, from a
/// pipeline or from the bundle itself, if it has one.
pub(in crate::cli) async fn examine(
    path: &Path,
    declared: Option<&Declared>,
) -> Result<Examined, Misuse> {
    let action = declared.map(|declared| &declared.action);
    let bundle = LocalBundle::read(path, action).map_err(|problem| Misuse(problem.to_string()))?;
    let rendered = match Rendered::of(&bundle, None).await {
        Ok(rendered) => rendered,
        Err(problems) => {
            return Ok(Examined {
                remarks: match declared {
                    // Its problems were reported when it was read.
                    Some(_) => Vec::new(),
                    None => assumed_remarks(&problems, &bundle.path_of(None, ACTION_FILE)),
                },
                rendered: None,
            });
        }
    };
    let findings = rendered.checked.findings.iter();
    let findings = findings.map(|found| remark(&bundle, &rendered.files, found));
    let assumed = bundle.assumptions(declared.map(|declared| &declared.makers));
    let assumed = assumed
        .into_iter()
        .map(|words| Remark::new(Severity::Note, "assumed", &Place::default(), path, words));
    Ok(Examined {
        remarks: findings.chain(assumed).collect(),
        rendered: Some(rendered),
    })
}

fn remark(bundle: &LocalBundle, files: &Bundle, found: &Finding) -> Remark {
    let place = &found.place;
    let name = place.file.as_deref().unwrap_or_default();
    let file = bundle.path_of(place.artifact.as_deref(), name);
    let words = finding::words(&found.kind);
    let remark = Remark::new(found.severity, rule(&found.kind), place, &file, words);
    let source = place.artifact.clone().map(|artifact| FileRef {
        artifact,
        path: name.to_owned(),
    });
    match source.and_then(|source| files.files.get(&source)) {
        Some(Ok(bytes)) => remark.with_source(bytes),
        Some(Err(_)) | None => remark,
    }
}
