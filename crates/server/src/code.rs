//! Codes that stand in the database: how they are kept, and found again.
//!
//! None of them is ever stored in clear. A keyed hash finds one, its last four tell it from its
//! neighbours, and where somebody may read it again it is encrypted (rules §2.13).

use crate::secret::MasterKey;
use habitue_domain::code::{Prefix, Size, generate, last_four, plain};
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::{CodeId, ProgramId};

/// What is stored of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its keyed hash, lower-case hex; unique in a program.
    pub hash: String,
    /// Its last four letters or digits.
    pub last_four: String,
    /// The code itself, encrypted with the master key, where somebody may read it again.
    pub sealed: Option<String>,
}

/// A new random code.
pub fn random(prefix: Option<&Prefix>, size: Size) -> CouponCode {
    generate(prefix, size, rand::random())
}

/// Where a code stands that is compared as generated ones are; sealed, as somebody may read it.
///
/// # Errors
/// Where the cipher refuses, which it does not for codes.
pub fn generated(
    key: &MasterKey,
    program: ProgramId,
    code: &CouponCode,
) -> Result<Kept, &'static str> {
    let compared = plain(code);
    let hash = key.code_hash(program, compared.as_ref().unwrap_or(code));
    Ok(Kept { hash, last_four: last_four(code), sealed: Some(key.seal(code.as_str())?) })
}

/// What was sealed, or a fault where the cipher refused.
///
/// # Errors
/// The cipher's refusal as a fault of ours.
pub fn sealed(sealed: Result<String, &'static str>) -> Result<String, habitue_store::Error> {
    sealed.map_err(|why| habitue_store::Error::Database(why.to_owned()))
}

/// The id that a code with this hash has in the database: 128 bits of it, more than enough that no
/// two codes meet.
pub fn id_of(hash: &str) -> CodeId {
    let bits = hash.get(..32).and_then(|digits| u128::from_str_radix(digits, 16).ok());
    CodeId::from_u128(bits.unwrap_or_default())
}

/// The hashes by which a code as typed is looked up: as it was typed, then as a generated code
/// would read. There are always two, so that nothing is learned from the time it takes.
pub fn hashes(key: &MasterKey, program: ProgramId, typed: &CouponCode) -> [String; 2] {
    let compared = plain(typed);
    [typed, compared.as_ref().unwrap_or(typed)].map(|code| key.code_hash(program, code))
}

/// The code that was sealed; `None` with another master key.
pub fn unseal(key: &MasterKey, sealed: &str) -> Option<CouponCode> {
    key.unseal(sealed)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use habitue_domain::id::ProgramId;

    const PROGRAM: ProgramId = ProgramId::from_u128(1);

    fn key(letter: &str) -> MasterKey {
        MasterKey::new(&letter.repeat(32)).unwrap()
    }

    #[test]
    fn a_generated_code_is_found_however_it_is_typed_and_read_again_by_its_key_only() {
        let (ours, other) = (key("a"), key("b"));
        let prefix: Prefix = "hello".parse().unwrap();
        let code = random(Some(&prefix), Size::Twelve);
        let kept = generated(&ours, PROGRAM, &code).unwrap();
        let sloppy = code.as_str().replace('-', "").replace('0', "o").to_lowercase();
        for typed in [code.as_str(), &sloppy] {
            let hashes = hashes(&ours, PROGRAM, &typed.parse().unwrap());
            assert_eq!(hashes[1], kept.hash, "{typed}");
        }
        let sealed = kept.sealed.unwrap();
        assert_eq!(unseal(&ours, &sealed), Some(code.clone()));
        assert_eq!(unseal(&other, &sealed), None);
        assert!(!format!("{} {sealed}", kept.hash).contains(code.as_str()));
    }

    #[test]
    fn nobody_can_try_codes_against_the_hashes_of_another_key_or_program() {
        let code: CouponCode = "0000-0000-0000".parse().unwrap();
        let there = ProgramId::from_u128(2);
        let made = hashes(&key("a"), PROGRAM, &code);
        assert_ne!(made, hashes(&key("b"), PROGRAM, &code));
        assert_ne!(made, hashes(&key("a"), there, &code));
    }
}
