//! Finds rules that find something but are neither evaluated nor used by other
//! rules. Their findings would be lost without notice.

use std::collections::BTreeSet;

use rego::syntax::{
    Part, Step, alias_of, each_expression, file_of, is_test, name_of, package_of, reference,
};
use regorus::unstable::{Module, Ref, Rule, RuleHead};

use super::question::Question;
use super::rule_levels::is_below;
use super::rules::level_of;

/// A remark about each such rule, with file and line.
pub(super) fn remarks(modules: &[Ref<Module>], question: &Question) -> Vec<String> {
    let read: Vec<Read> = modules.iter().map(|module| Read::of(module)).collect();
    let is_member = |name: &str| read.iter().any(|read| read.members.contains(name));
    let is_root = |name: &str| read.iter().any(|read| read.roots.contains(name));
    let mut remarks = Vec::new();
    for (module, own) in modules.iter().zip(&read) {
        let (name, file) = (package_of(module).join("."), file_of(module));
        if question.controls.contains_key(&name) {
            continue;
        }
        let is_asked = is_below(&name, &question.namespace);
        for rule in &module.policy {
            let rule_name = name_of(rule);
            let why = match (level_of(rule_name), is_asked, is_test(file)) {
                (Some(_), true, true) => "a file of tests has no rules that decide".to_owned(),
                (Some(_), false, false)
                    if !is_member(rule_name) && !own.roots.contains(rule_name) =>
                {
                    let namespace = &question.namespace;
                    format!(
                        "the rules that decide are in the package `{namespace}` or below it; `policy_namespace` sets another"
                    )
                }
                (None, true, false)
                    if is_set(rule) && !is_member(rule_name) && !is_root(rule_name) =>
                {
                    "the rules that decide are `deny`, `violation` and `warn`, with `_` and letters or digits behind, such as `deny_root`"
                        .to_owned()
                }
                (Some(_) | None, true | false, true | false) => continue,
            };
            let line = rule.span().line;
            remarks.push(format!(
                "{file}:{line}: {name}.{rule_name}: this rule is never evaluated: {why}"
            ));
        }
    }
    remarks
}

fn is_set(rule: &Rule) -> bool {
    matches!(
        rule,
        Rule::Spec {
            head: RuleHead::Set { .. },
            ..
        }
    )
}

/// The names that a module's rules refer to, also by its imports.
struct Read {
    /// The first names of references.
    roots: BTreeSet<String>,
    /// The names after a dot or in brackets.
    members: BTreeSet<String>,
}

impl Read {
    fn of(module: &Module) -> Self {
        let mut this = Self {
            roots: BTreeSet::new(),
            members: BTreeSet::new(),
        };
        each_expression(Part::Module(module), &mut |expr| {
            if let Some((root, steps)) = reference(expr) {
                this.roots.insert(root.to_owned());
                let names = steps.into_iter().filter_map(Step::name);
                this.members.extend(names);
            }
            true
        });
        for import in &module.imports {
            if alias_of(import).is_some_and(|alias| this.roots.contains(alias)) {
                let (_, steps) = reference(&import.refr).unwrap_or_default();
                this.members
                    .extend(steps.into_iter().filter_map(Step::name));
            }
        }
        this
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Answer, Task, answer};

    /// The remarks about these files beside one with a proper finding rule.
    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let asked = ("a.rego", "package main\ndeny contains \"x\" if input.x\n");
        let question = Question::about(Task::Load, &[&[asked], files].concat());
        match answer(&question, &mut || Ok("{}".to_owned()), &mut |_| {}) {
            Answer::Loaded(warnings) => warnings.unevaluated,
            other @ (Answer::Findings(_)
            | Answer::Tests(_)
            | Answer::Explained(_)
            | Answer::Problems(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_rule_that_is_never_evaluated_is_reported() {
        let rule = |package: &str, name: &str| {
            format!("package {package}\n{name} contains \"y\" if input.y\n")
        };
        for (file, package, name) in [
            ("b.rego", "main", "Deny"),
            ("b.rego", "main", "deny_"),
            ("b.rego", "main", "deny__root"),
            ("b.rego", "main", "denyRoot"),
            ("b.rego", "main", "exception"),
            ("b.rego", "main.more", "violations"),
            ("b.rego", "main_more", "deny"),
            ("b.rego", "policies.main", "warn_root"),
            ("b_test.rego", "main", "deny"),
        ] {
            let said = said(&[(file, &rule(package, name))]);
            let expected = format!("{file}:2: {package}.{name}: this rule is never evaluated: ");
            assert!(
                said.len() == 1 && said[0].starts_with(&expected),
                "{expected}{said:?}"
            );
        }
    }

    #[test]
    fn a_set_without_rules_that_decide_names_those_elsewhere() {
        let policy = "package k8s\nviolation[{\"msg\": \"x\"}] { true }\n";
        let question = Question::about(Task::Load, &[("a.rego", policy)]);
        let answer = answer(&question, &mut || Ok("{}".to_owned()), &mut |_| {});
        assert!(
            matches!(&answer, Answer::Problems(problems) if problems.len() == 2
                && problems[1].starts_with("a.rego:2: k8s.violation: this rule is never")),
            "{answer:?}"
        );
    }

    #[test]
    fn an_import_without_a_use_evaluates_nothing() {
        let library = ("lib.rego", "package lib\ndeny contains \"y\" if input.y\n");
        for (import, rule, count) in [
            ("data.lib.deny as theirs", "true", 1),
            ("data.lib.deny as theirs", "count(theirs) > 0", 0),
            ("data.lib", "count(lib.deny) > 0", 0),
        ] {
            let reader = format!("package main\nimport {import}\nwarn contains \"z\" if {rule}\n");
            assert_eq!(said(&[library, ("b.rego", &reader)]).len(), count, "{rule}");
        }
    }

    #[test]
    fn helpers_and_what_others_read_are_not() {
        let library = (
            "lib.rego",
            "package lib\ndeny contains \"y\" if input.y\nwarn contains \"z\" if false\n",
        );
        let reader = (
            "b.rego",
            "package main\nimport data.lib\nwarn contains m if some m in lib.deny\n\
             deny_all contains m if some m in data.lib.warn\n\
             denied := \"a\"\nwarnings contains \"b\" if input.b\n\
             violation contains w if some w in warnings\nwarning := 1\n",
        );
        let test = (
            "b_test.rego",
            "package main_test\ntest_a if count(data.main.deny) == 0\n",
        );
        assert_eq!(said(&[library, reader, test]), [""; 0]);
    }
}
