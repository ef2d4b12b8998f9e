//! Replays the inputs that fuzzing found, in every build.

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a library where it is fuzzed")]
mod fuzz;

/// Panics if the bytes violate the property.
type Promise = fn(&[u8]);

/// Limit of the total size of the corpus files, in bytes.
const MAX_CORPUS: usize = 300_000;

#[test]
fn the_promises_hold_for_everything_that_fuzzing_found() {
    let targets: [(&str, Promise); 5] = [
        ("zip_tail", fuzz::zip_tail),
        ("task_definition", fuzz::task_definition),
        ("app_spec", fuzz::app_spec),
        ("configuration", fuzz::configuration),
        ("token", fuzz::token),
    ];
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut bytes = 0;
    for (target, promise) in targets {
        let files = fs::read_dir(corpus.join(target)).expect("each target has a corpus");
        let mut count = 0;
        for file in files {
            let data = fs::read(file.expect("a file").path()).expect("a readable file");
            bytes += data.len();
            count += 1;
            promise(&data);
        }
        assert!(count > 0, "{target}");
    }
    assert!(bytes <= MAX_CORPUS, "{bytes} bytes");
}
