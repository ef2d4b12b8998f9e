//! Parses the command line, runs one command, and turns its end into an exit
//! code.

use bluegreen_worker::cli::{Cli, Exit};
use clap::Parser as _;

fn main() -> Exit {
    Cli::parse().run()
}
