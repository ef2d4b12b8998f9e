//! Whole reads against an object in memory that counts what is read of it.

mod archives;
mod hostile;
mod object;
mod stories;
mod written;
