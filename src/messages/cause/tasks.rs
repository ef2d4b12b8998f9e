//! Failures of tasks that have started, or could not be placed.

use crate::messages::words::Words;
use crate::rollout::cause::{HealthCheck, Lack};

pub(super) fn exited(container: &str, code: i32) -> Words {
    let remedy = match code {
        0 => {
            "An essential container must keep running: check its command, or set essential \
             to false; then release again."
        }
        126 => {
            "The command was found but cannot be executed: check its file mode and format; then \
             release again."
        }
        127 => {
            "The command, or the interpreter in its first line, is not in the image: correct it, \
             then release again."
        }
        137 => {
            "It was killed (SIGKILL): usually it took more memory than the container or the task \
             has, or did not end in time when it was told to. Give it more memory; then release \
             again."
        }
        139 => {
            "It crashed (segmentation fault): read the container's log from its last start, check \
             that the image's libraries fit its architecture, then release again."
        }
        143 => {
            "It was told to end (SIGTERM): find out what stops it, such as another essential \
             container that ended first; then release again."
        }
        _ => {
            "Read the container's log from its last start, correct what ended it, then release \
             again."
        }
    };
    let what = format!("container {container} ended by itself with exit code {code}.");
    Words::new(what, remedy)
}

pub(super) fn health(check: &HealthCheck) -> Words {
    match check {
        HealthCheck::Codes(codes) => Words::new(
            format!("the new tasks run but fail their health checks: they answer {codes}."),
            "Check what the program answers to the target group's path without a session or a host \
             name, and which codes the target group's matcher takes; then release again.",
        ),
        HealthCheck::NoAnswer => Words::new(
            "the new tasks run but fail their health checks: they give no answer in time.",
            "Check that the program listens on the container port that gets the traffic and on \
             0.0.0.0, that the security groups let the load balancer in, and that the start fits \
             the service's grace period; then release again.",
        ),
        HealthCheck::TargetGroup => Words::new(
            "the new tasks run but fail their health checks.",
            "Check that the program listens on the container port that gets the traffic and \
             answers the target group's path in time, that the security groups let the load \
             balancer in, and that the service's grace period covers the start.",
        ),
        HealthCheck::Container => Words::new(
            "the new tasks run but fail the health check of their container.",
            "Check that the command of healthCheck is in the image and ends with 0 in time, and \
             that startPeriod covers the start; then release again.",
        ),
    }
}

pub(super) fn not_placed(lacks: Lack) -> Words {
    let what = match lacks {
        Lack::Capacity => "ECS cannot place the new tasks: AWS has no capacity left here.",
        Lack::Quota => "ECS cannot place the new tasks: a quota of the account is used up.",
        Lack::Instances => "ECS cannot place the new tasks: no container instance fits.",
        Lack::Memory => "ECS cannot place the new tasks: too little memory is free.",
        Lack::Cpu => "ECS cannot place the new tasks: too little CPU is free.",
        Lack::Ports => "ECS cannot place the new tasks: their port is taken on every instance.",
        Lack::Unclear => "ECS cannot place the new tasks.",
    };
    let remedy = match lacks {
        Lack::Capacity => {
            "Add subnets in other zones, use FARGATE beside FARGATE_SPOT, or release again later."
        }
        Lack::Quota => {
            "Raise the quota that the reason names (Service Quotas), or stop what is not needed; \
             a blue/green deployment has twice the tasks. Then release again."
        }
        Lack::Instances | Lack::Memory | Lack::Cpu | Lack::Ports => {
            "Add container instances: a blue/green deployment needs room for twice the tasks. Or \
             ask for less CPU or memory or for fewer fixed ports, and check the placement \
             constraints. Then release again."
        }
        Lack::Unclear => {
            "Read the service's events below: add capacity, or ask for less CPU and memory; then \
             release again."
        }
    };
    Words::new(what, remedy)
}
