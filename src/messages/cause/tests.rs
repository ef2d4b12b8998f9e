//! Stop reasons as ECS, its agents and the container runtimes give them, worded
//! anew, each with the cause that it must give and what the author reads.

use std::fmt::Write as _;

use super::words;
use crate::release::surroundings::ServiceEvent;
use crate::rollout::cause::Cause;
use crate::rollout::evidence::{
    Evidence, StopCode, StoppedContainer, StoppedTask, TargetHealth, TargetState,
};

/// Where a text stands: as the task's or its container's reason, with the exit
/// code; as an event of the service; or as a target's reason and description.
enum Place {
    Task(&'static str, &'static str),
    Container(&'static str, Option<i32>, &'static str),
    Event(&'static str),
    Target(&'static str, &'static str),
}

use Place::{Container, Event, Target, Task};

const START: &str = "TaskFailedToStart";
const EXIT: &str = "EssentialContainerExited";
const SCHEDULER: &str = "ServiceSchedulerInitiated";

/// The text, then how the cause's `Debug` text begins.
const REASONS: &[(Place, &str)] = &[
    // Images.
    (
        Container(
            START,
            None,
            "CannotPullContainerError: pull image manifest has been retried 3 time(s): failed to resolve ref 111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:9: not found",
        ),
        "ImageNotPulled { container: Some(\"web\"), why: Missing }",
    ),
    (
        Task(
            START,
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'",
        ),
        "WrongArchitecture",
    ),
    (
        Container(
            START,
            None,
            "CannotPullContainerError: Error response from daemon: pull access denied for shop, repository does not exist or may require 'docker login'",
        ),
        "ImageNotPulled { container: Some(\"web\"), why: Denied }",
    ),
    (
        Container(
            START,
            None,
            "CannotPullContainerError: failed to do request: Head \"https://111122223333.dkr.ecr.eu-west-1.amazonaws.com/v2/shop/manifests/9\": dial tcp 10.0.1.9:443: i/o timeout",
        ),
        "ImageNotPulled { container: Some(\"web\"), why: Unreachable }",
    ),
    (
        Container(
            START,
            None,
            "CannotPullContainerError: toomanyrequests: You have reached your unauthenticated pull rate limit",
        ),
        "ImageNotPulled { container: Some(\"web\"), why: RateLimited }",
    ),
    (
        Container(
            START,
            None,
            "CannotPullECRContainerError: AccessDeniedException: not authorized to perform ecr:BatchGetImage",
        ),
        "ImageNotPulled { container: Some(\"web\"), why: Denied }",
    ),
    (
        Container(START, None, "CannotPullContainerError: context canceled"),
        "ImageNotPulled { container: Some(\"web\"), why: Unclear }",
    ),
    (
        Container(
            START,
            None,
            "CannotPullContainerError: failed to register layer: write /lib/x: no space left on device",
        ),
        "DiskFull",
    ),
    // One sentence for two things.
    (
        Task(
            START,
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed: dial tcp: i/o timeout",
        ),
        "RegistryClosed { why: Unreachable }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration.",
        ),
        "RegistryClosed { why: Unreachable }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve ecr registry auth: AccessDeniedException: role is not authorized to perform: ecr:GetAuthorizationToken on resource: *",
        ),
        "RegistryClosed { why: Denied }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: failed to fetch secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
        ),
        "SecretsNotFetched { which: Some(\"arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf\"), why: Missing }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: AccessDeniedException: User is not authorized to perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:111122223333:parameter/shop/key because no policy allows it",
        ),
        "SecretsNotFetched { which: Some(\"arn:aws:ssm:eu-west-1:111122223333:parameter/shop/key\"), why: Denied }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: invalid ssm parameters: /shop/key, /shop/other",
        ),
        "SecretsNotFetched { which: Some(\"/shop/key\"), why: Missing }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: RequestCanceled: request context canceled caused by: context deadline exceeded",
        ),
        "SecretsNotFetched { which: None, why: Unreachable }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed",
        ),
        "SecretsOrRegistry",
    ),
    (
        Container(
            START,
            None,
            "ResourceInitializationError: failed to fetch secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db: AccessDeniedException: kms:Decrypt",
        ),
        "SecretsNotFetched { which: Some(\"arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db\"), why: Denied }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: failed to download env files: file download command: non empty error stream: RequestCanceled: AccessDenied status code: 403",
        ),
        "EnvironmentFilesNotFetched { why: Denied }",
    ),
    // Logs.
    (
        Task(
            START,
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
        ),
        "NoLog { why: Missing }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: failed to validate logger args: AccessDeniedException: not authorized to perform: logs:CreateLogStream",
        ),
        "NoLog { why: Denied }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: failed to validate logger args: create stream: RequestError: send request failed: dial tcp 52.1.2.3:443: i/o timeout: signal: killed",
        ),
        "NoLog { why: Unreachable }",
    ),
    (
        Container(
            START,
            None,
            "CannotStartContainerError: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException",
        ),
        "NoLog { why: Missing }",
    ),
    // Roles.
    (
        Task(
            START,
            "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/shop-task' that was provided for this task. Please verify that the role being passed has the proper trust relationship",
        ),
        "RoleNotAssumed { role: Some(\"arn:aws:iam::111122223333:role/shop-task\") }",
    ),
    (
        Event(
            "(service web) failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::111122223333:role/execution' that was provided for this task).",
        ),
        "RoleNotAssumed { role: Some(\"arn:aws:iam::111122223333:role/execution\") }",
    ),
    // Volumes.
    (
        Task(
            START,
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection timed out",
        ),
        "VolumeNotMounted { why: Unreachable }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: access denied by server while mounting 127.0.0.1:/",
        ),
        "VolumeNotMounted { why: Denied }",
    ),
    (
        Task(
            START,
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-1.efs.eu-west-1.amazonaws.com\" - check that your file system ID is correct",
        ),
        "VolumeNotMounted { why: Unreachable }",
    ),
    // Networks, ports, disks.
    (
        Task(
            START,
            "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-1': InsufficientFreeAddressesInSubnet",
        ),
        "OutOfAddresses",
    ),
    (
        Event(
            "(service web) was unable to place a task. Reason: The specified subnet does not have enough free addresses to satisfy the request.",
        ),
        "OutOfAddresses",
    ),
    (
        Task(
            START,
            "Timeout waiting for network interface provisioning to complete.",
        ),
        "NoNetworkInterface",
    ),
    (
        Container(
            START,
            None,
            "CannotStartContainerError: Error response from daemon: driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated",
        ),
        "PortInUse",
    ),
    (
        Container(
            EXIT,
            Some(1),
            "listen tcp :8080: bind: address already in use",
        ),
        "PortInUse",
    ),
    // What is in the image.
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
    // Ends.
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
    // Health.
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
    // Places to run.
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

