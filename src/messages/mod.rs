//! Every sentence a release author can read.

pub mod configuration;
pub mod finding;
mod words;

pub use words::Words;
