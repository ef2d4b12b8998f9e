//! Each step's decisions as tables: what is seen, what comes of it.

mod deploying;
mod new_tasks;
mod rolling_back;
mod tables;
mod token;
mod world;
