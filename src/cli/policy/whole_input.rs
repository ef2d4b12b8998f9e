//! Reads a whole document from a file, as `policy input` prints it.

use std::path::Path;

use serde_json::Value;

use crate::cli::{Failed, parse_json, read_limited};
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
    pub(super) fn read(path: &Path) -> Result<Self, Failed> {
        let shown = path.display();
        let problem = |why: String| Failed::usage(format!("{shown}: {why}"));
        let bytes =
            read_limited(path, MAX_FILE_BYTES).map_err(|error| problem(error.to_string()))?;
        let document = parse_json(&bytes).map_err(problem)?;
        if !document.get("taskDefinition").is_some_and(Value::is_object) {
            let hint = match document.get("containerDefinitions") {
                Some(_) => "a task definition alone; name the bundle that it is in",
                None => {
                    "no document of a release: it has no object `taskDefinition`; `policy input` \
                     prints one"
                }
            };
            return Err(problem(format!("this is {hint}")));
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
