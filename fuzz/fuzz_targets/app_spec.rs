//! Feeds the promise `app_spec`.

#![no_main]

use bluegreen_worker_fuzz::app_spec;

libfuzzer_sys::fuzz_target!(|data: &[u8]| app_spec(data));
