//! ECDSA signatures on P-256 over SHA-256, DER, low S.
//!
//! For every valid signature (r, s) there is a second one, (r, n − s). Fabric accepts only the one with the smaller s, so
//! that nobody can change a signed envelope's bytes without its key. Signing libraries give either.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

/// Bytes of r and of s.
const SCALAR_BYTES: usize = 32;

/// The order of P-256's group, n.
const ORDER: [u8; SCALAR_BYTES] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// n / 2, rounded down: the largest low s.
const HALF_ORDER: [u8; SCALAR_BYTES] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d,
    0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not the DER form of two positive numbers of at most 32 bytes.
    #[error("the signature is not in DER form")]
    NotDer,
    /// s is above n / 2.
    #[error("the signature has a high S")]
    HighS,
    /// It was made with another key or over another message.
    #[error("the signature does not match")]
    Mismatch,
}

/// The DER form of a signature given as r ‖ s, with s made low.
#[must_use]
pub fn low_s_der(fixed: &[u8; 2 * SCALAR_BYTES]) -> Vec<u8> {
    let (r, s) = fixed.split_at(SCALAR_BYTES);
    let mut low = [0; SCALAR_BYTES];
    low.copy_from_slice(s);
    if low > HALF_ORDER {
        low = order_minus(&low);
    }
    let (r, s) = (integer(r), integer(&low));
    let mut der = Vec::with_capacity(r.len() + s.len() + 2);
    // Two numbers of at most 35 bytes: every length fits its short form.
    der.extend_from_slice(&[0x30, (r.len() + s.len()) as u8]);
    der.extend_from_slice(&r);
    der.extend_from_slice(&s);
    der
}

/// r ‖ s of a signature in DER form, whatever its s.
///
/// # Errors
/// [`SignatureError::NotDer`].
pub fn parse_der(der: &[u8]) -> Result<[u8; 2 * SCALAR_BYTES], SignatureError> {
    let body = match der {
        [0x30, length, body @ ..] if usize::from(*length) == body.len() && *length < 0x80 => body,
        _ => return Err(SignatureError::NotDer),
    };
    let (r, rest) = take_integer(body)?;
    let (s, rest) = take_integer(rest)?;
    if !rest.is_empty() {
        return Err(SignatureError::NotDer);
    }
    let mut fixed = [0; 2 * SCALAR_BYTES];
    for (half, number) in fixed.chunks_exact_mut(SCALAR_BYTES).zip([r, s]) {
        let start = half.len().checked_sub(number.len()).ok_or(SignatureError::NotDer)?;
        for (to, from) in half.iter_mut().skip(start).zip(number) {
            *to = *from;
        }
    }
    Ok(fixed)
}

/// Checks a signature over `message` under a public key given as an uncompressed point.
///
/// # Errors
/// [`SignatureError`], telling a high s from a wrong signature.
pub fn verify(public_key: &[u8], message: &[u8], der: &[u8]) -> Result<(), SignatureError> {
    let fixed = parse_der(der)?;
    if fixed.get(SCALAR_BYTES..).is_none_or(|s| s > HALF_ORDER.as_slice()) {
        return Err(SignatureError::HighS);
    }
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key)
        .verify(message, &fixed)
        .map_err(|_| SignatureError::Mismatch)
}

/// A positive DER INTEGER without leading zeros.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len().saturating_sub(1));
    let digits = number.get(zeros..).unwrap_or_default();
    let pad = digits.first().is_some_and(|first| first & 0x80 != 0);
    let mut der = vec![0x02, (digits.len() + usize::from(pad)) as u8];
    if pad {
        der.push(0);
    }
    der.extend_from_slice(digits);
    der
}

