//! `completions` and `man`: generates shell completions and manual pages from
//! the command line's definition.

use std::path::PathBuf;

use clap::Command;
use clap_complete::Shell;

use super::{Exit, Failed, print};

/// The arguments of `completions`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    bluegreen-worker completions bash > /etc/bash_completion.d/bluegreen-worker")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// The arguments of `man`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    bluegreen-worker man | man -l -\n  \
    bluegreen-worker man --into /usr/local/share/man/man1")]
pub(super) struct Man {
    /// Write one page for each command into this existing folder
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

const NAME: &str = "bluegreen-worker";

pub(super) fn completions(args: &Completions, mut command: Command) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, NAME, &mut text);
    print(text, Exit::Done)
}

pub(super) fn man(args: &Man, command: Command) -> Result<Exit, Failed> {
    if let Some(folder) = &args.into {
        clap_mangen::generate_to(command, folder).map_err(|problem| {
            Failed::usage(format!("{} cannot be written: {problem}", folder.display()))
        })?;
        return Ok(Exit::Done);
    }
    let mut text = Vec::new();
    let made = clap_mangen::Man::new(command).render(&mut text);
    made.map_err(|problem| {
        let problem = format!("the page cannot be made: {problem}");
        Failed::all(Exit::Unexpected, [problem])
    })?;
    Ok(print(text, Exit::Done))
}
