//! Annotations: comments that begin with `# METADATA`, which rules read with
//! `rego.metadata.rule()` and `rego.metadata.chain()`.
//!
//! As in OPA, the comments at the beginning of consecutive lines are a YAML
//! document about the package or rule that follows, and the calls are values
//! that are known when the set is compiled.

mod fields;

use std::collections::BTreeMap;

use regorus::Value;
use regorus::unstable::{Expr, Module, Ref};

use super::names;
use super::problems::unless;
use super::syntax::{Part, each_expression, file_of, head_of, package_of};
use super::yaml_words;
use fields::{Item, author, is_read_otherwise, organization, resource, text};

/// What the functions' names begin with.
pub(super) const FAMILY: &str = "rego.metadata.";

/// The annotations of all files, in the order of their places.
#[derive(Default)]
pub(super) struct Metadata(Vec<Annotation>);

struct Annotation {
    scope: Scope,
    /// The path in `data` of the rule or package.
    path: Vec<String>,
    /// Where the rule begins: the file, and the position in it.
    rule: (usize, u32),
    /// As the functions return it.
    value: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// One rule.
    Rule,
    /// All rules of one path.
    Document,
    Package,
    /// A package and those below it.
    Subpackages,
}

/// What an annotation is about. An import has no path, and no annotations.
struct Subject {
    line: u32,
    path: Vec<String>,
    /// The position of a rule in its file; a package has none.
    rule: Option<u32>,
}

/// Reads the annotations, if a file calls one of the functions.
///
/// # Errors
///
/// Each annotation that OPA would not read, or in another way, with its place.
pub(super) fn read(modules: &[Ref<Module>]) -> Result<Metadata, Vec<String>> {
    let text_of = |module: &Ref<Module>| module.package.span.source.get_contents().clone();
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    if !modules
        .iter()
        .any(|module| text_of(module).contains(FAMILY))
    {
        return Ok(Metadata(all));
    }
    for (file, module) in modules.iter().enumerate() {
        let subjects = subjects(module);
        for (line, yaml) in blocks(&text_of(module), &within_texts(module)) {
            let subject = subjects.iter().find(|subject| subject.line > line);
            match annotation(&yaml, subject, file) {
                Ok(new) if all.iter().any(|old| is_taken(old, &new)) => {
                    problems.push(format!(
                        "{}:{line}: this is annotated already",
                        file_of(module)
                    ));
                }
                Ok(new) => all.push(new),
                Err(what) => problems.push(format!("{}:{line}: {what}", file_of(module))),
            }
        }
    }
    unless(problems, Metadata(all))
}

fn is_taken(old: &Annotation, new: &Annotation) -> bool {
    new.scope != Scope::Rule && (old.scope, &old.path) == (new.scope, &new.path)
}

impl Metadata {
    /// The result of a function in the rule that begins at `rule` (nowhere, if
    /// it is an `else`) and has this path, in this package. `None` if there is
    /// no such function.
    pub(super) fn result(
        &self,
        function: &str,
        rule: Option<(usize, u32)>,
        path: &[String],
        package: &[String],
    ) -> Option<Value> {
        let of_rule = self
            .0
            .iter()
            .filter(|annotation| annotation.scope == Scope::Rule && Some(annotation.rule) == rule);
        let mut own: Vec<&Annotation> = of_rule.collect();
        match function.strip_prefix(FAMILY)? {
            "rule" => Some(match own.first() {
                Some(annotation) => annotation.value.clone(),
                None => Value::new_object(),
            }),
            "chain" => {
                own.reverse();
                let mut links = match own.is_empty() {
                    true => vec![link(path, None)],
                    false => own.iter().map(|it| link(path, Some(it))).collect(),
                };
                let mut add = |scope, path: &[String]| {
                    let found = self
                        .0
                        .iter()
                        .find(|it| it.scope == scope && it.path == path);
                    links.extend(found.map(|it| link(path, Some(it))));
                };
                add(Scope::Document, path);
                add(Scope::Package, package);
                for length in (1..=package.len()).rev() {
                    add(Scope::Subpackages, &package[..length]);
                }
                Some(Value::from(links))
            }
            _ => None,
        }
    }
}

