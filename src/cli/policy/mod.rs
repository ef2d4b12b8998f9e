//! `policy`: commands for authors of policies.

mod bench;
mod check;
mod command;
mod controls;
mod explain;
mod junit;
mod release;
pub(super) mod set;
mod test;
mod whole_input;

pub(super) use command::{Args, run};
