//! `iam-policy`: what the worker's role must be allowed.

use super::Exit;
use crate::config::JournalPlace;
use crate::job::permissions::{Scope, policy};

/// Print the least IAM policy that the worker's role needs, for the calls that
/// this version makes. Artifacts are read with each job's own credentials and
/// need no permission here.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The Region that the worker works in
    #[arg(long, env = "AWS_REGION", default_value = "*")]
    region: String,
    /// The account that the worker works in
    #[arg(long, default_value = "*")]
    account: String,
    /// aws, aws-cn or aws-us-gov
    #[arg(long, default_value = "aws")]
    partition: String,
    /// The CodeDeploy application that may be released to
    #[arg(long, default_value = "*")]
    application: String,
    /// The deployment group that may be released to
    #[arg(long, default_value = "*")]
    group: String,
    /// ARN of a task or execution role that task definitions may name; can be
    /// given several times
    #[arg(long = "pass-role", default_value = "*", value_name = "ARN")]
    pass_roles: Vec<String>,
    /// The journal of a fleet, as BLUEGREEN_JOURNAL names it
    #[arg(long, value_name = "s3://BUCKET/PREFIX", value_parser = journal)]
    journal: Option<(String, String)>,
    /// The action type's version
    #[arg(long, default_value = "1")]
    version: String,
}

#[expect(
    clippy::print_stdout,
    reason = "what was asked for goes to standard output"
)]
pub(super) fn run(args: Args) -> Exit {
    let scope = Scope {
        partition: args.partition,
        region: args.region,
        account: args.account,
        version: args.version,
        application: args.application,
        group: args.group,
        pass_roles: args.pass_roles,
        journal: args.journal,
    };
    println!("{:#}", policy(&scope));
    Exit::Done
}

fn journal(text: &str) -> Result<(String, String), String> {
    match text.parse()? {
        JournalPlace::Bucket { bucket, prefix } => Ok((bucket, prefix)),
        JournalPlace::Directory(_) => Err("a directory needs no permission".into()),
    }
}
