//! What a run has said so far, and the proposal it becomes.
//!
//! `basket.items.tagged("draught").percent_off(20)` opens an entry; `.called("Happy hour")` and the other words after it
//! change that entry; [`Recorder::finish`] turns the entries of one stage into candidates. A candidate's id is the slug of
//! its label (with the line's number, if it was given for one line), so it stays the same when the file is rearranged.

use crate::limits::{HINTS_MAX, OFFERS_MAX};
use pos_domain::ids::LineNumber;
use pos_domain::pricing::proposal::{
    Attr, AttrValue, Basis, Candidate, Chosen, Deal, Effect, Message, Mode, NearMiss, Pick, Portion, Proposal, Shape,
    Slot, Snapshot, SnapshotLine, Spread, Stage,
};
use pos_money::{Decimal, Money, Quantity, Unit, UnitPrice};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Attribute of a candidate: the line of the script that proposed it.
pub const SOURCE_LINE: &str = "source-line";

static SOURCE_LINE_KEY: LazyLock<Arc<str>> = LazyLock::new(|| SOURCE_LINE.into());

/// Positions of lines in the snapshot.
pub(crate) type Lines = Arc<[u32]>;

/// A price change as the rule said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// As the kernel knows it.
    Effect(Effect),
    /// This price a unit, whatever the unit of the line.
    PriceEach(Decimal),
}

impl From<Effect> for Change {
    fn from(effect: Effect) -> Change {
        Change::Effect(effect)
    }
}

impl Change {
    /// Nothing off: not worth a candidate.
    fn is_nothing(self) -> bool {
        match self {
            Change::Effect(Effect::AmountOff(amount)) => amount.is_zero(),
            Change::Effect(Effect::RateOff(rate)) => rate.fraction().is_zero(),
            Change::Effect(Effect::FixedPrice(_) | Effect::BundlePrice(_)) | Change::PriceEach(_) => false,
        }
    }
}

/// A slot of a deal, by positions.
#[derive(Clone, Debug)]
pub(crate) struct SlotEntry {
    pub(crate) lines: Lines,
    pub(crate) count: i64,
    pub(crate) pick: Pick,
    pub(crate) change: Option<Change>,
}

/// What an entry is about.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Pieces { lines: Lines, change: Change, spread: Spread },
    Deal { slots: Vec<SlotEntry>, together: Option<Change> },
    WholeOrder(Effect),
}

/// One offer being put together.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) stage: Stage,
    pub(crate) what: What,
    /// Given for one line: part of the id.
    pub(crate) line: Option<LineNumber>,
    pub(crate) source_line: u32,
    pub(crate) label: Option<Arc<str>>,
    pub(crate) mode: Mode,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) priority: i32,
    pub(crate) cap: Option<Money>,
    pub(crate) repeat_max: Option<u32>,
    pub(crate) codes: Vec<Arc<str>>,
}

impl Entry {
    pub(crate) fn new(stage: Stage, what: What, line: Option<LineNumber>, source_line: u32) -> Entry {
        Entry {
            stage,
            what,
            line,
            source_line,
            label: None,
            mode: Mode::BestPrice,
            group: None,
            priority: 0,
            cap: None,
            repeat_max: None,
            codes: Vec::new(),
        }
    }
}

impl Entry {
    fn gives_nothing(&self) -> bool {
        match &self.what {
            What::Pieces { change, .. } => change.is_nothing(),
            What::WholeOrder(effect) => Change::from(*effect).is_nothing(),
            What::Deal { slots, together } => {
                let mut changes = slots.iter().filter_map(|slot| slot.change).chain(*together);
                changes.all(Change::is_nothing)
            }
        }
    }
}

/// The entries of a run.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    entries: Vec<Entry>,
    hints: Vec<Arc<str>>,
}

