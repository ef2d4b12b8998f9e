//! YAML and JSON give the same values, and displayed paths stay short.

use proptest::prelude::*;
use serde_json::Value;

use super::{Document, Path};
use crate::job::request::FileRef;
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, FindingKind, Position, SyntaxCause};

fn read(text: &str) -> Document {
    try_read(text).expect("it should parse")
}

fn try_read(text: &str) -> Result<Document, Vec<Finding>> {
    let file = FileRef {
        artifact: "Source".to_owned(),
        path: "appspec.yaml".to_owned(),
    };
    let bytes = Ok(text.as_bytes().to_vec());
    let bundle = Bundle {
        files: [(file.clone(), bytes)].into(),
    };
    Document::json_or_yaml(&bundle, &file)
}

/// The value in YAML's block style.
fn yaml(value: &Value, indent: usize) -> String {
    let margin = " ".repeat(indent);
    match value {
        Value::Array(list) if !list.is_empty() => list
            .iter()
            .map(|element| format!("\n{margin}-{}", inside(element, indent)))
            .collect(),
        Value::Object(members) if !members.is_empty() => members
            .iter()
            .map(|(name, member)| {
                let name = Value::from(name.as_str());
                format!("\n{margin}{name}:{}", inside(member, indent))
            })
            .collect(),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => format!(" {value}"),
    }
}

fn inside(value: &Value, indent: usize) -> String {
    yaml(value, indent + 2)
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~é→]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "yes", "no", "0.0", "~", "null", "1e3", "<A>", "010", "- a", "a: b"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[A-Za-z0-9 :-]{1,8}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn yaml_means_what_json_means(value in any_value()) {
        let root = serde_json::json!({"root": value});
        let from_yaml = read(yaml(&root, 0).trim_start());
        let from_json = read(&root.to_string());
        prop_assert_eq!(&from_yaml.value, &root);
        prop_assert_eq!(&from_json.value, &root);
    }
}

#[test]
fn a_place_shows_the_end_of_a_long_path() {
    let name = "m".repeat(100);
    let a = Path::ROOT.member(&name);
    let b = a.member(&name);
    let c = b.member(&name);
    let d = c.member("last");
    let place = read("{}").place(&d);
    let shown = place.path.expect("it has a path");
    assert!(
        shown.starts_with('…') && shown.ends_with(".last"),
        "{shown}"
    );
    assert_eq!(shown.chars().count(), 301);
    assert_eq!(read("{}").place(&b).path.map(|path| path.len()), Some(201));
}

/// Read once more, such an object would be a number.
#[test]
fn names_of_the_json_library_are_refused_at_any_depth() {
    for (text, line) in [
        (
            "{\"a\": [1,\n{\"$serde_json::private::Number\": \"12\"}]}",
            2,
        ),
        ("a:\n  - b:\n      $serde_json::private::RawValue: x\n", 3),
    ] {
        let found = try_read(text).expect_err(text);
        let [found] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(
            found.place.position.map(|Position { line, .. }| line),
            Some(line)
        );
        let is_named = matches!(found.kind, FindingKind::Syntax(SyntaxCause::ReservedName));
        assert!(is_named, "{found:?}");
    }
    read("{\"serde_json::private\": 1}");
}
