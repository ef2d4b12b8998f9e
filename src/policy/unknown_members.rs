//! Finds references to members of `input` that the document does not have. Such
//! a reference is always undefined, so its rule never finds anything.

use std::collections::{BTreeMap, BTreeSet};

use rego::syntax::{
    Key, Part, Step, alias_of, each_expression, each_statement, file_of, reference,
};
use regorus::unstable::{Expr, Literal, Module, Rule, RuleHead};

use super::question::InputKind;
use super::schema::Schema;

/// Names for `input` or a part of it, with the path that each stands for.
type Aliases = BTreeMap<String, Vec<Step>>;

/// How many passes follow definitions of such names: `a := input`, `b := a`.
const ALIAS_PASSES: usize = 3;

/// A called function's name without its package.
fn name_of(function: &Expr) -> &str {
    let written = function.span().text();
    written.rsplit('.').next().unwrap_or_default()
}

/// A warning for each such reference in the modules, with file and line.
pub(super) fn warnings(modules: &[&Module], kind: InputKind) -> Vec<String> {
    let modules = modules.iter().map(|module| (*module, of_module(module)));
    let modules: Vec<(&Module, Aliases)> = modules.collect();
    let given = given(&modules);
    let warnings = modules.iter().flat_map(|(module, aliases)| {
        let found = unknown_in(module, aliases, &given, kind).into_iter();
        found.map(|(line, what)| format!("{}:{line}: {what}", file_of(module)))
    });
    warnings.collect()
}

/// What a module calls `input` and its parts, by imports and rules.
fn of_module(module: &Module) -> Aliases {
    let mut aliases = Aliases::from([("input".to_owned(), Vec::new())]);
    for import in &module.imports {
        if let Some(("input", steps)) = reference(&import.refr)
            && let Some(name) = alias_of(import)
        {
            aliases.insert(name.to_owned(), steps);
        }
    }
    for rule in &module.policy {
        if let Some((name, value)) = constant(rule)
            && let Some((steps, _)) = path(value, &aliases)
        {
            aliases.insert(name.to_owned(), steps);
        }
    }
    aliases
}

/// What is wrong in a module, by line.
fn unknown_in(
    module: &Module,
    aliases: &Aliases,
    given: &Given<'_>,
    kind: InputKind,
) -> BTreeSet<(u32, String)> {
    let mut found = BTreeSet::new();
    for import in &module.imports {
        if let Some(("input", steps)) = reference(&import.refr) {
            found.extend(unknown(&steps, 0, kind).map(|what| (import.span.line, what)));
        }
    }
    for rule in &module.policy {
        let mut aliases = aliases.clone();
        aliases.extend(arguments(rule, given));
        let aliases = with_locals(rule, &aliases);
        each_expression(Part::Rule(rule), &mut |expr| {
            found.extend(looked_up(expr, &aliases).and_then(|(steps, from)| {
                let what = unknown(&steps, from, kind)?;
                Some((expr.span().line, what))
            }));
            // A shorter prefix of the reference would repeat the same warning.
            path(expr, &aliases).is_none_or(|(steps, _)| steps.contains(&Step::Any))
        });
    }
    found
}

/// The name and value of a rule such as `doc := input`.
fn constant(rule: &Rule) -> Option<(&str, &Expr)> {
    match rule {
        Rule::Spec {
            head:
                RuleHead::Compr {
                    refr,
                    assign: Some(assign),
                    ..
                },
            bodies,
            ..
        } if bodies.is_empty() => Some((refr.span().text(), &assign.value)),
        Rule::Spec { .. } | Rule::Default { .. } => None,
    }
}

/// The paths that functions are given, by name without package and position.
/// `None` where calls differ.
type Given<'a> = BTreeMap<(&'a str, usize), Option<Vec<Step>>>;

fn given<'a>(modules: &[(&'a Module, Aliases)]) -> Given<'a> {
    let mut given = Given::new();
    let rules = modules.iter().flat_map(|(module, aliases)| {
        let rules = module.policy.iter();
        rules.map(move |rule| (rule, with_locals(rule, aliases)))
    });
    for (rule, aliases) in rules {
        each_expression(Part::Rule(rule), &mut |expr| {
            let Expr::Call { fcn, params, .. } = expr else {
                return true;
            };
            for (index, argument) in params.iter().enumerate() {
                let steps = path(argument, &aliases).map(|(steps, _)| steps);
                let known = given.entry((name_of(fcn), index));
                let known = known.or_insert_with(|| steps.clone());
                if *known != steps {
                    *known = None;
                }
            }
            true
        });
    }
    given
}

/// What a function calls the paths that it is given.
fn arguments<'a>(
    rule: &'a Rule,
    given: &'a Given<'_>,
) -> impl Iterator<Item = (String, Vec<Step>)> {
    let (name, arguments) = match rule {
        Rule::Spec {
            head: RuleHead::Func { refr, args, .. },
            ..
        } => (refr.span().text(), args.as_slice()),
        Rule::Spec { .. } | Rule::Default { .. } => ("", [].as_slice()),
    };
    let names = arguments.iter().map(|argument| argument.span().text());
    names.enumerate().filter_map(move |(index, argument)| {
        let steps = given.get(&(name, index))?.clone()?;
        Some((argument.to_owned(), steps))
    })
}

