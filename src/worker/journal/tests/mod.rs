//! What the journals keep, and which failures they survive.

mod directory;
mod fleet;
mod objects;
