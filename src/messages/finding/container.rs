//! Messages for findings about the containers of a task.

use crate::messages::Words;
use crate::messages::words::did_you_mean;
use crate::release::finding::{ContainerProblem, Reserved};

pub(super) fn words(problem: &ContainerProblem) -> Words {
    match problem {
        ContainerProblem::NoneEssential => Words::new(
            "no container is essential",
            "set essential to true for the container that does the work",
        ),
        ContainerProblem::NameTwice { name } => Words::new(
            format!("two containers are called “{name}”"),
            "rename one of them",
        ),
        ContainerProblem::UnknownContainer {
            member,
            name,
            nearest,
        } => Words::new(
            format!("{member} names the container “{name}”, which is not there"),
            did_you_mean(nearest.as_ref(), "name a container of this task definition"),
        ),
        ContainerProblem::UnknownVolume { name, nearest } => Words::new(
            format!("the mount point names the volume “{name}”, which is not there"),
            did_you_mean(nearest.as_ref(), "add it to volumes"),
        ),
        ContainerProblem::LinksWithoutBridge => Words::new(
            "links work with the network mode bridge only",
            "remove links; containers of a task reach each other on localhost with awsvpc",
        ),
        ContainerProblem::NoMemory => Words::new(
            "neither the container nor the task says how much memory it may have",
            "add memory or memoryReservation",
        ),
        ContainerProblem::ReservationAboveLimit { limit } => Words::new(
            format!("more memory is reserved than the {limit} MiB that the container may have"),
            "raise memory, or lower memoryReservation",
        ),
        ContainerProblem::MoreThanTheTask {
            what,
            reserved,
            task,
        } => {
            let (what, unit) = match what {
                Reserved::Memory => ("memory", "MiB"),
                Reserved::Cpu => ("cpu", "units"),
            };
            Words::new(
                format!(
                    "the containers reserve {reserved} {unit} of {what}, and the task has {task}"
                ),
                format!("raise the task's {what}, or lower the containers'"),
            )
        }
        ContainerProblem::HostPort { port, mode } => Words::new(
            format!("with the network mode {mode} the host port is the container's, {port}"),
            "remove hostPort",
        ),
        ContainerProblem::SecretNameTaken { name } => Words::new(
            format!("the container has another variable or secret called “{name}”"),
            "rename or remove one of them",
        ),
        ContainerProblem::EndOfEssential { name } => Words::new(
            format!("the container {name} is essential, so its end would end the task"),
            "set its essential to false, or wait for START or HEALTHY",
        ),
        ContainerProblem::NoHealthCheck { name } => Words::new(
            format!("the container {name} has no healthCheck to become HEALTHY by"),
            "add a healthCheck to it; one inside the image does not count",
        ),
        ContainerProblem::Circle { member } => Words::new(
            format!("the container waits for itself to start, through its {member}"),
            "remove one of the dependencies in the circle",
        ),
        ContainerProblem::NoLogRouter => Words::new(
            "no container has the firelensConfiguration that awsfirelens sends logs to",
            "add a log router, or use another log driver",
        ),
    }
}
