//! Validates image references by Docker's grammar. ECS accepts more, but such
//! images could never be pulled.

/// Longest image reference without its digest.
const MAX_IMAGE: usize = 255;
const MAX_TAG: usize = 128;

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

fn is_digest(digest: &str) -> bool {
    digest
        .strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_host(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    name.split('.').all(|label| !label.is_empty())
}

fn is_folder(folder: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = |c: char| edge(c) || "-_.".contains(c);
    folder.starts_with(edge) && folder.ends_with(edge) && folder.chars().all(inner)
}

fn is_tag(tag: &str) -> bool {
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.starts_with(first)
        && tag.len() <= MAX_TAG
        && tag.chars().all(|c| first(c) || "-.".contains(c))
}
