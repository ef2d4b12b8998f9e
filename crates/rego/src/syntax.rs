//! Access to the parser's syntax tree: the parts of each node, and the path
//! that a reference follows from a variable.

use regorus::Value;
use regorus::unstable::{Expr, Import, Literal, LiteralStmt, Module, Query, Rule, RuleHead};

/// A part of a node.
#[derive(Clone, Copy)]
pub enum Part<'a> {
    Module(&'a Module),
    Rule(&'a Rule),
    Expr(&'a Expr),
    Query(&'a Query),
}

/// A key in a reference.
#[derive(Clone, Copy)]
pub enum Key<'a> {
    /// `.name`
    Field(&'a str),
    /// `[index]`
    Index(&'a Expr),
}

impl<'a> Key<'a> {
    /// The key, if it is a text that is written out.
    pub fn name(self) -> Option<&'a str> {
        match self {
            Self::Field(name) => Some(name),
            Self::Index(Expr::String { value, .. } | Expr::RawString { value, .. }) => {
                value.as_string().ok().map(|text| &**text)
            }
            Self::Index(_) => None,
        }
    }
}

/// What two keys of an object's literal have in common if OPA's parser takes them
/// for one. A key with `_` is always another.
pub(super) fn identity(key: &Expr) -> Option<Value> {
    if let Expr::String { value, .. }
    | Expr::RawString { value, .. }
    | Expr::Number { value, .. }
    | Expr::Bool { value, .. }
    | Expr::Null { value, .. } = key
    {
        return Some(value.clone());
    }
    let text = key.span().text();
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let is_open = words.any(|word| word == "_");
    (!is_open).then(|| Value::from(vec![Value::from(text)]))
}

/// One step of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Name(String),
    /// An index that is known only at evaluation.
    Any,
}

impl Step {
    pub fn name(self) -> Option<String> {
        match self {
            Self::Name(name) => Some(name),
            Self::Any => None,
        }
    }
}

impl<'a> Part<'a> {
    /// The parts of this part.
    fn parts(self) -> Vec<Self> {
        match self {
            Self::Module(module) => module.policy.iter().map(|rule| Self::Rule(rule)).collect(),
            Self::Rule(rule) => of_rule(rule),
            Self::Query(query) => query.stmts.iter().flat_map(of_statement).collect(),
            Self::Expr(expr) => of_expression(expr),
        }
    }
}

/// The parts of a rule, head first.
fn of_rule(rule: &Rule) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    match rule {
        Rule::Default { value, .. } => parts.push(Part::Expr(value)),
        Rule::Spec { head, bodies, .. } => {
            match head {
                RuleHead::Compr { assign, .. } => {
                    parts.extend(assign.iter().map(|assign| Part::Expr(&assign.value)));
                }
                RuleHead::Set { key, .. } => {
                    parts.extend(key.iter().map(|key| Part::Expr(key)));
                }
                RuleHead::Func { args, assign, .. } => {
                    parts.extend(args.iter().map(|argument| Part::Expr(argument)));
                    parts.extend(assign.iter().map(|assign| Part::Expr(&assign.value)));
                }
            }
            for body in bodies {
                parts.extend(body.assign.iter().map(|assign| Part::Expr(&assign.value)));
                parts.push(Part::Query(&body.query));
            }
        }
    }
    parts
}

/// The parts of a statement, without the targets of `with`.
pub fn of_statement(statement: &LiteralStmt) -> Vec<Part<'_>> {
    let mut parts = match &statement.literal {
        Literal::SomeVars { .. } => Vec::new(),
        Literal::SomeIn {
            key,
            value,
            collection,
            ..
        } => {
            let key = key.iter().map(|key| Part::Expr(key));
            key.chain([Part::Expr(value), Part::Expr(collection)])
                .collect()
        }
        Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => vec![Part::Expr(expr)],
        Literal::Every { domain, query, .. } => vec![Part::Expr(domain), Part::Query(query)],
    };
    let replacements = statement.with_mods.iter();
    parts.extend(replacements.map(|replacement| Part::Expr(&replacement.r#as)));
    parts
}

/// The parts of an expression. The name of a function is not a part of its
/// call.
pub fn of_expression(expr: &Expr) -> Vec<Part<'_>> {
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => Vec::new(),
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().map(|item| Part::Expr(item)).collect()
        }
        Expr::Object { fields, .. } => {
            let fields = fields.iter();
            fields
                .flat_map(|(_, key, value)| [Part::Expr(key), Part::Expr(value)])
                .collect()
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            vec![Part::Query(query), Part::Expr(term)]
        }
        Expr::ObjectCompr {
            key, value, query, ..
        } => vec![Part::Query(query), Part::Expr(key), Part::Expr(value)],
        Expr::Call { params, .. } => params.iter().map(|param| Part::Expr(param)).collect(),
        Expr::UnaryExpr { expr, .. } => vec![Part::Expr(expr)],
        Expr::RefDot { refr, .. } => vec![Part::Expr(refr)],
        Expr::RefBrack { refr, index, .. } => vec![Part::Expr(refr), Part::Expr(index)],
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => vec![Part::Expr(lhs), Part::Expr(rhs)],
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => {
            let key = key.iter().map(|key| Part::Expr(key));
            key.chain([Part::Expr(value), Part::Expr(collection)])
                .collect()
        }
    }
}

