//! `rehearse`: one release from beginning to end on a pretend AWS, with the
//! real worker.

mod command;
mod scenario;
mod seen;
mod show;
mod stage;

pub(super) use command::{Args, run};
