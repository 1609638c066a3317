//! Which goods an offer is about: `{ department = "garden", except = { tag = "seeds" } }`.
//!
//! A selection is a tree of conditions on one line. Its [cover](Selector::cover) is a set of words of which every line
//! that it means has at least one: the index finds offers by it, and an offer finds its lines by it, so that neither
//! looks through all.

use crate::symbols::{Kind, Symbol, Symbols};
use pos_plugin_sdk::prelude::{Decimal, LineKind};
use std::collections::BTreeSet;

/// What a line must fulfil.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Selector {
    /// Nothing: every line.
    Everything,
    /// Having one of these words; sorted.
    OneOf(Vec<Symbol>),
    /// A regular price from an amount to an amount, both included.
    Price { from: Option<Decimal>, to: Option<Decimal> },
    /// All of these.
    All(Vec<Selector>),
    /// One of these at least.
    Any(Vec<Selector>),
    /// Not this.
    Except(Box<Selector>),
}

/// What a selector asks of a line.
pub(crate) trait Candidature {
    /// The words that the line has and some offer mentions; sorted.
    fn symbols(&self) -> &[Symbol];
    /// The price of one unit, in major units.
    fn price(&self) -> Decimal;
}

impl Selector {
    /// Whether it means a line.
    pub(crate) fn matches(&self, line: &impl Candidature) -> bool {
        match self {
            Selector::Everything => true,
            Selector::OneOf(wanted) => line.symbols().iter().any(|symbol| wanted.binary_search(symbol).is_ok()),
            Selector::Price { from, to } => {
                from.is_none_or(|from| from <= line.price()) && to.is_none_or(|to| line.price() <= to)
            }
            Selector::All(all) => all.iter().all(|selector| selector.matches(line)),
            Selector::Any(any) => any.iter().any(|selector| selector.matches(line)),
            Selector::Except(selector) => !selector.matches(line),
        }
    }

    /// Words of which every line it means has one; none if there is no such set. The most telling one, then the smallest.
    pub(crate) fn cover(&self, symbols: &Symbols) -> Option<BTreeSet<Symbol>> {
        match self {
            Selector::OneOf(wanted) => Some(wanted.iter().copied().collect()),
            Selector::All(all) => best_cover(all.iter().filter_map(|selector| selector.cover(symbols)), symbols),
            Selector::Any(any) => {
                any.iter().map(|selector| selector.cover(symbols)).try_fold(BTreeSet::new(), |mut union, cover| {
                    union.extend(cover?);
                    Some(union)
                })
            }
            Selector::Everything | Selector::Price { .. } | Selector::Except(_) => None,
        }
    }

    /// How many conditions and words it is made of.
    pub(crate) fn size(&self) -> usize {
        match self {
            Selector::OneOf(wanted) => wanted.len().max(1),
            Selector::All(parts) | Selector::Any(parts) => {
                parts.iter().fold(1, |sum: usize, part| sum.saturating_add(part.size()))
            }
            Selector::Except(selector) => selector.size().saturating_add(1),
            Selector::Everything | Selector::Price { .. } => 1,
        }
    }

    /// The least price a line can have, as far as the selection says.
    pub(crate) fn price_min(&self) -> Option<Decimal> {
        match self {
            Selector::Price { from, .. } => *from,
            Selector::All(all) => all.iter().filter_map(Selector::price_min).max(),
            Selector::Any(any) => {
                any.iter().map(Selector::price_min).try_fold(None, |least: Option<Decimal>, price| {
                    let price = price?;
                    Some(Some(least.map_or(price, |least| least.min(price))))
                })?
            }
            Selector::Everything | Selector::OneOf(_) | Selector::Except(_) => None,
        }
    }

    /// Whether it shuts out all that it lets in: `{ tag = "a", except = { tag = "a" } }`.
    pub(crate) fn contradicts_itself(&self) -> bool {
        match self {
            Selector::All(all) => {
                let shut_out = |wanted: &Selector| {
                    all.iter().any(|other| matches!(other, Selector::Except(inner) if inner.contains(wanted)))
                };
                all.iter().any(|selector| selector.contradicts_itself() || shut_out(selector))
            }
            Selector::Any(any) => !any.is_empty() && any.iter().all(Selector::contradicts_itself),
            Selector::Except(selector) => matches!(**selector, Selector::Everything),
            Selector::Everything | Selector::OneOf(_) | Selector::Price { .. } => false,
        }
    }

    /// Whether it surely means every line that the other means.
    fn contains(&self, other: &Selector) -> bool {
        match (self, other) {
            (Selector::Everything, _) => true,
            (Selector::OneOf(mine), Selector::OneOf(others)) => others.iter().all(|symbol| mine.contains(symbol)),
            (Selector::Any(any), other) => any.iter().any(|selector| selector.contains(other)),
            (mine, other) => mine == other,
        }
    }
}

/// The most telling of several covers, each of which would do: by the least telling of its words, then the fewest.
pub(crate) fn best_cover(
    covers: impl Iterator<Item = BTreeSet<Symbol>>,
    symbols: &Symbols,
) -> Option<BTreeSet<Symbol>> {
    covers.min_by_key(|cover| {
        let least_telling = cover.iter().map(|symbol| symbols.kind(*symbol)).max().unwrap_or(Kind::Code);
        (least_telling, cover.len())
    })
}

/// Goods of one kind of line: articles sold, or fees such as delivery.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Goods {
    pub(crate) selector: Selector,
    pub(crate) kind: LineKind,
    /// [`Selector::cover`], found once.
    pub(crate) cover: Option<Vec<Symbol>>,
}

impl Goods {
    pub(crate) fn new(selector: Selector, kind: LineKind, symbols: &Symbols) -> Goods {
        let cover = selector.cover(symbols).map(|cover| cover.into_iter().collect());
        Goods { selector, kind, cover }
    }

    /// Every article that offers may lower.
    pub(crate) fn everything() -> Goods {
        Goods { selector: Selector::Everything, kind: LineKind::Sale, cover: None }
    }

    /// Whether some line may be meant by both: they share a word, or one of them means everything.
    pub(crate) fn may_meet(&self, other: &Goods) -> bool {
        self.kind == other.kind
            && match (&self.cover, &other.cover) {
                (Some(mine), Some(others)) => mine.iter().any(|symbol| others.binary_search(symbol).is_ok()),
                _ => self.selector == Selector::Everything || other.selector == Selector::Everything,
            }
    }
}
