//! Policies from their trees to what can be evaluated.

use std::rc::Rc;

use regorus::Value;
use regorus::unstable::Module;

use super::ir::Program;
use super::lower::Manner;
use super::machine::Machine;
use super::{lower, recursion, typing};

/// Policies that were understood, without what they are evaluated on.
#[derive(Clone, Debug)]
pub(crate) struct Policies(Rc<Program>);

impl Policies {
    /// Makes sense of all files together. `manner` tells how the file with a
    /// path is read.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, each with file and line.
    pub(crate) fn new(
        modules: &[&Module],
        manner: &dyn Fn(&str) -> Manner,
    ) -> Result<Self, Vec<String>> {
        let program = lower::program(modules, manner)?;
        recursion::check(&program)?;
        typing::check(&program)?;
        Ok(Self(Rc::new(program)))
    }

    /// Evaluates them with these documents as `data`.
    pub(crate) fn machine(&self, data: Value) -> Machine {
        Machine::new(self.0.clone(), data)
    }
}
