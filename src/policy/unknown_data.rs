//! Finds references to members of `data` that neither a rule nor a document has.
//! Such a reference is always undefined, so its rule never finds anything.

use std::collections::{BTreeMap, BTreeSet};

use rego::syntax::{
    Part, Step, alias_of, each_expression, each_statement, file_of, head_of, package_of, reference,
};
use regorus::Value;
use regorus::unstable::{Expr, Module, Ref};

type Path = Vec<String>;

/// A warning for each such reference in the modules that decide, with file and
/// line. `all` are those with the rules that they may refer to.
pub(super) fn warnings(deciding: &[&Module], all: &[Ref<Module>], data: &Value) -> Vec<String> {
    let mut known = Known {
        rules: BTreeSet::new(),
        packages: all.iter().map(|module| package_of(module)).collect(),
        replaced: BTreeSet::new(),
        data,
    };
    for module in all {
        for rule in &module.policy {
            let (name, steps) = reference(head_of(rule)).unwrap_or_default();
            let path = [package_of(module), vec![name.to_owned()], names(steps)].concat();
            known.rules.insert(path);
        }
    }
    for module in deciding {
        each_statement(Part::Module(module), &mut |statement| {
            let targets = statement.with_mods.iter().map(|with| &*with.refr);
            known
                .replaced
                .extend(targets.filter_map(|target| path(target, &BTreeMap::new())));
        });
    }
    let mut found = Vec::new();
    for module in deciding {
        let aliases = aliases(module);
        let mut lines = BTreeSet::new();
        each_expression(Part::Module(module), &mut |expr| {
            let missing = path(expr, &aliases).and_then(|path| known.missing(&path));
            lines.extend(missing.map(|missing| (expr.span().line, missing)));
            true
        });
        found.extend(lines.into_iter().map(|(line, missing)| {
            format!(
                "{}:{line}: `data.{missing}` is neither a rule nor in a data document, so this is undefined for every release; add the document, or correct the name",
                file_of(module)
            )
        }));
    }
    found
}

/// What the imports of a module call parts of `data`.
fn aliases(module: &Module) -> BTreeMap<String, Path> {
    let imports = module.imports.iter().filter_map(|import| {
        let path = path(&import.refr, &BTreeMap::new())?;
        Some((alias_of(import)?.to_owned(), path))
    });
    imports.collect()
}

/// The path of a reference from `data`, as far as its steps are names.
fn path(expr: &Expr, aliases: &BTreeMap<String, Path>) -> Option<Path> {
    let (root, steps) = reference(expr)?;
    let start = match root {
        "data" => Path::new(),
        name => aliases.get(name)?.clone(),
    };
    Some([start, names(steps)].concat())
}

fn names(steps: Vec<Step>) -> Path {
    steps.into_iter().map_while(Step::name).collect()
}

/// What `data` has.
struct Known<'a> {
    rules: BTreeSet<Path>,
    packages: BTreeSet<Path>,
    /// What `with` replaces, which is there then.
    replaced: BTreeSet<Path>,
    data: &'a Value,
}

impl Known<'_> {
    /// The part of a path, with dots, that is not there.
    fn missing(&self, path: &[String]) -> Option<String> {
        if self.replaced.iter().any(|it| path.starts_with(it)) {
            return None;
        }
        let mut value = Some(self.data);
        for depth in 1..=path.len() {
            let above = &path[..depth];
            if self.rules.contains(above) {
                return None;
            }
            let mut others = self
                .rules
                .iter()
                .chain(&self.packages)
                .chain(&self.replaced);
            let leads_on = others.any(|it| it.starts_with(above));
            value = match value {
                Some(Value::Object(members)) => members.get(&path[depth - 1].as_str().into()),
                _ => None,
            };
            if value.is_none() && !leads_on {
                return Some(above.join("."));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use rego::parse;

    use super::*;

    fn found(policy: &str) -> Vec<String> {
        let library =
            "package lib.images\nlatest := \"latest\"\nby_name[n] := n if some n in [1]\n";
        let all = [
            parse("lib.rego", library).expect("Rego"),
            parse("team.rego", &format!("package main\n{policy}\n")).expect(policy),
        ];
        let data = r#"{"limits": {"cpu": 1, "names": ["a"]}, "lib": {"extra": 1}}"#;
        let data = Value::from_json_str(data).expect("JSON");
        warnings(&[&*all[1]], &all, &data)
    }

    #[test]
    fn data_that_is_not_there_is_named() {
        for (policy, missing) in [
            ("deny contains 1 if data.limit.cpu > 1", "limit"),
            (
                "deny contains 1 if data.limits[\"memory\"] > 1",
                "limits.memory",
            ),
            (
                "deny contains 1 if not data.limits.cpu.max",
                "limits.cpu.max",
            ),
            (
                "deny contains 1 if data.lib.images.newest",
                "lib.images.newest",
            ),
            ("deny contains 1 if data.main.helper", "main.helper"),
            ("deny contains 1 if [x | some x in data.allowed]", "allowed"),
            (
                "import data.limits as l\ndeny contains 1 if l.cpus",
                "limits.cpus",
            ),
            (
                "import data.lib.image\ndeny contains 1 if image.latest",
                "lib.image",
            ),
        ] {
            let problems = found(policy);
            let line = policy.lines().count() + 1;
            let expected = format!("team.rego:{line}: `data.{missing}` is neither a rule nor");
            assert!(
                problems.len() == 1 && problems[0].starts_with(&expected),
                "{policy}: {problems:?}"
            );
        }
    }

    #[test]
    fn what_rules_and_documents_have_is_not_named() {
        for policy in [
            "deny contains 1 if data.limits.cpu > data.limits[input.x]",
            "deny contains 1 if data.limits.names[0] == data.lib.extra",
            "deny contains 1 if data.lib.images.latest == data.lib.images.by_name.a.b",
            "deny contains 1 if { some p in [\"x\"]; data[p].y; data.lib[p]; count(data.lib.images) > 0 }",
            "import data.lib.images\ndeny contains 1 if images.latest",
            "deny contains 1 if is_big with data.other as {\"x\": 1}\nis_big if data.other.x > 0",
            "deny contains 1 if data.main.deny",
        ] {
            assert_eq!(found(policy), [""; 0], "{policy}");
        }
    }
}
