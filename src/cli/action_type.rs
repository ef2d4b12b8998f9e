//! `action-type`: the custom action type, printed and created in CodePipeline.

mod files;
mod options_page;
mod register;

use clap::builder::PossibleValuesParser;

use super::values::{region, usual_region};
use super::{Exit, Failed, print};
use crate::job::ActionVersion;
use crate::job::action_type::{PROPERTIES, properties};

/// The custom action type that pipelines name and this worker polls for.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

const PRINT_EXAMPLES: &str = "\
Examples:
  bluegreen-worker action-type print --region eu-west-1 > action-type.json
  bluegreen-worker action-type print --format cloudformation
  bluegreen-worker action-type print --queryable DeploymentGroupName";

const REGISTER_EXAMPLES: &str = "\
Examples:
  bluegreen-worker action-type register
  bluegreen-worker action-type register --version 2";

const STAGE_EXAMPLES: &str = "\
Examples:
  bluegreen-worker action-type stage
  bluegreen-worker action-type stage --format cdk";

const OPTIONS_EXAMPLES: &str = "\
Examples:
  bluegreen-worker action-type options > options.md";

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Print the action type, to create it with your own tools
    #[command(after_help = PRINT_EXAMPLES)]
    Print {
        /// The output format
        #[arg(short, long, value_enum, default_value_t)]
        format: Format,
        /// The Region of the console links; CloudFormation and Terraform use
        /// their own [default: AWS_REGION, else us-east-1]
        #[arg(long, default_value = usual_region("us-east-1"), hide_default_value = true)]
        #[arg(value_parser = region)]
        region: String,
        #[command(flatten)]
        which: Which,
    },
    /// Create the action type in this account and Region, if it does not exist;
    /// an existing one is never changed
    #[command(after_help = REGISTER_EXAMPLES)]
    Register {
        #[command(flatten)]
        which: Which,
    },
    /// Print a pipeline stage that uses the action type
    #[command(after_help = STAGE_EXAMPLES)]
    Stage {
        /// The output format
        #[arg(short, long, value_enum, default_value_t)]
        format: StageFormat,
        /// The version of the action type: 1 for CodeDeploy, 2 for ECS's own
        /// deployments, perhaps with an ending as in 1-b
        #[arg(long, default_value = "1", value_parser = ActionVersion::parse)]
        version: ActionVersion,
    },
    /// Print the reference of the action's options, in Markdown
    #[command(after_help = OPTIONS_EXAMPLES)]
    Options,
}

/// What can be chosen about the action type.
#[derive(clap::Args, Debug)]
struct Which {
    /// The version of the action type: 1 for CodeDeploy, 2 for ECS's own
    /// deployments, perhaps with an ending as in 1-b
    #[arg(long, default_value = "1", value_parser = ActionVersion::parse)]
    version: ActionVersion,
    /// The queryable property, by whose value workers can select jobs
    #[arg(long, value_name = "PROPERTY", value_parser = queryable())]
    queryable: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Input of `aws codepipeline create-custom-action-type --cli-input-json`
    #[default]
    Json,
    /// A CloudFormation template in YAML
    Cloudformation,
    /// A Terraform file for the AWS provider
    Terraform,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum StageFormat {
    /// As `aws codepipeline get-pipeline` prints it
    #[default]
    Json,
    /// An item of the pipeline's `Stages`, in YAML
    Cloudformation,
    /// TypeScript for the AWS CDK
    Cdk,
    /// A `stage` block of the pipeline
    Terraform,
}

impl Which {
    /// What is wrong with the choice: the version may lack the queryable
    /// property.
    fn problem(&self) -> Option<String> {
        let wanted = self.queryable.as_deref()?;
        let own = properties(self.version.engine()).filter(|one| one.required);
        let own: Vec<&str> = own.map(|property| property.name).collect();
        let version = &self.version;
        (!own.contains(&wanted)).then(|| {
            let own = own.join(", ");
            format!("version {version} has no property {wanted}; one of {own} can be queryable")
        })
    }
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failed> {
    let which = match &args.command {
        Command::Print { which, .. } | Command::Register { which } => Some(which),
        Command::Stage { .. } | Command::Options => None,
    };
    if let Some(problem) = which.and_then(Which::problem) {
        return Err(Failed::usage(problem));
    }
    let text = match &args.command {
        Command::Print {
            format,
            region,
            which: Which { version, queryable },
        } => files::action_type(*format, version, queryable.as_deref(), region),
        Command::Stage { format, version } => files::stage(*format, version),
        Command::Options => options_page::page(),
        Command::Register {
            which: Which { version, queryable },
        } => return register::run(version, queryable.as_deref()).await,
    };
    Ok(print(&text, Exit::Done))
}

fn queryable() -> PossibleValuesParser {
    let names = PROPERTIES.iter().filter(|one| one.required);
    PossibleValuesParser::new(names.map(|property| property.name))
}
