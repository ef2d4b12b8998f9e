//! The control endpoint under `/_control/`: what a person or a test may do to
//! the world that no AWS client could. It is described in `docs/simulator.md`.

mod images;
mod mishaps;
mod queue;
mod routes;
#[cfg(test)]
mod tests;
mod visitor;

pub use queue::{ActionOrder, ArtifactOrder};
pub(crate) use routes::{answer, is_meant};
