//! Feeds the promise `task_definition`.

#![no_main]

use bluegreen_worker_fuzz::task_definition;

libfuzzer_sys::fuzz_target!(|data: &[u8]| task_definition(data));
