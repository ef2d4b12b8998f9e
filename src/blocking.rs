//! Runs work that blocks or takes long off the async threads.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::runtime::{Handle, RuntimeFlavor};

/// The work has panicked.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("it was given up")]
pub struct GivenUp;

/// Runs `work` on a thread that may block.
///
/// On a current-thread runtime, as in tests, it runs in place: otherwise the
/// speed of another thread would decide the order of events, and tests would
/// not be reproducible.
///
/// # Errors
///
/// [`GivenUp`], if `work` panics.
pub async fn run_blocking<T, F>(work: F) -> Result<T, GivenUp>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return catch_unwind(AssertUnwindSafe(work)).map_err(|_| GivenUp);
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| GivenUp)
}

/// Runs `work`, which borrows, on this thread. Other tasks of this thread go on
/// elsewhere.
///
/// On a current-thread runtime, as in tests, they wait.
pub fn in_place<T>(work: impl FnOnce() -> T) -> T {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return work();
    }
    tokio::task::block_in_place(work)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{GivenUp, in_place, run_blocking};

    async fn is_done(is_here: bool) {
        let here = thread::current().id();
        let done = run_blocking(move || thread::current().id() == here).await;
        assert_eq!(done, Ok(is_here));
        let panicked: Result<(), _> = run_blocking(|| panic!("as it should")).await;
        assert_eq!(panicked, Err(GivenUp));
        assert_eq!(in_place(|| thread::current().id()), here);
    }

    #[tokio::test]
    async fn one_thread_does_it_itself() {
        is_done(true).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn of_several_another_does_it() {
        is_done(false).await;
    }
}