/// Texts that are no cause: tasks that ended in good order, and words that
/// stand in other reasons too.
const NO_CAUSES: &[Place] = &[
    Task(
        SCHEDULER,
        "Scaling activity initiated by (deployment ecs-svc/1)",
    ),
    Task("UserInitiated", "Task stopped by user"),
    Task(START, "A reason that nobody has seen yet"),
    Task(START, "The room has a secret"),
    Event("(service web) has reached a steady state."),
    Event("(service web, taskSet ecs-svc/2) has started 2 tasks."),
];

fn evidence(place: &Place) -> Evidence {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let task = |code: &str, reason: &str, exit_code, of_container: &str| StoppedTask {
        id: "1f2e3d4c".into(),
        started_by: None,
        task_definition: None,
        stop_code: StopCode::from(code),
        reason: text(reason),
        at: None,
        containers: vec![StoppedContainer {
            name: "web".into(),
            exit_code,
            reason: text(of_container),
        }],
    };
    let mut evidence = Evidence::default();
    match place {
        Task(code, reason) => evidence.tasks.push(task(code, reason, None, "")),
        Container(code, exit, reason) => {
            let general = match *code {
                EXIT => "Essential container in task exited",
                _ => "Task failed to start",
            };
            evidence.tasks.push(task(code, general, *exit, reason));
        }
        Event(message) => evidence.events.push(ServiceEvent {
            at: jiff::Timestamp::UNIX_EPOCH,
            message: (*message).into(),
        }),
        Target(reason, description) => evidence.targets.push(TargetHealth {
            id: "10.0.0.1".into(),
            port: Some(8080),
            state: TargetState::Unhealthy,
            reason: text(reason),
            description: text(description),
        }),
    }
    evidence
}

fn shown(place: &Place) -> String {
    match place {
        Task(code, reason) => format!("{code}: {reason}"),
        Container(code, exit, reason) => format!("{code}: container, exit code {exit:?}: {reason}"),
        Event(message) => format!("event: {message}"),
        Target(reason, description) => format!("target: {reason}: {description}"),
    }
}

#[test]
fn every_stop_reason_gives_its_cause_and_what_to_do() {
    let mut table = String::new();
    for (place, expected) in REASONS {
        let evidence = evidence(place);
        let cause = Cause::of_tasks(&evidence);
        let cause = cause.unwrap_or_else(|| panic!("no cause: {}", shown(place)));
        let found = format!("{cause:?}");
        assert!(found.starts_with(expected), "{}: {found}", shown(place));
        let said = words(&cause, &evidence);
        assert!(
            said.what.ends_with('.') && !said.remedy.is_empty(),
            "{said}"
        );
        let _ = writeln!(
            table,
            "{}\n  {}\n  → {}\n",
            shown(place),
            said.what,
            said.remedy
        );
    }
    assert!(REASONS.len() >= 40);
    insta::assert_snapshot!(table);
}

#[test]
fn what_ends_in_good_order_or_is_new_to_us_has_no_cause() {
    for place in NO_CAUSES {
        assert_eq!(Cause::of_tasks(&evidence(place)), None, "{}", shown(place));
    }
}

#[test]
fn of_several_containers_none_is_blamed_by_chance() {
    let mut evidence = evidence(&Task(START, "CannotPullContainerError: not found"));
    let sidecar = StoppedContainer {
        name: "sidecar".into(),
        exit_code: None,
        reason: None,
    };
    evidence.tasks[0].containers.push(sidecar);
    let cause = Cause::of_tasks(&evidence).expect("a cause");
    assert_eq!(words(&cause, &evidence).what, "an image cannot be pulled.");
}
