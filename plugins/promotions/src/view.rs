//! A basket as the offers see it: lines an offer may lower, by line number, with their words as numbers.

use crate::Offers;
use crate::selector::{Candidature, Goods};
use crate::symbols::{self, Kind, Symbol};
use pos_plugin_sdk::prelude::*;
use std::collections::BTreeSet;

/// The basket of one call.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) basket: &'a Basket,
    /// By line number, so that the order of scans cannot matter.
    pub(crate) lines: Vec<ViewLine<'a>>,
    /// Lines of goods that no offer lowers, by their numbers: the kernel is told of them with every offer on the whole order.
    pub(crate) never: Vec<LineId>,
    /// Codes scanned, sorted.
    pub(crate) codes: Vec<&'a str>,
    /// Each word with the position of a line that has it, by word, then by position.
    by_symbol: Vec<(Symbol, usize)>,
}

/// One line.
#[derive(Debug)]
pub(crate) struct ViewLine<'a> {
    pub(crate) line: &'a Line,
    /// What deals count; a measured line is one piece.
    pub(crate) pieces: i64,
    symbols: Vec<Symbol>,
    price: Decimal,
}

impl Candidature for ViewLine<'_> {
    fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    fn price(&self) -> Decimal {
        self.price
    }
}

impl<'a> View<'a> {
    pub(crate) fn new(offers: &Offers, basket: &'a Basket) -> View<'a> {
        let mut lines: Vec<ViewLine<'a>> = basket
            .lines
            .iter()
            .filter(|line| matches!(line.kind, LineKind::Sale | LineKind::Fee))
            .filter(|line| !line.price_locked && line.quantity.value > Decimal::ZERO)
            .filter(|line| line.attr(GRANTED_ATTRIBUTE).is_none())
            .map(|line| ViewLine::new(offers, line))
            .collect();
        lines.sort_by_key(|line| line.line.id);
        let mut never = Vec::new();
        if let Some(goods) = &offers.never_discounted {
            lines.retain(|line| {
                let is_open = !goods.selector.matches(line);
                never.extend((!is_open).then_some(line.line.id));
                is_open
            });
        }
        let mut by_symbol: Vec<(Symbol, usize)> = Vec::with_capacity(lines.iter().map(|line| line.symbols.len()).sum());
        for (index, line) in lines.iter().enumerate() {
            by_symbol.extend(line.symbols.iter().map(|symbol| (*symbol, index)));
        }
        by_symbol.sort_unstable();
        let mut codes: Vec<&str> = basket.codes.iter().map(String::as_str).collect();
        codes.sort_unstable();
        View { basket, lines, never, codes, by_symbol }
    }

    /// Every word of the basket that some offer mentions: of its lines, codes, and customer.
    pub(crate) fn words(&self, offers: &Offers) -> BTreeSet<Symbol> {
        let symbols = &offers.symbols;
        let mut words: BTreeSet<Symbol> = self.by_symbol.iter().map(|(symbol, _)| *symbol).collect();
        for code in &self.codes {
            words.extend(symbols.find(Kind::Code, code));
            words.extend(symbols.prefixes_of(code));
        }
        if let Some(customer) = &self.basket.customer {
            words.extend(customer.groups.iter().filter_map(|group| symbols.find(Kind::CustomerGroup, group)));
            words.extend(customer.tier.iter().filter_map(|tier| symbols.find(Kind::Tier, tier)));
        }
        words
    }

    /// Positions of the lines that are meant, in the order of their numbers.
    pub(crate) fn pool(&self, goods: &Goods) -> Vec<usize> {
        let is_meant = |index: &usize| {
            self.lines.get(*index).is_some_and(|line| line.line.kind == goods.kind && goods.selector.matches(line))
        };
        match goods.cover.as_deref() {
            None => (0..self.lines.len()).filter(is_meant).collect(),
            Some([symbol]) => self.with_symbol(*symbol).filter(is_meant).collect(),
            Some(cover) => {
                let found: BTreeSet<usize> = cover.iter().flat_map(|symbol| self.with_symbol(*symbol)).collect();
                found.into_iter().filter(is_meant).collect()
            }
        }
    }

    /// Positions of the lines that have a word.
    fn with_symbol(&self, symbol: Symbol) -> impl Iterator<Item = usize> {
        let first = self.by_symbol.partition_point(|(known, _)| *known < symbol);
        let rest = self.by_symbol.get(first..).unwrap_or_default().iter();
        rest.take_while(move |(known, _)| *known == symbol).map(|(_, index)| *index)
    }

    /// The lines at positions.
    pub(crate) fn at<'v>(&'v self, pool: &'v [usize]) -> impl Iterator<Item = &'v ViewLine<'a>> {
        pool.iter().filter_map(|index| self.lines.get(*index))
    }

