//! Every sentence that a release author can read. Facts in, words out; pure.

pub mod failure;
pub mod limit;
pub mod progress;
pub mod success;
pub mod words;