/// A link of a chain.
fn link(path: &[String], annotation: Option<&Annotation>) -> Value {
    let path: Vec<Value> = path.iter().map(|name| Value::from(name.as_str())).collect();
    let mut link = BTreeMap::from([(Value::from("path"), Value::from(path))]);
    if let Some(annotation) = annotation {
        link.insert("annotations".into(), annotation.value.clone());
    }
    Value::from(link)
}

/// What can follow an annotation, in the order of the file.
fn subjects(module: &Module) -> Vec<Subject> {
    let package = package_of(module);
    let mut all = vec![Subject {
        line: module.package.span.line,
        path: package.clone(),
        rule: None,
    }];
    all.extend(module.imports.iter().map(|import| Subject {
        line: import.span.line,
        path: Vec::new(),
        rule: None,
    }));
    all.extend(module.policy.iter().map(|rule| Subject {
        line: rule.span().line,
        path: [package.clone(), names::name(head_of(rule)).fixed].concat(),
        rule: Some(rule.span().start),
    }));
    all
}

/// The lines that begin within a text, where nothing is a comment.
fn within_texts(module: &Module) -> Vec<(u32, u32)> {
    let mut lines = Vec::new();
    each_expression(Part::Module(module), &mut |expr| {
        if let Expr::RawString { span, .. } = expr {
            let breaks = span.text().matches('\n').count();
            lines.push((span.line, u32::try_from(breaks).unwrap_or(u32::MAX)));
        }
        true
    });
    lines
}

/// The line of each annotation, and its YAML text.
fn blocks(text: &str, texts: &[(u32, u32)]) -> Vec<(u32, String)> {
    let mut blocks: Vec<(u32, String)> = Vec::new();
    let mut is_inside = false;
    for (line, text) in (1_u32..).zip(text.lines()) {
        let is_text = texts
            .iter()
            .any(|(first, more)| line > *first && line - first <= *more);
        match text.strip_prefix('#').filter(|_| !is_text) {
            Some(comment) if is_inside => {
                if let Some((_, block)) = blocks.last_mut() {
                    block.push_str(comment);
                    block.push('\n');
                }
            }
            Some(comment) if comment.trim().starts_with("METADATA") => {
                is_inside = true;
                blocks.push((line, String::new()));
            }
            Some(_) | None => is_inside = false,
        }
    }
    blocks
}

fn annotation(yaml: &str, subject: Option<&Subject>, file: usize) -> Result<Annotation, String> {
    let Some(subject) = subject.filter(|subject| !subject.path.is_empty()) else {
        return Err("an annotation stands above a package or rule".to_owned());
    };
    let read = Value::from_yaml_str(yaml).ok();
    let Some(read @ Value::Object(_)) = read else {
        return Err("an annotation is a YAML object, in lines that begin with `#`".to_owned());
    };
    if let Some((_, word)) = yaml_words::first_of(yaml, &read, is_read_otherwise) {
        return Err(format!("put `{word}` in quotes: OPA reads something else"));
    }
    let read = yaml_words::with_text_keys(read).ok_or("OPA reads this YAML in another way")?;
    let is_entrypoint = match &read["entrypoint"] {
        Value::Undefined | Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        _ => return Err("`entrypoint` is `true` or `false`".to_owned()),
    };
    let (word, scope) = match (&read["scope"], subject.rule) {
        (Value::Undefined | Value::Null, None) => ("package", Scope::Package),
        (Value::Undefined | Value::Null, Some(_)) if is_entrypoint => ("document", Scope::Document),
        (Value::Undefined | Value::Null, Some(_)) => ("rule", Scope::Rule),
        (Value::String(text), rule) => match (&**text, rule) {
            ("rule", Some(_)) if !is_entrypoint => ("rule", Scope::Rule),
            ("document", Some(_)) => ("document", Scope::Document),
            ("package", None) => ("package", Scope::Package),
            ("subpackages", None) if !is_entrypoint => ("subpackages", Scope::Subpackages),
            _ => return Err(format!("the scope `{text}` is not possible here")),
        },
        _ => return Err("`scope` is a text".to_owned()),
    };
    let mut value = BTreeMap::from([(Value::from("scope"), Value::from(word))]);
    if is_entrypoint {
        value.insert("entrypoint".into(), true.into());
    }
    for name in ["title", "description"] {
        if let Some(text) = text(&read, name)? {
            value.insert(name.into(), text);
        }
    }
    for (name, item) in [
        ("organizations", organization as Item),
        ("authors", author),
        ("related_resources", resource),
    ] {
        let items = match &read[name] {
            Value::Undefined | Value::Null => continue,
            Value::Array(items) => items.iter().map(item).collect::<Option<Vec<Value>>>(),
            _ => None,
        };
        let items = items.ok_or_else(|| format!("OPA reads `{name}` in another way"))?;
        if !items.is_empty() {
            value.insert(name.into(), Value::from(items));
        }
    }
    match &read["custom"] {
        Value::Undefined | Value::Null => {}
        Value::Object(members) if members.is_empty() => {}
        custom @ Value::Object(_) => drop(value.insert("custom".into(), custom.clone())),
        _ => return Err("`custom` is an object".to_owned()),
    }
    if read["schemas"] != Value::Undefined {
        let what = "annotations with `schemas` are not supported where a rule reads annotations";
        return Err(what.to_owned());
    }
    Ok(Annotation {
        scope,
        path: subject.path.clone(),
        rule: (file, subject.rule.unwrap_or_default()),
        value: Value::from(value),
    })
}

