//! Resolves local variables: which variable a name refers to at each point of a
//! body.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, Expr, Literal, Query};

use super::ir::Slot;
use super::syntax::{Part, each_expression, is_comprehension, of_statement};

/// One body and the variables that belong to it.
#[derive(Default)]
pub(super) struct Scope {
    names: BTreeMap<String, Slot>,
    /// Names that are used in the body without a declaration.
    undeclared: BTreeSet<String>,
    /// Names that are declared further down in the body.
    later: BTreeSet<String>,
    /// Names that the body declares by `some` and does not use itself. Each
    /// body within it that uses one has a variable of its own.
    passed_on: BTreeSet<String>,
    /// The variables of this body, without those of nested comprehensions.
    pub(super) own: BTreeSet<Slot>,
    /// Variables declared by `some` or `every` that are not used yet.
    pub(super) unused: BTreeMap<Slot, String>,
}

impl Scope {
    fn knows(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }
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
        let undeclared = found.used.difference(&found.declared);
        let own: Vec<String> = undeclared
            .filter(|name| match self.scopes.iter().rfind(|it| it.knows(name)) {
                Some(scope) => scope.passed_on.contains(*name),
                None => !is_global(name),
            })
            .cloned()
            .collect();
        for name in &own {
            // Counts as a use of what was declared.
            let _ = self.resolve(name);
        }
        self.scopes.push(Scope {
            passed_on: found.some.difference(&found.used).cloned().collect(),
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

    /// The number of bodies around what is lowered.
    pub(super) fn depth(&self) -> usize {
        self.scopes.len()
    }

    /// Leaves all bodies that were entered since there were so many.
    pub(super) fn leave_to(&mut self, depth: usize) {
        self.scopes.truncate(depth);
    }

    /// Adds an unnamed variable to the innermost body.
    pub(super) fn fresh(&mut self) -> Slot {
        let mut scope = self.close();
        let slot = self.fresh_in(&mut scope);
        self.scopes.push(scope);
        slot
    }

    /// Adds an unnamed variable to a body that was left.
    pub(super) fn fresh_in(&mut self, scope: &mut Scope) -> Slot {
        let slot = self.slots;
        self.slots += 1;
        scope.own.insert(slot);
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
        self.scopes.iter().any(|scope| scope.knows(name))
    }
}

/// The names in a body, without those in nested comprehensions.
#[derive(Default)]
struct Found {
    used: BTreeSet<String>,
    declared: BTreeSet<String>,
    /// Those that are declared by `some` without a collection.
    some: BTreeSet<String>,
}

impl Found {
    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { vars, .. } => {
                    let names = vars.iter().map(|span| span.text().to_owned());
                    self.some.extend(names.clone());
                    self.declared.extend(names);
                }
                Literal::SomeIn { key, value, .. } => {
                    for pattern in key.iter().chain([value]) {
                        declared_in(pattern, &mut self.declared);
                    }
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
                }
                Literal::NotExpr { .. } | Literal::Every { .. } => {}
            }
            let parts = of_statement(statement).into_iter();
            for part in parts.filter(|part| matches!(part, Part::Expr(_))) {
                each_expression(part, &mut |expr| self.expression(expr));
            }
        }
    }

    /// Returns whether names within the expression belong to the body too.
    fn expression(&mut self, expression: &Expr) -> bool {
        if let Expr::Var { span, .. } = expression
            && span.text() != "_"
        {
            self.used.insert(span.text().to_owned());
        }
        !is_comprehension(expression)
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
