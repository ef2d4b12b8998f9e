//! Resolves local variables: which variable a name refers to at each point of a
//! body.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, Expr, Literal, Query};

use super::ir::Slot;

/// One body and the variables that belong to it.
#[derive(Default)]
pub(super) struct Scope {
    names: BTreeMap<String, Slot>,
    /// Names that are used in the body without a declaration.
    undeclared: BTreeSet<String>,
    /// Names that are declared further down in the body.
    later: BTreeSet<String>,
    /// The variables of this body, without those of nested comprehensions.
    pub(super) own: BTreeSet<Slot>,
    /// Variables declared by `some` or `every` that are not used yet.
    pub(super) unused: BTreeMap<Slot, String>,
}

/// The enclosing bodies, innermost last.
#[derive(Default)]
pub(super) struct Scopes {
    scopes: Vec<Scope>,
    pub(super) slots: usize,
}

/// Why a name cannot be used or declared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misused {
    /// Used before its declaration in the same body.
    Above,
    /// Declared twice in one body, or already an argument of the function.
    Twice,
}

impl Scopes {
    /// Enters a body. A name that is used in the body without a declaration, is
    /// not global and is not a variable of an enclosing body becomes a variable
    /// of this body.
    pub(super) fn open(&mut self, query: Option<&Query>, is_global: &dyn Fn(&str) -> bool) {
        let mut found = Found::default();
        if let Some(query) = query {
            found.query(query);
        }
        let own: Vec<String> = found
            .used
            .difference(&found.declared)
            .filter(|name| !is_global(name) && self.find(name).is_none())
            .cloned()
            .collect();
        self.scopes.push(Scope {
            later: found.declared,
            ..Scope::default()
        });
        for name in own {
            self.name(&name);
            if let Some(scope) = self.scopes.last_mut() {
                scope.undeclared.insert(name);
            }
        }
    }

    pub(super) fn close(&mut self) -> Scope {
        self.scopes.pop().unwrap_or_default()
    }

    /// Adds an unnamed variable to the innermost body.
    pub(super) fn fresh(&mut self) -> Slot {
        let slot = self.slots;
        self.slots += 1;
        if let Some(scope) = self.scopes.last_mut() {
            scope.own.insert(slot);
        }
        slot
    }

    /// Adds a variable of this name to the innermost body.
    pub(super) fn name(&mut self, name: &str) -> Slot {
        let slot = self.fresh();
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.insert(name.to_owned(), slot);
        }
        slot
    }

    pub(super) fn declare(&mut self, name: &str) -> Result<Slot, Misused> {
        // The first scope has the function's arguments, the second is the
        // rule's body.
        let is_argument = self.scopes.len() == 2 && self.scopes[0].names.contains_key(name);
        let scope = self.scopes.last_mut().filter(|_| !is_argument);
        let is_new = scope.is_some_and(|scope| {
            scope.later.remove(name);
            !scope.names.contains_key(name)
        });
        if is_new {
            Ok(self.name(name))
        } else {
            Err(Misused::Twice)
        }
    }

    /// Declares a variable and reports it as unused until something refers to
    /// it.
    pub(super) fn declare_for_use(&mut self, name: &str) -> Result<Slot, Misused> {
        let slot = self.declare(name)?;
        if let Some(scope) = self.scopes.last_mut() {
            scope.unused.insert(slot, name.to_owned());
        }
        Ok(slot)
    }

    /// The variable that a name refers to here, which counts as a use. Above
    /// its declaration in a body, a name refers to the variable that an
    /// enclosing body declares.
    ///
    /// # Errors
    ///
    /// [`Misused::Above`] if no enclosing body declares it.
    pub(super) fn resolve(&mut self, name: &str) -> Result<Option<Slot>, Misused> {
        let mut is_above = false;
        for scope in self.scopes.iter_mut().rev() {
            if let Some(slot) = scope.names.get(name) {
                if is_above && scope.undeclared.contains(name) {
                    break;
                }
                scope.unused.remove(slot);
                return Ok(Some(*slot));
            }
            is_above |= scope.later.contains(name);
        }
        if is_above {
            Err(Misused::Above)
        } else {
            Ok(None)
        }
    }

    /// Whether the name refers to a variable here. This does not count as a
    /// use.
    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<Slot> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.names.get(name).copied())
    }
}

/// The names in a body, without those in nested comprehensions.
#[derive(Default)]
struct Found {
    used: BTreeSet<String>,
    declared: BTreeSet<String>,
}

impl Found {
    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { vars, .. } => {
                    self.declared
                        .extend(vars.iter().map(|span| span.text().to_owned()));
                }
                Literal::SomeIn {
                    key,
                    value,
                    collection,
                    ..
                } => {
                    key.iter()
                        .for_each(|key| declared_in(key, &mut self.declared));
                    declared_in(value, &mut self.declared);
                    self.expression(collection);
                }
                Literal::Expr { expr, .. } => {
                    if let Expr::AssignExpr {
                        op: AssignOp::ColEq,
                        lhs,
                        ..
                    } = &**expr
                    {
                        declared_in(lhs, &mut self.declared);
                    }
                    self.expression(expr);
                }
                Literal::NotExpr { expr, .. } => self.expression(expr),
                Literal::Every { domain, .. } => self.expression(domain),
            }
            for with in &statement.with_mods {
                self.expression(&with.r#as);
            }
        }
    }

    fn expression(&mut self, expression: &Expr) {
        if let Expr::Var { span, .. } = expression {
            let name = span.text();
            if name != "_" {
                self.used.insert(name.to_owned());
            }
        }
        parts(expression)
            .into_iter()
            .for_each(|part| self.expression(part));
    }
}

/// Collects the names in a pattern. The keys of an object pattern declare
/// nothing.
pub(super) fn declared_in(pattern: &Expr, names: &mut BTreeSet<String>) {
    match pattern {
        Expr::Var { span, .. } if span.text() != "_" => {
            names.insert(span.text().to_owned());
        }
        Expr::Array { items, .. } => items.iter().for_each(|item| declared_in(item, names)),
        Expr::Object { fields, .. } => {
            fields
                .iter()
                .for_each(|(_, _, value)| declared_in(value, names));
        }
        _ => {}
    }
}

/// The direct subexpressions, without nested comprehensions and function names.
fn parts(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. }
        | Expr::ArrayCompr { .. }
        | Expr::SetCompr { .. }
        | Expr::ObjectCompr { .. } => Vec::new(),
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().map(|e| &**e).collect(),
        Expr::Object { fields, .. } => fields.iter().flat_map(|(_, k, v)| [&**k, &**v]).collect(),
        Expr::Call { params, .. } => params.iter().map(|e| &**e).collect(),
        Expr::UnaryExpr { expr, .. } => vec![expr],
        Expr::RefDot { refr, .. } => vec![refr],
        Expr::RefBrack { refr, index, .. } => vec![refr, index],
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => vec![lhs, rhs],
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => {
            let key = key.iter().map(|e| &**e);
            key.chain([&**value, &**collection]).collect()
        }
    }
}
