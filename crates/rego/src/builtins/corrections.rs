//! Functions of regorus that answer differently from OPA, for some arguments
//! only.

use std::collections::BTreeSet;

use regorus::Value;

use super::super::yaml_words;
use super::own::Network;

/// Whether regorus' function has OPA's answer for these arguments.
pub(super) fn agrees(name: &str, arguments: &[Value]) -> bool {
    match name {
        // OPA refuses an empty part.
        "indexof" | "indexof_n" => arguments[1] != Value::from(""),
        // In OPA, a node that leads to itself doubles its paths.
        "graph.reachable_paths" => !has_loop(&arguments[0]),
        // OPA reads over line breaks.
        name if name.starts_with("base64") && !name.contains("encode") => arguments[0]
            .as_string()
            .is_ok_and(|text| !text.contains(['\r', '\n'])),
        // OPA converts to a float, which has fewer digits.
        "round" => arguments[0]
            .as_f64()
            .is_ok_and(|float| float.abs() <= super::numbers::MAX_EXACT),
        "time.format" => layout(&arguments[0]).is_none_or(|layout| {
            let has_fraction = [".9", ",9", ",0"].iter().any(|part| layout.contains(part));
            let plain = layout.replace("Z07:00", "").replace("Z0700", "");
            let has_letter = plain.trim_end_matches('Z').contains('Z');
            !names_zone(layout) && !has_fraction && !has_letter
        }),
        "time.parse_ns" => arguments[0]
            .as_string()
            .is_ok_and(|layout| !names_zone(layout)),
        "net.cidr_expand" => arguments[0]
            .as_string()
            .is_ok_and(|text| Network::of(text).is_some()),
        // OPA escapes the value alone.
        "json.marshal_with_options" => {
            let options = super::super::elements::elements(&arguments[1]);
            !options.iter().any(|(_, option)| {
                let option = option.as_string();
                option.is_ok_and(|text| escaped(text) != **text)
            })
        }
        _ => true,
    }
}

/// OPA's form of regorus' answer; `None` if that is not known.
pub(super) fn corrected(name: &str, arguments: &[Value], answer: Value) -> Option<Value> {
    match (name, &answer) {
        ("json.marshal" | "json.marshal_with_options", Value::String(text)) => {
            Some(escaped(text).into())
        }
        ("time.format", Value::String(text)) => {
            Some(match layout(&arguments[0]) {
                None | Some("RFC3339Nano") => trimmed(text).into(),
                // regorus leaves out a `Z` that is no zone.
                Some(layout) if layout.ends_with('Z') && !layout.starts_with("RFC") => {
                    format!("{text}Z").into()
                }
                Some(_) => answer,
            })
        }
        ("time.parse_ns", _) => {
            let (layout, text) = (
                arguments[0].as_string().ok()?,
                arguments[1].as_string().ok()?,
            );
            is_exact(layout, text, &answer).then_some(answer)
        }
        ("time.parse_rfc3339_ns", _) => {
            let text = arguments[0].as_string().ok()?;
            is_exact("RFC3339", text, &answer).then_some(answer)
        }
        // Bytes that are no text, which OPA keeps.
        ("base64.decode" | "base64url.decode" | "hex.decode", Value::String(text)) => {
            (!text.contains('\u{fffd}')).then_some(answer)
        }
        ("net.cidr_expand", Value::Array(addresses)) => {
            let set: BTreeSet<Value> = addresses.iter().cloned().collect();
            Some(Value::from(set))
        }
        ("yaml.unmarshal", _) => {
            let text = arguments[0].as_string().ok()?;
            let is_alike = yaml_words::first(text, &answer).is_none();
            yaml_words::with_text_keys(answer).filter(|_| is_alike)
        }
        _ => Some(answer),
    }
}

fn has_loop(graph: &Value) -> bool {
    let nodes = super::super::elements::elements(graph);
    nodes.iter().any(|(node, edges)| {
        let edges = super::super::elements::elements(edges);
        edges.iter().any(|(_, edge)| edge == node)
    })
}

/// The layout of `[time, zone, layout]`; `None` for the default.
fn layout(argument: &Value) -> Option<&str> {
    let layout = argument.as_array().ok()?.get(2)?;
    layout.as_string().ok().map(|layout| &**layout)
}

/// Whether the layout has an abbreviated zone.
fn names_zone(layout: &str) -> bool {
    const WITH_ZONE: [&str; 4] = ["UnixDate", "RFC822", "RFC850", "RFC1123"];
    WITH_ZONE.contains(&layout) || layout.contains("MST")
}

/// Whether a text is what its time would be written as. Others, such as
/// `2020-1-2` for `2006-01-02`, are refused: Go takes some and regorus more.
fn is_exact(layout: &str, text: &str, time: &Value) -> bool {
    let layout = match layout {
        "RFC3339" => "2006-01-02T15:04:05Z07:00",
        "RFC3339Nano" => "2006-01-02T15:04:05.999999999Z07:00",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        other => other,
    };
    let zone = ["Z07:00", "-07:00", "Z0700", "-0700"].into_iter();
    let mut zones = zone.filter_map(|zone| Some((zone, layout.strip_suffix(zone)?)));
    if let Some((zone, layout)) = zones.next() {
        let local = match text.strip_suffix('Z').filter(|_| zone.starts_with('Z')) {
            Some(local) => Some(local),
            // `Z` stands for the sign.
            None => text
                .split_at_checked(text.len().saturating_sub(zone.len()))
                .map(|it| it.0),
        };
        let parse = super::function("time.parse_ns");
        return local
            .zip(parse)
            .is_some_and(|(local, parse)| parse.call(&[layout.into(), local.into()]).is_ok());
    }
    let without_fraction = |text: &str| match text.rsplit_once('.') {
        Some((before, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            before.to_owned()
        }
        _ => text.to_owned(),
    };
    let (layout, text) = match without_fraction(layout) {
        layout if layout.ends_with("05") => (layout, without_fraction(text)),
        _ => (layout.to_owned(), text.to_owned()),
    };
    let whole = Value::from(vec![time.clone(), "UTC".into(), layout.into()]);
    let format = super::function("time.format");
    format.is_some_and(|format| {
        format
            .call(&[whole])
            .is_ok_and(|found| found == text.into())
    })
}

/// Go writes these characters of a text as escapes. They occur nowhere else in
/// JSON.
fn escaped(json: &str) -> String {
    let mut all = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                all.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => all.push(other),
        }
    }
    all
}

