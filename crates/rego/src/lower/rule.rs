//! Lowers rules: the head, the body, and the `else` clauses.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{Expr, Ref, Rule as Tree, RuleBody, RuleHead, Span};

use super::super::ir::{Clause, Rule, Term};
use super::super::names;
use super::super::scope::{Scopes, declared_in};
use super::super::syntax::{Key, flatten, head_of};
use super::{Lower, Result};

/// A rule, and the index of the group that it belongs to.
pub(super) struct Lowered {
    pub(super) group: usize,
    pub(super) rule: Rule,
    pub(super) is_default: bool,
}

impl Lower<'_> {
    /// Lowers a rule. Several bodies in a row are as many rules.
    pub(super) fn rules(&mut self, rule: &Tree) -> Result<Vec<Lowered>> {
        self.can_be_declared(flatten(head_of(rule)).0.span())?;
        self.path = [self.package.clone(), names::name(head_of(rule)).fixed].concat();
        match rule {
            Tree::Default {
                span,
                refr,
                args,
                value,
                ..
            } => Ok(vec![self.default(span, refr, args, value)?]),
            Tree::Spec { span, head, bodies } if bodies.is_empty() => {
                Ok(vec![self.spec(span, head, &[])?])
            }
            Tree::Spec { span, head, bodies } => {
                let chains = bodies.chunk_by(|_, next| next.is_else).enumerate();
                let rules = chains.map(|(index, bodies)| {
                    let span = if index == 0 { span } else { &bodies[0].span };
                    self.spec(span, head, bodies)
                });
                rules.collect()
            }
        }
    }

    fn begin(&mut self) {
        self.scopes = Scopes::default();
        self.scopes.open(None, &|_| true);
    }

    fn default(
        &mut self,
        span: &Span,
        refr: &Expr,
        args: &[Ref<Expr>],
        value: &Expr,
    ) -> Result<Lowered> {
        self.begin();
        self.check_constant(value)?;
        let arguments = args.iter().map(|arg| self.argument(arg));
        let arguments = arguments.collect::<Result<_>>()?;
        self.open(None);
        let mut value = self.term(value)?;
        let body = self.ordered(span, Vec::new(), &mut [&mut value])?;
        let clause = Clause {
            place: self.place(span),
            body,
            value,
            conditions: Vec::new(),
            head: None,
        };
        Ok(Lowered {
            group: self.group(refr),
            is_default: true,
            rule: Rule {
                place: self.place(span),
                arguments,
                keys: Vec::new(),
                contains: false,
                clauses: vec![clause],
                slots: self.scopes.slots,
            },
        })
    }

    fn spec(&mut self, span: &Span, head: &RuleHead, bodies: &[RuleBody]) -> Result<Lowered> {
        self.begin();
        let (refr, key, args, assign) = match head {
            RuleHead::Compr { refr, assign, .. } => (refr, None, &[][..], assign.as_ref()),
            RuleHead::Set {
                refr,
                key: Some(key),
                ..
            } => (refr, Some(key), &[][..], None),
            RuleHead::Set { span, .. } => {
                return Err(self.problem(span, "write a set of findings with `contains`"));
            }
            RuleHead::Func {
                refr, args, assign, ..
            } => (refr, None, &args[..], assign.as_ref()),
        };
        let arguments = args.iter().map(|arg| self.argument(arg));
        let arguments: Vec<Term> = arguments.collect::<Result<_>>()?;
        let (mut clauses, mut keys) = (Vec::new(), Vec::new());
        let first = bodies.first().map(|body| &*body.query);
        let value = key.or(assign.map(|assign| &assign.value));
        for (index, (query, value, span)) in std::iter::once((first, value.map(|v| &**v), span))
            .chain(bodies.iter().skip(1).map(|body| {
                let value = body.assign.as_ref().map(|assign| &*assign.value);
                (Some(&*body.query), value, &body.span)
            }))
            .enumerate()
        {
            self.rule = (index == 0).then_some(span.start);
            self.open(query);
            let (mut body, mut conditions) = (Vec::new(), Vec::new());
            for (index, statement) in query.iter().flat_map(|it| &it.stmts).enumerate() {
                if self.explains {
                    conditions.push(self.condition(statement));
                }
                self.statement(index, statement, &mut body)?;
            }
            if index == 0 {
                let found = names::name(refr).keys.into_iter();
                let found = found.map(|key| match key {
                    Key::Field(field) => Ok(Term::Const(Value::from(field))),
                    Key::Index(index) => self.term(index),
                });
                keys = found.collect::<Result<_>>()?;
            }
            let head = match (value, query) {
                (Some(value), Some(query)) if self.explains => self.head_condition(value, query),
                _ => None,
            };
            let mut value = value.map_or(Ok(Term::Const(Value::from(true))), |v| self.term(v))?;
            let mut heads: Vec<&mut Term> = keys.iter_mut().chain([&mut value]).collect();
            let body = self.ordered(span, body, &mut heads)?;
            clauses.push(Clause {
                place: self.place(span),
                body,
                value,
                conditions,
                head,
            });
        }
        if clauses.len() > 1 && (key.is_some() || !keys.is_empty()) {
            return Err(self.problem(span, "`else` needs a rule with one value"));
        }
        Ok(Lowered {
            group: self.group(refr),
            is_default: false,
            rule: Rule {
                place: self.place(span),
                arguments,
                keys,
                contains: key.is_some(),
                clauses,
                slots: self.scopes.slots,
            },
        })
    }

    fn group(&self, refr: &Expr) -> usize {
        let path = [self.package.clone(), names::name(refr).fixed].concat();
        let node = self
            .program
            .node(&path)
            .and_then(|node| self.program.nodes[node].group);
        node.unwrap_or_default()
    }

    /// Checks that a default is a literal value. Comprehensions are the only
    /// computed parts that it may have.
    fn check_constant(&self, value: &Expr) -> Result<()> {
        match value {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::ArrayCompr { .. }
            | Expr::SetCompr { .. }
            | Expr::ObjectCompr { .. } => Ok(()),
            Expr::UnaryExpr { expr, .. } if matches!(&**expr, Expr::Number { .. }) => Ok(()),
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().try_for_each(|item| self.check_constant(item))
            }
            Expr::Object { fields, .. } => fields.iter().try_for_each(|(_, key, value)| {
                self.check_constant(key)?;
                self.check_constant(value)
            }),
            Expr::Var { .. }
            | Expr::Call { .. }
            | Expr::UnaryExpr { .. }
            | Expr::RefDot { .. }
            | Expr::RefBrack { .. }
            | Expr::BinExpr { .. }
            | Expr::BoolExpr { .. }
            | Expr::ArithExpr { .. }
            | Expr::AssignExpr { .. }
            | Expr::Membership { .. } => {
                Err(self.problem(value.span(), "a default is a value that is written out"))
            }
        }
    }

    /// An argument in a function's head. Its names are declared; a name that
    /// occurs twice is one variable.
    fn argument(&mut self, argument: &Expr) -> Result<Term> {
        let mut names = BTreeSet::new();
        declared_in(argument, &mut names);
        for name in names {
            if matches!(name.as_str(), "input" | "data") {
                return Err(self.problem(argument.span(), &format!("`{name}` cannot be declared")));
            }
            if matches!(self.scopes.resolve(&name), Ok(None)) {
                self.scopes.name(&name);
            }
        }
        self.term(argument)
    }
}