/// Visits every expression within a part, outer ones first. If `visit` returns
/// `false`, the expressions within that one are skipped.
pub fn each_expression<'a>(part: Part<'a>, visit: &mut dyn FnMut(&'a Expr) -> bool) {
    if let Part::Expr(expr) = part
        && !visit(expr)
    {
        return;
    }
    for part in part.parts() {
        each_expression(part, visit);
    }
}

/// Visits every statement within a part, outer ones first.
pub fn each_statement<'a>(part: Part<'a>, visit: &mut dyn FnMut(&'a LiteralStmt)) {
    if let Part::Query(query) = part {
        query.stmts.iter().for_each(&mut *visit);
    }
    for part in part.parts() {
        each_statement(part, visit);
    }
}

/// The blanks and comments behind a name, and what follows them.
pub fn behind(name: &Expr) -> (&str, &str) {
    let span = name.span();
    let text = span.source.get_contents().get(span.end as usize..);
    let text = text.unwrap_or_default();
    // A span ends before the bracket that closes it.
    let text = text.strip_prefix(']').unwrap_or(text);
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix('#') {
        let (_, next_line) = comment.split_once('\n').unwrap_or_default();
        rest = next_line.trim_start();
    }
    text.split_at(text.len() - rest.len())
}

/// Whether the expression has a body of its own.
pub fn is_comprehension(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. }
    )
}

/// The root of a reference, and the keys that follow it.
pub fn flatten(reference: &Expr) -> (&Expr, Vec<Key<'_>>) {
    let (mut root, mut keys) = (reference, Vec::new());
    loop {
        if let Expr::RefDot { refr, field, .. } = root {
            keys.push(Key::Field(field.0.text()));
            root = refr;
        } else if let Expr::RefBrack { refr, index, .. } = root {
            keys.push(Key::Index(index));
            root = refr;
        } else {
            keys.reverse();
            return (root, keys);
        }
    }
}

/// The variable that a reference begins with, and the steps from there.
pub fn reference(expr: &Expr) -> Option<(&str, Vec<Step>)> {
    let (Expr::Var { span, .. }, keys) = flatten(expr) else {
        return None;
    };
    let steps = keys.into_iter().map(|key| match key.name() {
        Some(name) => Step::Name(name.to_owned()),
        None => Step::Any,
    });
    Some((span.text(), steps.collect()))
}

/// What an import is called: by `as`, or else the last name of its path.
pub fn alias_of(import: &Import) -> Option<&str> {
    match &import.r#as {
        Some(alias) => Some(alias.text()),
        None => flatten(&import.refr).1.last()?.name(),
    }
}

/// The rule's name with what follows it.
pub fn head_of(rule: &Rule) -> &Expr {
    let (Rule::Default { refr, .. }
    | Rule::Spec {
        head:
            RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. },
        ..
    }) = rule;
    refr
}

/// The rule's name without what follows it, such as the key of a set.
pub fn name_of(rule: &Rule) -> &str {
    flatten(head_of(rule)).0.span().text()
}

/// The path of the file that a module was parsed from.
pub fn file_of(module: &Module) -> &str {
    module.package.span.source.file()
}

/// Whether a file is a test. Tests lie beside the rules but never decide about
/// a release.
pub fn is_test(path: &str) -> bool {
    path.ends_with("_test.rego")
}

/// The parts of a package's name.
pub fn package_of(module: &Module) -> Vec<String> {
    let (root, keys) = flatten(&module.package.refr);
    let names = keys.into_iter().filter_map(Key::name);
    let names = [root.span().text()].into_iter().chain(names);
    names.map(str::to_owned).collect()
}
