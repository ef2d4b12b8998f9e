//! The worker's settings, for the commands that use some of them.

use super::{Exit, environment, print_error};
use crate::config::{self, Flags, Settings};

/// Loads the settings from file, environment and flags. Prints everything that
/// is wrong with them.
pub(super) fn load(flags: &Flags) -> Result<Settings, Exit> {
    config::load(flags, &environment()).map_err(|problems| {
        for problem in problems {
            print_error(&problem.to_string());
        }
        Exit::Usage
    })
}
