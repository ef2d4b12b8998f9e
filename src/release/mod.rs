//! The planned release: the files from the artifacts, rendered and checked
//! against each other and against the state of AWS. No I/O.

pub mod appspec;
pub mod bundle;
pub mod cloudformation;
pub mod deployment_configuration;
pub mod document;
mod draft;
pub mod finding;
pub mod image_reference;
pub mod images;
pub mod judgement_digest;
mod lookups;
pub mod placeholder;
pub mod plan;
mod planned_task_definition;
pub mod preflight;
pub mod target;
pub mod task_definition;
pub mod template;

#[cfg(test)]
pub(crate) mod tests;
