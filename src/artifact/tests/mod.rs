//! Tests of whole reads, against an object in memory that counts them.

mod archives;
mod hostile;
mod object;
mod stories;
mod written;
