//! Collects the rules of all files by their full paths, from their heads alone.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Module, Rule, RuleHead};

use super::ir::{Group, Node, Place, Program, Shape};

/// A reference, split into a constant path and the keys behind it.
pub(super) struct Name<'a> {
    /// The name and the constant strings that follow it.
    pub(super) fixed: Vec<String>,
    /// Everything behind the constant part.
    pub(super) keys: Vec<&'a Expr>,
}

/// Splits a reference: `a.b["c"][d]` has the constant parts `a`, `b` and `c`
/// and the key `d`.
pub(super) fn name(reference: &Expr) -> Name<'_> {
    let (root, path) = flatten(reference);
    let mut name = Name {
        fixed: vec![root.span().text().to_owned()],
        keys: Vec::new(),
    };
    for part in path {
        match part {
            Part::Field(field) if name.keys.is_empty() => name.fixed.push(field.to_owned()),
            Part::Index(Expr::String { value, .. } | Expr::RawString { value, .. })
                if name.keys.is_empty() =>
            {
                name.fixed.push(text(value));
            }
            Part::Index(index) => name.keys.push(index),
            Part::Field(_) => {}
        }
    }
    name
}

/// The root of a reference, and the parts that follow.
pub(super) fn flatten(reference: &Expr) -> (&Expr, Vec<Part<'_>>) {
    let mut path = Vec::new();
    let mut expression = reference;
    loop {
        match expression {
            Expr::RefDot { refr, field, .. } => {
                path.push(Part::Field(field.0.text()));
                expression = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                path.push(Part::Index(index));
                expression = refr;
            }
            root => {
                path.reverse();
                return (root, path);
            }
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Field(&'a str),
    Index(&'a Expr),
}

pub(super) fn text(value: &regorus::Value) -> String {
    value
        .as_string()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The parts of a package's name.
pub(super) fn package(module: &Module) -> Vec<String> {
    name(&module.package.refr).fixed
}

/// The names of the rules of each package.
pub(super) type Packages = BTreeMap<Vec<String>, BTreeSet<String>>;

/// Reads all rule heads and creates a group for each path.
///
/// # Errors
///
/// Each path with rules of conflicting kinds, with its place.
pub(super) fn read(modules: &[&Module]) -> Result<(Program, Packages), Vec<String>> {
    let mut program = Program::default();
    program.nodes.push(Node::default());
    let (mut packages, mut problems) = (Packages::new(), Vec::new());
    for (file, module) in modules.iter().enumerate() {
        program
            .files
            .push(module.package.span.source.file().clone());
        let package = package(module);
        // A package without rules is an empty object, so it needs a node.
        node(&mut program, &package);
        let names = packages.entry(package.clone()).or_default();
        for rule in &module.policy {
            let (reference, shape) = head(rule);
            let place = Place {
                file,
                line: rule.span().line,
            };
            let name = name(reference);
            names.insert(name.fixed[0].clone());
            let shape = if name.keys.is_empty() {
                shape
            } else {
                Shape::Object
            };
            let path = [package.clone(), name.fixed].concat();
            if let Err(what) = add(&mut program, path, shape, place) {
                problems.push(format!("{}: {what}", program.place(place)));
            }
        }
    }
    for group in &program.groups {
        if let Some(below) = blocked(&program, group) {
            problems.push(format!(
                "{}: `{}` is a rule, and `{below}` lies below it",
                program.place(group.place),
                group.path.join(".")
            ));
        }
    }
    if problems.is_empty() {
        Ok((program, packages))
    } else {
        Err(problems)
    }
}

fn head(rule: &Rule) -> (&Expr, Shape) {
    match rule {
        Rule::Default { refr, args, .. } if args.is_empty() => (refr, Shape::Complete),
        Rule::Default { refr, args, .. } => (refr, Shape::Function(args.len())),
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. } => (refr, Shape::Complete),
            RuleHead::Set { refr, .. } => (refr, Shape::Set),
            // OPA treats `f() = x` as a plain rule.
            RuleHead::Func { refr, args, .. } if args.is_empty() => (refr, Shape::Complete),
            RuleHead::Func { refr, args, .. } => (refr, Shape::Function(args.len())),
        },
    }
}

fn add(program: &mut Program, path: Vec<String>, shape: Shape, place: Place) -> Result<(), String> {
    let node = node(program, &path);
    match program.nodes[node].group {
        None => {
            program.nodes[node].group = Some(program.groups.len());
            program.groups.push(Group {
                path,
                shape,
                rules: Vec::new(),
                default: None,
                place,
            });
            Ok(())
        }
        Some(group) if program.groups[group].shape == shape => Ok(()),
        Some(group) => Err(format!(
            "`{}` is another kind of rule at {}",
            path.join("."),
            program.place(program.groups[group].place)
        )),
    }
}

/// The node with this path, created if missing.
fn node(program: &mut Program, path: &[String]) -> usize {
    let mut node = 0;
    for part in path {
        let new = program.nodes.len();
        let next = *program.nodes[node]
            .children
            .entry(part.clone())
            .or_insert(new);
        if next == new {
            program.nodes.push(Node::default());
        }
        node = next;
    }
    node
}

/// A path below a rule that is not an object, where nothing can be.
fn blocked(program: &Program, group: &Group) -> Option<String> {
    let node = &program.nodes[program.node(&group.path)?];
    let (child, _) = node
        .children
        .iter()
        .next()
        .filter(|_| group.shape != Shape::Object)?;
    Some(format!("{}.{child}", group.path.join(".")))
}
