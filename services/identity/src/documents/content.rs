//! What a file is, found by its content. Names and declared types are not believed.

/// Widest and highest picture, pixels.
const PIXELS_MAX: u32 = 30_000;

/// A content that is accepted as a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A JPEG picture.
    Jpeg,
    /// A PNG picture.
    Png,
    /// A PDF file.
    Pdf,
}

impl Content {
    /// Every accepted content.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Pdf];

    /// Its media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// The ending of a file name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
        }
    }

    /// The content of these bytes: a whole, well-formed frame of one of the kinds, not merely its first bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if is_png(bytes) {
            Some(Self::Png)
        } else if is_jpeg(bytes) {
            Some(Self::Jpeg)
        } else if is_pdf(bytes) {
            Some(Self::Pdf)
        } else {
            None
        }
    }
}

/// Width and height of a picture, pixels; `None` for what is no picture.
pub(crate) fn measures(bytes: &[u8]) -> Option<(u32, u32)> {
    match Content::of(bytes)? {
        Content::Png => Some((be32(bytes, 16)?, be32(bytes, 20)?)),
        Content::Jpeg => {
            let mut at = 2_usize;
            loop {
                let marker = *bytes.get(at + 1)?;
                match marker {
                    0xFF => {
                        at += 1;
                        continue;
                    }
                    0xDA => return None,
                    0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                        return Some((be16(bytes, at + 7)?, be16(bytes, at + 5)?));
                    }
                    _ => {}
                }
                at = at.checked_add(2)?.checked_add(usize::try_from(be16(bytes, at + 2)?).ok()?)?;
            }
        }
        Content::Pdf => None,
    }
}

/// The picture without what cameras and programs write beside it: of a JPEG the application segments (but the first,
/// which says how it is to be shown, and Adobe's, without which colours are wrong) and comments, of a PNG the text, time
/// and EXIF chunks. What cannot be walked through stays as it is; it was found whole before.
pub(crate) fn without_metadata(content: Content, bytes: Vec<u8>) -> Vec<u8> {
    let stripped = match content {
        Content::Jpeg => stripped_jpeg(&bytes),
        Content::Png => stripped_png(&bytes),
        Content::Pdf => None,
    };
    stripped.unwrap_or(bytes)
}

fn stripped_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = bytes.get(..2)?.to_vec();
    let mut at = 2_usize;
    loop {
        let marker = *bytes.get(at + 1)?;
        if marker == 0xFF {
            at += 1;
            continue;
        }
        if marker == 0xDA {
            kept.extend_from_slice(bytes.get(at..)?);
            return Some(kept);
        }
        let next = at.checked_add(2)?.checked_add(usize::try_from(be16(bytes, at + 2)?).ok()?)?;
        if !matches!(marker, 0xE1..=0xED | 0xEF | 0xFE) {
            kept.extend_from_slice(bytes.get(at..next)?);
        }
        at = next;
    }
}

fn stripped_png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = bytes.get(..8)?.to_vec();
    let mut at = 8_usize;
    while at < bytes.len() {
        let next = at.checked_add(usize::try_from(be32(bytes, at)?).ok()?)?.checked_add(12)?;
        if !matches!(bytes.get(at + 4..at + 8)?, b"tEXt" | b"zTXt" | b"iTXt" | b"tIME" | b"eXIf") {
            kept.extend_from_slice(bytes.get(at..next)?);
        }
        at = next;
    }
    Some(kept)
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b] = *bytes.get(at..at + 2)? else { return None };
    Some(u32::from(u16::from_be_bytes([a, b])))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c, d] = *bytes.get(at..at + 4)? else { return None };
    Some(u32::from_be_bytes([a, b, c, d]))
}

/// Signature, then chunks: IHDR with sensible measures first, some IDAT, IEND last and nothing behind it.
fn is_png(bytes: &[u8]) -> bool {
    walk_png(bytes).unwrap_or(false)
}

