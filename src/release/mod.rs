//! What we will release: the artifacts' files, rendered and checked against
//! each other and against what AWS shows. Pure.

pub mod bundle;
pub mod document;
pub mod finding;
pub mod plan;
pub mod surroundings;
