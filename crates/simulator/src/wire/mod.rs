//! The two ways to call the simulator: HTTP on loopback for any AWS client, and
//! in process, without a socket, for the AWS SDK.

pub(crate) mod cbor;
mod exchange;
mod in_process;
pub(crate) mod json;
pub mod message;
pub(crate) mod query;
mod record;
mod rejection;
mod server;
mod service;
mod signature;
mod signed;
mod sts;
pub(crate) mod xml;

pub use exchange::{Exchange, Options};
pub use query::Form;
pub use record::Recorder;
pub use server::{MAX_BODY, Simulator};
