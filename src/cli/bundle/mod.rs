//! A release's files on this machine: a directory or a zip archive that takes
//! the place of the input artifacts, and the pipeline action that names them.

mod action;
mod artifacts;
mod local;
mod rendered;
mod stand_in;

pub(super) use action::{Action, FILE as ACTION_FILE, engine};
pub(super) use artifacts::{Enclosure, unpack};
pub(super) use local::{BundleProblem, LocalBundle};
pub(super) use rendered::Rendered;
pub(super) use stand_in::is_stand_in;
