//! What an explanation shows of a statement: its text, and the parts whose
//! values show why it failed.

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Query, Span};

use super::super::ir::{
    Collection, Comprehension, Condition, Kind, Statement, Term, Watched, With,
};
use super::super::rewritten::templates::as_written;
use super::super::syntax::{Part, flatten, is_comprehension, of_expression};
use super::{Lower, Result};

/// The most expressions that are shown for one condition.
const MAX_WATCHED: usize = 24;

impl Lower<'_> {
    /// The condition of a statement, before the statement declares anything.
    pub(super) fn condition(&mut self, statement: &LiteralStmt) -> Condition {
        let shown: Option<&Expr> = match &statement.literal {
            // The body refers to the elements of the collection, so only the
            // collection is shown.
            Literal::Every { domain, .. } => Some(domain),
            Literal::SomeIn { collection, .. } => Some(collection),
            Literal::SomeVars { .. } => None,
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => Some(expr),
        };
        let with = statement.with_mods.iter().map(|with| self.with(with));
        let mut watch = Watch {
            // What is wrong with it is found when the statement is lowered.
            with: with.collect::<Result<_>>().unwrap_or_default(),
            lower: self,
            found: Vec::new(),
        };
        if let Some(expr) = shown {
            watch.expression(expr);
        }
        Condition {
            line: statement.span.line,
            text: as_written(source(&statement.span)),
            watched: watch.found,
        }
    }

    /// The condition that a rule's value is defined. A constant always is, and
    /// so is a variable of the body.
    pub(super) fn head_condition(&mut self, value: &Expr, body: &Query) -> Option<Condition> {
        let is_certain = match value {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => true,
            Expr::Var { span, .. } => {
                let mut statements = body.stmts.iter();
                statements.any(|statement| source(&statement.span).contains(span.text()))
            }
            _ => false,
        };
        if is_certain {
            return None;
        }
        let mut watch = Watch {
            with: Vec::new(),
            lower: self,
            found: Vec::new(),
        };
        watch.expression(value);
        // The parser begins the span of an object at its last member.
        let mut span = value.span().clone();
        if let Expr::Object { fields, .. } = value
            && let Some((_, key, _)) = fields.first()
            && let Some(before) = span.source.get_contents().get(..key.span().start as usize)
            && let Some(begin) = before.rfind('{')
        {
            span.start = u32::try_from(begin).unwrap_or(span.start);
            span.line = key.span().line;
        }
        Some(Condition {
            line: span.line,
            text: as_written(source(&span)),
            watched: watch.found,
        })
    }

    /// A comprehension of all values of an expression, which is defined even
    /// where the expression is not.
    pub(super) fn all_values(
        &mut self,
        kind: Collection,
        expr: &Expr,
        with: Vec<With>,
    ) -> Result<Comprehension> {
        let (span, place) = (expr.span(), self.place(expr.span()));
        self.open(None);
        let mut value = Term::Var(self.scopes.fresh());
        let body = vec![Statement {
            place,
            condition: 0,
            kind: Kind::Unify(value.clone(), self.term(expr)?),
            with,
        }];
        let body = self.ordered(span, body, &mut [&mut value])?;
        Ok(Comprehension {
            kind,
            value,
            body,
            place,
        })
    }
}

/// Gathers the parts of a condition that are shown.
struct Watch<'a, 'b> {
    with: Vec<With>,
    lower: &'a mut Lower<'b>,
    found: Vec<Watched>,
}

impl Watch<'_, '_> {
    fn expression(&mut self, expr: &Expr) {
        match expr {
            Expr::Var { span, .. } if !matches!(span.text(), "input" | "data") => {
                self.add(&[expr]);
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(expr),
            // The output of `print` is shown separately.
            Expr::Call { fcn, .. } if fcn.span().text() == "print" => {}
            Expr::Call { .. } => {
                self.add(&[expr]);
                self.within(expr);
            }
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                if *op == AssignOp::Eq {
                    self.expression(lhs);
                }
                self.expression(rhs);
            }
            _ if is_comprehension(expr) => self.add(&[expr]),
            _ => self.within(expr),
        }
    }

    fn within(&mut self, expr: &Expr) {
        for part in of_expression(expr) {
            if let Part::Expr(expr) = part {
                self.expression(expr);
            }
        }
    }

    /// Adds a reference. If it begins with `input` or a variable, its prefixes
    /// are added too.
    fn reference(&mut self, expr: &Expr) {
        let Expr::Var { span, .. } = flatten(expr).0 else {
            return self.within(expr);
        };
        let root = span.text();
        let has_prefixes = root == "input" || !self.lower.is_global(root);
        let mut prefixes = Vec::new();
        let mut next = expr;
        while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = next {
            if prefixes.is_empty() || has_prefixes {
                prefixes.insert(0, next);
            }
            if let Expr::RefBrack { index, .. } = next
                && !matches!(&**index, Expr::Var { .. })
            {
                self.expression(index);
            }
            next = refr;
        }
        self.add(&prefixes);
    }

    /// Adds the last of the expressions, unless it is there or has no value of
    /// its own.
    fn add(&mut self, prefixes: &[&Expr]) {
        let texts = self.found.iter().flat_map(|Watched(prefixes)| prefixes);
        let count = texts.count() + prefixes.len();
        let whole = prefixes.last().map(|expr| source(expr.span()));
        let is_known = self.found.iter().any(|Watched(known)| {
            let known = known.last().map(|(text, _)| text.as_str());
            known == whole
        });
        if is_known || count > MAX_WATCHED {
            return;
        }
        let depth = self.lower.scopes.depth();
        let values = prefixes.iter().map(|expr| {
            let values = self
                .lower
                .all_values(Collection::Array, expr, self.with.clone())?;
            Ok((as_written(source(expr.span())), values))
        });
        match values.collect::<Result<_>>() {
            Ok(values) => self.found.push(Watched(values)),
            Err(_) => self.lower.scopes.leave_to(depth),
        }
    }
}

/// The source of a span, with the quotes that spans of strings leave out.
fn source(span: &Span) -> &str {
    let text = &**span.source.get_contents();
    let is_quote = |at: usize| matches!(text.as_bytes().get(at), Some(b'"' | b'`'));
    let (mut start, mut end) = (span.start as usize, span.end as usize);
    if start > 0 && is_quote(start - 1) {
        start -= 1;
    }
    if is_quote(end) {
        end += 1;
    }
    text.get(start..end).unwrap_or_default()
}
