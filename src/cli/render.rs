//! `render`: prints what a release would register and send.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use similar::TextDiff;

use super::bundle::{ACTION_FILE, Rendered};
use super::check::{PipelineArgs, examine, refused, text};
use super::remark::Remark;
use super::running::running;
use super::{Exit, Failed, is_coloured, json_text, parse_json, print, print_aside, read_limited};
use crate::job::TaskDefinitionArn;
use crate::release::plan::Checked;
use crate::release::task_definition::as_sent;

const EXAMPLES: &str = "\
Examples:
  bluegreen-worker render my-release
  bluegreen-worker render my-release --diff rendered-before.json
  bluegreen-worker render my-release --pipeline pipeline.json --action Release
  bluegreen-worker render my-release --diff running";

/// The arguments of `render`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Folder or zip archive with the release's files
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,

    #[command(flatten)]
    pipeline: PipelineArgs,

    /// Print the differences from OTHER instead: a file printed by `render` or
    /// by `aws ecs describe-task-definition`, or `running` for the revision in
    /// production, read from AWS
    #[arg(long, value_name = "OTHER")]
    diff: Option<PathBuf>,
}

/// The placeholder for the revision, which ECS numbers on registration.
const REVISION: &str = "<TASK_DEFINITION>";

/// The number of unchanged lines around a difference.
const CONTEXT: usize = 3;

/// The argument of `--diff` that means the running revision. A file of that
/// name is `./running`.
const RUNNING: &str = "running";

/// The most bytes of a file to compare with. A rendered release is smaller.
const MAX_OTHER: u64 = 4 << 20;

pub(super) async fn run(args: &Args) -> Result<Exit, Failed> {
    let (remarks, shown) = rendered(args).await?;
    print_aside(&text(&remarks, is_coloured(&io::stderr())));
    Ok(match shown {
        Some(shown) if !refused(&remarks) => print(&shown, Exit::Done),
        Some(_) | None => Exit::Refused,
    })
}

/// The findings, and the output if none of them refuses the release.
async fn rendered(args: &Args) -> Result<(Vec<Remark>, Option<String>), Failed> {
    let file = args
        .diff
        .as_deref()
        .filter(|diff| *diff != Path::new(RUNNING));
    let other = file.map(other).transpose()?;
    let pipeline = args.pipeline.of(&args.bundle)?;
    let mut remarks = Vec::new();
    let mut declared = None;
    if let Some(pipeline) = &pipeline {
        remarks.extend(pipeline.remarks().iter().cloned());
        declared = pipeline.action()?;
        if declared.is_none() {
            return Ok((remarks, None));
        }
    }
    let examined = examine(&args.bundle, declared).await?;
    if args.diff.is_some() && other.is_none() && declared.is_none() {
        return Err(Failed::usage(format!(
            "{} has no {ACTION_FILE}, so it is not known which service's revision --diff \
             {RUNNING} means; give the pipeline with --pipeline, or its action as {ACTION_FILE} \
             in the bundle",
            args.bundle.display()
        )));
    }
    remarks.extend(examined.remarks);
    let Some(rendered) = examined.rendered.filter(is_complete) else {
        return Ok((remarks, None));
    };
    let release = as_json(&rendered.checked);
    let shown = match (&args.diff, other) {
        (Some(file), Some(other)) => compare(&file.display().to_string(), &other, &release),
        // If the release is refused, AWS is not called.
        (Some(_), None) if !refused(&remarks) => {
            let described = running(&rendered.request).await?;
            compare_running(&described, &release)
        }
        (_, _) => json_text(&release),
    };
    Ok((remarks, Some(shown)))
}

/// Whether the release has the AppSpec that its action names.
fn is_complete(rendered: &Rendered) -> bool {
    rendered.checked.app_spec.is_some() || rendered.request.app_spec.is_none()
}

/// What would be registered and sent.
fn as_json(checked: &Checked) -> Value {
    let mut release = json!({ "taskDefinition": checked.task_definition });
    if let Some(app_spec) = &checked.app_spec {
        let revision = app_spec
            .named_revision()
            .filter(|_| checked.task_definition.is_none())
            .unwrap_or_else(|| TaskDefinitionArn::new(REVISION));
        let content = app_spec.content(&revision).json;
        release["appSpec"] = serde_json::from_str(&content).expect("it was written as JSON");
    }
    release
}

/// Reads the file to compare with.
fn other(file: &Path) -> Result<Value, Failed> {
    let read = read_limited(file, MAX_OTHER).map_err(|error| error.to_string());
    let read = read.and_then(|bytes| parse_json(&bytes));
    read.map_err(|problem| Failed::usage(format!("{}: {problem}", file.display())))
}

/// The differences from a revision in AWS, without the members that ECS adds.
fn compare_running(described: &Value, release: &Value) -> String {
    let arn = &described["taskDefinition"]["taskDefinitionArn"];
    let name = arn.as_str().unwrap_or(RUNNING).to_owned();
    let before = as_sent(&release["taskDefinition"], described);
    compare(&name, &json!({ "taskDefinition": before }), release)
}

/// The differences, with `-` for the other side and `+` for the release.
pub(super) fn compare(name: &str, other: &Value, release: &Value) -> String {
    // The file may be a task definition alone, with or without a wrapper.
    let has = |member| other.get(member).is_some();
    let (other, release) = if has("appSpec") {
        (other, release)
    } else if has("taskDefinition") {
        (&other["taskDefinition"], &release["taskDefinition"])
    } else {
        (other, &release["taskDefinition"])
    };
    let (before, after) = (canonical(other), canonical(release));
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(name, "the release")
        .to_string()
}

/// JSON with sorted members, so that the text differs only if the meaning does.
fn canonical(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    json_text(&value)
}
