//! The task definition: raw JSON from the file to `RegisterTaskDefinition`.

mod check;
mod cloudformation;
mod containers;
mod integer;
mod members;
mod normalise;
mod read;
mod render;
mod same;
mod schema;

pub use containers::Container;
pub(super) use containers::port_of;
pub(super) use integer::{integer, unsigned};
pub use members::Members;
pub use read::{MAX_REGISTERED_BYTES, TaskDefinition};
pub use same::{as_sent, is_registered, same_revision, with_tags};
