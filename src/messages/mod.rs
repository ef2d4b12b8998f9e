//! Every sentence a release author can read.

pub mod configuration;
mod words;

pub use words::Words;
