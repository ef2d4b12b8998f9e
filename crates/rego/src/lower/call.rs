//! Lowers calls of functions, and templates, which are calls for `rewritten`.

use regorus::unstable::{Expr, Ref};

use super::super::builtins::missing::is_missing;
use super::super::builtins::{self, function};
use super::super::ir::{Call, Callee, Collection, Term};
use super::super::rewritten::templates::TEMPLATE;
use super::super::syntax::{Key, Part, behind, each_expression, flatten, is_comprehension};
use super::{Lower, Result, Root};

/// A call. If it has one argument more than the function takes, `output` is
/// that last argument: it is unified with the function's result.
pub(super) struct Called {
    pub(super) call: Call,
    pub(super) output: Option<Term>,
}

impl Lower<'_> {
    /// Resolves a function's name. Returns the number of its arguments, if
    /// known.
    pub(super) fn callee(&mut self, name: &Expr) -> Result<(Callee, Option<usize>)> {
        if let Some((Root::Data, path)) = self.full_path(name)?
            && let Some((group, arity)) = self.function(&path)
        {
            return Ok((Callee::Rule(group), Some(arity)));
        }
        let written = dotted(name);
        let root = flatten(name).0.span().text();
        if self.scopes.has(root) || self.is_global(root) {
            let what =
                format!("`{root}` is something else here, so there is no function `{written}`");
            return Err(self.problem(name.span(), &what));
        }
        if let Some(found) = function(&written) {
            if self.is_v1 && builtins::is_deprecated(&written) {
                let what = format!("`{written}` is deprecated, and refused in Rego v1");
                return Err(self.problem(name.span(), &what));
            }
            return Ok((Callee::Builtin(found), Some(found.arity())));
        }
        if self.is_test {
            return Ok((Callee::Missing(written), None));
        }
        let what = match is_missing(&written) {
            true => format!("this engine does not have OPA's function `{written}`"),
            false => format!("there is no function `{written}`"),
        };
        Err(self.problem(name.span(), &what))
    }

    /// The texts of a template and, between them, the values of its expressions.
    /// As in OPA, an expression has no variables of its own.
    fn template(&mut self, parts: &[Ref<Expr>]) -> Result<Term> {
        let mut all = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index % 2 == 0 {
                all.push(self.term(part)?);
                continue;
            }
            let mut problem = None;
            each_expression(Part::Expr(part), &mut |expr| {
                let name = expr.span().text();
                let what = match expr {
                    Expr::Var { .. } if !self.scopes.has(name) && !self.is_global(name) => {
                        format!("`{name}` has no value in a template; bind it in a line before")
                    }
                    Expr::Call { fcn, .. } if dotted(fcn) == "walk" => {
                        "`walk` has several values, and a template takes one".to_owned()
                    }
                    _ => return !is_comprehension(expr),
                };
                problem.get_or_insert(self.problem(expr.span(), &what));
                false
            });
            if let Some(problem) = problem {
                return Err(problem);
            }
            let values = self.all_values(Collection::Set, part, Vec::new())?;
            all.push(Term::Comprehension(Box::new(values)));
        }
        Ok(Term::Array(all))
    }

    pub(super) fn call(&mut self, expression: &Expr) -> Result<Called> {
        let Expr::Call {
            span, fcn, params, ..
        } = expression
        else {
            return Err(self.problem(expression.span(), "this is not a call"));
        };
        if !behind(fcn).0.is_empty() {
            let what = "nothing may stand between a function and the `(` of its call";
            return Err(self.problem(fcn.span(), what));
        }
        let (callee, arity, mut arguments) = match dotted(fcn) == TEMPLATE {
            true => {
                let callee = builtin("internal.template_string");
                (callee, None, vec![self.template(params)?])
            }
            false => {
                let (callee, arity) = self.callee(fcn)?;
                (callee, arity, self.terms(params)?)
            }
        };
        let is_one_more = arity.is_some_and(|arity| arity + 1 == arguments.len());
        let output = if is_one_more { arguments.pop() } else { None };
        if let Some(arity) = arity.filter(|arity| *arity != arguments.len()) {
            let what = format!("`{}` takes {arity} arguments", dotted(fcn));
            return Err(self.problem(span, &what));
        }
        let place = self.place(span);
        Ok(Called {
            call: Call {
                callee,
                arguments,
                place,
            },
            output,
        })
    }
}

/// The built-in function of this name.
pub(super) fn builtin(name: &str) -> Callee {
    function(name).map_or_else(|| Callee::Missing(name.into()), Callee::Builtin)
}

/// A function's name as it is written.
pub(super) fn dotted(name: &Expr) -> String {
    let (root, keys) = flatten(name);
    let mut text = root.span().text().to_owned();
    for key in keys {
        match key {
            Key::Field(field) => text.push_str(&format!(".{field}")),
            Key::Index(index) => text.push_str(&format!("[{}]", index.span().text())),
        }
    }
    text
}
