//! Compiles parsed policy files into a program that can be evaluated.

use regorus::unstable::{Module, Ref};

use super::ir::Program;
use super::{lower, recursion, typing};

/// Compiles all files together. A program that `explains` keeps the text of each
/// condition, which [`Machine::explain`](super::Machine::explain) shows.
///
/// # Errors
///
/// Every error found by the first stage that fails, each with file and line.
pub fn compile(modules: &[Ref<Module>], explains: bool) -> Result<Program, Vec<String>> {
    let program = lower::program(modules, explains)?;
    recursion::check(&program)?;
    typing::check(&program)?;
    Ok(program)
}
