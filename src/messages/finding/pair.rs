//! Messages for findings about the files taken together.

use super::container;
use crate::messages::Words;
use crate::messages::words::{all_of, did_you_mean};
use crate::release::finding::{FargateProblem, PairFinding};

pub(super) fn words(finding: &PairFinding) -> Words {
    match finding {
        PairFinding::NoSuchContainer {
            container,
            known,
            nearest,
        } => Words::new(
            format!("the task definition has no container “{container}”"),
            match nearest {
                Some(nearest) => format!(
                    "did you mean {nearest}? Its containers are {}",
                    all_of(known)
                ),
                None => format!("name one of its containers, which are {}", all_of(known)),
            },
        ),
        PairFinding::PortNotMapped {
            container,
            port,
            mapped,
        } => Words::new(
            match mapped.as_slice() {
                [] => {
                    format!("the container {container} maps no ports, and traffic goes to {port}")
                }
                mapped => format!(
                    "the container {container} maps {}, and traffic goes to {port}",
                    all_of(mapped)
                ),
            },
            format!(
                "add containerPort {port} to its portMappings, or change the port that traffic goes to"
            ),
        ),
        PairFinding::NoneEssential => Words::new(
            "no container is essential",
            "set essential to true for the container that does the work",
        ),
        PairFinding::ContainerTwice { name } => Words::new(
            format!("two containers are called “{name}”"),
            "rename one of them",
        ),
        PairFinding::OutOfRange { from, to } => Words::new(
            "the number is out of range",
            format!("write one from {from} to {to}"),
        ),
        PairFinding::TooMany { count, limit } => Words::new(
            format!("there are {count} entries, and ECS takes at most {limit}"),
            "remove some",
        ),
        PairFinding::NotAName { name } => Words::new(
            format!("ECS does not take “{name}” for a name"),
            "write up to 255 letters, digits, _ and -",
        ),
        PairFinding::LinksWithoutBridge => Words::new(
            "links work with the network mode bridge only",
            "remove links; containers of a task reach each other on localhost with awsvpc",
        ),
        PairFinding::UnknownContainer {
            member,
            name,
            nearest,
        } => Words::new(
            format!("{member} names the container “{name}”, which is not there"),
            did_you_mean(nearest.as_ref(), "name a container of this task definition"),
        ),
        PairFinding::UnknownVolume { name, nearest } => Words::new(
            format!("the mount point names the volume “{name}”, which is not there"),
            did_you_mean(nearest.as_ref(), "add it to volumes"),
        ),
        PairFinding::NoMemory => Words::new(
            "neither the container nor the task says how much memory it may have",
            "add memory or memoryReservation",
        ),
        PairFinding::Container(problem) => container::words(problem),
        PairFinding::NetworkWithoutAwsvpc => Words::new(
            "NetworkConfiguration goes with the network mode awsvpc only",
            "set networkMode to awsvpc in the task definition, or remove NetworkConfiguration",
        ),
        PairFinding::Fargate(problem) => fargate(problem),
    }
}

fn fargate(problem: &FargateProblem) -> Words {
    match problem {
        FargateProblem::Needs { member } => Words::new(
            format!("Fargate needs {member} for the whole task"),
            format!("add {member} beside family"),
        ),
        FargateProblem::Size {
            cpu,
            memory,
            allowed,
        } => Words::new(
            format!("Fargate has no size with cpu “{cpu}” and memory “{memory}”"),
            match allowed {
                Some(allowed) => format!("with this cpu, memory may be {allowed}"),
                None => {
                    "cpu may be 256, 512, 1024, 2048, 4096, 8192, 16384 or 32768 units".to_owned()
                }
            },
        ),
        FargateProblem::Network { found } => Words::new(
            match found {
                Some(found) => {
                    format!("Fargate needs the network mode awsvpc, and this is “{found}”")
                }
                None => "Fargate needs the network mode awsvpc".to_owned(),
            },
            "set networkMode to awsvpc",
        ),
        FargateProblem::Privileged => Words::new(
            "Fargate runs no privileged containers",
            "remove privileged, or run the service on EC2",
        ),
        FargateProblem::HostVolume => Words::new(
            "Fargate has no volumes of an instance",
            "leave the volume empty for the task's own storage, or use EFS",
        ),
        FargateProblem::LogDriver { found } => Words::new(
            format!("Fargate has no log driver “{found}”"),
            "use awslogs, awsfirelens or splunk",
        ),
    }
}
