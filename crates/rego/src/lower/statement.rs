//! Lowers the statements of a body.

use regorus::Value;
use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, LiteralStmt, Query, Span, WithModifier};

use super::super::builtins::{Function, function};
use super::super::ir::{
    Callee, Collection, Head, Kind, Reference, Replacement, Shape, Slot, Statement, Target, Term,
    With,
};
use super::super::metadata::FAMILY;
use super::super::rewritten::templates::BODY;
use super::call::{Called, dotted};
use super::{Lower, Result, Root};

impl Lower<'_> {
    /// Lowers all statements, in source order.
    pub(super) fn statements(&mut self, query: &Query) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        for (index, statement) in query.stmts.iter().enumerate() {
            self.statement(index, statement, &mut statements)?;
        }
        Ok(statements)
    }

    /// Lowers the statement with this position in its body.
    pub(super) fn statement(
        &mut self,
        condition: usize,
        statement: &LiteralStmt,
        all: &mut Vec<Statement>,
    ) -> Result<()> {
        let with = statement.with_mods.iter().map(|with| self.with(with));
        let with: Vec<With> = with.collect::<Result<_>>()?;
        let place = self.place(&statement.span);
        let mut push = |kind| {
            all.push(Statement {
                place,
                condition,
                kind,
                with: with.clone(),
            });
        };
        match &statement.literal {
            Literal::SomeVars { vars, .. } => {
                for var in vars {
                    self.declare_for_use(var)?;
                }
            }
            Literal::SomeIn {
                key,
                value,
                collection,
                ..
            } => {
                let collection = self.term(collection)?;
                let key = match key {
                    Some(key) => self.declaring(key)?,
                    None => Term::Var(self.scopes.fresh()),
                };
                let value = self.declaring(value)?;
                push(Kind::SomeIn {
                    key,
                    value,
                    collection,
                });
            }
            Literal::Expr { expr, .. } => push(self.kind(expr)?),
            Literal::NotExpr { span, expr } => {
                if let Expr::AssignExpr {
                    op: AssignOp::ColEq,
                    ..
                } = &**expr
                {
                    return Err(self.problem(span, "nothing can be assigned under `not`"));
                }
                let mut lifted = Vec::new();
                let kind = match under_not(expr) {
                    Some(body) => {
                        let once = Term::Const(Value::from(vec![Value::Null]));
                        self.every(span, None, None, once, body)?
                    }
                    None => self.kind(expr)?,
                };
                let kind = match kind {
                    kind if self.has_whole_not => kind,
                    // `f(x, y)` with an output argument: the whole unification
                    // stays under the negation.
                    Kind::Unify(output, Term::Call(mut call))
                        if matches!(&**expr, Expr::Call { .. }) =>
                    {
                        let arguments = std::mem::take(&mut call.arguments).into_iter();
                        call.arguments = arguments.map(|a| self.lift(a, &mut lifted)).collect();
                        Kind::Unify(self.lift(output, &mut lifted), Term::Call(call))
                    }
                    kind => self.negated(kind, &mut lifted),
                };
                for (slot, term) in lifted {
                    push(Kind::Lift(slot, term));
                }
                push(Kind::Not(Box::new(kind)));
            }
            Literal::Every {
                span,
                key,
                value,
                domain,
                query,
            } => {
                let domain = self.term(domain)?;
                push(self.every(span, key.as_ref(), Some(value), domain, query)?);
            }
        }
        Ok(())
    }

    fn every(
        &mut self,
        span: &Span,
        key: Option<&Span>,
        value: Option<&Span>,
        domain: Term,
        query: &Query,
    ) -> Result<Kind> {
        self.open(None);
        let key = self.every_name(key)?;
        let value = self.every_name(value)?;
        self.open(Some(query));
        let body = self.statements(query)?;
        let body = self.ordered(span, body, &mut [])?;
        let scope = self.scopes.close();
        self.all_used(span, &scope)?;
        Ok(Kind::Every {
            key,
            value,
            domain,
            body,
        })
    }

    fn every_name(&mut self, name: Option<&Span>) -> Result<Slot> {
        match name.filter(|name| name.text() != "_") {
            Some(name) => self.declare_for_use(name),
            None => Ok(self.scopes.fresh()),
        }
    }

    /// Lowers a pattern that declares the variables in it.
    fn declaring(&mut self, pattern: &Expr) -> Result<Term> {
        match pattern {
            Expr::Var { span, .. } if span.text() != "_" => Ok(Term::Var(self.declare(span)?)),
            Expr::Array { items, .. } => {
                let items = items.iter().map(|item| self.declaring(item));
                Ok(Term::Array(items.collect::<Result<_>>()?))
            }
            Expr::Object { fields, .. } => {
                let fields = fields
                    .iter()
                    .map(|(_, key, value)| Ok((self.term(key)?, self.declaring(value)?)));
                Ok(Term::Object(fields.collect::<Result<_>>()?))
            }
            other => self.term(other),
        }
    }

    /// Checks that an expression may be on the left of `:=`.
    fn check_assignable(&self, pattern: &Expr) -> Result<()> {
        match pattern {
            Expr::Var { .. } => Ok(()),
            Expr::Array { items, .. } => items.iter().try_for_each(|i| self.check_assignable(i)),
            Expr::Object { fields, .. } => fields
                .iter()
                .try_for_each(|(_, _, value)| self.check_assignable(value)),
            other => Err(self.problem(other.span(), "nothing can be assigned to this")),
        }
    }

    fn kind(&mut self, expression: &Expr) -> Result<Kind> {
        match expression {
            Expr::AssignExpr {
                op: AssignOp::ColEq,
                span,
                lhs,
                rhs,
                ..
            } => {
                self.check_not_taken(span, "assign")?;
                let value = self.term(rhs)?;
                self.check_assignable(lhs)?;
                Ok(Kind::Unify(self.declaring(lhs)?, value))
            }
            Expr::AssignExpr {
                op: AssignOp::Eq,
                span,
                lhs,
                rhs,
                ..
            } => {
                self.check_not_taken(span, "eq")?;
                Ok(Kind::Unify(self.term(lhs)?, self.term(rhs)?))
            }
            Expr::Call { fcn, params, .. } if dotted(fcn) == "print" => {
                // As in OPA, an undefined argument does not fail the body.
                let shown = params.iter().map(|param| {
                    let all = self.all_values(Collection::Set, param, Vec::new())?;
                    Ok(Term::Comprehension(Box::new(all)))
                });
                Ok(Kind::Print(shown.collect::<Result<_>>()?))
            }
            Expr::Call { .. } => {
                let Called { call, output } = self.call(expression)?;
                let call = Term::Call(Box::new(call));
                Ok(match output {
                    Some(output) => Kind::Unify(output, call),
                    None => Kind::Holds(call),
                })
            }
            Expr::BoolExpr {
                op: BoolOp::Eq,
                span,
                lhs,
                rhs,
                ..
            } => {
                // `==` binds no variables; `order` ensures that both sides are
                // bound elsewhere.
                Ok(Kind::Holds(self.binary(span, "equal", lhs, rhs)?))
            }
            other => Ok(Kind::Holds(self.term(other)?)),
        }
    }

    /// Moves out of a negation what OPA evaluates before it: the arguments of
    /// calls and the keys of references. The references on either side of an
    /// equation stay under the negation, because `not a.b == 1` must hold if
    /// `a.b` is undefined.
    ///
    /// Each term that is moved goes to `lifted` with the fresh variable that
    /// replaces it.
    fn negated(&mut self, kind: Kind, lifted: &mut Vec<(Slot, Term)>) -> Kind {
        match kind {
            Kind::Holds(Term::Call(mut call)) => {
                let is_equation = matches!(&call.callee, Callee::Builtin(f) if f.name == "equal");
                let mut arguments = Vec::new();
                for term in std::mem::take(&mut call.arguments) {
                    arguments.push(match is_equation {
                        true => self.side(term, lifted),
                        false => self.lift(term, lifted),
                    });
                }
                call.arguments = arguments;
                Kind::Holds(Term::Call(call))
            }
            Kind::Holds(term) => Kind::Holds(self.side(term, lifted)),
            Kind::Unify(one, other) => {
                Kind::Unify(self.side(one, lifted), self.side(other, lifted))
            }
            other @ (Kind::Lift(..)
            | Kind::Not(_)
            | Kind::SomeIn { .. }
            | Kind::Every { .. }
            | Kind::Print(_)) => other,
        }
    }

    /// Lifts the parts of one side of an equation, or of a whole statement. A
    /// reference itself stays; its head and keys are lifted.
    fn side(&mut self, term: Term, lifted: &mut Vec<(Slot, Term)>) -> Term {
        match term {
            Term::Reference(reference) => {
                let Reference { head, path } = *reference;
                let head = match head {
                    Head::Term(term) => Head::Term(self.lift(term, lifted)),
                    head @ (Head::Input | Head::Data) => head,
                };
                let path = path.into_iter().map(|term| self.lift(term, lifted));
                let path = path.collect();
                Term::Reference(Box::new(Reference { head, path }))
            }
            other => self.lift(other, lifted),
        }
    }

    /// Replaces a compound term by a fresh variable. Comprehensions are always
    /// defined, so they stay.
    fn lift(&mut self, term: Term, lifted: &mut Vec<(Slot, Term)>) -> Term {
        match term {
            Term::Const(_) | Term::Var(_) | Term::Comprehension(_) => term,
            Term::Array(_)
            | Term::Set(_)
            | Term::Object(_)
            | Term::Reference(_)
            | Term::Call(_) => {
                let slot = self.scopes.fresh();
                lifted.push((slot, term));
                Term::Var(slot)
            }
        }
    }

    pub(super) fn with(&mut self, with: &WithModifier) -> Result<With> {
        let written = dotted(&with.refr);
        let target = match self.full_path(&with.refr)? {
            Some((Root::Input, path)) => Target::Input(path),
            Some((Root::Data, path)) => {
                self.check_whole(&with.span, &path)?;
                match self.function(&path) {
                    Some((group, _)) => Target::Function(group),
                    None => Target::Data(path),
                }
            }
            None if written == "walk" || written.starts_with(FAMILY) => {
                return Err(self.problem(&with.span, &format!("`{written}` cannot be replaced")));
            }
            None if function(&written).is_some() || self.is_test => Target::Builtin(written),
            None => {
                let what = "`with` replaces a part of `input` or `data`, a rule or a function";
                return Err(self.problem(&with.span, what));
            }
        };
        if matches!(target, Target::Function(_) | Target::Builtin(_))
            && self.is_function(&with.r#as)?
        {
            let (callee, arity) = self.callee(&with.r#as)?;
            let replaced = match &target {
                Target::Function(group) => match self.program.groups[*group].shape {
                    Shape::Function(arity) => Some(arity),
                    Shape::Complete | Shape::Set | Shape::Object => None,
                },
                Target::Builtin(name) => function(name).map(Function::arity),
                Target::Input(_) | Target::Data(_) => None,
            };
            if let (Some(takes), Some(replaced)) = (arity, replaced)
                && takes != replaced
            {
                let what = format!(
                    "`{}` takes {takes} arguments, and what it replaces takes {replaced}",
                    dotted(&with.r#as)
                );
                return Err(self.problem(&with.span, &what));
            }
            return Ok(With {
                target,
                value: Replacement::Function(callee),
            });
        }
        let value = Replacement::Value(self.term(&with.r#as)?);
        Ok(With { target, value })
    }

    /// Rejects `with` on a part of a rule's value. `with` replaces whole rules;
    /// on a part it would have no effect here, and OPA rejects it too.
    fn check_whole(&self, span: &Span, path: &[String]) -> Result<()> {
        let is_rule = |above: &&[String]| {
            let node = self.program.node(above);
            node.is_some_and(|node| self.program.nodes[node].group.is_some())
        };
        let mut above = (1..path.len()).map(|length| &path[..length]);
        match above.rfind(is_rule) {
            None => Ok(()),
            Some(rule) => {
                let rule = rule.join(".");
                let what = format!("`with` replaces the rule `{rule}` as a whole, or not at all");
                Err(self.problem(span, &what))
            }
        }
    }

    fn is_function(&mut self, expression: &Expr) -> Result<bool> {
        let is_name = matches!(
            expression,
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. }
        );
        if !is_name {
            return Ok(false);
        }
        Ok(match self.full_path(expression)? {
            Some((Root::Data, path)) => self.function(&path).is_some(),
            Some((Root::Input, _)) => false,
            None => function(&dotted(expression)).is_some(),
        })
    }
}

/// The body that stands under `not` in the place of an expression.
fn under_not(expression: &Expr) -> Option<&Query> {
    match expression {
        Expr::Call { fcn, params, .. } if dotted(fcn) == BODY => match &**params.first()? {
            Expr::ArrayCompr { query, .. } => Some(query),
            _ => None,
        },
        _ => None,
    }
}