/// The aliases of the module, and those that a rule's body binds: by `:=`, or
/// to the elements of a collection. A name that is bound twice has no path.
fn with_locals(rule: &Rule, aliases: &Aliases) -> Aliases {
    let mut bound: BTreeMap<&str, Vec<(&Expr, Option<Step>)>> = BTreeMap::new();
    each_statement(Part::Rule(rule), &mut |statement| {
        let (name, value, step) = match &statement.literal {
            Literal::Expr { expr, .. } => {
                let Expr::AssignExpr { lhs, rhs, .. } = &**expr else {
                    return;
                };
                (lhs.span(), rhs, None)
            }
            Literal::SomeIn {
                value, collection, ..
            } => (value.span(), collection, Some(Step::Any)),
            Literal::Every { value, domain, .. } => (value, domain, Some(Step::Any)),
            Literal::SomeVars { .. } | Literal::NotExpr { .. } => return,
        };
        bound.entry(name.text()).or_default().push((value, step));
    });
    let mut aliases = aliases.clone();
    aliases.retain(|name, _| !bound.contains_key(name.as_str()));
    for _ in 0..ALIAS_PASSES {
        for (name, values) in &bound {
            if let [(value, step)] = values.as_slice()
                && let Some((steps, _)) = path(value, &aliases)
            {
                let steps = steps.into_iter().chain(step.clone()).collect();
                aliases.entry((*name).to_owned()).or_insert(steps);
            }
        }
    }
    aliases
}

/// The path of a reference from `input`, and how many of its steps come from
/// the alias that it begins with. Those are reported at the alias's definition.
fn path(expr: &Expr, aliases: &Aliases) -> Option<(Vec<Step>, usize)> {
    let (root, steps) = reference(expr)?;
    let start = aliases.get(root)?;
    Some(([start.as_slice(), &steps].concat(), start.len()))
}

/// As [`path`], but also for `object.get(input, "name", …)`.
fn looked_up(expr: &Expr, aliases: &Aliases) -> Option<(Vec<Step>, usize)> {
    let Expr::Call { fcn, params, .. } = expr else {
        return path(expr, aliases);
    };
    match (fcn.span().text(), params.as_slice()) {
        ("object.get", [object, name, _]) => {
            let (mut steps, from) = path(object, aliases)?;
            let keys = if let Expr::Array { items, .. } = &**name {
                items.as_slice()
            } else {
                std::slice::from_ref(name)
            };
            for key in keys {
                match Key::Index(key).name() {
                    Some(key) => steps.push(Step::Name(key.to_owned())),
                    None => steps.push(Step::Any),
                }
            }
            Some((steps, from))
        }
        _ => None,
    }
}

/// A warning if the path leads to no member. The steps before `from` are not
/// reported.
fn unknown(steps: &[Step], from: usize, kind: InputKind) -> Option<String> {
    let mut schema = match kind {
        InputKind::Document => Schema::document(),
        InputKind::TaskDefinition => Schema::task_definition(),
    };
    for (depth, step) in steps.iter().enumerate() {
        match (schema.step(step), step) {
            (Some(next), _) => schema = next,
            (None, Step::Any) => return None,
            (None, Step::Name(_)) if depth < from => return None,
            (None, Step::Name(name)) if depth == 0 => return Some(at_the_top(name, kind)),
            (None, Step::Name(name)) => {
                let parent = shown(&steps[..depth]);
                let suggestion = schema.suggestion(name);
                return Some(format!(
                    "`{parent}` has no member `{name}`, so this is undefined for every release; {suggestion}"
                ));
            }
        }
    }
    None
}

fn shown(steps: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Name(name) => format!(".{name}"),
        Step::Any => "[_]".to_owned(),
    };
    let steps: String = steps.iter().map(step).collect();
    format!("input{steps}")
}

fn at_the_top(name: &str, kind: InputKind) -> String {
    let has = |schema: Schema<'_>| schema.names().contains(&name);
    let (what, advice) = match kind {
        InputKind::Document if has(Schema::task_definition()) => (
            "the document",
            format!(
                "a rule with it was written for `conftest test taskdef.json`: say `input = \"task-definition\"` for its place in the policy terms, or write `input.taskDefinition.{name}`"
            ),
        ),
        InputKind::TaskDefinition if has(Schema::document()) => (
            "the task definition, which is the input of this place by the policy terms,",
            format!("rules that read `input.{name}` belong to a place whose input is the document"),
        ),
        InputKind::Document => (
            "the document",
            foreign(name).unwrap_or_else(|| Schema::document().suggestion(name)),
        ),
        InputKind::TaskDefinition => (
            "the task definition",
            foreign(name).unwrap_or_else(|| Schema::task_definition().suggestion(name)),
        ),
    };
    format!("{what} has no member `{name}`, so this is undefined for every release; {advice}")
}

/// What kind of document a rule with this member was probably written for.
fn foreign(name: &str) -> Option<String> {
    let (what, remedy) = match name {
        "Resources" | "AWSTemplateFormatVersion" | "Parameters" | "Outputs" | "Mappings" => (
            "a CloudFormation template",
            "run it on the template where that is deployed, and write what must hold for releases on `input.taskDefinition`; the AppSpec is `input.appSpec`",
        ),
        "resource_changes" | "planned_values" | "prior_state" | "terraform_version"
        | "resource" | "configuration" => (
            "a Terraform plan",
            "run it on the plan where that is applied, and write what must hold for releases on `input.taskDefinition`",
        ),
        "apiVersion" | "kind" | "metadata" | "spec" | "review" => (
            "a Kubernetes object",
            "write what must hold for releases on `input.taskDefinition`",
        ),
        "services" => (
            "a Compose file",
            "write what must hold for releases on `input.taskDefinition`",
        ),
        _ => return None,
    };
    Some(format!("a rule with it was written for {what}: {remedy}"))
}

#[cfg(test)]
mod tests;
