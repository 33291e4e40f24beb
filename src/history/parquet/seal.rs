//! A seal over the whole file: one flipped bit or a missing tail is noticed before anything is decoded.
//!
//! Parquet's readers follow offsets from the footer, so a gap after the leading magic is nobody's
//! data. The gap holds a mark and the BLAKE3 hash of all other bytes. A history that was filtered
//! and written anew by another tool has no seal; it is read on the strength of Parquet's own checks.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

/// Where the seal begins: after `PAR1`.
const OFFSET: usize = 4;
const MARK: &[u8; 16] = b"stanchion-seal-1";
const END: usize = OFFSET + MARK.len() + blake3::OUT_LEN;

/// What to write after the leading magic, to be filled in by [`close`].
pub(super) fn blank() -> Vec<u8> {
    [MARK.as_slice(), &[0; blake3::OUT_LEN]].concat()
}

/// Hashes what passes through, the seal itself left out.
pub(super) struct Sealing<W> {
    inner: W,
    position: usize,
    hasher: blake3::Hasher,
}

impl<W: Write> Sealing<W> {
    pub(super) fn new(inner: W) -> Self {
        Sealing { inner, position: 0, hasher: blake3::Hasher::new() }
    }

    /// The writer, and the hash to be put into the gap.
    pub(super) fn finish(self) -> (W, blake3::Hash) {
        (self.inner, self.hasher.finalize())
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        let bytes = &bytes[..written];
        let before = OFFSET.saturating_sub(self.position).min(written);
        let after = END.saturating_sub(self.position).min(written);
        self.hasher.update(&bytes[..before]).update(&bytes[after..]);
        self.position += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Puts the hash into the gap.
pub(super) fn close(file: &mut File, hash: blake3::Hash) -> io::Result<()> {
    file.seek(SeekFrom::Start((OFFSET + MARK.len()) as u64))?;
    file.write_all(hash.as_bytes())
}

/// What a look at the seal says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seal {
    /// Every byte is the one that was written.
    Whole,
    /// Some are not.
    Broken,
    /// The file has no seal.
    Missing,
}

/// Reads the file from its start to its end.
pub(super) fn examine(file: &mut File) -> io::Result<Seal> {
    file.rewind()?;
    let mut head = Vec::with_capacity(END);
    Read::take(&mut *file, END as u64).read_to_end(&mut head)?;
    if head.len() < END {
        return Ok(Seal::Missing);
    }
    let (mark, hash) = head[OFFSET..].split_at(MARK.len());
    if mark != MARK {
        return Ok(Seal::Missing);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&head[..OFFSET]);
    let mut rest = BufReader::with_capacity(1 << 16, file);
    loop {
        let bytes = rest.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        hasher.update(bytes);
        let read = bytes.len();
        rest.consume(read);
    }
    Ok(if hasher.finalize().as_bytes() == hash { Seal::Whole } else { Seal::Broken })
}
