//! What stops a task before its containers run.

use super::Place::{self, Container, Event, Task};
use super::{EXIT, START};

/// The text, and the beginning of the cause's `Debug` output.
pub(super) const REASONS: &[(Place, &str)] = &[
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
    // The same sentence for two different problems.
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
];