    /// Line numbers at positions.
    pub(crate) fn ids(&self, pool: &[usize]) -> Vec<LineId> {
        self.at(pool).map(|line| line.line.id).collect()
    }

    /// Pieces at positions.
    pub(crate) fn pieces(&self, pool: &[usize]) -> i64 {
        self.at(pool).fold(0, |sum, line| sum.saturating_add(line.pieces))
    }

    /// An amount in major units as money of the basket's currency; an error if the currency has no such amount.
    pub(crate) fn money(&self, major: Decimal) -> Result<Money, HookError> {
        let Currency { code, .. } = &self.basket.currency;
        let money = self.basket.currency.round(major, Rounding::HALF_UP)?;
        if self.basket.currency.to_decimal(money) == major {
            Ok(money)
        } else {
            Err(HookError::invalid_input(format!("{code} has no amount of {major}")))
        }
    }
}

impl<'a> ViewLine<'a> {
    fn new(offers: &Offers, line: &'a Line) -> ViewLine<'a> {
        let known = &offers.symbols;
        let knows_gtins = known.knows(Kind::Gtin);
        let gtin = |text: &str| if knows_gtins { symbols::gtin(text) } else { None };
        let mut symbols: Vec<Symbol> = Vec::new();
        symbols.extend(known.find(Kind::Item, &line.item));
        symbols.extend(gtin(&line.item).and_then(|gtin| known.find(Kind::Gtin, &gtin)));
        symbols.extend(line.departments.iter().filter_map(|name| known.find(Kind::Department, name)));
        symbols.extend(line.tags.iter().filter_map(|tag| known.find(Kind::Tag, tag)));
        for attr in &line.attrs {
            let is_gtin = attr.key == GTIN_ATTRIBUTE;
            if !is_gtin && !known.knows_attribute(&attr.key) {
                continue;
            }
            for value in spelled(&attr.value) {
                if is_gtin {
                    symbols.extend(gtin(&value).and_then(|gtin| known.find(Kind::Gtin, &gtin)));
                }
                symbols.extend(known.find_attribute(&attr.key, &value));
            }
        }
        symbols.sort_unstable();
        symbols.dedup();
        // "12.98 for 3" costs 4.326… each: an inexact price only decides whether it lies in a range.
        let UnitPrice { value, per } = line.price;
        let price = if per.value == Decimal::ONE { value } else { value.checked_div(per.value).unwrap_or(value) };
        ViewLine { line, pieces: line.quantity.countable_pieces().max(0), symbols, price }
    }
}

/// Attribute of a line that a grant added: it has its price already, and earns nothing.
const GRANTED_ATTRIBUTE: &str = "granted-by";
/// Attribute of a line with the codes of its article.
const GTIN_ATTRIBUTE: &str = "gtin";

/// The value of an attribute as the file spells it: numbers without needless zeros, flags as `true` and `false`.
pub(crate) fn spelled(value: &AttrValue) -> Vec<String> {
    match value {
        AttrValue::Text(text) => vec![text.clone()],
        AttrValue::Integer(number) => vec![number.to_string()],
        AttrValue::Number(number) => vec![number.normalize().to_string()],
        AttrValue::Flag(flag) => vec![flag.to_string()],
        AttrValue::Texts(texts) => texts.clone(),
    }
}
