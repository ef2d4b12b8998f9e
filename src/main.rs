//! Parses the command line, runs one command, and turns its end into an exit
//! code.

use bluegreen_worker::cli::{Cli, Exit, confined};
use clap::Parser as _;

fn main() -> Exit {
    confined(std::env::args_os()).unwrap_or_else(|| Cli::parse().run())
}
