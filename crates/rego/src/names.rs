//! Collects the rules of all files by their full paths, from their heads alone.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Module, Ref, Rule, RuleHead};

use super::ir::{Group, Node, Place, Program, Shape};
use super::problems::unless;
use super::syntax::{Key, file_of, flatten, head_of, package_of};

/// A reference, split into a constant path and the keys behind it.
pub(super) struct Name<'a> {
    /// The name and the constant strings that follow it.
    pub(super) fixed: Vec<String>,
    /// Everything behind the constant part.
    pub(super) keys: Vec<Key<'a>>,
}

/// Splits a reference: `a.b["c"][d]` has the constant parts `a`, `b` and `c`
/// and the key `d`.
pub(super) fn name(reference: &Expr) -> Name<'_> {
    let (root, mut keys) = flatten(reference);
    let count = keys.iter().map_while(|key| key.name()).count();
    let names = keys.drain(..count).filter_map(Key::name);
    let fixed = [root.span().text()].into_iter().chain(names);
    Name {
        fixed: fixed.map(str::to_owned).collect(),
        keys,
    }
}

/// The names of the rules of each package.
pub(super) type Packages = BTreeMap<Vec<String>, BTreeSet<String>>;

/// Reads all rule heads and creates a group for each path.
///
/// # Errors
///
/// Each path with rules of conflicting kinds, with its place.
pub(super) fn read(modules: &[Ref<Module>]) -> Result<(Program, Packages), Vec<String>> {
    let mut program = Program::default();
    program.nodes.push(Node::default());
    let (mut packages, mut problems) = (Packages::new(), Vec::new());
    for (file, module) in modules.iter().enumerate() {
        program.files.push(file_of(module).to_owned());
        let package = package_of(module);
        // A package without rules is an empty object, so it needs a node.
        node(&mut program, &package);
        let names = packages.entry(package.clone()).or_default();
        for rule in &module.policy {
            let shape = shape(rule);
            let place = Place {
                file,
                line: rule.span().line,
            };
            let name = name(head_of(rule));
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
    unless(problems, (program, packages))
}

fn shape(rule: &Rule) -> Shape {
    match rule {
        // OPA treats `f() = x` as a plain rule.
        Rule::Default { args, .. }
        | Rule::Spec {
            head: RuleHead::Func { args, .. },
            ..
        } if !args.is_empty() => Shape::Function(args.len()),
        Rule::Spec {
            head: RuleHead::Set { .. },
            ..
        } => Shape::Set,
        _ => Shape::Complete,
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
