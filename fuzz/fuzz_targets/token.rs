//! Feeds the promise `token`.

#![no_main]

use bluegreen_worker_fuzz::token;

libfuzzer_sys::fuzz_target!(|data: &[u8]| token(data));
