//! `check`: checks releases and their pipeline, as far as that needs no AWS.

pub(super) mod examine;
mod sarif;
mod text;

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::lint::Pipeline;
use super::remark::{Misuse, Remark};
use super::{Exit, Failed, is_coloured, json_text, print};
use crate::release::finding::Severity;

pub(super) use examine::examine;
pub(super) use text::text;

const EXAMPLES: &str = "\
Examples:
  bluegreen-worker check my-release
  bluegreen-worker check --pipeline pipeline.json
  bluegreen-worker check my-release --pipeline template.yaml --action Deploy/Release
  bluegreen-worker check my-release --format sarif > check.sarif";

/// The arguments of `check`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Folders or zip archives with a release's files
    #[arg(value_name = "BUNDLE", required_unless_present = "pipeline")]
    bundles: Vec<PathBuf>,

    #[command(flatten)]
    pipeline: PipelineArgs,

    /// The output format
    #[arg(short, long, value_enum, default_value_t)]
    format: Format,
}

/// Where the action's configuration comes from.
#[derive(clap::Args, Debug)]
pub(super) struct PipelineArgs {
    /// The pipeline, as `aws codepipeline get-pipeline` prints it, its stage or
    /// action alone, or a CloudFormation template; check it, and use its action
    /// [default: the bundle's action.json, if it has one]
    #[arg(id = "pipeline", long = "pipeline", value_name = "FILE")]
    file: Option<PathBuf>,

    /// The action to use, if there are several: NAME, STAGE/NAME or
    /// PIPELINE/STAGE/NAME
    #[arg(id = "action", long = "action", value_name = "NAME")]
    wanted: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Text with the source line of each finding
    #[default]
    Text,
    /// JSON
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// The version of the JSON output. It changes only with incompatible changes.
const VERSION: u32 = 1;

/// What `check` does not check; every output format says so.
const NOT_CHECKED: [&str; 2] = ["anything that needs AWS", "policies (see `policy check`)"];

impl PipelineArgs {
    /// The pipeline that was given.
    fn read(&self) -> Result<Option<Pipeline>, Misuse> {
        let wanted = self.wanted.as_deref();
        let read = |file: &PathBuf| Pipeline::read(file, wanted);
        self.file.as_ref().map(read).transpose()
    }

    /// What the bundle declares itself.
    fn own(&self, bundle: &Path) -> Result<Option<Pipeline>, Misuse> {
        Pipeline::of_bundle(bundle, self.wanted.as_deref())
    }

    /// The pipeline that was given, or what the bundle declares itself.
    pub(super) fn of(&self, bundle: &Path) -> Result<Option<Pipeline>, Misuse> {
        match self.read()? {
            Some(given) => Ok(Some(given)),
            None => self.own(bundle),
        }
    }
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failed> {
    let remarks = findings(args).await?;
    let exit = match refused(&remarks) {
        true => Exit::Refused,
        false => Exit::Done,
    };
    Ok(print(shown(&remarks, args.format), exit))
}

/// Whether any remark would refuse a release.
pub(super) fn refused(remarks: &[Remark]) -> bool {
    remarks
        .iter()
        .any(|remark| remark.severity == Severity::Error)
}

async fn findings(args: &Args) -> Result<Vec<Remark>, Misuse> {
    let given = args.pipeline.read()?;
    let mut remarks = Vec::new();
    if let Some(given) = &given {
        remarks.extend(given.remarks().iter().cloned());
    }
    for bundle in &args.bundles {
        let own = match &given {
            Some(_) => None,
            None => args.pipeline.own(bundle)?,
        };
        if let Some(own) = &own {
            remarks.extend(own.remarks().iter().cloned());
        }
        // Problems of the action have been reported already.
        let action = match given.as_ref().or(own.as_ref()) {
            Some(pipeline) => match pipeline.action()? {
                Some(action) => Some(action),
                None => continue,
            },
            None => None,
        };
        remarks.extend(examine(bundle, action).await?.remarks);
    }
    remarks.dedup();
    Ok(remarks)
}

fn shown(remarks: &[Remark], format: Format) -> String {
    match format {
        Format::Text => text(remarks, is_coloured(&io::stdout())) + &text::count(remarks),
        Format::Json => json_text(&json(remarks)),
        Format::Sarif => json_text(&sarif::sarif(remarks)),
    }
}

/// Findings as JSON; `docs/checking.md` describes the format.
fn json(remarks: &[Remark]) -> Value {
    let findings: Vec<Value> = remarks.iter().map(Remark::json).collect();
    json!({
        "version": VERSION,
        "refused": refused(remarks),
        "findings": findings,
        "notChecked": NOT_CHECKED,
    })
}
