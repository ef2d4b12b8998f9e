//! A Rego evaluator that gives OPA's answers.
//!
//! The `regorus` crate supplies the parser, the value type and most built-in
//! functions. Its evaluation differs from OPA's in ways that make a rule
//! silently undefined: if a rule head is undefined for one element, everything
//! that the body found for other elements is lost too; `not` is evaluated
//! differently; a package that imports itself sees nothing. Compilation and
//! evaluation are therefore implemented here. The stages mirror OPA's compiler
//! (`ast`) and evaluator (`topdown`):
//!
//! 1. [`parse`] reads a file as Rego v1, or otherwise as v0 (`version`), after
//!    changing the few texts that the parser of regorus reads unlike OPA
//!    (`rewritten`). [`compile`](compile()) then takes all files together.
//! 2. `names` collects the rules of all files under their full paths (OPA's
//!    rule tree). `lower` turns the syntax tree into the `ir`: with the
//!    help of `scope` it resolves every name in a body to a rule, a part of
//!    `input` or `data`, or a numbered variable (`ResolveRefs` and
//!    `RewriteLocalVars` in OPA).
//! 3. Where `not` stands before a call, `lower` moves the call's arguments into
//!    statements before the negation, as OPA's rewriting does. If an argument
//!    is undefined, the body is undefined.
//! 4. `order` reorders the statements of each body so that variables have
//!    values before they are needed. A variable that never gets a value is an
//!    error (OPA's safety check).
//! 5. `recursion` rejects rules that depend on themselves (`CheckRecursion`).
//! 6. `typing` rejects what OPA's type checker rejects (`CheckTypes`),
//!    because a comparison that can never hold is a rule that never fires.
//!    `types` is the type lattice, `builtins::signatures` has the types of
//!    the built-in functions.
//! 7. `machine` evaluates the result top-down with continuations:
//!    unification, references into documents and rules, `with`, `every`,
//!    `else`.
//!
//! Built-in functions are looked up in `builtins`. It prefers our own versions
//! (`builtins::own` and the modules that it names) where regorus has none or
//! differs from OPA, and takes the rest from regorus.
//!
//! An error in a policy is reported with file and line when the policy set is
//! loaded, or fails the evaluation. A value is undefined only
//! where it is in OPA, with one deliberate exception on the strict side: if a
//! built-in function fails, OPA skips the statement, while this evaluator
//! fails.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most matches look for one kind of value or term among all"
)]

mod builtins;
mod compile;
mod elements;
mod ir;
mod lower;
mod machine;
mod metadata;
mod names;
mod notations;
mod order;
mod parser;
mod problems;
mod recursion;
mod rewritten;
mod scope;
pub mod syntax;
mod types;
mod typing;
mod version;
pub mod yaml_words;

pub use compile::compile;
pub use ir::Program;
pub use machine::{Coverage, Definition, ExplainedDefinition, Machine, Outcome, Step};
pub use notations::Notations;
pub use parser::{MAX_LINE, in_one_line};
pub use problems::unless;
pub use version::parse;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
