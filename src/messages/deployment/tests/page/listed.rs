//! An example of every failure, ending and cause.

use std::time::Duration;

use super::{NEWER, REVISION, SERVICE_DEPLOYMENT};
use crate::job::request::ConfigurationProblem;
use crate::job::{DeployTarget, DeploymentId, GroupName, ServiceName, TaskDefinitionArn};
use crate::release::finding::{Finding, FindingKind, Place};
use crate::rollout::call_error::{CallError, CallErrorKind};
use crate::rollout::cause::{Cause, HealthCheck, Lack, Obstacle};
use crate::rollout::ending::Ending;
use crate::rollout::failure::Failure;
use crate::rollout::step::StopReason;

/// An example of each failure that is not a failed deployment.
#[expect(clippy::too_many_lines, reason = "an example of each")]
pub(super) fn other_failures() -> Vec<Failure> {
    let deployment = || DeploymentId::new("d-A1B2C3D4E");
    let group = || DeployTarget::group("shop", "web");
    let timeout = Duration::from_secs(23 * 3600);
    let call = |call, kind, code: &str| CallError {
        call,
        resource: None,
        kind,
        code: code.to_owned(),
        message: String::new(),
        request_id: None,
    };
    let missing = ConfigurationProblem::Missing {
        property: "DeploymentGroupName",
    };
    let refused = Finding::error(Place::default(), FindingKind::NotFetched);
    vec![
        Failure::Configuration(vec![missing]),
        Failure::Refused(vec![refused]),
        Failure::NoApplication {
            application: "shop".into(),
        },
        Failure::NoGroup(GroupName {
            application: "shop".into(),
            group: "web".into(),
        }),
        Failure::NoService(ServiceName {
            cluster: "prod".into(),
            service: "web".into(),
        }),
        Failure::RoleNotAllowed {
            role: "arn:aws:iam::111122223333:role/deploy".into(),
        },
        Failure::NoArtifactCredentials,
        Failure::Call(call(
            "ecs:DescribeServices",
            CallErrorKind::Denied,
            "AccessDeniedException",
        )),
        Failure::Call(call(
            "ecs:DescribeServices",
            CallErrorKind::Denied,
            "ExpiredTokenException",
        )),
        Failure::Call(call("s3:GetObject", CallErrorKind::Denied, "AccessDenied")),
        Failure::Call(call("s3:GetObject", CallErrorKind::Denied, "ExpiredToken")),
        Failure::Call(call(
            "s3:GetObject",
            CallErrorKind::Refused,
            "PermanentRedirect",
        )),
        Failure::Call(call(
            "codedeploy:CreateDeployment",
            CallErrorKind::Refused,
            "InvalidECSServiceException",
        )),
        Failure::Call(call(
            "ecs:RegisterTaskDefinition",
            CallErrorKind::Refused,
            "ClientException",
        )),
        Failure::Call(call(
            "ecs:RegisterTaskDefinition",
            CallErrorKind::Unreachable,
            "",
        )),
        Failure::Unavailable {
            last: call(
                "ecs:DescribeServices",
                CallErrorKind::Throttled,
                "Throttling",
            ),
            failing_for: Duration::from_secs(1800),
        },
        Failure::Unfollowed {
            deployment: deployment(),
            why: Box::new(Failure::Call(call(
                "codedeploy:StopDeployment",
                CallErrorKind::Denied,
                "AccessDeniedException",
            ))),
        },
        Failure::GroupBusy {
            target: group(),
            holder: deployment(),
        },
        Failure::NeverOurTurn {
            target: group(),
            holder: deployment(),
            timeout,
        },
        Failure::Overtaken {
            target: group(),
            by: deployment(),
        },
        Failure::Abandoned {
            deployment: deployment(),
        },
        Failure::TookTooLong {
            deployment: deployment(),
            timeout,
        },
        Failure::DeploymentGone {
            deployment: deployment(),
        },
        Failure::DeploymentGone {
            deployment: DeploymentId::new(SERVICE_DEPLOYMENT),
        },
        Failure::NotOurTaskDefinition {
            deployment: deployment(),
            expected: TaskDefinitionArn::new(REVISION),
            primary: None,
        },
        Failure::BadToken {
            detail: String::new(),
        },
        Failure::NotOurDeployment {
            deployment: deployment(),
        },
        Failure::Internal {
            detail: String::new(),
        },
    ]
}

