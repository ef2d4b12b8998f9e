//! What the journal keeps, and what it survives.

mod directory;
mod fleet;
mod objects;
