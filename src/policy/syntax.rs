//! Access to the parser's syntax tree: the parts of each node, and the path
//! that a reference follows from a variable.

use regorus::Value;
use regorus::unstable::{Expr, Literal, LiteralStmt, Query, Rule, RuleHead};

/// A part of a node.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Expr(&'a Expr),
    Query(&'a Query),
}

/// One step of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    /// An index that is known only at evaluation.
    Any,
}

/// The parts of a rule, head first.
pub(super) fn of_rule(rule: &Rule) -> Vec<Part<'_>> {
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
pub(super) fn of_statement(statement: &LiteralStmt) -> Vec<Part<'_>> {
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
pub(super) fn of_expression(expr: &Expr) -> Vec<Part<'_>> {
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
            let pair = |(_, key, value)| [Part::Expr(key), Part::Expr(value)];
            fields
                .flat_map(|field| pair((&field.0, &field.1, &field.2)))
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
pub(super) fn each_expression<'a>(part: Part<'a>, visit: &mut dyn FnMut(&'a Expr) -> bool) {
    let parts = match part {
        Part::Query(query) => query.stmts.iter().flat_map(of_statement).collect(),
        Part::Expr(expr) if visit(expr) => of_expression(expr),
        Part::Expr(_) => Vec::new(),
    };
    for part in parts {
        each_expression(part, visit);
    }
}

/// The variable that a reference begins with, and the steps from there.
pub(super) fn reference(expr: &Expr) -> Option<(&str, Vec<Step>)> {
    let mut steps = Vec::new();
    let mut expr = expr;
    loop {
        if let Expr::RefDot { refr, field, .. } = expr {
            steps.push(Step::Name(text(&field.1)?.to_owned()));
            expr = refr;
        } else if let Expr::RefBrack { refr, index, .. } = expr {
            let step = match &**index {
                Expr::String { value, .. } | Expr::RawString { value, .. } => text(value),
                Expr::Number { .. }
                | Expr::Bool { .. }
                | Expr::Null { .. }
                | Expr::Var { .. }
                | Expr::Array { .. }
                | Expr::Set { .. }
                | Expr::Object { .. }
                | Expr::ArrayCompr { .. }
                | Expr::SetCompr { .. }
                | Expr::ObjectCompr { .. }
                | Expr::Call { .. }
                | Expr::UnaryExpr { .. }
                | Expr::RefDot { .. }
                | Expr::RefBrack { .. }
                | Expr::BinExpr { .. }
                | Expr::BoolExpr { .. }
                | Expr::ArithExpr { .. }
                | Expr::AssignExpr { .. }
                | Expr::Membership { .. } => None,
            };
            steps.push(step.map_or(Step::Any, |name| Step::Name(name.to_owned())));
            expr = refr;
        } else if let Expr::Var { span, .. } = expr {
            steps.reverse();
            return Some((span.text(), steps));
        } else {
            return None;
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_string().ok().map(|text| &**text)
}
