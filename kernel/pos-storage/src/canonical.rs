//! Canonical form 1: the one way to write a record down, so that its hash means something.
//!
//! JSON in UTF-8 without white space; the keys of every object sorted by their bytes; strings with the shortest escapes
//! (`\"`, `\\`, `\n`, … and `\u00xx` for other control characters; everything else as it is); integers only. A float is
//! refused: money is minor units, quantities and rates are decimals written as text.
//!
//! The bytes are those of `serde_json::Value` with its sorted map, without building the tree: an object's fields are
//! written as they come and put into order when it closes, if they are not.

use serde::Serialize;
use serde::ser::{self, Error as _};
use std::borrow::Cow;
use std::fmt::Display;
use std::io::Write;

/// What has no canonical form.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotCanonical(String);

type Result<T, E = NotCanonical> = std::result::Result<T, E>;

/// The canonical form of a value.
pub(crate) fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let mut canonical = Canonical { out: Vec::with_capacity(1 << 14), fields: Vec::new(), scratch: Vec::new() };
    value.serialize(&mut canonical)?;
    String::from_utf8(canonical.out).map_err(NotCanonical::custom)
}

impl ser::Error for NotCanonical {
    fn custom<T: Display>(message: T) -> Self {
        NotCanonical(message.to_string())
    }
}

struct Canonical {
    out: Vec<u8>,
    /// Fields of the objects that are open, the innermost one's last.
    fields: Vec<Field>,
    /// Where an object's fields are put into order.
    scratch: Vec<u8>,
}

/// A field of an object that is open: its key, and where it begins in what was written.
struct Field {
    key: Cow<'static, str>,
    from: usize,
}

impl Canonical {
    fn integer(&mut self, value: impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.out, &value).map_err(NotCanonical::custom)
    }

    fn string(&mut self, text: &str) -> Result<()> {
        serde_json::to_writer(&mut self.out, text).map_err(NotCanonical::custom)
    }

    /// `{"variant":`, to be closed by the caller.
    fn open_variant(&mut self, variant: &str) -> Result<()> {
        self.out.push(b'{');
        self.string(variant)?;
        self.out.push(b':');
        Ok(())
    }
}

/// An array being written.
struct Array<'a> {
    canonical: &'a mut Canonical,
    is_empty: bool,
    close: &'static str,
}

impl<'a> Array<'a> {
    fn open(canonical: &'a mut Canonical, close: &'static str) -> Array<'a> {
        canonical.out.push(b'[');
        Array { canonical, is_empty: true, close }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        if !std::mem::take(&mut self.is_empty) {
            self.canonical.out.push(b',');
        }
        value.serialize(&mut *self.canonical)
    }

    fn finish(self) -> Result<()> {
        self.canonical.out.extend_from_slice(self.close.as_bytes());
        Ok(())
    }
}

/// An object being written: its fields stand one after the other, in order of arrival.
struct Object<'a> {
    canonical: &'a mut Canonical,
    /// Its first field among those of all open objects.
    first: usize,
    close: &'static str,
}

impl<'a> Object<'a> {
    fn open(canonical: &'a mut Canonical, close: &'static str) -> Object<'a> {
        canonical.out.push(b'{');
        let first = canonical.fields.len();
        Object { canonical, first, close }
    }

    fn key(&mut self, key: Cow<'static, str>) -> Result<()> {
        let Canonical { out, fields, .. } = &mut *self.canonical;
        if fields.len() > self.first {
            out.push(b',');
        }
        let from = out.len();
        serde_json::to_writer(&mut *out, key.as_ref()).map_err(NotCanonical::custom)?;
        out.push(b':');
        fields.push(Field { key, from });
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.key(Cow::Borrowed(key))?;
        value.serialize(&mut *self.canonical)
    }

    fn finish(self) -> Result<()> {
        let Object { canonical: Canonical { out, fields, scratch }, first, close } = self;
        let own = &fields[first..];
        // Most types name their fields in order: then they stand as they should.
        if !own.is_sorted_by(|left, right| left.key < right.key) {
            put_in_order(out, own, scratch)?;
        }
        fields.truncate(first);
        out.extend_from_slice(close.as_bytes());
        Ok(())
    }
}

