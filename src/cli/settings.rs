//! The worker's settings, for the commands that use them.

use super::{Exit, environment, print_error};
use crate::config::{self, Flags, Loaded, Settings};

/// Loads the settings from file, environment and flags. Prints everything that
/// is wrong with them.
pub(super) fn load(flags: &Flags) -> Result<Settings, Exit> {
    load_all(flags).map(|loaded| loaded.settings)
}

/// Like [`load`], with the source of each value.
pub(super) fn load_all(flags: &Flags) -> Result<Loaded, Exit> {
    config::load_all(flags, &environment()).map_err(|problems| {
        for problem in problems {
            print_error(&problem.to_string());
        }
        Exit::Usage
    })
}