fn walk_png(bytes: &[u8]) -> Option<bool> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(false);
    }
    let mut at = 8_usize;
    let mut has_data = false;
    loop {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let kind = bytes.get(at + 4..at + 8)?;
        let next = at.checked_add(length)?.checked_add(12)?;
        if next > bytes.len() {
            return Some(false);
        }
        match (at, kind) {
            (8, b"IHDR") => {
                let fits = |pixels: u32| (1..=PIXELS_MAX).contains(&pixels);
                if length != 13 || !fits(be32(bytes, at + 8)?) || !fits(be32(bytes, at + 12)?) {
                    return Some(false);
                }
            }
            (8, _) | (_, b"IHDR") => return Some(false),
            (_, b"IDAT") => has_data = true,
            (_, b"IEND") => return Some(has_data && next == bytes.len()),
            _ => {}
        }
        at = next;
    }
}

/// SOI, then segments with a frame of sensible measures before the first scan, and an EOI behind it. Cameras append
/// things after the EOI.
fn is_jpeg(bytes: &[u8]) -> bool {
    walk_jpeg(bytes).unwrap_or(false)
}

fn walk_jpeg(bytes: &[u8]) -> Option<bool> {
    if !bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Some(false);
    }
    let mut at = 2_usize;
    let mut has_frame = false;
    loop {
        if *bytes.get(at)? != 0xFF {
            return Some(false);
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Fill bytes.
            0xFF => {
                at += 1;
                continue;
            }
            // Start of scan: entropy-coded data follows.
            0xDA => {
                let has_end = bytes.get(at..)?.windows(2).any(|pair| pair == [0xFF, 0xD9]);
                return Some(has_frame && has_end);
            }
            // Start of frame, all codings; C4, C8 and CC are tables.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let fits = |pixels: u32| (1..=PIXELS_MAX).contains(&pixels);
                if !fits(be16(bytes, at + 5)?) || !fits(be16(bytes, at + 7)?) {
                    return Some(false);
                }
                has_frame = true;
            }
            0x00 | 0x01 | 0xD0..=0xD9 => return Some(false),
            _ => {}
        }
        let length = usize::try_from(be16(bytes, at + 2)?).ok()?;
        if length < 2 {
            return Some(false);
        }
        at = at.checked_add(2)?.checked_add(length)?;
    }
}

/// `%PDF-1.x` or `%PDF-2.x` first, `%%EOF` and a cross-reference near the end.
fn is_pdf(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(2048)..).unwrap_or_default();
    let has = |needle: &[u8]| tail.windows(needle.len()).any(|window| window == needle);
    (bytes.starts_with(b"%PDF-1.") || bytes.starts_with(b"%PDF-2.")) && has(b"startxref") && has(b"%%EOF")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png() -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, data) in
            [(b"IHDR", vec![0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]), (b"IDAT", vec![0]), (b"IEND", vec![])]
        {
            bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
            bytes.extend(kind);
            bytes.extend(data);
            bytes.extend([0; 4]);
        }
        bytes
    }

    fn jpeg() -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0];
        bytes.extend([0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 0, 0x11, 0]);
        bytes.extend([0xFF, 0xDA, 0, 8, 1, 0, 0, 0, 0, 0, 1, 2, 3, 0xFF, 0xD9]);
        bytes
    }

    const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<<>>\nstartxref\n40\n%%EOF\n";

    #[test]
    fn whole_files_are_recognised() {
        assert_eq!(Content::of(&png()), Some(Content::Png));
        assert_eq!(Content::of(&jpeg()), Some(Content::Jpeg));
        assert_eq!(Content::of(PDF), Some(Content::Pdf));
    }

    #[test]
    fn first_bytes_alone_are_not_enough_and_every_cut_is_refused() {
        for whole in [png(), jpeg()] {
            for cut in 0..whole.len() {
                assert_eq!(Content::of(&whole[..cut]), None, "cut at {cut}");
            }
        }
        assert_eq!(Content::of(&PDF[..30]), None);
    }

    #[test]
    fn other_contents_are_refused() {
        let mut with_tail = png();
        with_tail.extend(b"<script>");
        let mut huge = png();
        huge[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
        for bad in [
            b"".as_slice(),
            b"GIF89a.....",
            b"<html><body>%PDF-1.4 startxref %%EOF</body></html>",
            b"PK\x03\x04",
            b"\x7fELF",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            &with_tail,
            &huge,
        ] {
            assert_eq!(Content::of(bad), None);
        }
    }
}
