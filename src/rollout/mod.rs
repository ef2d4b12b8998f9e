//! What happens next: the rollout's steps, each with what it must see, its
//! decision and its patience. Pure.

pub mod seen;
