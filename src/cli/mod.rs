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
mod failed;
mod failure_shown;
mod health;
mod history;
mod iam_policy;
mod json_text;
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
#[cfg(feature = "simulator")]
mod signals;
#[cfg(feature = "simulator")]
mod simulate;
mod status;
mod table;
mod values;

pub use command::Cli;
pub use confined::confined;
use environment::{environment, is_coloured, may_colour};
pub use exit::Exit;
use exit::{print, print_aside, print_error};
use failed::Failed;
use json_text::json_text;
use read_limited::{parse_json, read_limited};
