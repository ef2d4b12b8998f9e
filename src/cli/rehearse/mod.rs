//! `rehearse`: one release from beginning to end on a pretend AWS, with the
//! real worker and, if that is wanted, real traffic.

mod account;
mod arguments;
mod checks;
mod command;
mod crew;
mod ending;
mod enough;
mod live;
mod scene;
mod seen;
mod show;
mod stage;
mod story;
mod terminal;
mod traffic;

pub(super) use arguments::Args;
pub(super) use command::run;