/// Sorts the fields at the end of what was written by their keys.
fn put_in_order(out: &mut Vec<u8>, fields: &[Field], scratch: &mut Vec<u8>) -> Result<()> {
    let start = fields.first().map_or(out.len(), |field| field.from);
    // Each ends before the comma that parts it from the next.
    let ends = fields.iter().skip(1).map(|next| next.from - 1).chain([out.len()]);
    let mut spans: Vec<(&str, usize, usize)> =
        fields.iter().zip(ends).map(|(Field { key, from }, end)| (key.as_ref(), *from, end)).collect();
    spans.sort_unstable();
    if let Some(pair) = spans.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(NotCanonical(format!("the key \"{}\" appears twice", pair[0].0)));
    }
    scratch.clear();
    for (index, (_, from, end)) in spans.iter().enumerate() {
        if index > 0 {
            scratch.push(b',');
        }
        scratch.extend_from_slice(&out[*from..*end]);
    }
    out.truncate(start);
    out.extend_from_slice(scratch);
    Ok(())
}

impl<'a> ser::Serializer for &'a mut Canonical {
    type Ok = ();
    type Error = NotCanonical;
    type SerializeSeq = Array<'a>;
    type SerializeTuple = Array<'a>;
    type SerializeTupleStruct = Array<'a>;
    type SerializeTupleVariant = Array<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    fn serialize_bool(self, value: bool) -> Result<()> {
        self.integer(value)
    }
    fn serialize_i8(self, value: i8) -> Result<()> {
        self.integer(value)
    }
    fn serialize_i16(self, value: i16) -> Result<()> {
        self.integer(value)
    }
    fn serialize_i32(self, value: i32) -> Result<()> {
        self.integer(value)
    }
    fn serialize_i64(self, value: i64) -> Result<()> {
        self.integer(value)
    }
    fn serialize_u8(self, value: u8) -> Result<()> {
        self.integer(value)
    }
    fn serialize_u16(self, value: u16) -> Result<()> {
        self.integer(value)
    }
    fn serialize_u32(self, value: u32) -> Result<()> {
        self.integer(value)
    }
    fn serialize_u64(self, value: u64) -> Result<()> {
        self.integer(value)
    }
    fn serialize_f32(self, value: f32) -> Result<()> {
        Err(NotCanonical(format!("{value} is a float: a record holds integers and decimals as text")))
    }
    fn serialize_f64(self, value: f64) -> Result<()> {
        Err(NotCanonical(format!("{value} is a float: a record holds integers and decimals as text")))
    }
    fn serialize_char(self, value: char) -> Result<()> {
        self.string(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, text: &str) -> Result<()> {
        self.string(text)
    }
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<()> {
        // Decimals and ids: written where they belong, and written again if they need escapes.
        let from = self.out.len();
        write!(self.out, "\"{value}\"").map_err(NotCanonical::custom)?;
        let text = &self.out[from + 1..self.out.len() - 1];
        if text.iter().any(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
            self.out.truncate(from);
            return self.string(&value.to_string());
        }
        Ok(())
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<()> {
        Err(NotCanonical("bytes have no canonical form: write them as hexadecimal text".into()))
    }
    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<()> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.string(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.open_variant(variant)?;
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Array<'a>> {
        Ok(Array::open(self, "]"))
    }
    fn serialize_tuple(self, _: usize) -> Result<Array<'a>> {
        Ok(Array::open(self, "]"))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Array<'a>> {
        Ok(Array::open(self, "]"))
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Array<'a>> {
        self.open_variant(variant)?;
        Ok(Array::open(self, "]}"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>> {
        Ok(Object::open(self, "}"))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>> {
        Ok(Object::open(self, "}"))
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Object<'a>> {
        self.open_variant(variant)?;
        Ok(Object::open(self, "}}"))
    }
}

// serde has one trait for each spelling of the same two things.
macro_rules! elements {
    ($($part:ident :: $method:ident),*) => {$(
        impl ser::$part for Array<'_> {
            type Ok = ();
            type Error = NotCanonical;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }
            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}
elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! fields {
    ($($part:ident),*) => {$(
        impl ser::$part for Object<'_> {
            type Ok = ();
            type Error = NotCanonical;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
                self.field(key, value)
            }
            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}
fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = NotCanonical;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        match serde_json::to_value(key) {
            Ok(serde_json::Value::String(key)) => self.key(Cow::Owned(key)),
            _ => Err(NotCanonical("the key of a map is not a text".into())),
        }
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.canonical)
    }
    fn end(self) -> Result<()> {
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Shape {
        Unit,
        Newtype(i64),
        Tuple(u8, char),
        Struct { width: u32, height: Option<u32> },
    }

    /// Written by way of its `Display`.
    struct Shown<'a>(&'a str);

    impl Serialize for Shown<'_> {
        fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self.0)
        }
    }

    #[derive(Serialize)]
    struct Sample<'a> {
        zeta: &'a str,
        alpha: Vec<Shape>,
        middle: BTreeMap<&'a str, i64>,
        flag: bool,
        shown: Shown<'a>,
        nothing: (),
        pair: (i8, u64),
    }

