//! Formats options as the property's text.

use std::fmt;

use super::{ActionOption, OPTIONS, Options};

/// Prints the options that differ from their defaults as `Key=Value` pairs
/// separated by `;`. Parsing the text gives the same options.
impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changed = |option: &ActionOption| {
            let value = (option.print)(self)?;
            (Some(&value) != option.default().as_ref()).then(|| format!("{}={value}", option.name))
        };
        let pairs: Vec<String> = OPTIONS.iter().filter_map(changed).collect();
        f.write_str(&pairs.join(";"))
    }
}
