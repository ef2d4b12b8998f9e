//! Failures of what a task fetches or sets up before its containers start.

use crate::messages::words::Words;
use crate::rollout::cause::Obstacle;

pub(super) fn registry(why: Obstacle) -> Words {
    let remedy = match why {
        Obstacle::Denied => {
            "Let the task execution role call ecr:GetAuthorizationToken on * and read the \
             repository; then release again."
        }
        Obstacle::Missing | Obstacle::RateLimited | Obstacle::Unclear => {
            "Check that the subnets reach ECR and that the task execution role may call \
             ecr:GetAuthorizationToken; then release again."
        }
        Obstacle::Unreachable => {
            "There is no way from the subnets to ECR: give them a route to a NAT gateway, \
             AssignPublicIp=ENABLED in public ones, or VPC endpoints for ecr.api, ecr.dkr and S3 \
             whose security group lets the tasks in on port 443; then release again."
        }
    };
    Words::new(
        "the new tasks cannot sign in to the image registry.",
        remedy,
    )
}

pub(super) fn secrets(which: Option<&str>, why: Obstacle) -> Words {
    let what = match which {
        Some(which) => format!("the new tasks cannot fetch their secrets: {which}."),
        None => "the new tasks cannot fetch their secrets.".into(),
    };
    let remedy = match why {
        Obstacle::Missing => {
            "Create the secret or parameter, or correct its name in the task definition; it must \
             be in the task's Region, or be named by its whole ARN. Then release again."
        }
        Obstacle::Denied => {
            "Let the task execution role call secretsmanager:GetSecretValue or ssm:GetParameters \
             on it, and kms:Decrypt where it is encrypted with a key of yours; then release again."
        }
        Obstacle::Unreachable => {
            "There is no way from the subnets to Secrets Manager or Systems Manager: give them a \
             NAT gateway, a public address or VPC endpoints whose security group lets the tasks in \
             on port 443; then release again."
        }
        Obstacle::RateLimited | Obstacle::Unclear => {
            "Check that every secret and parameter of the task definition exists, that the task \
             execution role may read and decrypt it, and that the subnets reach the service; then \
             release again."
        }
    };
    Words::new(what, remedy)
}

pub(super) fn environment_files(why: Obstacle) -> Words {
    let remedy = match why {
        Obstacle::Missing => "Put the file where environmentFiles names it; then release again.",
        Obstacle::Denied => {
            "Let the task execution role call s3:GetObject on the file and s3:GetBucketLocation on \
             its bucket; then release again."
        }
        Obstacle::Unreachable | Obstacle::RateLimited | Obstacle::Unclear => {
            "Check that the file exists, that the task execution role may read it, and that the \
             subnets reach S3; then release again."
        }
    };
    Words::new(
        "the new tasks cannot fetch their environment files.",
        remedy,
    )
}

pub(super) fn log(why: Obstacle) -> Words {
    let (what, remedy) = match why {
        Obstacle::Missing => (
            "the log group of the new tasks does not exist.",
            "Create the log group that awslogs-group names, or let awslogs-create-group=true and \
             logs:CreateLogGroup create it; then release again.",
        ),
        Obstacle::Denied => (
            "the new tasks may not write their log.",
            "Let the task execution role call logs:CreateLogStream and logs:PutLogEvents, and \
             logs:CreateLogGroup with awslogs-create-group; then release again.",
        ),
        Obstacle::Unreachable => (
            "the new tasks do not reach CloudWatch Logs.",
            "Give the subnets a NAT gateway, a public address or a VPC endpoint for logs whose \
             security group lets the tasks in on port 443; then release again.",
        ),
        Obstacle::RateLimited | Obstacle::Unclear => (
            "the log of the new tasks cannot be set up.",
            "Check that logConfiguration names a log group that exists, that the task execution \
             role may write to it, and that the subnets reach it; then release again.",
        ),
    };
    Words::new(what, remedy)
}

pub(super) fn volume(why: Obstacle) -> Words {
    let remedy = match why {
        Obstacle::Denied => {
            "Let the file system's policy and the task role allow elasticfilesystem:ClientMount, \
             and check that access point and IAM authorization in the task definition belong \
             together; then release again."
        }
        Obstacle::Unreachable => {
            "Check that the file system has a mount target in each subnet's zone, that its \
             security group lets the tasks in on port 2049, and that the VPC resolves DNS names; then \
             release again."
        }
        Obstacle::Missing | Obstacle::RateLimited | Obstacle::Unclear => {
            "Check that the file system, its mount targets, access point and root directory exist, \
             and that the tasks may mount it on port 2049; then release again."
        }
    };
    Words::new("a volume of the new tasks cannot be mounted.", remedy)
}
