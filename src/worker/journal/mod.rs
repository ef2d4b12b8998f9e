//! What is in hand, noted where it outlives the process: CodePipeline never
//! offers an acknowledged job again.

mod directory;
mod entry;

pub use directory::{Directory, JournalProblem};
pub use entry::{Entry, Stage};
