//! `iam-policy`: prints the permissions that the worker's role needs, and those
//! of the roles that it assumes.

mod settings;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::{Value, json};

use super::values::{
    any_account, any_name, any_region, any_role, any_service, external_id, role, usual_region,
};
use super::{Exit, Failed, json_text, print};
use crate::config::EventBusName;
use crate::job::permissions::{Purpose, S3Place, Scope, policy, trust};
use crate::job::{ActionVersion, Engine};

const EXAMPLES: &str = "\
Examples:
  bluegreen-worker iam-policy --region eu-west-1 --account 111122223333
  bluegreen-worker iam-policy --application shop --group web \\
      --pass-role arn:aws:iam::111122223333:role/shop-*
  bluegreen-worker iam-policy --config worker.toml
  bluegreen-worker iam-policy --purpose register
  bluegreen-worker iam-policy --cross-account arn:aws:iam::111122223333:role/worker \\
      --external-id shop-42 --account 222233334444";

/// The arguments of `iam-policy`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The worker's Region [default: AWS_REGION, else *]
    #[arg(long, default_value = usual_region("*"), hide_default_value = true)]
    #[arg(value_parser = any_region)]
    region: String,
    /// The worker's account
    #[arg(long, default_value = "*", value_parser = any_account)]
    account: String,
    /// aws, or another partition, such as aws-cn [default: the Region's]
    #[arg(long, value_parser = partitions(), hide_possible_values = true)]
    partition: Option<String>,
    /// Allow releases to this CodeDeploy application only; for version 1
    #[arg(long, default_value = "*", value_parser = any_name)]
    application: String,
    /// Allow releases to this deployment group only; for version 1
    #[arg(long, default_value = "*", value_parser = any_name)]
    group: String,
    /// Allow releases to services in this ECS cluster only; for version 2
    #[arg(long, default_value = "*", value_parser = any_service)]
    cluster: String,
    /// Allow releases to this ECS service only; for version 2
    #[arg(long, default_value = "*", value_parser = any_service)]
    service: String,
    /// A task or execution role that task definitions may name; repeatable
    #[arg(long = "pass-role", default_value = "*", value_name = "ARN", value_parser = any_role)]
    pass_roles: Vec<String>,
    /// The versions of the action type, separated by commas [default: the
    /// settings file's, else 1]
    #[arg(long = "version", value_name = "VERSIONS", value_delimiter = ',', value_parser = ActionVersion::parse)]
    versions: Vec<ActionVersion>,
    /// The worker's settings file; adds its journal, policies, event bus,
    /// roles and versions
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The journal's place in S3
    #[arg(long, value_name = "S3-URL", value_parser = place)]
    journal: Option<S3Place>,
    /// A place of policies in S3; repeatable
    #[arg(short, long = "policy", value_name = "S3-URL", value_parser = place)]
    policies: Vec<S3Place>,
    /// The name or ARN of the event bus for release events
    #[arg(long, value_name = "BUS", value_parser = EventBusName::parse)]
    event_bus: Option<EventBusName>,
    /// A role that pipelines may name in RoleArn; repeatable
    #[arg(long = "assume-role", value_name = "ARN", value_parser = role)]
    roles: Vec<String>,
    /// Print permissions for these purposes only [default: poll, deploy,
    /// images, diagnose, and those of the other flags]
    #[arg(long = "purpose", value_enum, value_name = "PURPOSE")]
    purposes: Vec<Purpose>,
    /// Print the trust policy and the permissions of a role for RoleArn, to be
    /// assumed by this role of the worker
    #[arg(long, value_name = "WORKER-ROLE-ARN", value_parser = role)]
    cross_account: Option<String>,
    /// The external ID that the trust policy requires
    #[arg(long, requires = "cross_account", value_name = "ID", value_parser = external_id)]
    external_id: Option<String>,
}

