//! Generates rules to stand beside a team's own: in the same package, with the
//! same imports, built from the same statements. Rules that count the solutions
//! of the first statement, the first two and so on show which one fails, in
//! whatever order a body is evaluated.

use regorus::Engine;
use regorus::unstable::{Expr, LiteralStmt, Module, Rule, RuleBody, RuleHead, Span};

use super::evaluator::{Evaluator, GENERATED, lengths};
use super::syntax::{Part, of_statement};

/// The prefix of generated names. A rule that uses it itself is not explained.
pub(super) const OURS: &str = "bgw_";

/// One condition of a rule's body. The last may be that the rule's head is
/// defined.
pub(super) struct Condition<'a> {
    pub(super) line: u32,
    /// The source that is evaluated.
    pub(super) text: String,
    /// The source as its author wrote it.
    pub(super) shown: &'a str,
    pub(super) parts: Vec<Part<'a>>,
    /// Its `with` modifiers, such as `with input as {}`.
    pub(super) with: &'a str,
    pub(super) statement: Option<&'a LiteralStmt>,
}

/// The conditions of a body, in source order.
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
    // A head that is a variable of the body is defined if the body holds.
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

/// The expression of the value that a definition gives.
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

/// The source of an expression that counts the solutions of the conditions.
pub(super) fn count(conditions: &[Condition<'_>]) -> String {
    format!("count([1 |\n{}\n])", conjunction(conditions.iter()))
}

/// The source of the conditions, one per line.
pub(super) fn conjunction<'a>(conditions: impl Iterator<Item = &'a Condition<'a>>) -> String {
    let texts: Vec<&str> = conditions
        .map(|condition| condition.text.as_str())
        .collect();
    match texts.as_slice() {
        [] => "true".to_owned(),
        texts => texts.join(";\n"),
    }
}

/// The source of a module's package and imports, for a generated file.
pub(super) fn header(module: &Module) -> String {
    let mut text = format!("package {}\n", module.package.refr.span().text());
    for import in &module.imports {
        let path = import.refr.span().text();
        // Generated files are v1, which has all keywords.
        if path.starts_with("rego") || path.starts_with("future") {
            continue;
        }
        let name = import.r#as.as_ref();
        let name = name.map_or_else(String::new, |name| format!(" as {}", name.text()));
        text.push_str(&format!("import {path}{name}\n"));
    }
    text
}

/// Whether generated source parses. Words that became keywords later may name
/// variables in old policies.
pub(super) fn can_be_read(text: &str) -> bool {
    let mut engine = Engine::new();
    engine.set_policy_length_config(lengths());
    engine
        .add_policy(GENERATED.to_owned(), text.to_owned())
        .is_ok()
}

/// Adds generated files to a copy of the evaluator. Files that do not parse or
/// compile are left out; returns which ones are in.
pub(super) fn with_files(engine: &Evaluator, texts: &[String]) -> (Evaluator, Vec<bool>) {
    let mut best = engine.clone();
    best.set_rego_v0(false);
    let mut are_in = Vec::new();
    for text in texts {
        let mut next = best.clone();
        let added = !text.is_empty() && next.add_policy(GENERATED.to_owned(), text.clone()).is_ok();
        let is_good = added && next.prepare().is_ok();
        if is_good {
            best = next;
        }
        are_in.push(is_good);
    }
    (best, are_in)
}

/// The source of a span, with the quotes that spans of strings leave out.
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
