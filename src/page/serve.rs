//! HTTP routes of the page: static files, and the view and the AWS calls as
//! JSON, which the page polls. All routes are read-only.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use super::calls::CallLog;
use super::view::View;

const HTML: &str = include_str!("assets/page.html");
const CSS: &str = include_str!("assets/page.css");
/// The scripts, each of which knows those before it.
const SCRIPTS: [(&str, &str); 4] = [
    ("parts.js", include_str!("assets/parts.js")),
    ("charts.js", include_str!("assets/charts.js")),
    ("calls.js", include_str!("assets/calls.js")),
    ("page.js", include_str!("assets/page.js")),
];

/// Content security policy: no foreign resources, no inline code, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Produces the current view.
pub type Look = Arc<dyn Fn() -> View + Send + Sync>;

/// Routes of the page below `place`, which ends with `/`.
pub fn routes(place: &str, look: Look, log: CallLog) -> Router {
    let at = |name: &str| format!("{place}{name}");
    let html = || async { file("text/html; charset=utf-8", HTML) };
    let css = || async { file("text/css; charset=utf-8", CSS) };
    let mut files = Router::new()
        .route(place, get(html))
        .route(&at("page.css"), get(css));
    for (name, text) in SCRIPTS {
        let script = move || async move { file("text/javascript; charset=utf-8", text) };
        files = files.route(&at(name), get(script));
    }
    files
        .route(&at("view.json"), get(view))
        .with_state(look)
        .merge(
            Router::new()
                .route(&at("calls.json"), get(calls))
                .with_state(log),
        )
        .layer(middleware::from_fn(guard))
}

/// A route at `/` that lists what is served, each with a path and a
/// description. Neither may contain markup.
pub fn index(title: &'static str, served: &'static [(&'static str, &'static str)]) -> Router {
    let list = move || async move {
        let items = served.iter();
        let items: String = items
            .map(|(path, about)| format!("<li><a href=\"{path}\">{path}</a> {about}</li>\n"))
            .collect();
        let text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title}</title>\n<h1>{title}</h1>\n<ul>\n{items}</ul>\n</html>\n"
        );
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text)
    };
    Router::new()
        .route("/", get(list))
        .layer(middleware::from_fn(guard))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn view(State(look): State<Look>) -> Response {
    json(&look())
}

/// The calls after the last one that the client has seen: `?after=12`.
async fn calls(State(log): State<CallLog>, uri: Uri) -> Response {
    let seen = uri.query().and_then(|query| query.strip_prefix("after="));
    let seen = seen.and_then(|number| number.parse().ok());
    json(&log.after(seen.unwrap_or(0)))
}

fn json(what: &impl Serialize) -> Response {
    match serde_json::to_string(what) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Adds security headers to each response. The server itself decides which
/// hosts may make requests.
async fn guard(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_loads_nothing_from_other_hosts() {
        let scripts = SCRIPTS.map(|(_, text)| text);
        for text in [&[HTML, CSS][..], &scripts].concat() {
            let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!elsewhere.contains("http:"), "{elsewhere}");
            assert!(!elsewhere.contains("https:"), "{elsewhere}");
            assert!(!text.contains("innerHTML"), "text is never taken for HTML");
        }
        for (name, _) in SCRIPTS {
            assert!(HTML.contains(&format!("<script src=\"{name}\">")), "{name}");
        }
        for inline in ["<script>", "style=\"", "onclick="] {
            assert!(!HTML.contains(inline), "{inline}");
        }
    }
}
