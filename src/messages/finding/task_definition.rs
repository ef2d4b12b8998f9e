//! Messages for findings about a task definition.

use crate::job::Excerpt;
use crate::messages::Words;
use crate::messages::words::{all_of, did_you_mean, one_of};
use crate::release::finding::{Expected, TaskDefinitionFinding, TemplateFinding, ValueKind};

/// The remedy for a template that cannot be used for a release.
const OWN_FILE: &str = "write the task definition's own file, with family and containerDefinitions in lower camel case";

pub(super) fn words(finding: &TaskDefinitionFinding) -> Words {
    match finding {
        TaskDefinitionFinding::NotAnObject { found } => Words::new(
            format!("a task definition is an object, and this is {found}"),
            "check that the path names the right file",
        ),
        TaskDefinitionFinding::Quoted => Words::new(
            "the whole file is one string, with the JSON in it",
            "take off the outer quotes, and the backslashes inside",
        ),
        TaskDefinitionFinding::OnlyContainers => Words::new(
            "this is a list of containers, and not a whole task definition",
            "put it under containerDefinitions, with family beside it",
        ),
        TaskDefinitionFinding::Template(finding) => template(finding),
        TaskDefinitionFinding::Comments => Words::only("comments were left out"),
        TaskDefinitionFinding::Unwrapped => Words::only("the enclosing taskDefinition was removed"),
        TaskDefinitionFinding::ResponseOnly => {
            Words::only("left out, because only DescribeTaskDefinition returns it")
        }
        TaskDefinitionFinding::NullMember => Words::only("left out, because it is null"),
        TaskDefinitionFinding::UnknownMember { name, nearest } => {
            unknown_member(name, nearest.as_deref())
        }
        TaskDefinitionFinding::WrongType {
            expected: Expected::Integer,
            found: ValueKind::Number,
        } => Words::new(
            "ECS takes no such number here",
            format!("write a whole number, at most {}", i32::MAX),
        ),
        TaskDefinitionFinding::WrongType { expected, found } => Words::new(
            format!(
                "ECS takes {} here, and this is {found}",
                described(*expected)
            ),
            remedy(*expected, *found),
        ),
        TaskDefinitionFinding::NotInDigits => Words::new(
            "ECS documents a whole number here, and this one is sent as it stands",
            "write it in digits only",
        ),
        TaskDefinitionFinding::UnknownWord {
            found,
            known,
            nearest,
        } => Words::new(
            format!("“{found}” is not known here"),
            did_you_mean(*nearest, format!("this worker knows {}", one_of(known))),
        ),
        TaskDefinitionFinding::Missing { member } => Words::new(
            format!("{member} is missing or empty"),
            format!("add {member}"),
        ),
        TaskDefinitionFinding::TooLarge { bytes, limit } => Words::new(
            format!("the task definition has {bytes} bytes, and ECS registers at most {limit}"),
            "move environment variables into environmentFiles, or large values into secrets",
        ),
        TaskDefinitionFinding::Placeholder { text } => Words::new(
            format!("{text} was not replaced"),
            "let the build replace it; the action replaces the names of its images only",
        ),
        TaskDefinitionFinding::PlaceholderInText => Words::new(
            "the whole value looks like a placeholder that was not replaced",
            "check whether the program expects it",
        ),
        TaskDefinitionFinding::NoSuchRevision { arn } => Words::new(
            format!("the revision {arn} does not exist"),
            "name an active revision, or let the action register one (TaskDefinition=Register)",
        ),
        TaskDefinitionFinding::NotActive { arn, status } => Words::new(
            format!("the revision {arn} is {status}"),
            "name an active revision, or let the action register one (TaskDefinition=Register)",
        ),
        TaskDefinitionFinding::Reused { revision } => Words::only(format!(
            "{revision} is the same and was not registered once more"
        )),
        TaskDefinitionFinding::JudgedAgain => Words::only(
            "while the release waited, an artifact, an image, the service or the policies have \
             changed; what is released now was checked again",
        ),
        TaskDefinitionFinding::NotPlanned { revision } => Words::only(format!(
            "{revision}, which was registered for this action before, is not what is released now; \
             it was not deployed"
        )),
        TaskDefinitionFinding::Adopted { revision } => Words::new(
            format!(
                "a deployment with this action's key existed already; it deploys {revision}, which \
                 is not known to be what was checked"
            ),
            "find out who created the deployment, if no worker of yours was interrupted",
        ),
        TaskDefinitionFinding::NotDescribed { arn } => Words::only(format!(
            "the revision {arn} was not looked up, so nothing was checked against it"
        )),
    }
}

