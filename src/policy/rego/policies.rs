//! Compiles parsed policy files into a program that can be evaluated.

use std::rc::Rc;

use regorus::Value;
use regorus::unstable::Module;

use super::ir::Program;
use super::lower::Manner;
use super::machine::Machine;
use super::notations::Notations;
use super::{lower, recursion, typing};

/// Compiled policies, without the documents that they are evaluated on. Clones
/// share the program.
#[derive(Clone, Debug)]
pub(crate) struct Policies(Rc<Program>);

impl Policies {
    /// Compiles all files together. `manner` says how to treat the file with a
    /// given path.
    ///
    /// # Errors
    ///
    /// Every error found by the first stage that fails, each with file and
    /// line.
    pub(crate) fn new(
        modules: &[&Module],
        manner: &dyn Fn(&str) -> Manner,
    ) -> Result<Self, Vec<String>> {
        let program = lower::program(modules, manner)?;
        recursion::check(&program)?;
        typing::check(&program)?;
        Ok(Self(Rc::new(program)))
    }

    /// A machine that evaluates the policies with `data` as the base documents,
    /// whose numbers have these notations.
    pub(crate) fn machine(&self, data: Value, notations: Notations) -> Machine {
        Machine::new(self.0.clone(), data, notations)
    }
}
