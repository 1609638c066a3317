//! Lays out values of the contract's types in a guest's memory, by the canonical ABI.
//!
//! A guest of these tests has its answer ready in a data segment: any answer, however absurd, without a compiler for
//! guests.

use std::collections::HashMap;
use wit_parser::{Function, Resolve, SizeAlign, Type, TypeDefKind};

/// A value of some WIT type; which one, the type says that it is laid out with.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Int(i64),
    Flag(bool),
    Text(String),
    List(Vec<Value>),
    /// So many times the same element.
    Times(usize, Box<Value>),
    Record(Vec<Value>),
    /// A case of a variant, an enum, an option (0 none, 1 some) or a result (0 ok, 1 error).
    Case(u32, Option<Box<Value>>),
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn list(elements: impl IntoIterator<Item = Value>) -> Value {
    Value::List(elements.into_iter().collect())
}

pub(crate) fn record(fields: impl IntoIterator<Item = Value>) -> Value {
    Value::Record(fields.into_iter().collect())
}

pub(crate) fn none() -> Value {
    Value::Case(0, None)
}

pub(crate) fn some(value: Value) -> Value {
    Value::Case(1, Some(Box::new(value)))
}

pub(crate) fn case(index: u32) -> Value {
    Value::Case(index, None)
}

pub(crate) fn case_of(index: u32, value: Value) -> Value {
    Value::Case(index, Some(Box::new(value)))
}

pub(crate) fn ok(value: Value) -> Value {
    case_of(0, value)
}

pub(crate) fn err(value: Value) -> Value {
    case_of(1, value)
}

/// The contract, with layouts.
pub(crate) struct Contract {
    pub(crate) resolve: Resolve,
    sizes: SizeAlign,
}

impl Contract {
    pub(crate) fn new() -> Self {
        let mut resolve = Resolve::default();
        resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugin-sdk/wit")).unwrap();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        Contract { resolve, sizes }
    }

    pub(crate) fn function(&self, interface: &str, function: &str) -> &Function {
        let (_, interface) =
            self.resolve.interfaces.iter().find(|(_, known)| known.name.as_deref() == Some(interface)).unwrap();
        &interface.functions[function]
    }

    fn size(&self, ty: &Type) -> usize {
        self.sizes.size(ty).size_wasm32()
    }

    fn fields<'a>(&self, types: impl IntoIterator<Item = &'a Type>) -> Vec<(usize, Type)> {
        self.sizes.field_offsets(types).into_iter().map(|(offset, ty)| (offset.size_wasm32(), *ty)).collect()
    }

    fn payload(&self, kind: &TypeDefKind) -> (usize, Vec<Option<Type>>) {
        let (tag, cases): (_, Vec<Option<Type>>) = match kind {
            TypeDefKind::Variant(variant) => (variant.tag(), variant.cases.iter().map(|case| case.ty).collect()),
            TypeDefKind::Enum(cases) => (cases.tag(), vec![None; cases.cases.len()]),
            TypeDefKind::Option(ty) => (wit_parser::Int::U8, vec![None, Some(*ty)]),
            TypeDefKind::Result(result) => (wit_parser::Int::U8, vec![result.ok, result.err]),
            other => panic!("{} has no cases", other.as_str()),
        };
        let offset = self.sizes.payload_offset(tag, cases.iter().map(Option::as_ref)).size_wasm32();
        (offset, cases)
    }

    /// An expression in WebAssembly text for the address of a part of a parameter: `["basket", "lines", "0", "item"]`.
    /// An option is stepped into with `"some"`.
    pub(crate) fn address(&self, function: &Function, path: &[&str]) -> String {
        let types: Vec<Type> = function.params.iter().map(|param| param.ty).collect();
        let index = function.params.iter().position(|param| param.name == path[0]).unwrap();
        let (offset, mut ty) = self.fields(&types)[index];
        let mut address = format!("(i32.add (local.get 0) (i32.const {offset}))");
        for step in &path[1..] {
            let kind = self.kind(&ty);
            let offset;
            (offset, ty) = match kind {
                TypeDefKind::Record(record) => {
                    let field = record.fields.iter().position(|field| field.name == *step).unwrap();
                    self.fields(record.fields.iter().map(|field| &field.ty))[field]
                }
                TypeDefKind::List(element) => {
                    address = format!("(i32.load {address})");
                    (step.parse::<usize>().unwrap() * self.size(element), *element)
                }
                TypeDefKind::Option(element) => (self.payload(kind).0, *element),
                other => panic!("no way into {} with {step}", other.as_str()),
            };
            address = format!("(i32.add {address} (i32.const {offset}))");
        }
        address
    }

    fn kind(&self, ty: &Type) -> &TypeDefKind {
        let Type::Id(id) = ty else { panic!("{ty:?} has no parts") };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(alias) => self.kind(alias),
            kind => kind,
        }
    }

    fn alias(&self, ty: &Type) -> Type {
        match ty {
            Type::Id(id) => match &self.resolve.types[*id].kind {
                TypeDefKind::Type(alias) => self.alias(alias),
                _ => *ty,
            },
            plain => *plain,
        }
    }
}