/// Too many offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Recorder {
    /// Adds an entry; answers its place.
    pub(crate) fn open(&mut self, entry: Entry) -> Result<usize, Full> {
        if self.entries.len() >= OFFERS_MAX {
            return Err(Full);
        }
        self.entries.push(entry);
        Ok(self.entries.len() - 1)
    }

    /// The entry at a place.
    pub(crate) fn entry(&mut self, place: usize) -> Option<&mut Entry> {
        self.entries.get_mut(place)
    }

    /// Adds a near miss in the rule's own words; beyond the limit nobody would read it.
    pub(crate) fn hint(&mut self, text: Arc<str>) {
        if self.hints.len() < HINTS_MAX {
            self.hints.push(text);
        }
    }

    /// The proposal of one stage. Hints in the rule's own words go out in one stage only: `hints_too`.
    pub(crate) fn finish(self, stage: Stage, hints_too: bool, rule: &Arc<str>, snapshot: &Snapshot) -> Proposal {
        let mut proposal = Proposal::default();
        let mut ids: BTreeMap<String, u32> = BTreeMap::new();
        for entry in self.entries {
            // Ids are counted over all stages, so that an offer has one id whatever was asked first.
            let label = entry.label.clone().unwrap_or_else(|| rule.clone());
            let id = unique_id(&mut ids, &label, entry.line);
            if entry.stage != stage || entry.gives_nothing() || entry.cap.is_some_and(|cap| !cap.is_positive()) {
                continue;
            }
            if let Some(missing) = missing_pieces(&entry, &label, snapshot) {
                proposal.near_misses.push(NearMiss { offer: id.clone(), missing });
            }
            candidates(entry, &id, &label, snapshot, &mut ids, &mut proposal.candidates);
        }
        if hints_too {
            let offer: Arc<str> = slug(rule).into();
            let hints =
                self.hints.into_iter().map(|text| NearMiss { offer: offer.clone(), missing: Message::text(text) });
            proposal.near_misses.extend(hints);
        }
        proposal
    }
}

fn line_at(snapshot: &Snapshot, position: u32) -> Option<&SnapshotLine> {
    snapshot.lines.get(usize::try_from(position).ok()?)
}

/// The lines among these that offers may lower.
fn discountable<'a>(lines: &'a Lines, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a SnapshotLine> {
    lines.iter().filter_map(|position| line_at(snapshot, *position)).filter(|line| line.is_discountable())
}

/// Pushes the candidates of an entry: one, or one a unit of measure where a price for each unit was given.
fn candidates(
    entry: Entry,
    id: &Arc<str>,
    label: &Arc<str>,
    snapshot: &Snapshot,
    ids: &mut BTreeMap<String, u32>,
    out: &mut Vec<Candidate>,
) {
    let Entry { stage: _, what, line, source_line, label: _, mode, group, priority, cap, repeat_max, codes } = entry;
    let mut push = |id: Arc<str>, shape: Shape, spread: Spread| {
        out.push(Candidate {
            id,
            shape,
            mode,
            group: group.clone(),
            priority,
            basis: Basis::Price,
            spread,
            requires: None,
            cap,
            limits: None,
            consumes_codes: codes.clone(),
            label: Message::text(label.clone()),
            attrs: vec![Attr { key: SOURCE_LINE_KEY.clone(), value: AttrValue::Integer(i64::from(source_line)) }],
        });
    };
    match what {
        What::WholeOrder(effect) => {
            if snapshot.lines.iter().any(SnapshotLine::is_discountable) {
                push(id.clone(), Shape::WholeOrder(effect), Spread::Across);
            }
        }
        What::Pieces { lines, change: Change::Effect(effect), spread } => {
            let portions: Vec<Portion> = discountable(&lines, snapshot).map(whole).collect();
            if !portions.is_empty() {
                push(id.clone(), Shape::Portions(Chosen { portions, effect, qualifies_on: Vec::new() }), spread);
            }
        }
        What::Pieces { lines, change: Change::PriceEach(price), spread } => {
            let mut by_unit: BTreeMap<Unit, Vec<Portion>> = BTreeMap::new();
            for line in discountable(&lines, snapshot) {
                by_unit.entry(line.quantity.unit).or_default().push(whole(line));
            }
            for (unit, portions) in by_unit {
                let id = match unit {
                    Unit::Each => id.clone(),
                    _ => unique_id(ids, &format!("{label} per {}", unit.symbol()), line),
                };
                let effect = Effect::FixedPrice(UnitPrice::per(price, unit));
                push(id, Shape::Portions(Chosen { portions, effect, qualifies_on: Vec::new() }), spread);
            }
        }
        What::Deal { slots, together } => {
            let slots: Vec<Slot> = slots.iter().map(|slot| deal_slot(slot, together, snapshot)).collect();
            if slots.iter().all(|slot| !slot.pool.is_empty()) {
                let together = together.map(each_piece);
                push(id.clone(), Shape::Deal(Deal { slots, together, repeat_max }), Spread::Across);
            }
        }
    }
}

