//! Messages for findings about an AppSpec.

use crate::messages::Words;
use crate::messages::words::{did_you_mean, one_of};
use crate::release::appspec::HOOKS;
use crate::release::finding::{
    AppSpecFinding, AppSpecNote, HookProblem, NetworkProblem, ValueKind,
};

pub(super) fn note(note: &AppSpecNote) -> Words {
    Words::only(match note {
        AppSpecNote::Comments => "comments were left out".to_owned(),
        AppSpecNote::KeyCase { canonical } => format!("read as {canonical}"),
        AppSpecNote::Version { found } => {
            format!("“{found}” was read as 0.0, which is the only version")
        }
        AppSpecNote::VersionAdded => "version 0.0 was added".to_owned(),
        AppSpecNote::NullMember => "left out, because it has no value".to_owned(),
        AppSpecNote::ResourceRenamed { found } => {
            format!("the resource “{found}” is sent as TargetService")
        }
        AppSpecNote::MapForList { member } => format!("{member} was read as a list"),
        AppSpecNote::TaskDefinitionReplaced { found } => {
            format!("“{found}” is replaced with the new revision")
        }
        AppSpecNote::TaskDefinitionAdded => {
            "TaskDefinition was added with the new revision".to_owned()
        }
        AppSpecNote::PortAsText => "the port was read as a number".to_owned(),
        AppSpecNote::EmptyHooks => "left out, because it names no function".to_owned(),
    })
}

pub(super) fn words(finding: &AppSpecFinding) -> Words {
    match finding {
        AppSpecFinding::NotAnObject { found } => Words::new(
            format!("an AppSpec has version, Resources and Hooks, and this is {found}"),
            "check that the path names the right file",
        ),
        AppSpecFinding::NothingKnown => Words::new(
            "an AppSpec has version, Resources and Hooks, and this has neither Resources nor Hooks",
            "check that the path names the right file",
        ),
        AppSpecFinding::OtherPlatform { platform } => Words::new(
            format!("this AppSpec is for {platform}"),
            "write one for ECS, with a resource of type AWS::ECS::Service",
        ),
        AppSpecFinding::DeploymentInput => Words::new(
            "this is the input of create-deployment, and no AppSpec",
            "write what stands under revision.appSpecContent.content into the file, and nothing around it",
        ),
        AppSpecFinding::KeyTwice { canonical } => Words::new(
            format!("{canonical} stands here twice, in different case"),
            "remove one of the two",
        ),
        AppSpecFinding::UnknownMember { name, nearest } => Words::new(
            format!("“{name}” is not known in an AppSpec, and is sent as it stands"),
            did_you_mean(*nearest, "check that CodeDeploy knows it"),
        ),
        AppSpecFinding::Misplaced { name, parent } => Words::new(
            format!("{name} has no meaning here, and is sent as it stands"),
            format!("move it to {parent}"),
        ),
        AppSpecFinding::Missing { member } => Words::new(
            format!("{member} is missing or empty"),
            format!("add {member}"),
        ),
        AppSpecFinding::WrongType { expected, found } => Words::new(
            format!("{expected} is expected here, and this is {found}"),
            match found {
                ValueKind::Null | ValueKind::List | ValueKind::Object => {
                    "check the indentation and the dashes".to_owned()
                }
                ValueKind::Boolean | ValueKind::Number if *expected == "a string" => {
                    "put it in quotes".to_owned()
                }
                ValueKind::Boolean | ValueKind::Number | ValueKind::Text => {
                    format!("write {expected}")
                }
            },
        ),
        AppSpecFinding::Placeholder { text } => Words::new(
            format!("{text} was not replaced"),
            "let the build replace it; the action sets TaskDefinition only",
        ),
        AppSpecFinding::ResourceCount { count } => Words::new(
            format!("an AppSpec for ECS has exactly one resource, and this has {count}"),
            "keep one TargetService, with Type and Properties indented below it",
        ),
        AppSpecFinding::WrongResourceType { found } => Words::new(
            format!("the resource's type is “{found}”"),
            "write AWS::ECS::Service",
        ),
        AppSpecFinding::NotARevision { found } => Words::new(
            format!(
                "TaskDefinition=FromAppSpec, and “{found}” is not a revision of a task definition"
            ),
            "write its ARN with the revision, or leave the option out to register one",
        ),
        AppSpecFinding::NotAPort { found } => Words::new(
            format!("“{found}” is not a port"),
            "write a whole number from 1 to 65535",
        ),
        AppSpecFinding::Hook(problem) => hook(problem),
        AppSpecFinding::Network(problem) => network(problem),
    }
}

fn hook(problem: &HookProblem) -> Words {
    match problem {
        HookProblem::Unknown { name, nearest } => Words::new(
            format!("no hook is called “{name}”"),
            did_you_mean(*nearest, format!("write {}", one_of(&HOOKS))),
        ),
        HookProblem::NotScriptable { name } => Words::new(
            format!("CodeDeploy runs no function at “{name}”"),
            format!("write {}", one_of(&HOOKS)),
        ),
        HookProblem::Twice { name } => Words::new(
            format!("{name} stands here twice, and is sent as it stands"),
            "keep one function for each event",
        ),
        HookProblem::Scripts => Words::new(
            "these are scripts, which CodeDeploy runs on EC2 and on-premises servers",
            "write the name or ARN of a Lambda function; hooks of ECS run nothing else",
        ),
        HookProblem::NotAFunction { found } => Words::new(
            format!("“{found}” is not a Lambda function"),
            "write the function's name or ARN",
        ),
    }
}

fn network(problem: &NetworkProblem) -> Words {
    match problem {
        NetworkProblem::Incomplete { missing } => Words::new(
            format!("{missing} is missing or empty"),
            "give Subnets, SecurityGroups and AssignPublicIp, or leave NetworkConfiguration out to keep the service's own",
        ),
        NetworkProblem::AssignPublicIp { found } => Words::new(
            format!("AssignPublicIp cannot be “{found}”"),
            "write ENABLED or DISABLED",
        ),
        NetworkProblem::TooMany { limit } => {
            Words::new(format!("ECS takes at most {limit} here"), "remove some")
        }
        NetworkProblem::OutOfRange { from, to } => Words::new(
            "the number is out of range",
            format!("write one from {from} to {to}"),
        ),
        NetworkProblem::SeveralBases => Words::new(
            "Base is set for more than one capacity provider",
            "set it for one of them",
        ),
        NetworkProblem::FargateAndOthers => Words::new(
            "a strategy has capacity providers of Fargate or of instances, and this has both",
            "keep those of one kind",
        ),
        NetworkProblem::NotAnId { found, prefix } => Words::new(
            format!("“{found}” is not an ID that begins with {prefix}"),
            "write one ID in each entry of the list",
        ),
        NetworkProblem::NoWeight => Words::new(
            "no capacity provider has a weight, so none may be used",
            "give Weight: 1 to one of them",
        ),
    }
}
