//! A file of the release as a value, with the position of each part.

mod json;
mod path;
mod positions;
mod read;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod yaml;

pub use path::{Path, Step};
pub use positions::{Inside, Member, Positions};
pub use read::{Document, is_template};
pub use scan::{MAX_DEPTH, MAX_VALUES};