/// A time without the last zeros of its fraction.
fn trimmed(time: &str) -> String {
    let Some((before, rest)) = time.split_once('.') else {
        return time.to_owned();
    };
    let zone = rest.find(|c: char| !c.is_ascii_digit());
    let (fraction, zone) = rest.split_at(zone.unwrap_or(rest.len()));
    match fraction.trim_end_matches('0') {
        "" => format!("{before}{zone}"),
        fraction => format!("{before}.{fraction}{zone}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_escapes_what_go_escapes() {
        let answer = Value::from(r#"{"a":"<b> & c"}"#);
        let expected = r#"{"a":"\u003cb\u003e \u0026 c"}"#;
        let found = corrected("json.marshal", &[], answer);
        assert_eq!(found, Some(Value::from(expected)));
    }

    #[test]
    fn a_fraction_of_a_second_has_no_last_zeros() {
        for (time, expected) in [
            (
                "2021-01-01T00:59:59.120000000+01:00",
                "2021-01-01T00:59:59.12+01:00",
            ),
            ("2021-01-01T00:00:00.000000000Z", "2021-01-01T00:00:00Z"),
            ("2021-01-01T00:00:00Z", "2021-01-01T00:00:00Z"),
        ] {
            assert_eq!(trimmed(time), expected);
        }
    }

    #[test]
    fn a_time_is_parsed_only_as_it_would_be_written() {
        let parse = crate::builtins::function("time.parse_ns");
        let parse = parse.expect("it is there");
        for (layout, text, is_parsed) in [
            ("2006-01-02", "2020-01-02", true),
            ("2006-01-02", "2020-1-2", false),
            ("2006-01-02", " 2020-01-02", false),
            ("2006-01-02 15:04:05.000", "2020-01-02 03:04:05.600", true),
            ("Jan 2 2006", "Feb 3 2020", true),
            ("Jan 02 2006", "Feb 3 2020", false),
            ("January 2 2006", "Feb 3 2020", false),
            ("RFC3339", "2020-01-02T03:04:05.6Z", true),
            ("RFC3339", "2020-01-02T03:04:05+02:00", true),
            ("RFC3339", "2020-01-02T03:04:05\u{2212}02:00", false),
            ("RFC3339", "2020-01-02T03:04:60Z", false),
            ("RFC3339Nano", "2020-01-02T03:04:05.123456789-01:00", true),
            ("RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700", true),
            ("2006-01-02T15:04:05Z", "2020-01-02T03:04:05Z", true),
            ("2006-01-02T15:04:05Z", "2020-1-02T03:04:05Z", false),
        ] {
            let found = parse.call(&[layout.into(), text.into()]);
            assert_eq!(found.is_ok(), is_parsed, "{layout} {text}");
        }
    }

    #[test]
    fn the_addresses_of_a_network_are_a_set() {
        let function = crate::builtins::function("net.cidr_expand");
        let found = function.expect("it is there").call(&["10.0.0.0/31".into()]);
        let expected = ["10.0.0.0", "10.0.0.1"].map(Value::from);
        assert_eq!(found.ok(), Some(Value::from(BTreeSet::from(expected))));
    }

    #[test]
    fn what_regorus_answers_differently_is_not_asked() {
        let text = |text: &str| Value::from(text);
        let list = |items: &[&str]| {
            let items: Vec<Value> = items.iter().map(|item| text(item)).collect();
            Value::from(items)
        };
        let time = |layout: &str| Value::from(vec![Value::from(0_i64), text("UTC"), text(layout)]);
        let graph = Value::from(std::collections::BTreeMap::from([(
            text("a"),
            list(&["a"]),
        )]));
        for (name, arguments) in [
            ("indexof", vec![text("a"), text("")]),
            ("indexof_n", vec![text("a"), text("")]),
            ("time.format", vec![time("RFC1123")]),
            ("time.format", vec![time("15:04:05.999")]),
            ("time.format", vec![time("05,000")]),
            ("time.format", vec![time("Z 15:04")]),
            ("time.format", vec![time("15:04Z07")]),
            ("time.parse_ns", vec![text("RFC1123"), text("")]),
            ("time.parse_ns", vec![text("15:04 MST"), text("")]),
            ("graph.reachable_paths", vec![graph, list(&["a"])]),
        ] {
            assert!(!agrees(name, &arguments), "{name}");
        }
        assert!(agrees("indexof", &[text("a"), text("a")]));
        assert!(agrees("time.format", &[time("2006-01-02")]));
        assert!(agrees("time.format", &[time("2006-01-02Z07:00")]));
        assert!(agrees("time.parse_ns", &["15:04:05.999".into(), "".into()]));
    }
}
