//! Classifies a stop reason by the words that ECS, its agent and the container
//! runtime use in it. A word may occur in several kinds of reasons, so specific
//! kinds are tried first.

use super::{Cause, Lack, Obstacle};

/// The kind of reason that a text gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Image(Obstacle),
    Architecture,
    Registry(Obstacle),
    Secrets {
        which: Option<String>,
        why: Obstacle,
    },
    SecretsOrRegistry,
    EnvironmentFiles(Obstacle),
    Log(Obstacle),
    Role(Option<String>),
    Volume(Obstacle),
    Addresses,
    NetworkInterface,
    Port,
    Disk,
    Start,
    Memory,
    TargetGroup,
    ContainerHealth,
    NoPlace(Lack),
    Infrastructure,
}

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

/// Classifies the text; `None` if no known words occur in it.
pub(super) fn of(text: &str) -> Option<Reason> {
    let lower = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let why = || obstacle(&lower);
    if has(&ARCHITECTURE) {
        return Some(Reason::Architecture);
    }
    if has(&[
        "unable to assume the role",
        "unable to assume role",
        "unable to assume the service",
    ]) {
        return Some(Reason::Role(arn(text, ":role/")));
    }
    if has(&["no space left on device"]) {
        return Some(Reason::Disk);
    }
    if has(&["unable to pull secrets or registry auth"]) {
        return Some(secrets_or_registry(text, &lower));
    }
    if has(&["env file", "environment file"]) {
        return Some(Reason::EnvironmentFiles(why()));
    }
    if has(&[
        "logger args",
        "failed to initialize logging driver",
        "create log stream",
        "cloudwatch log",
    ]) {
        return Some(Reason::Log(why()));
    }
    if has(&["cannotpull"]) {
        return Some(Reason::Image(why()));
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
        return Some(Reason::Volume(why()));
    }
    if has(&[
        "address already in use",
        "port is already allocated",
        "already using a port",
    ]) {
        return Some(Reason::Port);
    }
    if is_out_of_addresses(&lower) {
        return Some(Reason::Addresses);
    }
    if has(&["network interface"]) {
        return Some(Reason::NetworkInterface);
    }
    if has(&["asm:", "ssm:", "fetch secret", "retrieve secret"]) {
        return Some(Reason::Secrets {
            which: secret(text),
            why: why(),
        });
    }
    if has(&["outofmemory", "out of memory", "oomkilled", "oom-kill"]) {
        return Some(Reason::Memory);
    }
    if has(&["failed container health checks", "container health check"]) {
        return Some(Reason::ContainerHealth);
    }
    if has(&["elb health checks", "failed health checks", "health checks"]) {
        return Some(Reason::TargetGroup);
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
        return Some(Reason::NoPlace(lack(&lower)));
    }
    if has(&NOT_STARTED) {
        return Some(Reason::Start);
    }
    if has(&[
        "underlying infrastructure",
        "host failure",
        "instance has been terminated",
        "impaired",
    ]) {
        return Some(Reason::Infrastructure);
    }
    None
}

/// ECS uses one sentence for both; the text after it tells which one it is.
fn secrets_or_registry(text: &str, lower: &str) -> Reason {
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
        return Reason::Registry(obstacle(rest));
    }
    if has(&["secret", "asm", "ssm", "parameter"]) {
        return Reason::Secrets {
            which: secret(text),
            why: obstacle(rest),
        };
    }
    Reason::SecretsOrRegistry
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