#[cfg(test)]
mod tests {
    use super::super::parser::parse_as;
    use super::*;

    const FILE: &str = "# METADATA\n# title: S\n# scope: subpackages\n\n# METADATA\n# title: P\n\
                        package a.b\nr := rego.metadata.chain()\n";

    #[test]
    fn a_chain_goes_outwards() {
        let module = |text: &str| parse_as("a.rego", text, false).expect(text);
        let above = "# METADATA\n# title: A\n# scope: subpackages\npackage a\n";
        let read = read(&[module(above), module(FILE)]).expect("they are right");
        let path = ["a", "b", "r"].map(str::to_owned);
        let chain = read.result("rego.metadata.chain", None, &path, &path[..2]);
        let expected = r#"[
            {"path": ["a", "b", "r"]},
            {"path": ["a", "b"], "annotations": {"scope": "package", "title": "P"}},
            {"path": ["a", "b"], "annotations": {"scope": "subpackages", "title": "S"}},
            {"path": ["a"], "annotations": {"scope": "subpackages", "title": "A"}}
        ]"#;
        assert_eq!(chain, Value::from_json_str(expected).ok());
        assert_eq!(read.result("rego.metadata.none", None, &path, &path), None);
    }

    #[test]
    fn what_opa_reads_otherwise_is_refused() {
        for (yaml, what) in [
            ("scope: package", "the scope `package` is not possible here"),
            ("scope: rule\n# entrypoint: true", "the scope `rule` is not"),
            ("title: 1", "put the value of `title` in quotes"),
            ("custom: {since: 2026-01-02}", "put `2026-01-02` in quotes"),
            ("custom: {account: 012}", "put `012` in quotes"),
            ("custom: [1]", "`custom` is an object"),
            ("authors: [\"\"]", "OPA reads `authors` in another way"),
            ("related_resources: [a b]", "OPA reads `related_resources`"),
            ("schemas: []", "annotations with `schemas`"),
            ("- 1", "an annotation is a YAML object"),
        ] {
            let text = format!("package a\n# METADATA\n# {yaml}\nr := rego.metadata.rule()\n");
            let module = parse_as("a.rego", &text, false).expect(yaml);
            let problems = read(&[module]).err().unwrap_or_default();
            let expected = format!("a.rego:2: {what}");
            assert!(
                problems.len() == 1 && problems[0].starts_with(&expected),
                "{problems:?}"
            );
        }
        // Without a call, annotations are comments.
        let unread =
            parse_as("a.rego", "# METADATA\n# title: 1\npackage a\n", false).expect("Rego");
        assert!(read(&[unread]).is_ok());
    }
}
