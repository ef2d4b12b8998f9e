//! Reads a whole document from a file, as `policy input` prints it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::problem::Problem;
use crate::job::DeployTarget;
use crate::job::options::Options;
use crate::job::request::{FileRef, Request};
use crate::release::bundle::{Bundle, MAX_FILE_BYTES};

/// The document, and what its findings refer to.
pub(super) struct WholeInput {
    pub(super) document: Value,
    pub(super) request: Request,
    /// The file takes the place of the task definition's, so that findings
    /// refer to its lines.
    pub(super) bundle: Bundle,
}

impl WholeInput {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Why it is no such document.
    pub(super) fn read(path: &Path) -> Result<Self, Problem> {
        let shown = path.display();
        let problem = |why: &dyn std::fmt::Display| Problem::Input {
            file: shown.to_string(),
            why: why.to_string(),
        };
        let opened = File::open(path).map_err(|error| problem(&error))?;
        let mut bytes = Vec::new();
        // One byte more than the limit shows that there is more.
        let read = opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| problem(&error))?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(problem(&format!("has more than {MAX_FILE_BYTES} bytes")));
        }
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
        let document: Value = serde_json::from_slice(text).map_err(|error| problem(&error))?;
        if !document.get("taskDefinition").is_some_and(Value::is_object) {
            let hint = match document.get("containerDefinitions") {
                Some(_) => "a task definition alone; name the bundle that it is in",
                None => {
                    "no document of a release: it has no object `taskDefinition`; `policy input` prints one"
                }
            };
            return Err(problem(&format!("is {hint}")));
        }
        let file = FileRef {
            artifact: String::new(),
            path: shown.to_string(),
        };
        let mut bundle = Bundle::default();
        bundle.files.insert(file.clone(), Ok(bytes));
        let request = request(&document, file);
        Ok(Self {
            document,
            request,
            bundle,
        })
    }
}

/// A request from which the document might have come. Only its files and the
/// kind of its target matter.
fn request(document: &Value, file: FileRef) -> Request {
    let deployment = &document["deployment"];
    let own = |member: &str| deployment[member].as_str().unwrap_or_default();
    let (target, app_spec) = match own("engine") {
        "ecs" => (DeployTarget::service(own("cluster"), own("service")), None),
        _ => (
            DeployTarget::group(own("application"), own("group")),
            Some(file.clone()),
        ),
    };
    Request {
        target,
        task_definition: file,
        app_spec,
        images: Vec::new(),
        options: Options::default(),
    }
}
