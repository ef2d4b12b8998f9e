//! What a job reads before it decides: the files of its artifacts, its
//! deployment group and service, and its deployment.

pub(super) mod bundle;
pub(super) mod deployment;
pub(super) mod diagnose;
pub(super) mod images;
pub(super) mod inputs;
pub(super) mod job_reader;
pub(super) mod preparation;
pub(super) mod presence;
mod previous;
pub(super) mod reuse;
pub(super) mod review;
pub(super) mod turn;
mod warnings;
