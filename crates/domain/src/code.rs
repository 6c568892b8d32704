//! Generated codes: how they are made of random bits, read and abbreviated (rules §2.13).
//!
//! A code that a merchant chose is a [`CouponCode`] like any other and is not made here.

use crate::coupon::CouponCode;
use core::str::FromStr;

/// Crockford's base 32: no letter that is taken for a digit, nor `U`.
const ALPHABET: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J',
    'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];
/// Bits of one character.
const BITS: u32 = 5;
/// Characters of a group, so that people can read one out.
const GROUP: usize = 4;

/// How long a generated code is, besides its prefix and the hyphens between its groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// 12 characters: 60 bits.
    #[default]
    Twelve,
    /// 16 characters: 80 bits, where the code cannot be bound to a customer.
    Sixteen,
}

impl Size {
    /// The size with so many characters; only 12 and 16 exist.
    pub const fn of(characters: i64) -> Option<Self> {
        match characters {
            12 => Some(Self::Twelve),
            16 => Some(Self::Sixteen),
            _ => None,
        }
    }

    /// Its characters, without prefix and hyphens.
    pub const fn characters(self) -> usize {
        match self {
            Self::Twelve => 12,
            Self::Sixteen => 16,
        }
    }

    /// How many codes of one prefix there may be: half of all that can be written.
    pub const fn room(self) -> u128 {
        match self {
            Self::Twelve => 1 << 59,
            Self::Sixteen => 1 << 79,
        }
    }
}

/// What stands before generated codes: 1 to 16 letters, digits, `-` or `_`, in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// It in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prefix {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=16).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err("a prefix has 1 to 16 letters, digits, hyphens or underscores")
        }
    }
}

/// The code that `random` stands for: `SPRING-7KQ2-M9XA-PD4T`. Only the low 60 or 80 bits count,
/// and they must come from a source that nobody can foresee.
pub fn generate(prefix: Option<&Prefix>, size: Size, random: u128) -> CouponCode {
    let mut text = String::with_capacity(40);
    if let Some(Prefix(prefix)) = prefix {
        text.push_str(prefix);
    }
    let mut rest = random;
    for place in 0..size.characters() {
        let is_apart = text.ends_with(['-', '_']) || text.is_empty();
        if place.is_multiple_of(GROUP) && !is_apart {
            text.push('-');
        }
        let digit = usize::try_from(rest & 31).unwrap_or_default();
        text.push(ALPHABET.get(digit).copied().unwrap_or('0'));
        rest = rest.checked_shr(BITS).unwrap_or_default();
    }
    CouponCode::in_capitals(text)
}

/// How a generated code is compared: without hyphens, `O` being `0`, `I` and `L` being `1`. It is
/// tried where no code is found as typed. `None` where too little is left to be a code.
pub fn plain(code: &CouponCode) -> Option<CouponCode> {
    let letters = code.as_str().chars().filter(|letter| !matches!(letter, '-' | '_'));
    let plain: String = letters
        .map(|letter| match letter {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    plain.parse().ok()
}

/// The last four letters or digits: enough to tell one's own codes apart, too few to use one.
pub fn last_four(code: &CouponCode) -> String {
    let plain: Vec<char> = code.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
    plain.iter().skip(plain.len().saturating_sub(4)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const SIZES: [Size; 2] = [Size::Twelve, Size::Sixteen];

    #[test]
    fn rule_2_13_a_code_has_12_or_16_characters_in_groups_of_four_behind_its_prefix() {
        let prefix: Prefix = "spring".parse().unwrap();
        assert_eq!(generate(None, Size::Twelve, 0).as_str(), "0000-0000-0000");
        let code = generate(Some(&prefix), Size::Twelve, (1 << 60) - 1);
        assert_eq!(code.as_str(), "SPRING-ZZZZ-ZZZZ-ZZZZ");
        let code = generate(Some(&prefix), Size::Sixteen, 31 << 75);
        assert_eq!(code.as_str(), "SPRING-0000-0000-0000-000Z");
        let apart: Prefix = "vip-".parse().unwrap();
        assert_eq!(generate(Some(&apart), Size::Twelve, 1).as_str(), "VIP-1000-0000-0000");
    }

    #[test]
    fn rule_2_13_only_12_and_16_characters_exist_and_half_of_them_are_used() {
        assert_eq!(
            [10, 12, 16, 20].map(Size::of),
            [None, Some(Size::Twelve), Some(Size::Sixteen), None]
        );
        for size in SIZES {
            assert_eq!(size.room() * 2, 32_u128.pow(size.characters().try_into().unwrap()));
        }
    }

    #[test]
    fn rule_2_13_letters_taken_for_digits_and_lost_hyphens_read_as_the_same_code() {
        let read = |typed: &str| plain(&typed.parse().unwrap()).unwrap();
        assert_eq!(read("10a1-b0c1-2345"), read("ioal boci-2345".replace(' ', "_").as_str()));
        assert_eq!(plain(&"a---".parse().unwrap()), None);
    }

    #[test]
    fn a_prefix_is_short_and_of_the_letters_of_a_code() {
        for wrong in ["", "été", "two words", "SEVENTEEN-LETTERS"] {
            assert!(wrong.parse::<Prefix>().unwrap_err().contains("1 to 16"), "{wrong}");
        }
        assert_eq!(" noël ".replace('ë', "e").parse::<Prefix>().unwrap().as_str(), "NOEL");
    }

    #[test]
    fn the_last_four_are_letters_and_digits() {
        assert_eq!(last_four(&"ABCD-EF-GH".parse().unwrap()), "EFGH");
        assert_eq!(last_four(&"a_b".parse().unwrap()), "AB");
    }

    proptest! {
        #[test]
        fn every_generated_code_is_a_code_that_reads_back_however_it_is_typed(
            random in any::<u128>(), prefix in proptest::option::of("[A-Za-z0-9_-]{1,16}"),
        ) {
            let prefix: Option<Prefix> = prefix.map(|text| text.parse().unwrap());
            for size in SIZES {
                let code = generate(prefix.as_ref(), size, random);
                prop_assert_eq!(code.as_str().parse::<CouponCode>(), Ok(code.clone()));
                let typed = code.as_str().replace('-', "").replace('0', "o").replace('1', "l");
                let typed: CouponCode = typed.parse().unwrap();
                prop_assert_eq!(plain(&typed), plain(&code));
            }
        }

        #[test]
        fn other_bits_are_another_code(one in 0_u128..1 << 60, flip in 0_u32..60) {
            let other = one ^ (1 << flip);
            for size in SIZES {
                let made = [one, other].map(|bits| plain(&generate(None, size, bits)));
                prop_assert_ne!(&made[0], &made[1]);
            }
        }

        #[test]
        fn every_character_is_one_of_crockfords(random in any::<u128>()) {
            let known: BTreeSet<char> = ALPHABET.into_iter().collect();
            prop_assert_eq!(known.len(), 32);
            let code = generate(None, Size::Sixteen, random);
            let letters: Vec<char> = code.as_str().chars().filter(|it| *it != '-').collect();
            prop_assert_eq!(letters.len(), 16);
            prop_assert!(letters.iter().all(|letter| known.contains(letter)));
        }
    }
}
