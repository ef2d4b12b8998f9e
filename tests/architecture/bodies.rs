//! No type of the worker or its policies may derive `Debug` over a body: of a request, a
//! response, a file or a document. Code that prints such a type must print the
//! body's size instead.

use std::fs;

use super::{root, rust_files};

/// Types that hold bodies.
const BODIES: [&str; 3] = ["Value", "Vec<u8>", "Map<String"];

/// Types without data of a release.
const ELSEWHERE: [(&str, &str); 9] = [
    ("src/aws/ca_bundle.rs", "CaBundle"),
    ("src/config/layers.rs", "Loaded"),
    // Channels, which do not print their messages.
    ("src/policy/child_io.rs", "ChildIo"),
    // The operator's policies and their parameters.
    ("src/policy/question.rs", "Question"),
    ("src/policy/terms.rs", "Terms"),
    // Literals in policies.
    ("crates/rego/src/ir.rs", "Term"),
    ("crates/rego/src/ir.rs", "Replacement"),
    ("crates/rego/src/types.rs", "Type"),
    // The capacity providers of a task set.
    ("src/release/target.rs", "TaskSet"),
];

#[test]
fn nothing_derives_debug_over_a_body() {
    let mut found = Vec::new();
    let mut files = rust_files("src");
    files.extend(rust_files("crates/rego/src"));
    files.retain(|file| !file.contains("tests"));
    for file in files {
        let text = fs::read_to_string(root().join(&file)).expect("source files are readable text");
        found.extend(derived(&text).map(|name| (file.clone(), name.to_owned())));
    }
    let is_known =
        |(file, name): &&(String, String)| ELSEWHERE.contains(&(file.as_str(), name.as_str()));
    let (known, new): (Vec<_>, Vec<_>) = found.iter().partition(is_known);
    assert!(new.is_empty(), "{new:?}");
    assert_eq!(
        known.len(),
        ELSEWHERE.len(),
        "one of the list is gone: {known:?}"
    );
}

#[test]
fn a_planted_body_is_found() {
    let planted = "#[derive(Clone, Debug)]\npub struct Body {\n    text: Vec<u8>,\n}\n";
    assert_eq!(derived(planted).collect::<Vec<_>>(), ["Body"]);
    let tuple = "#[derive(Debug)]\nstruct Body(Arc<Mutex<Vec<u8>>>);\n";
    assert_eq!(derived(tuple).collect::<Vec<_>>(), ["Body"]);
    let other =
        "#[derive(Clone)]\nstruct Body(Value);\n#[derive(Debug)]\nstruct Kind(ValueKind);\n";
    assert_eq!(derived(other).count(), 0);
}

/// The types that derive `Debug` and mention a body type.
fn derived(text: &str) -> impl Iterator<Item = &str> {
    let items = text.split("#[derive(").skip(1);
    items.filter_map(|item| {
        let (derives, rest) = item.split_once(")]")?;
        let end = rest.find("\n}").or_else(|| rest.find(");"));
        let tuple = rest.find(");");
        let end = end.into_iter().chain(tuple).min()?;
        let fields = &rest[..end];
        let has = |body: &&str| {
            fields.match_indices(*body).any(|(at, body)| {
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                let before = fields[..at].chars().next_back();
                let after = fields[at + body.len()..].chars().next();
                !before.is_some_and(is_part) && !after.is_some_and(is_part)
            })
        };
        let is_body = derives.contains("Debug") && BODIES.iter().any(has);
        let words = fields.split(|c: char| !c.is_alphanumeric() && c != '_');
        let mut words = words.skip_while(|word| !matches!(*word, "struct" | "enum"));
        words.nth(1).filter(|_| is_body)
    })
}
