//! Tar and gzip, written so that nothing but the files' names and contents shows in the bytes.

use super::PackageError;

/// Tar works in blocks of so many bytes.
const BLOCK: usize = 512;

/// A stored block of deflate holds at most so many bytes.
const STORED_BYTES_MAX: usize = 0xffff;

/// A tar of plain files: mode 644, owner 0, time 0, in the given order.
pub(super) fn tar(files: &[(&'static str, &[u8])]) -> Result<Vec<u8>, PackageError> {
    let mut archive = Vec::new();
    for (name, content) in files {
        archive.extend_from_slice(&header(name, content.len())?);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    // Two empty blocks are the end.
    archive.resize(archive.len() + 2 * BLOCK, 0);
    Ok(archive)
}

fn header(name: &'static str, size: usize) -> Result<[u8; BLOCK], PackageError> {
    let mut header = [0; BLOCK];
    let mut field = |at: usize, width: usize, text: &str| match header.get_mut(at..at + text.len()) {
        Some(place) if text.len() <= width => {
            place.copy_from_slice(text.as_bytes());
            Ok(())
        }
        _ => Err(PackageError::TooLarge(name)),
    };
    field(0, 100, name)?;
    field(100, 8, "0000644\0")?;
    field(108, 8, "0000000\0")?;
    field(116, 8, "0000000\0")?;
    field(124, 12, &format!("{size:011o}\0"))?;
    field(136, 12, "00000000000\0")?;
    // The sum is taken with spaces in its own place.
    field(148, 8, "        ")?;
    field(156, 1, "0")?;
    field(257, 8, "ustar\x0000")?;
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    if let Some(place) = header.get_mut(148..156) {
        place.copy_from_slice(sum.as_bytes());
    }
    Ok(header)
}

/// Gzip without compression, without name and time.
pub(super) fn gzip(content: &[u8]) -> Result<Vec<u8>, PackageError> {
    // Magic, method deflate, no flags, time 0, no extra flags, system unknown.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = content.chunks(STORED_BYTES_MAX).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).map_err(|_| PackageError::TooLarge("archive"))?;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let length = u32::try_from(content.len()).map_err(|_| PackageError::TooLarge("archive"))?;
    out.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    Ok(out)
}
