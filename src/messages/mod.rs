//! All messages for release authors, generated from data. No I/O.

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
pub mod ready;
pub mod success;
mod words;

pub use words::Words;
