//! Reads trace settings from OpenTelemetry's standard environment variables.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::sampler::Sampler;

/// The default service name.
const NAME: &str = "bluegreen-worker";

/// The specification's default timeout of one export.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Endpoint of the collector and what to send to it.
#[derive(Clone, PartialEq)]
pub struct TraceSettings {
    pub(super) url: String,
    /// May contain keys; never shown.
    pub(super) headers: Vec<(String, String)>,
    pub(super) timeout: Duration,
    pub(super) sampler: Sampler,
    /// Resource attributes of this process.
    pub(super) resource: BTreeMap<String, String>,
}

/// Leaves out the URL and the headers, which may contain keys.
impl fmt::Debug for TraceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceSettings")
            .field("timeout", &self.timeout)
            .field("sampler", &self.sampler)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// Reads the variables. Returns the settings, or `None` if tracing is off, and
/// a sentence about each value that is not understood. As the specification
/// requires, an invalid value never keeps the program from starting.
///
/// `is_safe` decides whether a URL may be used; `place` holds resource
/// attributes.
#[must_use]
pub fn trace_settings(
    environment: &BTreeMap<String, String>,
    is_safe: impl Fn(&str) -> bool,
    place: Vec<(String, String)>,
) -> (Option<TraceSettings>, Vec<String>) {
    let read = Variables(environment);
    let mut notes = Vec::new();
    if read
        .get("OTEL_SDK_DISABLED")
        .is_some_and(|it| it.eq_ignore_ascii_case("true"))
    {
        return (None, notes);
    }
    match read.get("OTEL_TRACES_EXPORTER") {
        None | Some("otlp") => {}
        Some("none") => return (None, notes),
        Some(other) => {
            notes.push(format!(
                "OTEL_TRACES_EXPORTER={other} is not known; the exporters are otlp and none"
            ));
            return (None, notes);
        }
    }
    let Some(url) = read.url() else {
        return (None, notes);
    };
    if !is_safe(&url) {
        notes.push(
            "no traces are sent: without TLS (https://) they may only go to this machine itself, \
             such as http://127.0.0.1:4318"
                .to_owned(),
        );
        return (None, notes);
    }
    match read.of_traces("PROTOCOL") {
        None | Some((_, "http/json" | "http/protobuf")) => {}
        Some((_, other)) => {
            notes.push(format!(
                "no traces are sent: the protocol {other} is not supported, only http/json, \
                 which collectors accept on port 4318"
            ));
            return (None, notes);
        }
    }
    let sampler = Sampler::parse(
        read.get("OTEL_TRACES_SAMPLER"),
        read.get("OTEL_TRACES_SAMPLER_ARG"),
    );
    let sampler = sampler.unwrap_or_else(|problem| {
        notes.push(problem);
        Sampler::All
    });
    let headers = read.of_traces("HEADERS");
    let headers = headers.map(|(name, text)| pairs(text, &name, &mut notes));
    let settings = TraceSettings {
        url,
        headers: headers.unwrap_or_default(),
        timeout: read.timeout(&mut notes),
        sampler,
        resource: read.resource(place, &mut notes),
    };
    (Some(settings), notes)
}

impl TraceSettings {
    /// The endpoint without parts that may be a key: credentials and query.
    #[must_use]
    pub fn place(&self) -> String {
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        match url.rsplit_once('@') {
            Some((_, host)) => format!("…@{host}"),
            None => url.to_owned(),
        }
    }
}

struct Variables<'a>(&'a BTreeMap<String, String>);

impl<'a> Variables<'a> {
    /// An empty variable counts as unset.
    fn get(&self, name: &str) -> Option<&'a str> {
        let value = self.0.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// The variable for traces, or else the one for all signals, with its name.
    fn of_traces(&self, name: &str) -> Option<(String, &'a str)> {
        let names = ["TRACES_", ""].map(|signal| format!("OTEL_EXPORTER_OTLP_{signal}{name}"));
        names.into_iter().find_map(|name| {
            let value = self.get(&name)?;
            Some((name, value))
        })
    }

    /// The endpoint for traces is used as it is. The endpoint for all signals
    /// gets `/v1/traces` appended.
    fn url(&self) -> Option<String> {
        if let Some(url) = self.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
            return Some(url.to_owned());
        }
        let base = self.get("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        Some(format!("{}/v1/traces", base.trim_end_matches('/')))
    }

    fn timeout(&self, notes: &mut Vec<String>) -> Duration {
        let Some((name, text)) = self.of_traces("TIMEOUT") else {
            return TIMEOUT;
        };
        match text.parse() {
            Ok(milliseconds) if milliseconds > 0 => Duration::from_millis(milliseconds),
            Ok(_) | Err(_) => {
                notes.push(format!(
                    "{name}={text} is not a number of milliseconds; the timeout is {} s",
                    TIMEOUT.as_secs()
                ));
                TIMEOUT
            }
        }
    }

    fn resource(
        &self,
        place: Vec<(String, String)>,
        notes: &mut Vec<String>,
    ) -> BTreeMap<String, String> {
        let mut resource: BTreeMap<String, String> = place.into_iter().collect();
        resource.insert("service.name".into(), NAME.into());
        resource.insert("service.version".into(), env!("CARGO_PKG_VERSION").into());
        let name = "OTEL_RESOURCE_ATTRIBUTES";
        resource.extend(pairs(self.get(name).unwrap_or_default(), name, notes));
        if let Some(name) = self.get("OTEL_SERVICE_NAME") {
            resource.insert("service.name".into(), name.into());
        }
        resource
    }
}

/// Parses `key=value` pairs, separated by commas, with percent-encoded values.
/// An invalid pair is skipped and not quoted in the note, because headers
/// contain keys.
fn pairs(text: &str, name: &str, notes: &mut Vec<String>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for pair in text.split(',').filter(|it| !it.trim().is_empty()) {
        let parsed = pair.split_once('=').and_then(|(key, value)| {
            let key = key.trim();
            (!key.is_empty()).then_some((key.to_owned(), decoded(value.trim())?))
        });
        match parsed {
            Some(pair) => pairs.push(pair),
            None => notes.push(format!(
                "{name} has a part that is not key=value; it is left out"
            )),
        }
    }
    pairs
}

/// Undoes percent-encoding. Returns `None` if it is invalid.
fn decoded(text: &str) -> Option<String> {
    let is_escape = |rest: &str| {
        let digits = rest.get(..2);
        digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    if !text.split('%').skip(1).all(is_escape) {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests;
