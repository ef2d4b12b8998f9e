//! Access check of the control endpoint: programs on this machine may use it,
//! web pages from elsewhere in a browser here may not.

use std::net::IpAddr;

use crate::wire::message::Request;

/// Returns status and message for a request that is refused.
///
/// A foreign web page can make a browser send any request except one with a
/// JSON body, which needs a CORS preflight that this server never grants. The
/// page can also point its own host name at this port. But it cannot make the
/// browser send another `Host` or `Origin`.
pub(super) fn refuse(request: &Request) -> Option<(u16, &'static str)> {
    let host = request.header("host");
    if !is_ours(host.unwrap_or("localhost")) {
        return Some((
            403,
            "Host: use an IP address, localhost or a name without a dot",
        ));
    }
    let origin = request.header("origin");
    let same = |origin: &str| origin.strip_prefix("http://") == host;
    if origin.is_some_and(|origin| !same(origin)) {
        return Some((403, "Origin: pages of other sites are refused"));
    }
    let kind = request.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if request.method == "POST" && !kind.eq_ignore_ascii_case("application/json") {
        return Some((415, "Content-Type: application/json is expected"));
    }
    None
}

/// Whether a foreign site cannot own this host name: an address, or a name
/// without a dot, such as `localhost` or a container's.
fn is_ours(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let name = bare.unwrap_or(name);
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_local = !name.is_empty() && name.chars().all(letter);
    is_local || name.parse::<IpAddr>().is_ok()
}
