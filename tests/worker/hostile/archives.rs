//! Zip archives, and ways to corrupt them.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(crate) const DEFLATED: u16 = 8;
pub(crate) const LZMA: u16 = 14;

/// A field of an entry's central header, with its offset.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field {
    Flags = 8,
    Method = 10,
    PackedSize = 20,
    Size = 24,
}

/// An archive of these files, uncompressed.
pub(crate) fn zip(files: &BTreeMap<&str, Vec<u8>>) -> Vec<u8> {
    written(|writer| {
        for (name, bytes) in files {
            writer.start_file(*name, stored()).expect("a name");
            writer.write_all(bytes).expect("memory");
        }
    })
}

/// An archive with the entries that `write` adds.
pub(crate) fn written(write: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    write(&mut writer);
    writer.finish().expect("an archive").into_inner()
}

pub(crate) fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

/// Overwrites a field of the entry `name` in the archive's central directory,
/// which readers use.
pub(crate) fn patch(archive: &mut [u8], name: &str, field: Field, value: u32) {
    let header = directory_entry(archive, name.as_bytes());
    let value = value.to_le_bytes();
    let length = match field {
        Field::Flags | Field::Method => 2,
        Field::PackedSize | Field::Size => 4,
    };
    archive[header + field as usize..][..length].copy_from_slice(&value[..length]);
}

/// Renames the entry `from` to a name of the same length.
pub(crate) fn rename(archive: &mut [u8], from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let header = directory_entry(archive, from.as_bytes());
    archive[header + NAME..][..to.len()].copy_from_slice(to.as_bytes());
}

/// Offset of the name in a central header.
const NAME: usize = 46;

fn directory_entry(archive: &[u8], name: &[u8]) -> usize {
    (0..archive.len() - NAME)
        .find(|at| {
            archive[*at..].starts_with(b"PK\x01\x02") && archive[at + NAME..].starts_with(name)
        })
        .expect("the archive has the entry")
}

/// This many deflated bytes, which inflate to 158 times as many and never end:
/// one block of fixed codes, a zero and then copies of 258 bytes.
pub(crate) fn bomb(bytes: usize) -> Vec<u8> {
    let start = "110".chars().chain("00110000".chars());
    let copies = "1100010100000".chars().cycle();
    let mut bits = start.chain(copies).map(|bit| u8::from(bit == '1'));
    let byte = |_| (0..8).fold(0, |byte, place| byte | bits.next().unwrap_or(0) << place);
    (0..bytes).map(byte).collect()
}
