//! What must hold for any bytes at all: a function for each door that other
//! people's bytes come in by. Each panics where its promise is broken.

mod archive;
mod release;
mod words;

pub use archive::zip_tail;
pub use release::{app_spec, task_definition};
pub use words::{configuration, token};
