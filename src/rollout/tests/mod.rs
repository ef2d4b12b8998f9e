//! Each step's decisions as tables: what is observed, what is decided.

mod deploying;
mod ended;
mod new_tasks;
mod outage;
mod rolling_back;
mod tables;
mod token;
mod world;
