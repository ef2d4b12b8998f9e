//! Lowers expressions to terms.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{ArithOp, BinOp, BoolOp, Expr, Query, Ref, Span};

use super::super::builtins::numbers;
use super::super::ir::{Call, Collection, Comprehension, Head, Reference, Term};
use super::super::syntax::{Key, flatten, identity};
use super::call::{Called, builtin, dotted};
use super::{Lower, Meaning, Result, Root};

impl Lower<'_> {
    pub(super) fn term(&mut self, expression: &Expr) -> Result<Term> {
        match expression {
            Expr::String { value, .. }
            | Expr::RawString { value, .. }
            | Expr::Bool { value, .. }
            | Expr::Null { value, .. } => Ok(Term::Const(value.clone())),
            Expr::Number { span, value, .. } => {
                self.notations.note(span.text());
                Ok(Term::Const(value.clone()))
            }
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.reference(expression)
            }
            Expr::Array { items, .. } => Ok(Term::Array(self.terms(items)?)),
            Expr::Set { items, .. } => Ok(Term::Set(self.terms(items)?)),
            Expr::Object { fields, .. } => {
                // As in OPA's parser: of two members with one key, the last.
                let mut keys = BTreeSet::new();
                let mut last: Vec<_> = fields.iter().rev().collect();
                last.retain(|(_, key, _)| identity(key).is_none_or(|key| keys.insert(key)));
                let fields = last
                    .into_iter()
                    .rev()
                    .map(|(_, key, value)| Ok((self.term(key)?, self.term(value)?)));
                Ok(Term::Object(fields.collect::<Result<_>>()?))
            }
            Expr::ArrayCompr {
                span, term, query, ..
            } => self.comprehension(span, query, |_| Ok(Collection::Array), term),
            Expr::SetCompr {
                span, term, query, ..
            } => self.comprehension(span, query, |_| Ok(Collection::Set), term),
            Expr::ObjectCompr {
                span,
                key,
                value,
                query,
                ..
            } => {
                let kind = |this: &mut Self| Ok(Collection::Object(this.term(key)?));
                self.comprehension(span, query, kind, value)
            }
            Expr::Call {
                span, fcn, params, ..
            } => {
                if let Some(value) = self.annotations(fcn, params) {
                    return Ok(Term::Const(value));
                }
                let Called { call, output } = self.call(expression)?;
                if output.is_some() {
                    return Err(self.problem(span, "a call has an argument too many"));
                }
                Ok(Term::Call(Box::new(call)))
            }
            Expr::UnaryExpr { span, expr, .. } => match &**expr {
                Expr::Number {
                    span: digits,
                    value,
                    ..
                } => {
                    self.notations.note(&format!("-{}", digits.text()));
                    numbers::negated(value)
                        .map(Term::Const)
                        .ok_or_else(|| self.problem(span, "no such number"))
                }
                other => {
                    let zero = Term::Const(Value::from(0_i64));
                    let term = self.term(other)?;
                    self.operator(span, "minus", vec![zero, term])
                }
            },
            Expr::BinExpr {
                span, op, lhs, rhs, ..
            } => {
                let is_union = matches!(op, BinOp::Union);
                self.binary(span, if is_union { "or" } else { "and" }, lhs, rhs)
            }
            Expr::BoolExpr {
                span, op, lhs, rhs, ..
            } => self.binary(span, comparison(op), lhs, rhs),
            Expr::ArithExpr {
                span, op, lhs, rhs, ..
            } => self.binary(span, arithmetic(op), lhs, rhs),
            Expr::Membership {
                span,
                key,
                value,
                collection,
                ..
            } => {
                let arguments = key.iter().chain([value, collection]);
                let arguments = arguments.map(|it| self.term(it)).collect::<Result<_>>()?;
                let name = match key {
                    Some(_) => "internal.member_3",
                    None => "internal.member_2",
                };
                self.operator(span, name, arguments)
            }
            Expr::AssignExpr { span, .. } => {
                Err(self.problem(span, "an assignment is a statement of its own"))
            }
        }
    }

    /// The result of a function of annotations.
    fn annotations(&self, function: &Expr, arguments: &[Ref<Expr>]) -> Option<Value> {
        let root = flatten(function).0.span().text();
        if !arguments.is_empty() || self.scopes.has(root) || self.is_global(root) {
            return None;
        }
        let rule = self.rule.map(|start| (self.file, start));
        let (path, package) = (&self.path, &self.package);
        self.metadata.result(&dotted(function), rule, path, package)
    }

    pub(super) fn terms(&mut self, items: &[Ref<Expr>]) -> Result<Vec<Term>> {
        items.iter().map(|item| self.term(item)).collect()
    }

    /// Lowers a binary operator to a call of the built-in function that OPA has
    /// for it.
    pub(super) fn binary(
        &mut self,
        span: &Span,
        name: &str,
        lhs: &Expr,
        rhs: &Expr,
    ) -> Result<Term> {
        let arguments = vec![self.term(lhs)?, self.term(rhs)?];
        self.operator(span, name, arguments)
    }

    /// Rejects an operator whose name is taken. In OPA an operator is the name
    /// of a function; a rule, an import or a variable of that name would be
    /// used instead, which is never intended.
    pub(super) fn check_not_taken(&self, span: &Span, operator: &str) -> Result<()> {
        let (first, _) = operator.split_once('.').unwrap_or((operator, ""));
        match self.is_global(first) || self.scopes.has(first) {
            true => Err(self.problem(
                span,
                &format!("`{first}` is the name of an operator here; call yours otherwise"),
            )),
            false => Ok(()),
        }
    }

    pub(super) fn operator(&self, span: &Span, name: &str, arguments: Vec<Term>) -> Result<Term> {
        self.check_not_taken(span, name)?;
        let callee = builtin(name);
        let place = self.place(span);
        Ok(Term::Call(Box::new(Call {
            callee,
            arguments,
            place,
        })))
    }

    /// `kind` is lowered behind the body, whose variables it may use.
    fn comprehension(
        &mut self,
        span: &Span,
        query: &Query,
        kind: impl FnOnce(&mut Self) -> Result<Collection>,
        value: &Expr,
    ) -> Result<Term> {
        self.open(Some(query));
        let body = self.statements(query)?;
        let mut kind = kind(self)?;
        let mut value = self.term(value)?;
        let mut heads = match &mut kind {
            Collection::Object(key) => vec![key, &mut value],
            Collection::Array | Collection::Set => vec![&mut value],
        };
        let body = self.ordered(span, body, &mut heads)?;
        let place = self.place(span);
        let all = Comprehension {
            kind,
            value,
            body,
            place,
        };
        Ok(Term::Comprehension(Box::new(all)))
    }

    fn reference(&mut self, expression: &Expr) -> Result<Term> {
        let (root, keys) = flatten(expression);
        let mut path = Vec::new();
        let head = match root {
            Expr::Var { span, .. } if span.text() == "_" => {
                Head::Term(Term::Var(self.scopes.fresh()))
            }
            Expr::Var { span, .. } => match self.meaning(span)? {
                Meaning::Local(slot) => Head::Term(Term::Var(slot)),
                Meaning::Global(root, fixed) => {
                    path.extend(fixed.into_iter().map(|part| Term::Const(Value::from(part))));
                    match root {
                        Root::Input => Head::Input,
                        Root::Data => Head::Data,
                    }
                }
            },
            other => Head::Term(self.term(other)?),
        };
        for key in keys {
            path.push(self.key(key)?);
        }
        if matches!(head, Head::Data) {
            self.check_no_function(expression.span(), &path)?;
        }
        match head {
            Head::Term(term) if path.is_empty() => Ok(term),
            head => Ok(Term::Reference(Box::new(Reference { head, path }))),
        }
    }

    /// A key in a reference.
    pub(super) fn key(&mut self, key: Key<'_>) -> Result<Term> {
        match key {
            Key::Field(field) => Ok(Term::Const(Value::from(field))),
            // OPA's type checker finds no such element.
            Key::Index(Expr::Number { span, value, .. })
                if value.as_i64().is_ok() && span.text().contains(['.', 'e', 'E']) =>
            {
                Err(self.problem(span, "an index is written as an integer"))
            }
            Key::Index(index) => self.term(index),
        }
    }

    /// Rejects a reference to a function that does not call it: it would be
    /// undefined without any notice.
    fn check_no_function(&self, span: &Span, path: &[Term]) -> Result<()> {
        let mut fixed = Vec::new();
        for term in path {
            let Term::Const(Value::String(part)) = term else {
                break;
            };
            fixed.push(part.to_string());
        }
        if (1..=fixed.len()).any(|len| self.function(&fixed[..len]).is_some()) {
            return Err(self.problem(span, "a function is called with its arguments"));
        }
        Ok(())
    }

    /// The full path of a reference that consists of plain names, or `None`.
    pub(super) fn full_path(&mut self, expression: &Expr) -> Result<Option<(Root, Vec<String>)>> {
        let (root, keys) = flatten(expression);
        let Expr::Var { span, .. } = root else {
            return Ok(None);
        };
        let name = span.text();
        // `meaning` would turn an unknown name into a variable.
        let is_local = !matches!(self.scopes.resolve(name), Ok(None));
        if is_local || !self.is_global(name) {
            return Ok(None);
        }
        let Meaning::Global(root, mut path) = self.meaning(span)? else {
            return Ok(None);
        };
        for key in keys {
            let Some(name) = key.name() else {
                return Ok(None);
            };
            path.push(name.to_owned());
        }
        Ok(Some((root, path)))
    }
}

fn comparison(operator: &BoolOp) -> &'static str {
    match operator {
        BoolOp::Lt => "lt",
        BoolOp::Le => "lte",
        BoolOp::Eq => "equal",
        BoolOp::Ge => "gte",
        BoolOp::Gt => "gt",
        BoolOp::Ne => "neq",
    }
}

fn arithmetic(operator: &ArithOp) -> &'static str {
    match operator {
        ArithOp::Add => "plus",
        ArithOp::Sub => "minus",
        ArithOp::Mul => "mul",
        ArithOp::Div => "div",
        ArithOp::Mod => "rem",
    }
}
