//! What stops a task after its containers have started, or prevents its
//! placement.

use super::Place::{self, Container, Event, Target, Task};
use super::{EXIT, SCHEDULER, START};

/// The text, and the beginning of the cause's `Debug` output.
pub(super) const REASONS: &[(Place, &str)] = &[
    // Contents of the image.
    (
        Container(
            START,
            None,
            "CannotStartContainerError: exec /app/server: exec format error",
        ),
        "WrongArchitecture { container: Some(\"web\") }",
    ),
    (
        Container(
            START,
            None,
            "CannotStartContainerError: failed to create task: exec: \"serve\": executable file not found in $PATH",
        ),
        "NotStarted { container: Some(\"web\") }",
    ),
    (
        Container(
            START,
            None,
            "CannotCreateContainerError: API error (400): invalid mount config",
        ),
        "NotStarted",
    ),
    (
        Container(
            START,
            None,
            "CannotStartContainerError: DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s",
        ),
        "NotStarted",
    ),
    // Exits.
    (
        Container(
            EXIT,
            Some(137),
            "OutOfMemoryError: Container killed due to memory usage",
        ),
        "OutOfMemory { container: \"web\" }",
    ),
    (
        Container(EXIT, Some(137), ""),
        "Exited { container: \"web\", code: 137 }",
    ),
    (
        Container(EXIT, Some(0), ""),
        "Exited { container: \"web\", code: 0 }",
    ),
    (
        Container(EXIT, Some(1), ""),
        "Exited { container: \"web\", code: 1 }",
    ),
    (
        Container(EXIT, Some(126), ""),
        "Exited { container: \"web\", code: 126 }",
    ),
    (
        Container(EXIT, Some(127), ""),
        "Exited { container: \"web\", code: 127 }",
    ),
    (
        Container(EXIT, Some(139), ""),
        "Exited { container: \"web\", code: 139 }",
    ),
    (
        Container(EXIT, Some(143), ""),
        "Exited { container: \"web\", code: 143 }",
    ),
    // Health checks.
    (
        Task(
            SCHEDULER,
            "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/1)",
        ),
        "FailedHealthChecks { check: TargetGroup }",
    ),
    (
        Task(SCHEDULER, "Task failed container health checks"),
        "FailedHealthChecks { check: Container }",
    ),
    (
        Event(
            "(service web, taskSet ecs-svc/2) (port 8080) is unhealthy in (target-group arn:x) due to (reason Health checks failed with these codes: [502])",
        ),
        "FailedHealthChecks { check: Codes(\"502\") }",
    ),
    (
        Event(
            "(service web) (port 8080) is unhealthy in (target-group arn:x) due to (reason Request timed out)",
        ),
        "FailedHealthChecks { check: NoAnswer }",
    ),
    (
        Target(
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [404]",
        ),
        "FailedHealthChecks { check: Codes(\"404\") }",
    ),
    (
        Target("Target.Timeout", "Request timed out"),
        "FailedHealthChecks { check: NoAnswer }",
    ),
    (
        Target("Target.FailedHealthChecks", "Health checks failed"),
        "FailedHealthChecks { check: TargetGroup }",
    ),
    // Placement.
    (
        Task(
            "InfrastructureHealth",
            "The underlying infrastructure of the task has failed",
        ),
        "InfrastructureFailed",
    ),
    (Task("InfrastructureHealth", ""), "InfrastructureFailed"),
    (
        Task("SpotInterruption", "Your Spot Task was interrupted."),
        "CapacityLost",
    ),
    (Task("TerminationNotice", ""), "CapacityLost"),
    (
        Event(
            "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.",
        ),
        "NotPlaced { lacks: Capacity }",
    ),
    (
        Task(START, "Capacity is unavailable at this time"),
        "NotPlaced { lacks: Capacity }",
    ),
    (
        Event(
            "(service web) was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently.",
        ),
        "NotPlaced { lacks: Quota }",
    ),
    (
        Event(
            "(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 1) has insufficient memory available.",
        ),
        "NotPlaced { lacks: Memory }",
    ),
    (
        Event(
            "(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 1) has insufficient CPU units available.",
        ),
        "NotPlaced { lacks: Cpu }",
    ),
    (
        Event(
            "(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 1) is already using a port required by your task.",
        ),
        "NotPlaced { lacks: Ports }",
    ),
    (
        Event(
            "(service web) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.",
        ),
        "NotPlaced { lacks: Instances }",
    ),
];