fn unknown_member(name: &Excerpt, nearest: Option<&str>) -> Words {
    match nearest {
        Some(nearest) => Words::new(
            format!("“{name}” is not known, and is registered as it stands"),
            format!("did you mean {nearest}?"),
        ),
        None => Words::only(format!(
            "“{name}” is not known to this worker, and is registered as it stands"
        )),
    }
}

fn template(finding: &TemplateFinding) -> Words {
    match finding {
        TemplateFinding::None => Words::new(
            "this is a CloudFormation template, and no task definition as RegisterTaskDefinition takes it",
            OWN_FILE,
        ),
        TemplateFinding::Several { names } => Words::new(
            format!(
                "this is a CloudFormation template with several task definitions: {}",
                all_of(names)
            ),
            OWN_FILE,
        ),
        TemplateFinding::NotInApi { name } => Words::new(
            format!(
                "this is a CloudFormation template, and RegisterTaskDefinition has no member that is surely its “{name}”"
            ),
            OWN_FILE,
        ),
        TemplateFinding::NotLiteral {
            function,
            others,
            lines,
        } => Words::new(
            format!(
                "only CloudFormation knows the value of {function}{}",
                further(*others, lines)
            ),
            "write the value itself, or a placeholder that the action replaces; or give the task definition a file of its own",
        ),
        TemplateFinding::ReadFrom { resource } => Words::only(format!(
            "the task definition is read from the resource {resource} of a CloudFormation template"
        )),
    }
}

/// The other values of the template that only CloudFormation knows.
fn further(others: usize, lines: &[usize]) -> String {
    if others == 0 {
        return String::new();
    }
    let values = if others == 1 { "value" } else { "values" };
    let more = format!(", and of {others} more {values}");
    match lines {
        [] => more,
        [line] => format!("{more}, on line {line}"),
        lines if lines.len() < others => format!("{more}, such as on lines {}", all_of(lines)),
        lines => format!("{more}, on lines {}", all_of(lines)),
    }
}

fn described(expected: Expected) -> &'static str {
    match expected {
        Expected::Text => "a string",
        Expected::Integer => "a whole number",
        Expected::Boolean => "true or false",
        Expected::List | Expected::Texts | Expected::Pairs(..) => "a list",
        Expected::Object => "an object",
    }
}

fn remedy(expected: Expected, found: ValueKind) -> String {
    match (expected, found) {
        (Expected::Text, ValueKind::Boolean | ValueKind::Number) => "put it in quotes".to_owned(),
        (
            Expected::Text,
            ValueKind::Null | ValueKind::Text | ValueKind::List | ValueKind::Object,
        ) => "write a string".to_owned(),
        (Expected::Integer, _) => "write a whole number without quotes".to_owned(),
        (Expected::Boolean, _) => "write true or false without quotes".to_owned(),
        (Expected::Texts, _) => "write a list of strings, [\"…\", \"…\"]".to_owned(),
        (Expected::Pairs(first, second), _) => {
            format!("write [ ] with {{\"{first}\": …, \"{second}\": …}} for each entry")
        }
        (Expected::List, _) => "put it in [ ]".to_owned(),
        (Expected::Object, _) => "write { } with the members in it".to_owned(),
    }
}
