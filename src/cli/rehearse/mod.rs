//! `rehearse`: plays one release from beginning to end on a simulated AWS, with
//! the real worker and optionally with real traffic.

mod account;
mod arguments;
mod bundle;
mod changes;
mod codedeploy;
mod command;
mod ecs;
mod ecs_deployment;
mod ending;
mod live;
mod problem;
mod rehearsal;
mod scene;
mod schedule;
mod seen;
mod session;
mod show;
mod story;
mod terminal;
mod traffic;
mod workers;

pub(super) use arguments::Args;
pub(super) use command::run;
