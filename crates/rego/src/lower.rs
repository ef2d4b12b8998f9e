//! Lowers the parser's syntax tree to a [`Program`]: resolves names, evaluates
//! rule heads after their bodies, and puts statements in an order in which they
//! can be evaluated.
//!
//! `rule` lowers heads and clauses, `statement` the statements of a body,
//! `term` expressions, `call` calls. `condition` keeps what an explanation shows.

mod call;
mod condition;
mod rule;
mod statement;
mod term;

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Module, Query, Ref, Span};

use super::ir::{Kind, Place, Program, Shape, Statement, Term};
use super::metadata::{self, Metadata};
use super::names::{self, Packages};
use super::notations::Notations;
use super::order::{self, Unordered};
use super::problems::unless;
use super::rewritten::is_whole_not;
use super::scope::{Misused, Scope, Scopes};
use super::syntax::{alias_of, is_test, package_of};
use rule::Lowered;

/// An error message that begins with file and line.
pub(super) type Problem = String;
pub(super) type Result<T> = std::result::Result<T, Problem>;

/// Lowers all rules of all files. If the program `explains`, its clauses have
/// their conditions.
///
/// # Errors
///
/// Everything that cannot be evaluated as OPA would, as one message each.
pub(super) fn program(
    modules: &[Ref<Module>],
    explains: bool,
) -> std::result::Result<Program, Vec<Problem>> {
    let (mut program, packages) = names::read(modules)?;
    let metadata = metadata::read(modules)?;
    let mut problems = Vec::new();
    for (file, module) in modules.iter().enumerate() {
        let mut lower = match Lower::new(&program, &packages, &metadata, module, file) {
            Ok(lower) => lower,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        lower.explains = explains;
        let mut rules = Vec::new();
        for rule in &module.policy {
            match lower.rules(rule) {
                Ok(lowered) => rules.extend(lowered),
                Err(problem) => problems.push(problem),
            }
        }
        let notations = lower.notations;
        program.notations.extend(&notations);
        for Lowered {
            group,
            rule,
            is_default,
        } in rules
        {
            let group = &mut program.groups[group];
            match is_default {
                true if group.default.is_some() => problems.push(format!(
                    "{}: `{}` has two defaults",
                    program.files[file],
                    group.path.join(".")
                )),
                true => group.default = Some(Box::new(rule)),
                false => group.rules.push(rule),
            }
        }
    }
    unless(problems, program)
}

struct Lower<'a> {
    program: &'a Program,
    package: Vec<String>,
    file: usize,
    /// In a test, a call of an unknown function fails only when it is evaluated:
    /// `with` may replace the function.
    is_test: bool,
    explains: bool,
    is_v1: bool,
    /// Whether `not` stands for its whole expression.
    has_whole_not: bool,
    metadata: &'a Metadata,
    /// The path of the rule that is lowered.
    path: Vec<String>,
    /// Where it begins in its file. OPA has no annotations for an `else`.
    rule: Option<u32>,
    /// What the names that the file imports refer to.
    imports: BTreeMap<String, (Root, Vec<String>)>,
    /// Names of the rules in the file's package, from any file.
    rules: &'a BTreeSet<String>,
    scopes: Scopes,
    notations: Notations,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    Input,
    Data,
}

/// What a name refers to.
enum Meaning {
    Local(usize),
    Global(Root, Vec<String>),
}

