//! Every word that offers mention, as a number: article `CRISPS`, tag `draught`, code `SPRING`.
//!
//! A basket's words are looked up once, in a table by hash: half a dozen words for each of 100 lines, at every scan.
//! Whether a line is meant by an offer is then a comparison of numbers. A word that no offer mentions has no number and
//! costs nothing more.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

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

const KINDS: usize = Kind::Tier as usize + 1;

/// Numbers of words. Only looked up, never walked through: the order of a table by hash is nobody's.
type Table = HashMap<String, Symbol, BuildHasherDefault<Fnv>>;

/// The words by kind; attributes by key and value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Symbols {
    words: [Table; KINDS],
    attributes: HashMap<String, Table, BuildHasherDefault<Fnv>>,
    kinds: Vec<Kind>,
}

/// FNV-1a: a multiplication a letter, and the same number everywhere. Words come from the shop's own file, so nobody
/// gains by making them collide.
#[derive(Clone, Copy, Debug)]
struct Fnv(u32);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0x811c_9dc5)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn finish(&self) -> u64 {
        // The table takes its place from the low bits and a mark from the high ones: both halves hold the whole hash.
        u64::from(self.0) << 32 | u64::from(self.0)
    }
}

impl Symbols {
    /// The number of a word, a new one if need be.
    pub(crate) fn intern(&mut self, kind: Kind, word: &str) -> Symbol {
        let Symbols { words, kinds, .. } = self;
        match words.get_mut(kind as usize) {
            Some(words) => number_of(words, kinds, kind, word),
            None => Symbol::MAX,
        }
    }

    /// The number of an attribute's value.
    pub(crate) fn intern_attribute(&mut self, key: &str, value: &str) -> Symbol {
        let values = self.attributes.entry(key.to_owned()).or_default();
        number_of(values, &mut self.kinds, Kind::Attribute, value)
    }

    /// The number of a word that some offer mentions.
    pub(crate) fn find(&self, kind: Kind, word: &str) -> Option<Symbol> {
        self.words.get(kind as usize)?.get(word).copied()
    }

    /// The number of an attribute's value that some offer mentions.
    pub(crate) fn find_attribute(&self, key: &str, value: &str) -> Option<Symbol> {
        self.attributes.get(key)?.get(value).copied()
    }

    /// Whether any offer mentions this attribute: its value need not be spelled out otherwise.
    pub(crate) fn knows_attribute(&self, key: &str) -> bool {
        self.attributes.contains_key(key)
    }

    /// Whether any offer mentions a word of this kind: others need not even be spelled out.
    pub(crate) fn knows(&self, kind: Kind) -> bool {
        self.words.get(kind as usize).is_some_and(|words| !words.is_empty())
    }

    /// Numbers of the prefixes with which a code begins.
    pub(crate) fn prefixes_of<'a>(&'a self, code: &'a str) -> impl Iterator<Item = Symbol> + 'a {
        let prefixes = self.words.get(Kind::CodePrefix as usize).filter(|prefixes| !prefixes.is_empty());
        let ends = code.char_indices().map(|(at, letter)| at + letter.len_utf8());
        ends.filter_map(move |end| prefixes?.get(code.get(..end)?).copied())
    }

    /// What a number stands for.
    pub(crate) fn kind(&self, symbol: Symbol) -> Kind {
        usize::try_from(symbol).ok().and_then(|index| self.kinds.get(index)).copied().unwrap_or(Kind::Tier)
    }
}

fn number_of(words: &mut Table, kinds: &mut Vec<Kind>, kind: Kind, word: &str) -> Symbol {
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
