//! Compares `docs/limits.md` with the source.

use std::fs;
use std::path::Path;

#[test]
fn the_page_of_limits_says_what_the_source_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/limits.md")).expect("the page is there");
    let names_a_file = |line: &&str| line.contains("`src/") || line.contains("`crates/");
    let rows: Vec<&str> = page.lines().filter(names_a_file).collect();
    assert!(rows.len() > 20, "{} rows", rows.len());
    for row in rows {
        let quoted: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let [file, constant] = quoted[..] else {
            panic!("a file and a constant: {row}")
        };
        let source = fs::read_to_string(root.join(file)).expect(file);
        assert!(source.contains(&format!("const {constant};")), "{row}");
    }
}
