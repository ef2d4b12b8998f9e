//! Checks one bundle as the worker would, without AWS.

use std::collections::BTreeMap;
use std::path::Path;

use super::Misuse;
use super::remark::{Remark, rule};
use crate::cli::bundle::{ACTION_FILE, BundleProblem, LocalBundle};
use crate::cli::lint::{Declaration, Declared, configuration_remarks};
use crate::job::request::{ConfigurationProblem, FileRef, Request};
use crate::messages::{Words, finding};
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, Place, Severity};
use crate::release::plan::{Checked, check};

/// The result of checking a bundle.
pub(in crate::cli) struct Examined {
    pub(in crate::cli) remarks: Vec<Remark>,
    /// `None` if there is no valid request to check the files for.
    pub(in crate::cli) checked: Option<Checked>,
    pub(in crate::cli) request: Option<Request>,
}

/// Reads, renders and checks a bundle. `declared` is the pipeline's action, if
/// one was given.
pub(in crate::cli) async fn examine(
    path: &Path,
    declared: Option<&Declared>,
) -> Result<Examined, Misuse> {
    let bundle = match LocalBundle::read(path, declared.map(|declared| &declared.action)) {
        Ok(bundle) => bundle,
        Err(problem @ (BundleProblem::Unreadable { .. } | BundleProblem::NotABundle { .. })) => {
            return Err(Misuse(problem.to_string()));
        }
        Err(problem) => return Ok(Examined::refused(path, &problem)),
    };
    match bundle.request() {
        Ok(request) => {
            let files = bundle.files(&request).await;
            let checked = check(&request, &files);
            let findings = checked.findings.iter();
            let findings = findings.map(|found| remark(&bundle, &files, found));
            let nobody = BTreeMap::new();
            let makers = declared.map_or(&nobody, |declared| &declared.makers);
            let assumed = bundle.assumptions(makers).into_iter().map(|words| {
                Remark::new(Severity::Note, "assumed", &Place::default(), path, words)
            });
            Ok(Examined {
                remarks: findings.chain(assumed).collect(),
                checked: Some(checked),
                request: Some(request),
            })
        }
        // Problems of the pipeline were reported when it was read.
        Err(_) if declared.is_some() => Ok(Examined {
            remarks: Vec::new(),
            checked: None,
            request: None,
        }),
        Err(problems) => Ok(Examined {
            remarks: configuration(&bundle, &problems),
            checked: None,
            request: None,
        }),
    }
}

/// What is wrong with the bundle's own action.
pub(in crate::cli) fn configuration(
    bundle: &LocalBundle,
    problems: &[ConfigurationProblem],
) -> Vec<Remark> {
    let file = bundle.path_of(None, ACTION_FILE);
    let declaration = bundle.declaration.as_deref();
    let declaration = declaration.and_then(|bytes| Declaration::alone(&file, bytes));
    configuration_remarks(problems, declaration.as_ref(), &file)
}

impl Examined {
    fn refused(path: &Path, problem: &BundleProblem) -> Self {
        let (rule, file) = match problem {
            BundleProblem::NotAnAction { .. } => ("action", path.join(ACTION_FILE)),
            BundleProblem::Unreadable { .. }
            | BundleProblem::NotABundle { .. }
            | BundleProblem::TooManyFiles { .. }
            | BundleProblem::TooLarge { .. }
            | BundleProblem::Zip(_) => ("bundle", path.to_owned()),
        };
        let words = Words {
            what: problem.to_string(),
            remedy: String::new(),
        };
        let place = Place::default();
        Self {
            remarks: vec![Remark::new(Severity::Error, rule, &place, &file, words)],
            checked: None,
            request: None,
        }
    }
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