fn whole(line: &SnapshotLine) -> Portion {
    Portion { line: line.id, qty: line.quantity }
}

fn each_piece(change: Change) -> Effect {
    match change {
        Change::Effect(effect) => effect,
        Change::PriceEach(price) => Effect::FixedPrice(UnitPrice::each(price)),
    }
}

fn deal_slot(slot: &SlotEntry, together: Option<Change>, snapshot: &Snapshot) -> Slot {
    // A price for each piece means nothing to a weighed line.
    let by_piece = [slot.change, together].into_iter().flatten().any(|change| matches!(change, Change::PriceEach(_)));
    let pool = discountable(&slot.lines, snapshot)
        .filter(|line| !by_piece || line.quantity.unit == Unit::Each)
        .map(|line| line.id)
        .collect();
    Slot { pool, count: Quantity::pieces(slot.count), pick: slot.pick, effect: slot.change.map(each_piece) }
}

/// "1 more for 3 for 2": all slots draw on the same lines, and the pieces are one short of another set.
fn missing_pieces(entry: &Entry, label: &str, snapshot: &Snapshot) -> Option<Message> {
    let What::Deal { slots, .. } = &entry.what else { return None };
    let (first, rest) = slots.split_first()?;
    if rest.iter().any(|slot| slot.lines != first.lines) {
        return None;
    }
    let set: i64 = slots.iter().map(|slot| slot.count).sum();
    let pieces = discountable(&first.lines, snapshot)
        .fold(0_i64, |sum, line| sum.saturating_add(line.quantity.countable_pieces().max(0)));
    let sets = pieces.checked_div(set)?;
    let used_up = entry.repeat_max.is_some_and(|most| sets >= i64::from(most));
    (set > 1 && pieces % set == set - 1 && !used_up).then(|| Message::text(format!("1 more for {label}")))
}

fn unique_id(ids: &mut BTreeMap<String, u32>, label: &str, line: Option<LineNumber>) -> Arc<str> {
    let mut id = slug(label);
    if let Some(line) = line {
        id = format!("{id}-line-{line}");
    }
    let count = ids.entry(id.clone()).or_insert(0);
    *count += 1;
    if *count > 1 { format!("{id}-no-{count}").into() } else { id.into() }
}

/// A label in lower case with hyphens: `3 for 2 on paperbacks` -> `3-for-2-on-paperbacks`.
fn slug(label: &str) -> String {
    let mut slug = String::with_capacity(label.len());
    for letter in label.chars().take(60) {
        if letter.is_alphanumeric() {
            slug.extend(letter.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let trimmed = slug.trim_end_matches('-');
    if trimmed.is_empty() { "offer".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_labels_and_are_unique() {
        let mut ids = BTreeMap::new();
        let made: Vec<_> =
            [("Happy hour", None), ("Happy hour!", None), ("Happy hour", Some(4)), ("***", None), ("Grüße 5 %", None)]
                .into_iter()
                .map(|(label, line)| unique_id(&mut ids, label, line).to_string())
                .collect();
        assert_eq!(made, ["happy-hour", "happy-hour-no-2", "happy-hour-line-4", "offer", "grüße-5"]);
    }
}
