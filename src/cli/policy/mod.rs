//! `policy`: for those who write policies.

mod bench;
mod check;
mod command;
mod controls;
mod explain;
mod release;
mod set;
mod test;

pub(super) use command::{Args, run};
pub(super) use set::SetArgs;
