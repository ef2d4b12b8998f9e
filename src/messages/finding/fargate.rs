//! Messages for what Fargate requires of a task definition.

use crate::messages::Words;
use crate::release::finding::FargateProblem;

pub(super) fn words(problem: &FargateProblem) -> Words {
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
