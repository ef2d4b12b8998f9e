//! Finds the cause in a stop reason by the words that ECS, its agent and the container
//! runtime use in it. A word may occur in several kinds of reasons, so specific
//! kinds are tried first.

use super::{Cause, HealthCheck, Lack, Obstacle};

/// The image is for another CPU architecture.
const ARCHITECTURE: [&str; 3] = [
    "exec format error",
    "matching platform",
    "does not match the host platform",
];

/// The container runtime failed before it could run the command.
const NOT_STARTED: [&str; 4] = [
    "cannotstartcontainer",
    "cannotcreatecontainer",
    "containerruntime",
    "dockertimeout",
];

/// The cause that the text gives; `None` if no known words occur in it.
/// `container` is the one that the text is about, if that is known.
pub(super) fn of(text: &str, container: Option<&str>) -> Option<Cause> {
    let container = container.map(str::to_owned);
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let why = || obstacle(&lower);
    if has(&ARCHITECTURE) {
        return Some(Cause::WrongArchitecture { container });
    }
    if has(&[
        "unable to assume the role",
        "unable to assume role",
        "unable to assume the service",
    ]) {
        let role = arn(text, ":role/");
        return Some(Cause::RoleNotAssumed { role });
    }
    if has(&["no space left on device"]) {
        return Some(Cause::DiskFull);
    }
    if has(&["unable to pull secrets or registry auth"]) {
        return Some(secrets_or_registry(text, &lower));
    }
    if has(&["env file", "environment file"]) {
        return Some(Cause::EnvironmentFilesNotFetched { why: why() });
    }
    if has(&[
        "logger args",
        "failed to initialize logging driver",
        "create log stream",
        "cloudwatch log",
    ]) {
        return Some(Cause::NoLog { why: why() });
    }
    if has(&["cannotpull"]) {
        let why = why();
        return Some(Cause::ImageNotPulled { container, why });
    }
    if has(&[
        "efs utils",
        "efs volume",
        "mount.efs",
        "mount.nfs",
        "failed to mount",
        "error while mounting",
        "volume driver",
    ]) {
        return Some(Cause::VolumeNotMounted { why: why() });
    }
    if has(&[
        "address already in use",
        "port is already allocated",
        "already using a port",
    ]) {
        return Some(Cause::PortInUse);
    }
    if is_out_of_addresses(&lower) {
        return Some(Cause::OutOfAddresses);
    }
    if has(&["network interface"]) {
        return Some(Cause::NoNetworkInterface);
    }
    if has(&["asm:", "ssm:", "fetch secret", "retrieve secret"]) {
        return Some(Cause::SecretsNotFetched {
            which: secret(text),
            why: why(),
        });
    }
    if has(&["outofmemory", "out of memory", "oomkilled", "oom-kill"]) {
        return Some(out_of_memory(container));
    }
    if has(&["failed container health checks", "container health check"]) {
        return Some(unhealthy(HealthCheck::Container));
    }
    if has(&["elb health checks", "failed health checks", "health checks"]) {
        return Some(unhealthy(HealthCheck::TargetGroup));
    }
    if has(&[
        "capacity is unavailable",
        "resource:cpu",
        "resource:memory",
        "resource:ports",
        "resource:eni",
        "unable to place a task",
        "limit on the number of",
    ]) {
        let lacks = lack(&lower);
        return Some(Cause::NotPlaced { lacks });
    }
    if has(&NOT_STARTED) {
        return Some(Cause::NotStarted { container });
    }
    if has(&[
        "underlying infrastructure",
        "host failure",
        "instance has been terminated",
        "impaired",
    ]) {
        return Some(Cause::InfrastructureFailed);
    }
    None
}

fn unhealthy(check: HealthCheck) -> Cause {
    Cause::FailedHealthChecks { check }
}

fn out_of_memory(container: Option<String>) -> Cause {
    match container {
        Some(container) => Cause::OutOfMemory { container },
        None => Cause::NotStarted { container: None },
    }
}

