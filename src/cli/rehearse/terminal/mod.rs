//! The terminal view: the current state, below the story, redrawn in place.

mod bar;
mod board;
mod line;
mod screen;
#[cfg(test)]
mod tests;

pub(super) use board::board;
pub(super) use line::story_line;
pub(super) use screen::{Screen, Terminal};
