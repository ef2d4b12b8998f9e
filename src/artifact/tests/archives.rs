//! Zip archives: well-formed ones from a zip writer, unusual ones assembled by
//! hand.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::object::Part;

pub(super) const STORED: u16 = 0;
pub(super) const LZMA: u16 = 14;
pub(super) const ENCRYPTED: u16 = 1;

/// An archive from the zip writer, with deflated entries.
pub(super) fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An entry of a hand-made archive.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) contents: Part,
    pub(super) method: u16,
    pub(super) flags: u16,
    /// As declared in the directory.
    pub(super) size: u32,
    pub(super) crc: u32,
    /// Length of the local header's extra field.
    pub(super) local_extra: u16,
}

impl Entry {
    pub(super) fn stored(name: impl AsRef<[u8]>, bytes: &[u8]) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            contents: Part::Bytes(bytes.to_vec()),
            method: STORED,
            flags: 0,
            size: u32::try_from(bytes.len()).unwrap(),
            crc: crc32(bytes),
            local_extra: 0,
        }
    }

    /// A stored entry that is never read.
    pub(super) fn filler(name: &str, bytes: u32) -> Self {
        Self {
            contents: Part::Zeros(bytes.into()),
            size: bytes,
            ..Self::stored(name, b"")
        }
    }

    fn header(&self, local: bool, offset: u32) -> Vec<u8> {
        let mut header = Vec::new();
        header.extend_from_slice(if local {
            b"PK\x03\x04"
        } else {
            b"PK\x01\x02\x14\x00"
        });
        for field in [20, self.flags, self.method, 0, 0x21] {
            header.extend_from_slice(&field.to_le_bytes());
        }
        let packed = u32::try_from(self.contents.len()).unwrap();
        for field in [self.crc, packed, self.size] {
            header.extend_from_slice(&field.to_le_bytes());
        }
        let extra = if local { self.local_extra } else { 0 };
        let name_length = u16::try_from(self.name.len()).unwrap();
        header.extend_from_slice(&name_length.to_le_bytes());
        header.extend_from_slice(&extra.to_le_bytes());
        if !local {
            header.extend_from_slice(&[0; 10]);
            header.extend_from_slice(&offset.to_le_bytes());
        }
        header.extend_from_slice(&self.name);
        header.resize(header.len() + usize::from(extra), 0);
        header
    }
}

/// Assembles an archive from entries.
pub(super) fn archive_of(entries: &[Entry]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut directory = Vec::new();
    let mut offset = 0;
    for entry in entries {
        let place = u32::try_from(offset).unwrap();
        directory.extend(entry.header(false, place));
        for part in [Part::Bytes(entry.header(true, 0)), entry.contents.clone()] {
            offset += part.len();
            parts.push(part);
        }
    }
    let start = u32::try_from(offset).unwrap();
    let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
    let count = entries.len().min(0xffff) as u16;
    end.extend_from_slice(&count.to_le_bytes());
    end.extend_from_slice(&count.to_le_bytes());
    end.extend_from_slice(&(directory.len() as u32).to_le_bytes());
    end.extend_from_slice(&start.to_le_bytes());
    end.extend_from_slice(&[0, 0]);
    if entries.len() >= 0xffff {
        let zip64 = zip64_end(offset, directory.len() as u64, entries.len() as u64);
        directory.extend(zip64);
    }
    parts.push(Part::Bytes(directory));
    parts.push(Part::Bytes(end));
    parts
}

/// The zip64 end record and its locator.
fn zip64_end(directory: u64, directory_bytes: u64, entries: u64) -> Vec<u8> {
    let mut bytes = b"PK\x06\x06".to_vec();
    bytes.extend_from_slice(&44u64.to_le_bytes());
    bytes.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for field in [entries, entries, directory_bytes, directory] {
        bytes.extend_from_slice(&field.to_le_bytes());
    }
    bytes.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    bytes.extend_from_slice(&(directory + directory_bytes).to_le_bytes());
    bytes.extend_from_slice(&1u32.to_le_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc: u32, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
