//! Messages for the rules of `RegisterTaskDefinition`.

use super::{container, fargate};
use crate::messages::Words;
use crate::messages::words::did_you_mean;
use crate::release::finding::{
    EcsRule, HealthCommandProblem, LogProblem, Needs, PortProblem, ResourceProblem, RoleProblem,
    SecretProblem, Setting, Shared, SystemControlProblem, TagProblem, VolumeProblem, Wanted,
};

pub(super) fn words(rule: &EcsRule) -> Words {
    match rule {
        EcsRule::OutOfRange { from, to } => Words::new(
            "the number is out of range",
            format!("write one from {from} to {to}"),
        ),
        EcsRule::TooMany { count, limit } => Words::new(
            format!("there are {count} entries, and ECS takes at most {limit}"),
            "remove some",
        ),
        EcsRule::NotAName { name } => Words::new(
            format!("ECS does not take “{name}” for a name"),
            "write up to 255 letters, digits, _ and -",
        ),
        EcsRule::Unsupported { member, setting } => unsupported(member, *setting),
        EcsRule::Capability { name } => Words::new(
            format!("Fargate adds no capability but SYS_PTRACE, and this is {name}"),
            "remove it, or run the service on EC2",
        ),
        EcsRule::WindowsCpu => Words::new(
            "Windows on Fargate has 1, 2 or 4 vCPU",
            "set cpu to 1024, 2048 or 4096",
        ),
        EcsRule::Container(problem) => container::words(problem),
        EcsRule::Fargate(problem) => fargate::words(problem),
        EcsRule::Role(problem) => role(problem),
        EcsRule::Secret(problem) => secret(problem),
        EcsRule::Log(problem) => log(problem),
        EcsRule::Port(problem) => port(problem),
        EcsRule::Volume(problem) => volume(problem),
        EcsRule::Tag(problem) => tag(problem),
        EcsRule::Resource(problem) => resource(problem),
        EcsRule::NotAnEnvironmentFile { value } => Words::new(
            format!("“{value}” is not an object in S3 whose name ends with .env"),
            "write arn:aws:s3:::BUCKET/NAME.env",
        ),
        EcsRule::HealthCommand(problem) => Words::new(
            health_command(problem),
            "write [\"CMD-SHELL\", \"…\"] for a line of shell, or [\"CMD\", \"…\", \"…\"] for a program and its arguments",
        ),
        EcsRule::SoftAboveHard { hard } => Words::new(
            format!(
                "the soft limit is above the hard limit, {hard}; a container with such limits does not start"
            ),
            "lower softLimit, or raise hardLimit",
        ),
        EcsRule::MemoryAboveTask { task } => Words::new(
            format!("the container may have more memory than the task, which has {task} MiB"),
            "raise the task's memory, or lower the container's",
        ),
        EcsRule::NotASize { found } => Words::new(
            format!("“{found}” is not a size"),
            "write a whole number, or one with vCPU or GB behind it, or leave it out",
        ),
        EcsRule::SystemControl(problem) => system_control(problem),
        EcsRule::FaultInjection { mode } => Words::new(
            format!(
                "faults are injected with the network modes awsvpc and host, and this is {mode}"
            ),
            "set networkMode to awsvpc, or remove enableFaultInjection",
        ),
        EcsRule::Token { text, wanted } => Words::new(
            format!(
                "{text} looks like a placeholder that was not replaced; AWS wants {} here",
                noun(*wanted)
            ),
            "let the build replace it",
        ),
    }
}

fn health_command(problem: &HealthCommandProblem) -> &'static str {
    match problem {
        HealthCommandProblem::Empty => {
            "a health check begins with CMD or CMD-SHELL, and this is empty"
        }
        HealthCommandProblem::Beginning => {
            "the first string of a health check is CMD or CMD-SHELL, and here it is another"
        }
        HealthCommandProblem::LineInPieces => {
            "the shell runs only the first string behind CMD-SHELL, and there are more"
        }
        HealthCommandProblem::LineAsProgram => {
            "CMD runs a program whose name is the whole string, spaces included"
        }
    }
}

/// `member` is the member's name, or a more telling one.
fn unsupported(member: &str, setting: Setting) -> Words {
    let (who, instead) = match setting {
        Setting::Fargate => ("tasks on Fargate have", "run the service on EC2"),
        Setting::FargateLinux => ("Linux tasks on Fargate have", "run the service on EC2"),
        Setting::FargateWindows => ("Windows tasks on Fargate have", "run the service on EC2"),
        Setting::Windows => ("Windows tasks have", "run them on Linux"),
        Setting::External => ("tasks on external instances have", "run the service on EC2"),
        Setting::ManagedInstances => ("tasks on Managed Instances have", "use awsvpc or host"),
        Setting::OwnInstances => (
            "tasks on EC2 and on external instances have",
            "run the service on Managed Instances",
        ),
        Setting::Awsvpc => (
            "tasks with the network mode awsvpc have",
            "use another network mode on EC2",
        ),
        Setting::NotAwsvpc => (
            "tasks with a network mode other than awsvpc have",
            "set networkMode to awsvpc",
        ),
        Setting::Host => (
            "tasks with the network mode host have",
            "use awsvpc or bridge",
        ),
        Setting::NoNetwork => ("tasks with the network mode none have", "use awsvpc"),
    };
    Words::new(
        format!("{who} no {member}"),
        format!("remove it, or {instead}"),
    )
}