/// Bytes of a guest's memory from an address on.
pub(crate) struct Image {
    pub(crate) base: usize,
    pub(crate) bytes: Vec<u8>,
    texts: HashMap<String, usize>,
}

impl Image {
    pub(crate) fn new(base: usize) -> Self {
        Image { base, bytes: Vec::new(), texts: HashMap::new() }
    }

    /// Lays out a value and answers its address.
    pub(crate) fn put(&mut self, contract: &Contract, ty: &Type, value: &Value) -> usize {
        let at = self.reserve(contract.size(ty));
        self.store(contract, ty, value, at);
        at
    }

    /// Where a whole number was laid out; it has to be there once.
    pub(crate) fn address_of(&self, number: i64) -> usize {
        let bytes = number.to_le_bytes();
        let mut found = self.bytes.windows(8).enumerate().filter(|(_, window)| *window == bytes);
        let (index, _) = found.next().unwrap();
        assert!(found.next().is_none(), "{number} is there twice");
        self.base + index
    }

    /// Where the pointer and the length of a text were laid out.
    pub(crate) fn address_of_text(&self, text: &str) -> usize {
        self.address_of(self.text_pair(text))
    }

    /// Pointer and length of a text, as the one number they are in memory.
    pub(crate) fn text_pair(&self, text: &str) -> i64 {
        let pointer = u32::try_from(self.texts[text]).unwrap();
        i64::from(pointer) | (i64::try_from(text.len()).unwrap() << 32)
    }

    fn reserve(&mut self, size: usize) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(8) + size, 0);
        self.base + self.bytes.len() - size
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let start = at - self.base;
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
    }

    fn write_pair(&mut self, at: usize, pointer: usize, length: usize) {
        self.write(at, &u32::try_from(pointer).unwrap().to_le_bytes());
        self.write(at + 4, &u32::try_from(length).unwrap().to_le_bytes());
    }

    fn store(&mut self, contract: &Contract, ty: &Type, value: &Value, at: usize) {
        match (contract.alias(ty), value) {
            (Type::Bool, Value::Flag(flag)) => self.write(at, &[u8::from(*flag)]),
            (Type::String, Value::Text(text)) => {
                let pointer = match self.texts.get(text) {
                    Some(known) => *known,
                    None => {
                        let pointer = self.reserve(text.len());
                        self.write(pointer, text.as_bytes());
                        self.texts.insert(text.clone(), pointer);
                        pointer
                    }
                };
                self.write_pair(at, pointer, text.len());
            }
            (Type::Id(_), value) => self.store_parts(contract, ty, value, at),
            (plain, Value::Int(number)) => {
                let size = contract.size(&plain);
                self.write(at, &number.to_le_bytes()[..size]);
            }
            (plain, value) => panic!("{value:?} is no {plain:?}"),
        }
    }

    fn store_parts(&mut self, contract: &Contract, ty: &Type, value: &Value, at: usize) {
        match (contract.kind(ty), value) {
            (TypeDefKind::Record(record), Value::Record(values)) => {
                assert_eq!(record.fields.len(), values.len(), "{:?}", record.fields);
                let fields = contract.fields(record.fields.iter().map(|field| &field.ty));
                for ((offset, ty), value) in fields.into_iter().zip(values) {
                    self.store(contract, &ty, value, at + offset);
                }
            }
            (TypeDefKind::List(element), Value::List(values)) => {
                let size = contract.size(element);
                let start = self.reserve(size * values.len());
                for (index, value) in values.iter().enumerate() {
                    self.store(contract, element, value, start + index * size);
                }
                self.write_pair(at, start, values.len());
            }
            (TypeDefKind::List(element), Value::Times(count, value)) => {
                let size = contract.size(element);
                let start = self.reserve(size * count);
                for index in 0..*count {
                    self.store(contract, element, value, start + index * size);
                }
                self.write_pair(at, start, *count);
            }
            (kind, Value::Case(index, payload)) => {
                let (offset, cases) = contract.payload(kind);
                self.write(at, &[u8::try_from(*index).unwrap()]);
                match (&cases[*index as usize], payload) {
                    (Some(ty), Some(value)) => self.store(contract, ty, value, at + offset),
                    (None, None) => {}
                    other => panic!("case {index} of {}: {other:?}", kind.as_str()),
                }
            }
            (kind, value) => panic!("{value:?} is no {}", kind.as_str()),
        }
    }
}