impl<'a> Lower<'a> {
    fn new(
        program: &'a Program,
        packages: &'a Packages,
        metadata: &'a Metadata,
        module: &Module,
        file: usize,
    ) -> Result<Self> {
        let package = package_of(module);
        let mut lower = Self {
            program,
            rules: &packages[&package],
            package,
            file,
            is_test: is_test(&program.files[file]),
            explains: false,
            is_v1: module.rego_v1,
            has_whole_not: {
                let mut imports = module.imports.iter();
                imports.any(|import| is_whole_not(import.refr.span().text()))
            },
            metadata,
            path: Vec::new(),
            rule: None,
            imports: BTreeMap::new(),
            scopes: Scopes::default(),
            notations: Notations::default(),
        };
        let mut seen = BTreeSet::new();
        for import in &module.imports {
            let alias = import.r#as.as_ref().map(Span::text);
            if !seen.insert((import.refr.span().text(), alias)) {
                return Err(lower.problem(&import.span, "this is imported twice"));
            }
            let name = names::name(&import.refr);
            let mut path = name.fixed;
            let root = match path.remove(0).as_str() {
                "data" => Root::Data,
                "input" => Root::Input,
                _ => continue,
            };
            if !name.keys.is_empty() {
                return Err(lower.problem(&import.span, "an import is a path of plain names"));
            }
            let Some(alias) = alias_of(import) else {
                continue;
            };
            if import.r#as.is_none() && is_keyword(alias, module.rego_v1) {
                let what = format!("`{alias}` is a keyword; import it `as` another name");
                return Err(lower.problem(&import.span, &what));
            }
            if matches!(alias, "input" | "data") {
                let what = format!("an import cannot be called `{alias}`");
                return Err(lower.problem(&import.span, &what));
            }
            let known = lower.imports.insert(alias.to_owned(), (root, path));
            if known.is_some() {
                let what = format!("two imports are called `{alias}`");
                return Err(lower.problem(&import.span, &what));
            }
        }
        Ok(lower)
    }

    fn place(&self, span: &Span) -> Place {
        Place {
            file: self.file,
            line: span.line,
        }
    }

    fn problem(&self, span: &Span, what: &str) -> Problem {
        format!("{}: {what}", self.program.place(self.place(span)))
    }

    fn is_global(&self, name: &str) -> bool {
        matches!(name, "input" | "data")
            || self.imports.contains_key(name)
            || self.rules.contains(name)
    }

    fn open(&mut self, query: Option<&Query>) {
        let mut scopes = std::mem::take(&mut self.scopes);
        scopes.open(query, &|name| self.is_global(name));
        self.scopes = scopes;
    }

    fn meaning(&mut self, span: &Span) -> Result<Meaning> {
        let name = span.text();
        match self.scopes.resolve(name) {
            Ok(Some(slot)) => return Ok(Meaning::Local(slot)),
            Ok(None) => {}
            Err(misused) => return Err(self.misused(span, &misused)),
        }
        if let Some((root, path)) = self.imports.get(name) {
            return Ok(Meaning::Global(*root, path.clone()));
        }
        if self.rules.contains(name) {
            let path = [self.package.clone(), vec![name.to_owned()]].concat();
            return Ok(Meaning::Global(Root::Data, path));
        }
        Ok(match name {
            "input" => Meaning::Global(Root::Input, Vec::new()),
            "data" => Meaning::Global(Root::Data, Vec::new()),
            _ => Meaning::Local(self.scopes.name(name)),
        })
    }

    fn misused(&self, span: &Span, misused: &Misused) -> Problem {
        let name = span.text();
        self.problem(
            span,
            &match misused {
                Misused::Above => format!("`{name}` is used above where it is declared"),
                Misused::Twice => format!("`{name}` is declared twice"),
            },
        )
    }

    /// Checks that the name is not reserved.
    fn can_be_declared(&self, span: &Span) -> Result<()> {
        let name = span.text();
        let is_taken = matches!(name, "input" | "data" | "else" | "default" | "not" | "with")
            || (self.is_v1 && matches!(name, "every" | "if" | "in"));
        match is_taken {
            true => Err(self.problem(span, &format!("`{name}` cannot be declared"))),
            false => Ok(()),
        }
    }

    fn declare_for_use(&mut self, span: &Span) -> Result<usize> {
        self.can_be_declared(span)?;
        let declared = self.scopes.declare_for_use(span.text());
        declared.map_err(|misused| self.misused(span, &misused))
    }

    fn declare(&mut self, span: &Span) -> Result<usize> {
        self.can_be_declared(span)?;
        let declared = self.scopes.declare(span.text());
        declared.map_err(|misused| self.misused(span, &misused))
    }

    /// Leaves the innermost body and returns its statements in evaluation
    /// order. The terms in `heads` are evaluated after them, so their variables
    /// must be bound by then. If they are not, the heads become statements, as
    /// in OPA: a reference in one may bind what a statement needs.
    fn ordered(
        &mut self,
        span: &Span,
        statements: Vec<Statement>,
        heads: &mut [&mut Term],
    ) -> Result<Vec<Statement>> {
        let mut scope = self.scopes.close();
        self.all_used(span, &scope)?;
        let mut statements = match order::ordered(&scope.own, statements, heads) {
            Ok(ordered) => return Ok(ordered),
            Err(Unordered { statements, .. }) => statements,
        };
        let condition = statements.iter().map(|it| it.condition + 1).max();
        for head in heads.iter_mut() {
            if let Term::Var(_) = head {
                continue;
            }
            let slot = self.scopes.fresh_in(&mut scope);
            let value = std::mem::replace(*head, Term::Var(slot));
            statements.push(Statement {
                place: self.place(span),
                condition: condition.unwrap_or_default(),
                kind: Kind::Unify(Term::Var(slot), value),
                with: Vec::new(),
            });
        }
        order::ordered(&scope.own, statements, heads).map_err(|Unordered { place, .. }| {
            let place = place.map_or(self.place(span), |place| place);
            format!(
                "{}: a variable has no value here (OPA calls it unsafe)",
                self.program.place(place)
            )
        })
    }

    /// Rejects a variable that is declared and not used: it is probably
    /// misspelt.
    fn all_used(&self, span: &Span, scope: &Scope) -> Result<()> {
        match scope.unused.values().next() {
            Some(name) => Err(self.problem(span, &format!("`{name}` is declared and not used"))),
            None => Ok(()),
        }
    }

    /// The group of the function at `path` in `data`, and its number of
    /// arguments.
    fn function(&self, path: &[String]) -> Option<(usize, usize)> {
        let group = self.program.nodes[self.program.node(path)?].group?;
        match self.program.groups[group].shape {
            Shape::Function(arity) => Some((group, arity)),
            Shape::Complete | Shape::Set | Shape::Object => None,
        }
    }
}

/// Whether a word is one of the language.
fn is_keyword(word: &str, is_v1: bool) -> bool {
    const ALWAYS: [&str; 11] = [
        "as", "default", "else", "false", "import", "not", "null", "package", "some", "true",
        "with",
    ];
    ALWAYS.contains(&word) || (is_v1 && matches!(word, "contains" | "every" | "if" | "in"))
}
