//! Messages for findings about the files taken together.

use crate::messages::Words;
use crate::messages::words::all_of;
use crate::release::finding::PairFinding;

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
        PairFinding::NetworkWithoutAwsvpc => Words::new(
            "NetworkConfiguration goes with the network mode awsvpc only",
            "set networkMode to awsvpc in the task definition, or remove NetworkConfiguration",
        ),
    }
}
