//! Ids: users, tokens, dedupe keys, batches, clients and operations, with their text form on the wire.
//!
//! A token looks like a random UUID on the wire, as production tokens do: a padded counter would hide
//! the bug that ties are ordered by member bytes. It is a bijection of its number, so a reply can be
//! turned back into the token it names without a table.

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};

/// Whoever queues. On the wire `u42`: not padded, as production user ids are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(pub u64);

/// Names one join. Numbers below [`Token::ALIEN`] were given out by a plan; above it lie tokens that a
/// server answered and no plan knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Token(pub u64);

/// What a join is deduplicated by: a user number or a request number, as [`super::Dedupe`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DedupeKey(pub u64);

/// Names one admission; an admission that is repeated with the same id must get the first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BatchId(pub u64);

/// One simulated client: a sequential process with a connection of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClientId(pub u32);

/// One planned operation; all its attempts share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpId(pub u64);

/// The handle a client holds for its place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// Who waits.
    pub user: UserId,
    /// The join it stands for.
    pub token: Token,
    /// What it was deduplicated by.
    pub dedupe: DedupeKey,
}

/// An odd multiplier and its inverse modulo 2^64 make the mix below a bijection.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
const INVERSE: u64 = inverse_of(MULTIPLIER);

/// Newton's iteration for the inverse of an odd number modulo 2^64; each round doubles the correct bits.
const fn inverse_of(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
}

const fn mix(number: u64) -> u64 {
    let mut x = number.wrapping_add(MULTIPLIER).wrapping_mul(MULTIPLIER);
    x ^= x >> 32;
    x.wrapping_mul(MULTIPLIER)
}

const fn unmix(mixed: u64) -> u64 {
    let mut x = mixed.wrapping_mul(INVERSE);
    x ^= x >> 32;
    x.wrapping_mul(INVERSE).wrapping_sub(MULTIPLIER)
}

/// The eight hexadecimal digits of a number, all at once: a join writes four of these, and digit by digit, with a look at
/// the room that is left before each, takes several times as long.
const fn hex(number: u32) -> [u8; 8] {
    // Each half byte into a byte of its own, the first digit in the lowest.
    let mut spread = number.swap_bytes() as u64;
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff;
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    spread = (spread >> 4 | spread << 8) & 0x0f0f_0f0f_0f0f_0f0f;
    // 1 in the bytes whose digit is a letter, which lies 39 behind the digits.
    let letters = (spread + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    (spread + 0x3030_3030_3030_3030 + letters * 39).to_le_bytes()
}

impl Token {
    /// From here on a number stands for a text that no plan gave out.
    pub const ALIEN: u64 = 1 << 63;

    /// The 36 characters that name this token on the wire.
    #[inline]
    #[must_use]
    pub fn wire(self) -> ArrayString<36> {
        // Hexadecimal digits and hyphens are text.
        ArrayString::from_byte_string(&self.wire_bytes()).unwrap_or_default()
    }

    /// The same, as bytes.
    #[must_use]
    pub fn wire_bytes(self) -> [u8; 36] {
        let high = mix(self.0);
        let low = mix(high ^ self.0);
        let [first, second] = [hex((high >> 32) as u32), hex(high as u32)];
        let [third, fourth] = [hex((low >> 32) as u32), hex(low as u32)];
        let mut text = [b'-'; 36];
        text[..8].copy_from_slice(&first);
        text[9..13].copy_from_slice(&second[..4]);
        text[14..18].copy_from_slice(&second[4..]);
        text[19..23].copy_from_slice(&third[..4]);
        text[24..28].copy_from_slice(&third[4..]);
        text[28..].copy_from_slice(&fourth);
        text
    }

    /// The token that a text on the wire names; an unknown text becomes an [alien](Token::is_alien) token.
    #[must_use]
    pub fn from_wire(text: &[u8]) -> Token {
        Self::decode(text).unwrap_or_else(|| {
            // FNV-1a: any stable hash does, it only has to name the same alien the same way.
            let hash = text
                .iter()
                .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
            Token(hash | Self::ALIEN)
        })
    }

    fn decode(text: &[u8]) -> Option<Token> {
        if text.len() != 36 {
            return None;
        }
        let mut high = 0u64;
        for byte in text[..18].iter().filter(|byte| **byte != b'-') {
            high = high << 4 | u64::from(char::from(*byte).to_digit(16)?);
        }
        let token = Token(unmix(high));
        (!token.is_alien() && token.wire_bytes() == text).then_some(token)
    }

    /// Whether a server answered this token although no plan gave it out.
    #[must_use]
    pub fn is_alien(self) -> bool {
        self.0 >= Self::ALIEN
    }
}

impl UserId {
    /// The text that names this user on the wire.
    #[must_use]
    pub fn wire(self) -> String {
        format!("u{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_survives_the_wire(number in 0..Token::ALIEN) {
            let wire = Token(number).wire();
            prop_assert_eq!(wire.len(), 36);
            prop_assert_eq!(Token::from_wire(wire.as_bytes()), Token(number));
        }

        #[test]
        fn any_other_text_is_an_alien(text in "[ -~]{0,40}") {
            prop_assert!(Token::from_wire(text.as_bytes()).is_alien());
        }
    }

    #[test]
    fn tokens_on_the_wire_stay_what_they_were() {
        // Saved histories and servers hold them.
        for number in [0, 1, 42, u64::from(u32::MAX), Token::ALIEN - 1, u64::MAX] {
            let (high, low) = (mix(number), mix(mix(number) ^ number));
            let text = format!(
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                high >> 32,
                high >> 16 & 0xffff,
                high & 0xffff,
                low >> 48,
                low & 0xffff_ffff_ffff
            );
            assert_eq!(Token(number).wire().as_str(), text);
        }
    }

    #[test]
    fn token_order_on_the_wire_is_not_the_order_given_out() {
        let wires: Vec<_> = (0..100).map(|n| Token(n).wire()).collect();
        assert!(!wires.is_sorted());
    }
}
