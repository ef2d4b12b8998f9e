//! Who may use the control endpoint: a program on this machine, and no web page
//! that a browser here happens to show.

use crate::http_server::Hosts;
use crate::simulator::wire::message::Request;

/// Why a request is not carried out: its status and a remedy.
///
/// A page elsewhere can have a browser send any request without a body of JSON
/// (with one, the browser asks first, and nobody answers that), and it can have
/// its own name lead here; but it cannot have another `Host` or `Origin` sent.
pub(super) fn refuse(request: &Request) -> Option<(u16, &'static str)> {
    let host = request.header("host");
    if !is_ours(host.unwrap_or("localhost")) {
        return Some((
            403,
            "Host: ask by an address, localhost or a name without a dot",
        ));
    }
    let origin = request.header("origin");
    let same = |origin: &str| origin.strip_prefix("http://") == host;
    if origin.is_some_and(|origin| !same(origin)) {
        return Some((403, "Origin: a page of another site may not ask"));
    }
    let kind = request.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if request.method == "POST" && !kind.eq_ignore_ascii_case("application/json") {
        return Some((415, "Content-Type: application/json is expected"));
    }
    None
}

/// Whether nobody elsewhere can have the name lead here: an address, or a name
/// without a dot, such as a container's.
fn is_ours(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_local = !name.is_empty() && name.chars().all(letter);
    is_local || Hosts::default().allow(Some(host))
}
