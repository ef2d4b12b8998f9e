//! The control endpoint under `/_control/`, through which a person or a test
//! changes the world in ways that no AWS client can. Documented in
//! `docs/simulator.md`.

mod access_check;
mod behaviours;
mod queue;
mod routes;

pub use queue::{ActionOrder, ArtifactOrder};
pub use routes::answer;
pub(crate) use routes::is_meant;
