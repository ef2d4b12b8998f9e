//! `policy`: for those who write policies.

mod command;
mod release;

pub(super) use command::{Args, run};
