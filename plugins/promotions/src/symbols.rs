//! Every word that offers mention, as a number: article `CRISPS`, tag `draught`, code `SPRING`.
//!
//! A basket's words are looked up once; whether a line is meant by an offer is then a comparison of numbers. A word that
//! no offer mentions has no number and costs nothing more.

use std::collections::BTreeMap;

/// The number of a word.
pub(crate) type Symbol = u32;

/// What a word is, the most telling first: where an offer can be found under several words, the first kind is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Code,
    CodePrefix,
    Item,
    Gtin,
    Attribute,
    Tag,
    Department,
    CustomerGroup,
    Tier,
}

/// The words by kind; attributes by key and value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Symbols {
    words: BTreeMap<Kind, BTreeMap<String, Symbol>>,
    attributes: BTreeMap<String, BTreeMap<String, Symbol>>,
    kinds: Vec<Kind>,
}

impl Symbols {
    /// The number of a word, a new one if need be.
    pub(crate) fn intern(&mut self, kind: Kind, word: &str) -> Symbol {
        let words = self.words.entry(kind).or_default();
        number_of(words, &mut self.kinds, kind, word)
    }

    /// The number of an attribute's value.
    pub(crate) fn intern_attribute(&mut self, key: &str, value: &str) -> Symbol {
        let values = self.attributes.entry(key.to_owned()).or_default();
        number_of(values, &mut self.kinds, Kind::Attribute, value)
    }

    /// The number of a word that some offer mentions.
    pub(crate) fn find(&self, kind: Kind, word: &str) -> Option<Symbol> {
        self.words.get(&kind)?.get(word).copied()
    }

    /// The number of an attribute's value that some offer mentions.
    pub(crate) fn find_attribute(&self, key: &str, value: &str) -> Option<Symbol> {
        self.attributes.get(key)?.get(value).copied()
    }

    /// Whether any offer mentions this attribute: its value need not be spelled out otherwise.
    pub(crate) fn knows_attribute(&self, key: &str) -> bool {
        self.attributes.contains_key(key)
    }

    /// Numbers of the prefixes with which a code begins.
    pub(crate) fn prefixes_of<'a>(&'a self, code: &'a str) -> impl Iterator<Item = Symbol> + 'a {
        let prefixes = self.words.get(&Kind::CodePrefix);
        let ends = code.char_indices().map(|(at, letter)| at + letter.len_utf8());
        ends.filter_map(move |end| prefixes?.get(code.get(..end)?).copied())
    }

    /// What a number stands for.
    pub(crate) fn kind(&self, symbol: Symbol) -> Kind {
        usize::try_from(symbol).ok().and_then(|index| self.kinds.get(index)).copied().unwrap_or(Kind::Tier)
    }
}

fn number_of(words: &mut BTreeMap<String, Symbol>, kinds: &mut Vec<Kind>, kind: Kind, word: &str) -> Symbol {
    if let Some(known) = words.get(word) {
        return *known;
    }
    let symbol = Symbol::try_from(kinds.len()).unwrap_or(Symbol::MAX);
    kinds.push(kind);
    words.insert(word.to_owned(), symbol);
    symbol
}

/// A GTIN in its 14 digits, so that 8, 12, 13 and 14 digits of the same article are the same word.
pub(crate) fn gtin(text: &str) -> Option<String> {
    let is_gtin = (8..=14).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_gtin.then(|| format!("{text:0>14}"))
}