/// How a deployment can end, and what that means.
pub(super) fn endings() -> Vec<(Ending, &'static str)> {
    use StopReason::{Abandoned, TaskFailure, TimedOut};
    vec![
        (Ending::Failed, "CodeDeploy or ECS ended it"),
        (
            Ending::ByAlarm,
            "an alarm of the deployment group or of the service went off",
        ),
        (
            Ending::ByHand,
            "a person or another program stopped it, which may hide what was wrong before",
        ),
        (
            Ending::Stopped,
            "a person or a program stopped it, and AWS does not say which",
        ),
        (Ending::Superseded, "a newer deployment took its place"),
        (
            Ending::ByUs(TimedOut),
            "`Timeout` passed, and `OnTimeout` asks to end it",
        ),
        (
            Ending::ByUs(Abandoned),
            "the action was abandoned (*Stop and abandon*), and `OnAbandon` asks to end the \
             deployment then",
        ),
        (
            Ending::ByUs(TaskFailure),
            "`OnTaskFailure` asks to end it when too many new tasks fail",
        ),
        (
            Ending::NotStopped(TimedOut),
            "`Timeout` passed and the worker asked to end it, but it goes on; look at it now",
        ),
        (
            Ending::NotStopped(Abandoned),
            "`OnAbandon` asks to end it, but it goes on; look at it now",
        ),
        (
            Ending::NotStopped(TaskFailure),
            "`OnTaskFailure` asks to end it, but it goes on; look at it now",
        ),
    ]
}

/// Every cause, by what it is about. Each obstacle and each lack has its own
/// remedy.
#[expect(clippy::too_many_lines, reason = "an example of each")]
pub(super) fn causes() -> Vec<(&'static str, Vec<Cause>)> {
    use Obstacle::{Denied, Missing, RateLimited, Unclear, Unreachable};
    let web = || Some("web".to_owned());
    let obstacles = [Missing, Denied, Unreachable, RateLimited, Unclear];
    let each = |make: fn(Obstacle) -> Cause| obstacles.map(make);
    let exited = [0, 1, 126, 127, 137, 139, 143].map(|code| Cause::Exited {
        container: "web".into(),
        code,
    });
    let checks = [
        HealthCheck::Codes("502".into()),
        HealthCheck::NoAnswer,
        HealthCheck::TargetGroup,
        HealthCheck::Container,
    ];
    let lacks = [
        Lack::Capacity,
        Lack::Quota,
        Lack::Instances,
        Lack::Memory,
        Lack::Cpu,
        Lack::Ports,
        Lack::Unclear,
    ];
    let hook = || {
        (
            "AfterAllowTestTraffic".to_owned(),
            Some("smoke-test".to_owned()),
        )
    };
    let (failed, silent) = (hook(), hook());
    let images = each(|why| Cause::ImageNotPulled {
        container: Some("web".into()),
        why,
    });
    let registry = each(|why| Cause::RegistryClosed { why });
    let secrets = each(|why| Cause::SecretsNotFetched { which: None, why });
    let files = each(|why| Cause::EnvironmentFilesNotFetched { why });
    let volumes = each(|why| Cause::VolumeNotMounted { why });
    let mut images: Vec<Cause> = images.into_iter().chain(registry).collect();
    images.push(Cause::WrongArchitecture { container: web() });
    let mut fetched: Vec<Cause> = secrets.into_iter().collect();
    fetched.push(Cause::SecretsOrRegistry);
    fetched.extend(files.into_iter().chain(volumes));
    fetched.extend(each(|why| Cause::NoLog { why }));
    let mut containers = vec![
        Cause::NotStarted { container: web() },
        Cause::OutOfMemory {
            container: "web".into(),
        },
    ];
    containers.extend(exited);
    let mut health: Vec<Cause> = checks
        .map(|check| Cause::FailedHealthChecks { check })
        .into();
    health.extend([Cause::NeverHealthy, Cause::TasksFailed]);
    let mut placed: Vec<Cause> = lacks.map(|lacks| Cause::NotPlaced { lacks }).into();
    placed.extend([
        Cause::OutOfAddresses,
        Cause::NoNetworkInterface,
        Cause::PortInUse,
        Cause::DiskFull,
        Cause::CapacityLost,
        Cause::InfrastructureFailed,
    ]);
    vec![
        ("Images", images),
        ("Secrets, files, volumes and logs", fetched),
        ("Containers", containers),
        ("Health", health),
        ("Room for the tasks", placed),
        (
            "Hooks and alarms",
            vec![
                Cause::HookFailed {
                    event: failed.0,
                    function: failed.1,
                },
                Cause::HookNeverAnswered {
                    event: silent.0,
                    function: silent.1,
                },
                Cause::Alarm,
            ],
        ),
        (
            "Stopped or not continued",
            vec![
                Cause::StoppedByHand,
                Cause::Superseded(TaskDefinitionArn::new(NEWER)),
                Cause::NotContinued,
                Cause::OutOfTime,
                Cause::Abandoned,
            ],
        ),
        (
            "Roles, AppSpec and the service",
            vec![
                Cause::RoleNotAssumed { role: None },
                Cause::ServiceRole,
                Cause::ReleaseTarget,
                Cause::AppSpecInvalid,
                Cause::CodeDeploy,
                Cause::Unknown,
            ],
        ),
    ]
}