/// ECS uses one sentence for both; the text after it tells which one it is.
fn secrets_or_registry(text: &str, lower: &str) -> Cause {
    let (_, rest) = lower
        .split_once("unable to pull secrets or registry auth")
        .unwrap_or_default();
    let has = |words: &[&str]| words.iter().any(|word| rest.contains(word));
    if has(&[
        "registry auth",
        "getauthorizationtoken",
        "ecr:",
        "api.ecr",
        ".dkr.ecr",
    ]) {
        let why = obstacle(rest);
        return Cause::RegistryClosed { why };
    }
    if has(&["secret", "asm", "ssm", "parameter"]) {
        return Cause::SecretsNotFetched {
            which: secret(text),
            why: obstacle(rest),
        };
    }
    Cause::SecretsOrRegistry
}

/// Why a fetch failed. A text about a denial often also says that the thing is
/// missing, and one about the network says either, so the order matters.
fn obstacle(lower: &str) -> Obstacle {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&[
        "toomanyrequests",
        "rate limit",
        "pull limit",
        "rate exceeded",
        "throttl",
    ]) {
        return Obstacle::RateLimited;
    }
    // A denial by its code, whatever else the text says.
    if has(&["accessdenied", "not authorized", "status code: 403"]) {
        return Obstacle::Denied;
    }
    if has(&[
        "i/o timeout",
        "dial tcp",
        "timed out",
        "timeout",
        "deadline exceeded",
        "connection refused",
        "no route to host",
        "no such host",
        "requestcanceled",
        "connection reset",
        "tls handshake",
        "failed to resolve \"",
        "check your task network configuration",
    ]) {
        return Obstacle::Unreachable;
    }
    if has(&[
        "access denied",
        "no basic auth",
        "unauthorized",
        "forbidden",
        "permission denied",
        "denied by server",
        "denied:",
        "authentication required",
    ]) {
        return Obstacle::Denied;
    }
    if has(&[
        "not found",
        "notfound",
        "does not exist",
        "can't find",
        "manifest unknown",
        "invalid ssm param",
        "no such file",
        "name unknown",
    ]) {
        return Obstacle::Missing;
    }
    Obstacle::Unclear
}

/// The cause if the subnets are out of addresses.
pub(super) fn addresses(lower: &str) -> Option<Cause> {
    is_out_of_addresses(lower).then_some(Cause::OutOfAddresses)
}

fn is_out_of_addresses(lower: &str) -> bool {
    [
        "insufficientfreeaddresses",
        "insufficient free addresses",
        "enough free addresses",
        "free ip address",
    ]
    .iter()
    .any(|words| lower.contains(words))
}

/// What is lacking for a task that cannot be placed.
pub(super) fn lack(lower: &str) -> Lack {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["limit on the number of", "vcpu limit", "quota"]) {
        Lack::Quota
    } else if has(&["capacity is unavailable"]) {
        Lack::Capacity
    } else if has(&["resource:memory", "insufficient memory"]) {
        Lack::Memory
    } else if has(&["resource:cpu", "insufficient cpu"]) {
        Lack::Cpu
    } else if has(&["resource:ports", "using a port"]) {
        Lack::Ports
    } else if has(&["container instance", "resource:eni"]) {
        Lack::Instances
    } else {
        Lack::Unclear
    }
}

/// The secret or parameter that the text names.
fn secret(text: &str) -> Option<String> {
    arn(text, ":secretsmanager:")
        .or_else(|| arn(text, ":parameter/"))
        .or_else(|| {
            let (_, rest) = text.split_once("arameters: ")?;
            first_word(rest)
        })
}

/// The first ARN in the text that contains `part`.
pub(super) fn arn(text: &str, part: &str) -> Option<String> {
    let mut words = text.split(|c: char| c.is_whitespace() || "'\"(),;[]".contains(c));
    let word = words.find(|word| word.starts_with("arn:") && word.contains(part))?;
    first_word(word)
}

/// The first word, without trailing punctuation, cut to the longest name.
fn first_word(text: &str) -> Option<String> {
    /// An ARN is at most this long.
    const MAX_NAME: usize = 300;
    let word = text
        .split([' ', ',', ']', '['])
        .find(|word| !word.is_empty())?;
    let word = word.trim_end_matches(['.', ':']);
    Some(word.chars().take(MAX_NAME).collect())
}
