//! Validates image references by Docker's grammar. ECS accepts more, but such
//! images could never be pulled.

use crate::ecr::{is_digest, is_folder, is_tag};

/// Longest image reference without its digest.
const MAX_IMAGE: usize = 255;

pub(super) fn is_image(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    if name.len() > MAX_IMAGE || !digest.is_none_or(is_digest) {
        return false;
    }
    let (host, rest) = match name.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => {
            (Some(host), rest)
        }
        _ => (None, name),
    };
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    host.is_none_or(is_host) && path.split('/').all(is_folder) && tag.is_none_or(is_tag)
}

fn is_host(host: &str) -> bool {
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    name.split('.').all(|label| !label.is_empty()) && port.is_none_or(is_port)
}
