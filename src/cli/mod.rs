//! What a person can ask of the program.

pub mod simulate;
