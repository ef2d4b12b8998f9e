//! Every sentence that a release author can read. Facts in, words out; pure.

pub mod assumption;
mod call;
mod cause;
pub mod configuration;
mod deployment;
pub mod failure;
pub mod finding;
pub mod limit;
pub mod message;
pub mod progress;
pub mod success;
mod words;

pub use words::Words;
