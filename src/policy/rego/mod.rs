//! Rego as OPA evaluates it.
//!
//! The engine, regorus, parses policies and has most of the built-in functions.
//! Its evaluation differs from OPA's in ways that let a rule fall silent: a head
//! that is undefined for one element takes everything that the body found with
//! it, `not` is taken otherwise, a package that imports itself sees nothing. So
//! the evaluation is ours, and follows OPA's own stages:
//!
//! 1. [`names`] gathers the rules of all files under their full paths, and
//!    [`lower`] resolves every name in a body to one of them, to a part of the
//!    input, or to a variable.
//! 2. Where `not` stands before a call, the call's arguments are evaluated before
//!    the negation, as in OPA: if one of them is undefined, so is the body.
//! 3. [`order`] puts statements where their variables have values. A variable
//!    that never gets one is refused.
//! 4. [`recursion`] refuses rules that depend on themselves.
//! 5. [`typing`] refuses what OPA's type checker does: a comparison that can never
//!    hold would be a rule that never fires.
//! 6. [`machine`] evaluates: unification, references into documents and rules,
//!    `with`, `every`, `else`.
//!
//! What is wrong is a problem with file and line when the set is loaded, or fails
//! the evaluation of the release; nothing passes for undefined that OPA would not
//! take for it. Errors of built-in functions are an example: OPA goes on without
//! the statement, here the release is refused.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most matches look for one kind of value or term among all"
)]

mod functions;
mod globs;
mod ir;
mod lower;
mod machine;
mod names;
mod numbers;
mod operators;
mod order;
mod own;
mod patterns;
mod policies;
mod recursion;
mod scope;
mod signatures;
mod sprintf;
mod texts;
mod types;
mod typing;

pub(crate) use lower::Manner;
pub(crate) use machine::Machine;
pub(crate) use policies::Policies;
