//! Rules of our own beside a team's: in its package, with its imports, made of
//! its statements. How many ways there are through the first one, the first
//! two … of them tells which one failed, in whatever order the engine
//! evaluates a body.

use regorus::Engine;
use regorus::unstable::{Expr, LiteralStmt, Module, Rule, RuleBody, RuleHead, Span};

use super::evaluator::Evaluator;
use super::syntax::{Part, of_statement};

/// How names of our own begin. Whoever has such a name is not explained.
pub(super) const OURS: &str = "bgw_";

/// The file that our rules are said to be in.
pub(super) const FILE: &str = "<beside>";

/// One condition of a rule's body; the last may be that its head is defined.
pub(super) struct Condition<'a> {
    pub(super) line: u32,
    /// As it is evaluated.
    pub(super) text: String,
    /// As its author wrote it.
    pub(super) shown: &'a str,
    pub(super) parts: Vec<Part<'a>>,
    /// What it replaces, such as `with input as {}`.
    pub(super) with: &'a str,
    pub(super) statement: Option<&'a LiteralStmt>,
}

/// The conditions of a body, in the order in which they were written.
pub(super) fn conditions<'a>(rule: &'a Rule, body: &'a RuleBody) -> Vec<Condition<'a>> {
    let statements = body.query.stmts.iter().map(|statement| {
        let with = match statement.with_mods.as_slice() {
            [] => "",
            [first, .., last] => between(&first.span, &last.span),
            [only] => source(&only.span),
        };
        Condition {
            line: statement.span.line,
            text: source(&statement.span).to_owned(),
            shown: source(&statement.span),
            parts: of_statement(statement),
            with,
            statement: Some(statement),
        }
    });
    // Where the body gives the head its value, there is no more to try.
    let is_given = |value: &Expr| {
        let mut statements = body.query.stmts.iter();
        let names = |it: &LiteralStmt| source(&it.span).contains(value.span().text());
        matches!(value, Expr::Var { .. }) && statements.any(names)
    };
    let head = head_value(rule, body).filter(|value| !is_constant(value) && !is_given(value));
    let head = head.map(|value| Condition {
        line: value.span().line,
        text: format!("{OURS}head := {}", source(value.span())),
        shown: source(value.span()),
        parts: vec![Part::Expr(value)],
        with: "",
        statement: None,
    });
    statements.chain(head).collect()
}

/// What a definition gives where its body holds.
pub(super) fn head_value<'a>(rule: &'a Rule, body: &'a RuleBody) -> Option<&'a Expr> {
    let Rule::Spec { head, .. } = rule else {
        return None;
    };
    if let Some(assign) = &body.assign {
        return Some(&assign.value);
    }
    match head {
        RuleHead::Set { key, .. } => key.as_deref(),
        RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => {
            assign.as_ref().map(|assign| &*assign.value)
        }
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
    )
}

/// How many ways there are through these conditions.
pub(super) fn count(conditions: &[Condition<'_>]) -> String {
    format!("count([1 |\n{}\n])", conjunction(conditions.iter()))
}

/// All of these conditions, one a line.
pub(super) fn conjunction<'a>(conditions: impl Iterator<Item = &'a Condition<'a>>) -> String {
    let texts: Vec<&str> = conditions
        .map(|condition| condition.text.as_str())
        .collect();
    match texts.as_slice() {
        [] => "true".to_owned(),
        texts => texts.join(";\n"),
    }
}

/// The package and the imports of a module, for a file beside it.
pub(super) fn header(module: &Module) -> String {
    let mut text = format!("package {}\n", module.package.refr.span().text());
    for import in &module.imports {
        let path = import.refr.span().text();
        // Every keyword is there.
        if path.starts_with("rego") || path.starts_with("future") {
            continue;
        }
        let name = import.r#as.as_ref();
        let name = name.map_or_else(String::new, |name| format!(" as {}", name.text()));
        text.push_str(&format!("import {path}{name}\n"));
    }
    text
}

/// Whether our rules can be read at all. Words that became keywords later
/// name variables in old policies.
pub(super) fn can_be_read(text: &str) -> bool {
    let mut engine = Engine::new();
    engine.set_policy_length_config(super::engine::lengths());
    engine.add_policy(FILE.to_owned(), text.to_owned()).is_ok()
}

/// The engine with our rules, each text a file; those that it cannot make
/// sense of are left out. Answers which are in.
pub(super) fn with_files(engine: &Evaluator, texts: &[String]) -> (Evaluator, Vec<bool>) {
    let mut best = engine.clone();
    best.set_rego_v0(false);
    let mut are_in = Vec::new();
    for text in texts {
        let mut next = best.clone();
        let added = !text.is_empty() && next.add_policy(FILE.to_owned(), text.clone()).is_ok();
        let is_good = added && next.prepare().is_ok();
        if is_good {
            best = next;
        }
        are_in.push(is_good);
    }
    (best, are_in)
}

/// The text of a span. Those of strings leave the quotes out.
pub(super) fn source(span: &Span) -> &str {
    between(span, span)
}

fn between<'a>(first: &'a Span, last: &Span) -> &'a str {
    let text = &**first.source.get_contents();
    let is_quote = |at: usize| matches!(text.as_bytes().get(at), Some(b'"' | b'`'));
    let (mut start, mut end) = (first.start as usize, last.end as usize);
    if start > 0 && is_quote(start - 1) {
        start -= 1;
    }
    if is_quote(end) {
        end += 1;
    }
    text.get(start..end).unwrap_or_default()
}
