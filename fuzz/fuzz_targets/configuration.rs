//! Feeds the promise `configuration`.

#![no_main]

use bluegreen_worker_fuzz::configuration;

libfuzzer_sys::fuzz_target!(|data: &[u8]| configuration(data));
