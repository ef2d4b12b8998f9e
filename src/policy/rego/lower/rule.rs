//! Lowers rules: the head, the body, and the `else` clauses.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{Expr, Rule as Tree, RuleBody, RuleHead, Span};

use super::super::ir::{Clause, Rule, Term};
use super::super::names::{self, Part};
use super::super::scope::{Scopes, declared_in};
use super::{Lower, Result};

impl Lower<'_> {
    /// Lowers a rule. Returns the index of its group, the rule, and whether it
    /// is the group's default.
    pub(super) fn rule(&mut self, rule: &Tree) -> Result<(usize, Rule, bool)> {
        let (Tree::Default { refr, .. }
        | Tree::Spec {
            head:
                RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. },
            ..
        }) = rule;
        self.can_be_declared(names::flatten(refr).0.span())?;
        self.scopes = Scopes::default();
        self.scopes.open(None, &|_| true);
        match rule {
            Tree::Default {
                span,
                refr,
                args,
                value,
                ..
            } => {
                self.is_constant(value)?;
                let arguments = args.iter().map(|arg| self.argument(arg));
                let arguments = arguments.collect::<Result<_>>()?;
                self.open(None);
                let value = self.term(value)?;
                let body = self.ordered(span, Vec::new(), &[&value])?;
                let place = self.place(span);
                let clauses = vec![Clause { place, body, value }];
                let group = self.group(refr);
                Ok((
                    group,
                    self.finished(span, arguments, Vec::new(), false, clauses),
                    true,
                ))
            }
            Tree::Spec { span, head, bodies } => self.spec(span, head, bodies),
        }
    }

    fn spec(
        &mut self,
        span: &Span,
        head: &RuleHead,
        bodies: &[RuleBody],
    ) -> Result<(usize, Rule, bool)> {
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
            if index > 0 && !bodies[index].is_else {
                return Err(self.problem(
                    span,
                    "a rule has several bodies; write the rule once for each",
                ));
            }
            self.open(query);
            let body = query.map_or_else(|| Ok(Vec::new()), |query| self.statements(query))?;
            if index == 0 {
                let found = names::name(refr).keys;
                keys = found
                    .into_iter()
                    .map(|key| self.term(key))
                    .collect::<Result<_>>()?;
                self.fields_behind_keys(refr, &mut keys)?;
            }
            let value = value.map_or(Ok(Term::Const(Value::from(true))), |v| self.term(v))?;
            let needed: Vec<&Term> = keys.iter().chain([&value]).collect();
            let body = self.ordered(span, body, &needed)?;
            clauses.push(Clause {
                place: self.place(span),
                body,
                value,
            });
        }
        let group = self.group(refr);
        if clauses.len() > 1 && (key.is_some() || !keys.is_empty()) {
            return Err(self.problem(span, "`else` needs a rule with one value"));
        }
        Ok((
            group,
            self.finished(span, arguments, keys, key.is_some(), clauses),
            false,
        ))
    }

    /// Adds the plain fields behind the first variable key: `.r` in `p[x].r` is
    /// a key, just as `x` is.
    fn fields_behind_keys(&self, refr: &Expr, keys: &mut Vec<Term>) -> Result<()> {
        let (_, path) = names::flatten(refr);
        let mut position = None;
        for part in path {
            let is_plain = matches!(
                part,
                Part::Field(_) | Part::Index(Expr::String { .. } | Expr::RawString { .. })
            );
            match (part, position) {
                (Part::Field(field), Some(at)) => {
                    keys.insert(at, Term::Const(Value::from(field)));
                    position = Some(at + 1);
                }
                (Part::Index(_), Some(at)) => position = Some(at + 1),
                (Part::Index(_), None) if !is_plain => position = Some(1),
                (Part::Field(_) | Part::Index(_), None) => {}
            }
        }
        Ok(())
    }

    fn finished(
        &mut self,
        span: &Span,
        arguments: Vec<Term>,
        keys: Vec<Term>,
        contains: bool,
        clauses: Vec<Clause>,
    ) -> Rule {
        Rule {
            place: self.place(span),
            arguments,
            keys,
            contains,
            clauses,
            slots: self.scopes.slots,
        }
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
    fn is_constant(&self, value: &Expr) -> Result<()> {
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
                items.iter().try_for_each(|item| self.is_constant(item))
            }
            Expr::Object { fields, .. } => fields.iter().try_for_each(|(_, key, value)| {
                self.is_constant(key)?;
                self.is_constant(value)
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
