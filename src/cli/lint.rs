//! Checks a pipeline's declaration for mistakes that keep its action from
//! working.

mod builtin;
mod declaration;
mod pipeline;
mod problem;
mod rules;
mod template;

pub(super) use pipeline::{Declared, Pipeline};
pub(super) use rules::assumed_remarks;
