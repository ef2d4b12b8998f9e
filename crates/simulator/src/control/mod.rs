//! The control endpoint under `/_control/`, through which a person or a test
//! changes the world in ways that no AWS client can. Documented in
//! `docs/simulator.md`.

mod access_check;
mod behaviours;
mod images;
mod queue;
mod routes;
mod services;
#[cfg(test)]
mod tests;

pub use queue::{ActionOrder, ArtifactOrder};
pub(crate) use routes::{answer, is_meant};
