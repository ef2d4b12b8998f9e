//! Tests of how the standard variables are read.

use super::*;

const BASE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318/");

fn read(variables: &[(&str, &str)]) -> (Option<TraceSettings>, Vec<String>) {
    let variables = variables.iter();
    let environment = variables
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let is_safe = |url: &str| url.starts_with("https://") || url.contains("127.0.0.1");
    let place = vec![("aws.ecs.task.arn".to_owned(), "task".to_owned())];
    trace_settings(&environment, is_safe, place)
}

fn settings(variables: &[(&str, &str)]) -> TraceSettings {
    let (settings, notes) = read(variables);
    assert_eq!(notes, [""; 0]);
    settings.expect("traces are wanted")
}

#[test]
fn without_an_endpoint_or_switched_off_nothing_is_traced() {
    for off in [
        vec![],
        vec![("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
        vec![BASE, ("OTEL_SDK_DISABLED", "True")],
        vec![BASE, ("OTEL_TRACES_EXPORTER", "none")],
    ] {
        assert_eq!(read(&off), (None, vec![]), "{off:?}");
    }
}

#[test]
fn the_endpoint_for_all_signals_gets_a_path_and_the_one_for_traces_does_not() {
    assert_eq!(settings(&[BASE]).url, "http://127.0.0.1:4318/v1/traces");
    let own = "https://traces.example/otlp";
    let both = [BASE, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own)];
    assert_eq!(settings(&both).url, own);
}

#[test]
fn headers_are_decoded_and_those_for_traces_win() {
    let all = ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b%3D, x = y");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [pair("api-key", "a b="), pair("x", "y")];
    assert_eq!(settings(&[BASE, all]).headers, expected);
    let own = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "z=1");
    assert_eq!(settings(&[BASE, all, own]).headers, [pair("z", "1")]);
    let (kept, notes) = read(&[BASE, ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2,a=%zz,b=1")]);
    assert_eq!(kept.expect("they go on").headers, [pair("b", "1")]);
    assert_eq!(notes.len(), 2);
    assert!(!notes.concat().contains("hunter2"), "{notes:?}");
}

#[test]
fn the_service_is_called_as_it_is_asked_to() {
    let named = |variables: &[(&str, &str)]| {
        let resource = settings(&[&[BASE], variables].concat()).resource;
        resource["service.name"].clone()
    };
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,team=a%2Cb");
    assert_eq!(named(&[]), "bluegreen-worker");
    assert_eq!(named(&[attributes]), "shop");
    assert_eq!(
        named(&[attributes, ("OTEL_SERVICE_NAME", "deploys")]),
        "deploys"
    );
    let resource = settings(&[BASE, attributes]).resource;
    assert_eq!(resource["team"], "a,b");
    assert_eq!(resource["aws.ecs.task.arn"], "task");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn invalid_settings_are_reported_and_do_not_prevent_the_start() {
    let timeout = "OTEL_EXPORTER_OTLP_TIMEOUT";
    let (kept, notes) = read(&[BASE, (timeout, "0"), ("OTEL_TRACES_SAMPLER", "xray")]);
    let kept = kept.expect("they go on");
    assert_eq!((kept.timeout, kept.sampler), (TIMEOUT, Sampler::All));
    assert!(notes.iter().any(|note| note.contains("xray")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains(timeout)), "{notes:?}");
    // A note names the variable that was read.
    for variable in [
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    ] {
        let (_, notes) = read(&[BASE, (variable, "x"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "y")]);
        assert!(notes[0].starts_with(variable), "{notes:?}");
    }
    assert_eq!(
        settings(&[BASE, (timeout, "1")]).timeout,
        Duration::from_millis(1)
    );
    for (variable, words) in [
        (
            (
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                "http://u:hunter2@10.0.0.7",
            ),
            "TLS",
        ),
        (("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), "grpc"),
        (("OTEL_TRACES_EXPORTER", "jaeger"), "jaeger"),
    ] {
        let (none, notes) = read(&[BASE, variable]);
        assert_eq!(none, None);
        assert!(notes.concat().contains(words), "{notes:?}");
        assert!(!notes.concat().contains("hunter2"), "{notes:?}");
    }
}

#[test]
fn a_place_is_shown_without_what_may_be_a_key() {
    let own = "https://user:hunter2@traces.example/v1/traces?key=hunter2";
    let settings = settings(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own)]);
    assert_eq!(settings.place(), "…@traces.example/v1/traces");
}
