//! The built program as a worker of a simulated account, for tests that measure
//! its memory.

use std::process::{Child, Command, ExitStatus, Stdio};

use simulator::wire::Simulator;

/// The running program, which is killed at the end of the test.
pub(crate) struct Process(Child);

impl Process {
    /// Starts a worker that polls, observes and reports fast enough for an
    /// account in which minutes pass in a tenth of a second.
    pub(crate) fn start(simulator: &Simulator) -> Self {
        let key = simulator.world().lock().keys.account.clone();
        let child = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
            .arg("run")
            .env_clear()
            .env("AWS_ENDPOINT_URL", simulator.url())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", key.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", key.secret_access_key)
            .env("BLUEGREEN_POLL_INTERVAL", "50ms")
            .env("BLUEGREEN_OBSERVE_INTERVAL", "50ms")
            .env("BLUEGREEN_WATCH", "200ms")
            .env("BLUEGREEN_REPORT_RATE", "100/s")
            .env("BLUEGREEN_LISTEN", "127.0.0.1:0")
            .env("BLUEGREEN_LOG", "error")
            // As in the image and the unit: glibc returns large blocks to the
            // kernel at once. By default it keeps some.
            .env("MALLOC_MMAP_THRESHOLD_", "131072")
            .stdin(Stdio::null())
            .spawn()
            .expect("the program starts");
        Self(child)
    }

    /// Peak memory without the pages of the program itself, of which an
    /// unoptimised build has many.
    pub(crate) fn peak_memory_kb(&self) -> u64 {
        let file = format!("/proc/{}/status", self.0.id());
        let status = std::fs::read_to_string(file).expect("the program runs");
        let field = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|rest| rest.split_whitespace().next());
            number.and_then(|kb| kb.parse().ok()).expect("a number")
        };
        field("VmHWM:").saturating_sub(field("RssFile:"))
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.expect("there is a kill").success());
        self.0.wait().expect("it ends")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if the program has exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