impl ValueEnum for Purpose {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Poll => ("poll", "Poll for jobs and report their results"),
            Self::Deploy => ("deploy", "Create and follow deployments"),
            Self::Images => ("images", "Read image metadata from ECR"),
            Self::Diagnose => ("diagnose", "Find the cause of a failed release"),
            Self::Journal => ("journal", "Read and write the journal in S3"),
            Self::Policies => ("policies", "Read policies from S3"),
            Self::Roles => ("roles", "Assume the roles that pipelines name"),
            Self::Events => ("events", "Send release events to an event bus"),
            Self::Register => (
                "register",
                "Create the action type, or compare an existing one",
            ),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

pub(super) fn run(mut args: Args) -> Result<Exit, Failed> {
    if let Some(file) = args.config.clone() {
        settings::add(&mut args, file)?;
    }
    if let Some(missing) = missing(&args) {
        return Err(Failed::usage(missing));
    }
    let cross_account = args.cross_account.clone();
    let external_id = args.external_id.clone();
    let scope = scope(args);
    let document = match cross_account {
        Some(worker) => for_role(&worker, external_id.as_deref(), scope),
        None => policy(&scope),
    };
    Ok(print(json_text(&document), Exit::Done))
}

fn for_role(worker: &str, external_id: Option<&str>, scope: Scope) -> Value {
    let scope = Scope {
        for_role: true,
        ..scope
    };
    json!({
        "TrustPolicy": trust(worker, external_id),
        "PermissionsPolicy": policy(&scope),
    })
}

fn scope(args: Args) -> Scope {
    Scope {
        purposes: args.purposes,
        partition: args
            .partition
            .unwrap_or_else(|| partition(&args.region).to_owned()),
        region: args.region,
        account: args.account,
        versions: versions(args.versions),
        application: args.application,
        group: args.group,
        cluster: args.cluster,
        service: args.service,
        pass_roles: args.pass_roles,
        journal: args.journal,
        policies: args.policies,
        event_bus: args.event_bus.map(|bus| bus.as_str().to_owned()),
        roles: args.roles,
        for_role: false,
    }
}

fn versions(given: Vec<ActionVersion>) -> BTreeSet<ActionVersion> {
    match given.is_empty() {
        true => [Engine::CodeDeploy.into()].into(),
        false => given.into_iter().collect(),
    }
}

/// Checks that the resources of each purpose are named; otherwise it would
/// allow nothing.
fn missing(args: &Args) -> Option<String> {
    let needs = [
        (Purpose::Journal, args.journal.is_none(), "journal"),
        (Purpose::Policies, args.policies.is_empty(), "policy"),
        (Purpose::Events, args.event_bus.is_none(), "event-bus"),
        (Purpose::Roles, args.roles.is_empty(), "assume-role"),
    ];
    let mut needs = needs.iter();
    let (purpose, _, flag) =
        needs.find(|(purpose, is_absent, _)| *is_absent && args.purposes.contains(purpose))?;
    let purpose = purpose.to_possible_value()?;
    let purpose = purpose.get_name();
    Some(format!("--purpose {purpose} needs --{flag} beside it"))
}

/// The partitions besides `aws`, by the beginning of their Regions' names
/// (`partitions.json` of the AWS SDKs).
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
];

fn partition(region: &str) -> &'static str {
    let mut others = PARTITIONS.iter();
    let other = others.find(|(beginning, _)| region.starts_with(beginning));
    other.map_or("aws", |(_, name)| name)
}

fn partitions() -> PossibleValuesParser {
    PossibleValuesParser::new(["aws"].into_iter().chain(PARTITIONS.map(|(_, name)| name)))
}

fn place(text: &str) -> Result<S3Place, String> {
    S3Place::parse(text).ok_or_else(|| "write it like s3://bucket/prefix".into())
}

#[cfg(test)]
mod tests {
    use super::partition;

    #[test]
    fn each_region_is_in_its_partition() {
        for (region, expected) in [
            ("eu-west-1", "aws"),
            ("*", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("eusc-de-east-1", "aws-eusc"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
        ] {
            assert_eq!(partition(region), expected, "{region}");
        }
    }
}
