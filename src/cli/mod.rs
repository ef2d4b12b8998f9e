//! What a person can ask: one file per command.

mod action_type;
mod bundle;
mod command;
mod exit;
mod iam_policy;
mod policy;
mod rehearse;
mod run;
mod simulate;

pub use command::Cli;
pub use exit::Exit;
use exit::complain;
