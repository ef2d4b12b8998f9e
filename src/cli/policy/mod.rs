//! `policy`: for those who write policies.

mod bench;
mod command;
mod controls;
mod explain;
mod release;

pub(super) use command::{Args, run};
