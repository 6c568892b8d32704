//! From one of our requests to JSON text.

use super::Wrong;
use serde::Serialize;
use serde::ser::{Impossible, SerializeSeq, SerializeStruct, Serializer};

/// Writes `value`; `None` where it holds something no request of ours holds (a float, a map).
pub fn write(value: &impl Serialize) -> Option<String> {
    let mut text = String::new();
    value.serialize(Writer(&mut text)).ok()?;
    Some(text)
}

fn push_string(text: &mut String, value: &str) {
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' | '\\' => {
                text.push('\\');
                text.push(letter);
            }
            ' '.. => text.push(letter),
            _ => {
                text.push_str("\\u00");
                for digit in [u32::from(letter) >> 4, u32::from(letter) & 15] {
                    text.extend(char::from_digit(digit, 16));
                }
            }
        }
    }
    text.push('"');
}

struct Writer<'a>(&'a mut String);

/// The inside of an array or object, and how it ends.
struct Inside<'a> {
    text: &'a mut String,
    end: char,
    is_first: bool,
}

impl Inside<'_> {
    fn comma(&mut self) {
        if !self.is_first {
            self.text.push(',');
        }
        self.is_first = false;
    }
}

macro_rules! never {
    ($($name:ident: $kind:ty,)+) => {$(
        fn $name(self, _: $kind) -> Result<(), Wrong> {
            Err(Wrong)
        }
    )+};
}

macro_rules! integers {
    ($($name:ident: $kind:ty,)+) => {$(
        fn $name(self, value: $kind) -> Result<(), Wrong> {
            self.0.push_str(&value.to_string());
            Ok(())
        }
    )+};
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Wrong;
    type SerializeSeq = Inside<'a>;
    type SerializeStruct = Inside<'a>;
    type SerializeTuple = Impossible<(), Wrong>;
    type SerializeTupleStruct = Impossible<(), Wrong>;
    type SerializeTupleVariant = Impossible<(), Wrong>;
    type SerializeMap = Impossible<(), Wrong>;
    type SerializeStructVariant = Impossible<(), Wrong>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
    }
    never! { serialize_f32: f32, serialize_f64: f64, serialize_bytes: &[u8], }

    fn serialize_bool(self, value: bool) -> Result<(), Wrong> {
        self.0.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Wrong> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Wrong> {
        push_string(self.0, value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Wrong> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Wrong> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Wrong> {
        self.0.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Wrong> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Wrong> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Wrong> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Wrong> {
        let mut inside = self.serialize_struct(name, 1)?;
        inside.serialize_field(variant, value)?;
        SerializeStruct::end(inside)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'a>, Wrong> {
        self.0.push('[');
        Ok(Inside { text: self.0, end: ']', is_first: true })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'a>, Wrong> {
        self.0.push('{');
        Ok(Inside { text: self.0, end: '}', is_first: true })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Wrong> {
        Err(Wrong)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Wrong> {
        Err(Wrong)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Wrong> {
        Err(Wrong)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Wrong> {
        Err(Wrong)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Wrong> {
        Err(Wrong)
    }
}

impl SerializeSeq for Inside<'_> {
    type Ok = ();
    type Error = Wrong;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Wrong> {
        self.comma();
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Result<(), Wrong> {
        self.text.push(self.end);
        Ok(())
    }
}

impl SerializeStruct for Inside<'_> {
    type Ok = ();
    type Error = Wrong;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Wrong> {
        self.comma();
        push_string(self.text, name);
        self.text.push(':');
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Result<(), Wrong> {
        SerializeSeq::end(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use habitue_api::hold::HoldRequest;
    use habitue_api::quote::CartRequest;
    use habitue_domain::quote::Asked;

    #[test]
    fn a_hold_is_written_as_the_contract_says() {
        let cart = crate::config::cart_of_amount("41.90", "EUR".parse().unwrap()).unwrap();
        let request = HoldRequest {
            cart: CartRequest {
                currency: cart.currency(),
                lines: cart.lines().to_vec(),
                shipping: cart.shipping(),
                channel: None,
            },
            asked: Asked {
                codes: vec!["spring10".parse().unwrap()],
                points: habitue_domain::points::Points::new(500),
                credit: None,
            },
            customer: None,
            email: None,
        };
        let text = write(&request).unwrap();
        let ours: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(ours, serde_json::to_value(&request).unwrap());
        assert_eq!(serde_json::from_str::<HoldRequest>(&text).unwrap(), request);
    }

    #[test]
    fn any_letter_survives() {
        let text: String = (0..0x11_0000).filter_map(char::from_u32).collect();
        let written = write(&text).unwrap();
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
