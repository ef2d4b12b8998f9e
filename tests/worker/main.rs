//! Tests of the worker against a simulated account, most of them in simulated
//! time and in this process.

mod crash_everywhere;
mod critical_path;
mod faults;
mod fleet;
mod hostile;
mod permissions;
mod policy;
mod random_walk;
mod scenarios;
#[path = "../support/mod.rs"]
mod support;
mod wire;
