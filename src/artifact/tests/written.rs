//! Property test: files that a zip writer writes are read back unchanged.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::object::Object;

#[derive(Clone, Debug)]
struct File {
    bytes: Vec<u8>,
    deflated: bool,
    zip64: bool,
    repeat: usize,
}

fn file() -> impl Strategy<Value = File> {
    (
        vec(any::<u8>(), 0..300),
        any::<bool>(),
        any::<bool>(),
        0..400usize,
    )
        .prop_map(|(bytes, deflated, zip64, repeat)| File {
            bytes,
            deflated,
            zip64,
            repeat,
        })
}

fn write(files: &BTreeMap<String, File>, streamed: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if streamed {
        let mut writer = ZipWriter::new_stream(&mut bytes);
        add(&mut writer, files);
        writer.finish().unwrap();
    } else {
        let mut writer = ZipWriter::new(Cursor::new(&mut bytes));
        add(&mut writer, files);
        writer.finish().unwrap();
    }
    bytes
}

fn add<W: Write + std::io::Seek>(writer: &mut ZipWriter<W>, files: &BTreeMap<String, File>) {
    for (name, file) in files {
        let method = if file.deflated {
            CompressionMethod::Deflated
        } else {
            CompressionMethod::Stored
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .large_file(file.zip64);
        writer.start_file(name, options).unwrap();
        writer.write_all(&file.bytes.repeat(file.repeat)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_files_are_read_back_equal(
        files in btree_map("[a-zA-Zäß0-9 ._-]{1,20}(/[a-z.]{1,10})?x", file(), 1..12),
        streamed: bool,
    ) {
        let object = Object::new(write(&files, streamed));
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(object.files(&paths)).unwrap();
        for (name, file) in &files {
            prop_assert_eq!(read[name].as_ref(), Ok(&file.bytes.repeat(file.repeat)));
        }
    }
}