    fn sample() -> Sample<'static> {
        Sample {
            zeta: "Grüße \"quoted\" \\ \n\t\u{1}\u{7f}\u{1F642}",
            alpha: vec![
                Shape::Unit,
                Shape::Newtype(-1),
                Shape::Tuple(3, 'ß'),
                Shape::Struct { width: 1, height: None },
                Shape::Struct { width: 2, height: Some(7) },
            ],
            middle: [("b", 1), ("a\u{1}", i64::MIN), ("", 0)].into(),
            flag: true,
            shown: Shown("\"so\"\t\\"),
            nothing: (),
            pair: (-128, u64::MAX),
        }
    }

    #[test]
    fn keys_are_sorted_and_nothing_is_added() {
        let shape = Shape::Struct { width: 1, height: Some(2) };
        assert_eq!(to_string(&shape).unwrap(), r#"{"struct":{"height":2,"width":1}}"#);
    }

    #[test]
    fn the_bytes_are_those_of_a_sorted_json_value() {
        /// Sorts by hand: whether `serde_json::Map` does depends on features other crates ask for.
        fn sorted(value: &serde_json::Value) -> String {
            match value {
                serde_json::Value::Object(fields) => {
                    let fields: BTreeMap<_, _> = fields.iter().collect();
                    let fields: Vec<_> = fields
                        .iter()
                        .map(|(key, value)| format!("{}:{}", serde_json::to_string(key).unwrap(), sorted(value)))
                        .collect();
                    format!("{{{}}}", fields.join(","))
                }
                serde_json::Value::Array(elements) => {
                    format!("[{}]", elements.iter().map(sorted).collect::<Vec<_>>().join(","))
                }
                plain => plain.to_string(),
            }
        }
        let sample = sample();
        assert_eq!(to_string(&sample).unwrap(), sorted(&serde_json::to_value(&sample).unwrap()));
    }

    #[test]
    fn floats_bytes_and_repeated_keys_are_refused() {
        assert!(to_string(&0.5).is_err());
        assert!(to_string(&BTreeMap::from([(1, 2)])).is_err());
        struct Twice;
        impl Serialize for Twice {
            fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use ser::SerializeMap;
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("a", &1)?;
                map.serialize_entry("a", &2)?;
                map.end()
            }
        }
        assert_eq!(to_string(&Twice).unwrap_err().to_string(), "the key \"a\" appears twice");
    }
}
