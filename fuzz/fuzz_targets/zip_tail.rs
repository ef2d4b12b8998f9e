//! Feeds the promise `zip_tail`.

#![no_main]

use bluegreen_worker_fuzz::zip_tail;

libfuzzer_sys::fuzz_target!(|data: &[u8]| zip_tail(data));