fn role(problem: &RoleProblem) -> Words {
    match problem {
        RoleProblem::Missing { needed_by } => {
            let need = match needed_by {
                Needs::Secrets => "secrets need one",
                Needs::RepositoryCredentials => "repositoryCredentials need one",
                Needs::EcrImage => "Fargate needs one to pull from ECR",
                Needs::AwsLogs => "Fargate needs one to write to awslogs",
                Needs::LogSecrets => "secretOptions need one",
                Needs::EnvironmentFiles => "environmentFiles need one",
            };
            Words::new(
                format!("there is no executionRoleArn, and {need}"),
                "add executionRoleArn beside family",
            )
        }
        RoleProblem::Empty => Words::new("the role is empty", "write a role's ARN, or remove it"),
        RoleProblem::NotAnAccount { account } => Words::new(
            format!("“{account}” stands where a role's ARN has its account"),
            "let the build replace it, or write the twelve digits of the account",
        ),
        RoleProblem::NotARole { value } => Words::new(
            format!("“{value}” is not an IAM role"),
            "write arn:aws:iam::ACCOUNT:role/NAME, with the twelve digits of the account",
        ),
    }
}

fn system_control(problem: &SystemControlProblem) -> Words {
    match problem {
        SystemControlProblem::NotNamespaced { name } => Words::new(
            format!(
                "{name} belongs to the whole instance, and ECS sets only the kernel parameters of a container"
            ),
            "remove it; on EC2, set it in the instance's user data",
        ),
        SystemControlProblem::OfTheHost { member } => Words::new(
            format!("{member} is host, and ECS sets no kernel parameters of the host"),
            format!("remove it, or change {member}"),
        ),
    }
}

fn secret(problem: &SecretProblem) -> Words {
    const REMEDY: &str = "write the ARN of a secret or a parameter, or a parameter's name";
    match problem {
        SecretProblem::Empty => Words::new("valueFrom is empty", REMEDY),
        SecretProblem::NotAName => Words::new(
            "this is neither an ARN nor a name that a parameter can have",
            REMEDY,
        ),
        SecretProblem::OtherService => Words::new(
            "this ARN leads to neither Secrets Manager nor Parameter Store",
            REMEDY,
        ),
        SecretProblem::Incomplete => Words::new(
            "a secret's ARN ends with its name, or has :KEY:STAGE:VERSION behind it; with any other end the tasks do not start",
            "write all three colons, as in …:secret:NAME:KEY:: for the newest value of a key",
        ),
        SecretProblem::NotAnAccount { account } => Words::new(
            format!("“{account}” stands where the secret's ARN has its account"),
            "let the build replace it, or write the twelve digits of the account",
        ),
        SecretProblem::AmongVariables => Words::new(
            "valueFrom belongs to secrets; this variable has no value",
            "move the entry into secrets",
        ),
    }
}

fn log(problem: &LogProblem) -> Words {
    match problem {
        LogProblem::Unknown { name, nearest } => Words::new(
            format!("the log driver awslogs has no option “{name}”"),
            did_you_mean(*nearest, "remove it"),
        ),
        LogProblem::Missing { driver, name } => Words::new(
            format!("the log driver {driver} needs a value for {name} here"),
            format!("set {name}"),
        ),
        LogProblem::BothPatterns => Words::new(
            "awslogs-datetime-format and awslogs-multiline-pattern exclude each other",
            "remove one of them",
        ),
        LogProblem::NotARegion { value } => Words::new(
            format!("“{value}” is not the name of a Region"),
            "write one such as eu-west-1",
        ),
        LogProblem::RouterFileInS3 => Words::new(
            "Fargate reads the log router's configuration from a file in its image only",
            "set config-file-type to file, and put the file into the router's image",
        ),
        LogProblem::RouterWithoutLogs => Words::new(
            "no container sends its logs to this log router",
            "set logDriver to awsfirelens in a container, or remove firelensConfiguration",
        ),
        LogProblem::RouterUser => Words::new(
            "the user of a log router is a number, and this is a name",
            "write the user's number, or that and its group's, as in 1000:1000",
        ),
    }
}

