//! From a value the browser has parsed to one of our types.
//!
//! Fields are told to serde in the order of its own list, and variants by their number in it, so
//! that the comparing of names it would bring along is never linked.

use super::Wrong;
use js_sys::{Array, Object, Reflect};
use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use wasm_bindgen::{JsCast, JsValue};

/// Reads `value` as a `T`.
///
/// # Errors
/// [`Wrong`] where it has another shape.
pub fn read<T: DeserializeOwned>(value: JsValue) -> Result<T, Wrong> {
    T::deserialize(Value(value))
}

struct Value(JsValue);

impl Value {
    fn is_nothing(&self) -> bool {
        self.0.is_undefined() || self.0.is_null()
    }

    /// A whole number that the browser holds exactly.
    #[inline(never)]
    #[expect(clippy::cast_possible_truncation, clippy::float_cmp, reason = "whole and below 2^53")]
    fn integer(&self) -> Result<i64, Wrong> {
        let number = self.0.as_f64().ok_or(Wrong)?;
        let is_exact = number.trunc() == number && number.abs() <= 9_007_199_254_740_991.0;
        if is_exact { Ok(number as i64) } else { Err(Wrong) }
    }

    #[inline(never)]
    fn string(self) -> Result<String, Wrong> {
        self.0.as_string().ok_or(Wrong)
    }

    #[inline(never)]
    fn items(self) -> Result<Items, Wrong> {
        let array = self.0.dyn_into().map_err(|_| Wrong)?;
        Ok(Items { array, at: 0 })
    }

    /// `"name"`, or `{ "name": value }`.
    #[inline(never)]
    fn variant(self, variants: &[&str]) -> Result<Variant, Wrong> {
        let (name, value) = if let Some(name) = self.0.as_string() {
            (name, JsValue::UNDEFINED)
        } else {
            let object: Object = self.0.dyn_into().map_err(|_| Wrong)?;
            let name = Object::keys(&object).get(0).as_string().ok_or(Wrong)?;
            let value = Reflect::get(&object, &name.as_str().into()).map_err(|_| Wrong)?;
            (name, value)
        };
        let place = variants.iter().position(|variant| *variant == name).ok_or(Wrong)?;
        let place = u32::try_from(place).map_err(|_| Wrong)?;
        Ok(Variant { place, value: Self(value) })
    }
}

macro_rules! integers {
    ($($name:ident)+) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            visitor.visit_i64(self.integer()?)
        }
    )+};
}

macro_rules! strings {
    ($($name:ident)+) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            visitor.visit_string(self.string()?)
        }
    )+};
}

impl<'de> Deserializer<'de> for Value {
    type Error = Wrong;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }
    strings! { deserialize_str deserialize_string }
    forward_to_deserialize_any! {
        f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Wrong> {
        // Nothing of the contract asks a value what it is.
        Err(Wrong)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_bool(self.0.as_bool().ok_or(Wrong)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.is_nothing() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let object: Object = self.0.dyn_into().map_err(|_| Wrong)?;
        visitor.visit_map(Entries { names: Object::keys(&object), object, at: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        if !self.0.is_object() {
            return Err(Wrong);
        }
        visitor.visit_seq(Fields { object: self.0, names: fields, at: 0 })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let variant = self.variant(variants)?;
        visitor.visit_enum(variant)
    }
}

/// The items of an array.
struct Items {
    array: Array,
    at: u32,
}

impl Items {
    #[inline(never)]
    fn next(&mut self) -> Option<Value> {
        let is_there = self.at < self.array.length();
        let item = is_there.then(|| Value(self.array.get(self.at)));
        self.at += 1;
        item
    }
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong> {
        self.next().map(|item| seed.deserialize(item)).transpose()
    }
}

/// The entries of an object whose names are data.
struct Entries {
    object: Object,
    names: Array,
    at: u32,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        if self.at >= self.names.length() {
            return Ok(None);
        }
        seed.deserialize(Value(self.names.get(self.at))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let value = Reflect::get(&self.object, &self.names.get(self.at)).map_err(|_| Wrong)?;
        self.at += 1;
        seed.deserialize(Value(value))
    }
}

/// The fields of a struct in serde's order. One that is not there is nothing where nothing will do,
/// else its default, else it is missed.
struct Fields {
    object: JsValue,
    names: &'static [&'static str],
    at: usize,
}

impl Fields {
    #[inline(never)]
    fn next(&mut self) -> Value {
        let field = self.names.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        Value(Reflect::get(&self.object, &field.into()).unwrap_or(JsValue::UNDEFINED))
    }
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong> {
        let value = self.next();
        let is_missing = value.0.is_undefined();
        match seed.deserialize(value) {
            Err(_) if is_missing => Ok(None),
            answer => answer.map(Some),
        }
    }
}

/// One variant of an enum and what it holds.
struct Variant {
    place: u32,
    value: Value,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Wrong;
    type Variant = Value;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Value), Wrong> {
        let place: U32Deserializer<Wrong> = self.place.into_deserializer();
        Ok((seed.deserialize(place)?, self.value))
    }
}

impl<'de> VariantAccess<'de> for Value {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_struct("", fields, visitor)
    }
}