/// The digits of the INTEGER in front, and what follows it.
fn take_integer(der: &[u8]) -> Result<(&[u8], &[u8]), SignatureError> {
    let [0x02, length, rest @ ..] = der else { return Err(SignatureError::NotDer) };
    let (number, rest) = rest.split_at_checked(usize::from(*length)).ok_or(SignatureError::NotDer)?;
    let digits = match number {
        [] => return Err(SignatureError::NotDer),
        // A zero in front is there only to keep the number positive.
        [0, second, ..] if second & 0x80 == 0 => return Err(SignatureError::NotDer),
        [0, digits @ ..] if !digits.is_empty() => digits,
        [first, ..] if first & 0x80 != 0 => return Err(SignatureError::NotDer),
        digits => digits,
    };
    if digits.len() > SCALAR_BYTES || digits.iter().all(|digit| *digit == 0) {
        return Err(SignatureError::NotDer);
    }
    Ok((digits, rest))
}

/// n − s for 0 < s < n.
fn order_minus(s: &[u8; SCALAR_BYTES]) -> [u8; SCALAR_BYTES] {
    let mut difference = [0; SCALAR_BYTES];
    let mut borrow = false;
    for ((to, from), minus) in difference.iter_mut().zip(ORDER).zip(s).rev() {
        let (once, under) = from.overflowing_sub(*minus);
        let (twice, under_again) = once.overflowing_sub(u8::from(borrow));
        *to = twice;
        borrow = under || under_again;
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(last: u8) -> [u8; SCALAR_BYTES] {
        let mut number = [0; SCALAR_BYTES];
        number[SCALAR_BYTES - 1] = last;
        number
    }

    fn fixed(r: [u8; SCALAR_BYTES], s: [u8; SCALAR_BYTES]) -> [u8; 64] {
        [r, s].concat().try_into().unwrap()
    }

    #[test]
    fn a_high_s_becomes_low_and_a_low_one_stays() {
        // n − 1 is the other form of 1.
        let mut high = ORDER;
        high[31] -= 1;
        assert_eq!(low_s_der(&fixed(number(5), high)), [0x30, 6, 2, 1, 5, 2, 1, 1]);
        assert_eq!(low_s_der(&fixed(number(5), number(1))), [0x30, 6, 2, 1, 5, 2, 1, 1]);
        // The border: n / 2 is low, the next one is high and becomes n / 2 again.
        let mut above = HALF_ORDER;
        above[31] += 1;
        assert_eq!(low_s_der(&fixed(number(5), above)), low_s_der(&fixed(number(5), HALF_ORDER)));
        assert_eq!(parse_der(&low_s_der(&fixed(number(5), HALF_ORDER))), Ok(fixed(number(5), HALF_ORDER)));
    }

    #[test]
    fn numbers_are_encoded_as_der_has_them() {
        assert_eq!(integer(&[0, 0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[0, 0]), [2, 1, 0]);
        assert_eq!(integer(&[0xff; 32]).len(), 35);
    }

    #[test]
    fn what_is_not_der_is_refused() {
        let good = [0x30, 6, 2, 1, 5, 2, 1, 1];
        assert!(parse_der(&good).is_ok());
        let wrong: [&[u8]; 11] = [
            &[],
            &[0x30],
            &[0x31, 6, 2, 1, 5, 2, 1, 1],
            &[0x30, 7, 2, 1, 5, 2, 1, 1],
            &[0x30, 6, 2, 1, 5, 2, 1, 1, 0],
            &[0x30, 0x81, 6, 2, 1, 5, 2, 1, 1],
            // Negative, zero, padded without need, empty, and one number only.
            &[0x30, 6, 2, 1, 0x85, 2, 1, 1],
            &[0x30, 6, 2, 1, 0, 2, 1, 1],
            &[0x30, 7, 2, 2, 0, 5, 2, 1, 1],
            &[0x30, 5, 2, 0, 2, 1, 1],
            &[0x30, 3, 2, 1, 5],
        ];
        for der in wrong {
            assert_eq!(parse_der(der), Err(SignatureError::NotDer), "{der:02x?}");
        }
        let long = [&[0x30, 38, 2, 33, 1][..], &[0; 32], &[2, 1, 1]].concat();
        assert_eq!(parse_der(&long), Err(SignatureError::NotDer));
    }
}
