//! A page of a run: sorted entries, a table of their places, and a checksum.
//!
//! ```text
//! crc32 of all that follows │ run id │ page number │ entries │ place of each entry │ entries
//! ```
//! Run id and page number are part of what is checked, so a page that was written to the wrong place is noticed. An
//! entry is the key with its length in front, so that a search reads nothing else, then value length + 1 (0: deleted),
//! block and position as varints, then the value.

use super::version::{Stamped, Version};
use crate::embedded::codec::{Cursor, Encode, Malformed};

/// Bytes after which a page is closed; a single larger entry makes a larger page.
pub(crate) const PAGE_BYTES_TARGET: usize = 8 * 1024;
const HEADER_BYTES: usize = 20;

/// Builds one page after the other.
#[derive(Debug, Default)]
pub(crate) struct PageBuilder {
    places: Vec<u32>,
    entries: Vec<u8>,
}

impl PageBuilder {
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        HEADER_BYTES + self.places.len() * 4 + self.entries.len() >= PAGE_BYTES_TARGET
    }

    pub(crate) fn add(&mut self, key: &[u8], version: Version, value: Option<&[u8]>) {
        self.places.push(self.entries.len() as u32);
        self.entries.put_bytes(key);
        self.entries.put_varint(value.map_or(0, |value| value.len() as u64 + 1));
        self.entries.put_varint(version.block);
        self.entries.put_varint(u64::from(version.position));
        self.entries.extend_from_slice(value.unwrap_or_default());
    }

    /// The finished page; the builder is empty again.
    pub(crate) fn finish(&mut self, run: u64, number: u32) -> Vec<u8> {
        let mut page = Vec::with_capacity(HEADER_BYTES + self.places.len() * 4 + self.entries.len());
        page.put_u32(0);
        page.put_u64(run);
        page.put_u32(number);
        page.put_u32(self.places.len() as u32);
        for place in self.places.drain(..) {
            page.put_u32(place);
        }
        page.append(&mut self.entries);
        let crc = crc32fast::hash(page.get(4..).unwrap_or_default());
        if let Some(head) = page.get_mut(..4) {
            head.copy_from_slice(&crc.to_le_bytes());
        }
        page
    }
}

/// An entry as it lies in a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) version: Version,
}

impl Entry<'_> {
    pub(crate) fn stamped(&self) -> Stamped {
        Stamped { version: self.version, value: self.value.map(Into::into) }
    }
}

/// A page whose checksum, run and number have been verified.
#[derive(Debug)]
pub(crate) struct Page {
    bytes: Vec<u8>,
    count: usize,
}

impl Page {
    pub(crate) fn open(bytes: Vec<u8>, run: u64, number: u32) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(&bytes);
        let crc = cursor.u32("page header")?;
        if crc32fast::hash(bytes.get(4..).unwrap_or_default()) != crc {
            return Err(Malformed("the page's checksum does not match"));
        }
        if cursor.u64("page header")? != run || cursor.u32("page header")? != number {
            return Err(Malformed("the page belongs elsewhere"));
        }
        let count = cursor.u32("page header")? as usize;
        cursor.take(count.saturating_mul(4), "page places")?;
        Ok(Self { bytes, count })
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn cursor(&self, index: usize) -> Result<Cursor<'_>, Malformed> {
        let place = self
            .bytes
            .get(HEADER_BYTES + index * 4..)
            .and_then(|rest| rest.first_chunk::<4>())
            .map(|place| u32::from_le_bytes(*place) as usize)
            .ok_or(Malformed("entry place"))?;
        let entry = self.bytes.get(HEADER_BYTES + self.count * 4 + place..).ok_or(Malformed("entry place"))?;
        Ok(Cursor::new(entry))
    }

    /// The entry at `index`, which must be below [`Self::len`].
    pub(crate) fn entry(&self, index: usize) -> Result<Entry<'_>, Malformed> {
        let mut cursor = self.cursor(index)?;
        let key = cursor.bytes("key")?;
        let value_length = cursor.varint("value length")? as usize;
        let block = cursor.varint("block")?;
        let position = u32::try_from(cursor.varint("position")?).map_err(|_| Malformed("position"))?;
        let value = match value_length {
            0 => None,
            length => Some(cursor.take(length - 1, "value")?),
        };
        Ok(Entry { key, value, version: Version { block, position } })
    }

    /// The first entry whose key is not below `key`; [`Self::len`] if there is none.
    pub(crate) fn lower_bound(&self, key: &[u8]) -> Result<usize, Malformed> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            if self.cursor(middle)?.bytes("key")? < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Vec<u8> {
        let mut builder = PageBuilder::default();
        for (position, (key, value)) in [("a", Some("1")), ("bb", None), ("c", Some(""))].into_iter().enumerate() {
            let version = Version { block: 300, position: position as u32 };
            builder.add(key.as_bytes(), version, value.map(str::as_bytes));
        }
        builder.finish(7, 2)
    }

    #[test]
    fn entries_come_back_in_order() {
        let page = Page::open(page(), 7, 2).unwrap();
        assert_eq!(page.len(), 3);
        assert_eq!(page.entry(0).unwrap().value, Some(b"1".as_slice()));
        assert_eq!(page.entry(1).unwrap().value, None);
        assert_eq!(page.entry(2).unwrap().value, Some(b"".as_slice()));
        assert_eq!(page.entry(2).unwrap().version, Version { block: 300, position: 2 });
        assert_eq!(page.lower_bound(b"b").unwrap(), 1);
        assert_eq!(page.lower_bound(b"d").unwrap(), 3);
    }

    #[test]
    fn any_flipped_bit_or_other_place_is_noticed() {
        let good = page();
        assert!(Page::open(good.clone(), 8, 2).is_err());
        assert!(Page::open(good.clone(), 7, 1).is_err());
        for byte in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[byte] ^= 1 << bit;
                assert!(Page::open(bad, 7, 2).is_err(), "bit {bit} of byte {byte}");
            }
        }
    }
}