fn port(problem: &PortProblem) -> Words {
    match problem {
        PortProblem::Missing => Words::new("the mapping has no port", "add containerPort"),
        PortProblem::NotARange { found } => Words::new(
            format!("“{found}” is not a range of ports"),
            "write FIRST-LAST, from 1 to 65535, the smaller one first",
        ),
        PortProblem::NotAName { name } => Words::new(
            format!("“{name}” is not a name that Service Connect takes for a port"),
            "write up to 64 lower-case letters, digits, _ and -, not beginning with -",
        ),
        PortProblem::Overlap => Words::new(
            "another mapping of this container has some of these ports",
            "map each port once",
        ),
        PortProblem::Twice { port, shared } => Words::new(
            match shared {
                Shared::Task => format!(
                    "port {port} is mapped before, and the containers of a task share their ports with awsvpc"
                ),
                Shared::Host => format!("host port {port} is mapped before"),
            },
            match shared {
                Shared::Task => "let one of the containers listen on another port",
                Shared::Host => "choose another hostPort, or 0 for any",
            },
        ),
        PortProblem::InTwoProtocols { port } => Words::new(
            format!(
                "port {port} is mapped more than once, which ECS is known to refuse where a load balancer sends traffic to it"
            ),
            "map the port that takes the traffic once",
        ),
        PortProblem::InARange { port } => Words::new(
            format!(
                "port {port} is mapped as part of a containerPortRange only, and traffic needs a containerPort of its own"
            ),
            format!("map {{\"containerPort\": {port}}}, and leave it out of the range"),
        ),
    }
}

fn volume(problem: &VolumeProblem) -> Words {
    match problem {
        VolumeProblem::Twice { name } => Words::new(
            format!("two volumes are called “{name}”"),
            "rename or remove one of them",
        ),
        VolumeProblem::SeveralKinds => Words::new(
            "the volume is of several kinds",
            "keep one of its configurations, and give the others volumes of their own",
        ),
        VolumeProblem::Autoprovision => Words::new(
            "ECS always creates a volume whose scope is task, and autoprovision is for shared ones",
            "remove autoprovision, or set scope to shared",
        ),
        VolumeProblem::RootOfAccessPoint => Words::new(
            "an access point brings its own folder, and rootDirectory is set beside it",
            "remove rootDirectory, or set it to /",
        ),
        VolumeProblem::NoTransitEncryption { needed_by } => Words::new(
            format!("{needed_by} needs transit encryption, which is off"),
            "set transitEncryption to ENABLED",
        ),
    }
}

fn tag(problem: &TagProblem) -> Words {
    match problem {
        TagProblem::Reserved => Words::new(
            "a prefix aws: is kept for AWS",
            "remove the tag, or choose another prefix",
        ),
        TagProblem::Twice { key } => Words::new(
            format!("two tags have the key “{key}”"),
            "remove one of them",
        ),
        TagProblem::Length { least, most } => Words::new(
            "the text is shorter or longer than AWS takes",
            format!("write {least} to {most} characters"),
        ),
        TagProblem::Character { character } => Words::new(
            format!("the tag holds {character:?}, which no tag may have"),
            "write letters, digits, spaces and _ . : / = + - @",
        ),
    }
}

fn resource(problem: &ResourceProblem) -> Words {
    match problem {
        ResourceProblem::NoValue => Words::new(
            "the resource has neither a value nor a sharingStrategy",
            "add value, such as \"1\"",
        ),
        ResourceProblem::ValueAndSharing => Words::new(
            "a GPU has either a value or a sharingStrategy",
            "remove one of them",
        ),
        ResourceProblem::SharingWithoutGpu => {
            Words::new("only a GPU is shared", "remove sharingStrategy")
        }
        ResourceProblem::NotANumberOfGpus { found } => Words::new(
            format!("“{found}” is not a number of GPUs"),
            "write a number in quotes, or \"ALL\"",
        ),
        ResourceProblem::SomeShared => Words::new(
            "some containers of the task share GPUs, and others have their own",
            "give all of them a value, or all of them a sharingStrategy",
        ),
        ResourceProblem::NeuronTwice => Words::new(
            "another container has the Neuron devices, and one gets them all",
            "remove one of the two",
        ),
        ResourceProblem::NeuronNotAll => {
            Words::new("Neuron devices are assigned all together", "write \"ALL\"")
        }
        ResourceProblem::UnknownAccelerator { name } => Words::new(
            format!("inferenceAccelerators has no device “{name}”"),
            "write the deviceName of one of them",
        ),
        ResourceProblem::NoAttestationPolicy => Words::new(
            "a confidential sandbox needs an attestationPolicy",
            "add attestationPolicy",
        ),
    }
}

fn noun(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Role => "a role",
        Wanted::Family => "the name of a family",
        Wanted::ContainerName => "a container's name",
        Wanted::Size => "a size",
        Wanted::LogGroup => "a log group",
        Wanted::StreamPrefix => "a prefix for log streams",
        Wanted::FileSystem => "a file system",
        Wanted::Tag => "an image's tag",
        Wanted::Subnet => "a subnet",
        Wanted::SecurityGroup => "a security group",
        Wanted::Function => "a Lambda function",
    }
}
