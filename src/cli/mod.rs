//! The commands of the program, one file or folder each.

mod action_type;
mod bundle;
mod check;
mod command;
mod config;
mod confined;
mod connection;
mod deployment;
mod doctor;
mod environment;
mod exit;
mod failure_shown;
mod health;
mod history;
mod iam_policy;
mod lint;
mod manual;
mod policy;
mod read_limited;
#[cfg(feature = "simulator")]
mod rehearse;
mod remark;
mod render;
mod run;
mod running;
mod settings;
#[cfg(feature = "simulator")]
mod simulate;
mod status;
mod table;
mod values;

pub use command::Cli;
pub use confined::confined;
use environment::{environment, may_colour};
pub use exit::Exit;
use exit::{print, print_error};
use read_limited::{parse_json, read_limited};
