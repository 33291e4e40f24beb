//! A file that several threads read at once, each at its own place.
//!
//! The decoder's own reader for files moves the one cursor that all handles of a file share.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;

use parquet::errors::Result;
use parquet::file::reader::{ChunkReader, Length};

/// A file without a cursor.
pub(super) struct Positioned {
    file: File,
    bytes: u64,
}

impl Positioned {
    pub(super) fn new(file: File) -> io::Result<Positioned> {
        let bytes = file.metadata()?.len();
        Ok(Positioned { file, bytes })
    }
}

impl Length for Positioned {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Positioned {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(From { file: self.file.try_clone()?, at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes> {
        // What a damaged file claims may be more than memory holds.
        let length = length.min(usize::try_from(self.bytes.saturating_sub(start)).unwrap_or(usize::MAX));
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

/// Reads on from a place.
pub(super) struct From {
    file: File,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
