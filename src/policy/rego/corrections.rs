//! What a few functions of regorus do otherwise than OPA, for some arguments
//! only.

use regorus::Value;

use super::super::yaml_words;

/// Whether regorus' function has OPA's answer for these arguments.
pub(super) fn agrees(name: &str, arguments: &[Value]) -> bool {
    match name {
        // OPA refuses an empty part.
        "indexof" | "indexof_n" => arguments[1] != Value::from(""),
        // In OPA, a node that leads to itself doubles its paths.
        "graph.reachable_paths" => !has_loop(&arguments[0]),
        "time.format" => layout(&arguments[0]).is_none_or(is_plain),
        // OPA escapes the value alone.
        "json.marshal_with_options" => {
            let options = super::machine::elements(&arguments[1]);
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
            let is_exact = matches!(layout(&arguments[0]), None | Some("RFC3339Nano"));
            Some(if is_exact {
                trimmed(text).into()
            } else {
                answer
            })
        }
        ("yaml.unmarshal", _) => {
            let text = arguments[0].as_string().ok()?;
            yaml_words::first(text, &answer).is_none().then_some(answer)
        }
        _ => Some(answer),
    }
}

fn has_loop(graph: &Value) -> bool {
    let nodes = super::machine::elements(graph);
    nodes.iter().any(|(node, edges)| {
        let edges = super::machine::elements(edges);
        edges.iter().any(|(_, edge)| edge == node)
    })
}

/// The layout of `[time, zone, layout]`; `None` for the default.
fn layout(argument: &Value) -> Option<&str> {
    let layout = argument.as_array().ok()?.get(2)?;
    layout.as_string().ok().map(|layout| &**layout)
}

/// Whether the layout has no abbreviated zone and no optional fraction.
fn is_plain(layout: &str) -> bool {
    const WITH_ZONE: [&str; 4] = ["UnixDate", "RFC822", "RFC850", "RFC1123"];
    !WITH_ZONE.contains(&layout) && !["MST", ".9", ",9"].iter().any(|part| layout.contains(part))
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
            ("graph.reachable_paths", vec![graph, list(&["a"])]),
        ] {
            assert!(!agrees(name, &arguments), "{name}");
        }
        assert!(agrees("indexof", &[text("a"), text("a")]));
        assert!(agrees("time.format", &[time("2006-01-02")]));
    }
}
