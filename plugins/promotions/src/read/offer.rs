//! A whole file, and each offer in it.

use super::{Field, Reader, Table};
use crate::Offers;
use crate::check::ACCEPTABLE;
use crate::index;
use crate::model::{CodesUsed, Measured, Offer, OfferLimits, Quota, Reading, Spend, Translation, What, Wording};
use crate::node::{Node, Value};
use crate::problem::Problem;
use pos_plugin_sdk::pos_money::Currency as IsoCurrency;
use pos_plugin_sdk::prelude::*;
use std::collections::BTreeMap;

/// More offers than any shop has at a time; the file is refused rather than slow.
const OFFERS_MAX: usize = 10_000;
/// Settings of a whole file.
const FILE_EXAMPLE: &str = "[[offer]]";

/// Reads a file of offers.
pub(crate) fn offers(node: &Node) -> Result<Offers, Vec<Problem>> {
    let mut reader = Reader::default();
    let Value::Table(entries) = &node.value else {
        reader.wrong_kind(
            &Field { place: "the file".to_owned(), spot: node.spot, node },
            &format!("a file of {FILE_EXAMPLE}"),
        );
        return Err(reader.problems);
    };
    let mut table = Table::new("", "", node.spot, entries);
    reader.currency = table.take("currency").and_then(|field| reader.iso_currency(&field));
    if let Some(lists) = table.take("list") {
        reader.named_lists(&lists);
    }
    let never = table.take("never_discounted").and_then(|field| reader.goods(&field));
    let mut first_of_id: BTreeMap<String, usize> = BTreeMap::new();
    let written = table.take("offer");
    let fields = written.as_ref().map(Field::items).unwrap_or_default();
    if let (Some(written), true) = (&written, fields.len() > OFFERS_MAX) {
        let what = format!("there are {} offers", fields.len());
        reader.problem(written, what, format!("Keep {OFFERS_MAX} at most: remove those that are over."));
        return Err(reader.problems);
    }
    let mut offers: Vec<Offer> = Vec::with_capacity(fields.len());
    for (position, field) in fields.iter().enumerate() {
        let Some(offer) = reader.offer(field, position + 1) else { continue };
        if let Some(first) = first_of_id.insert(offer.id.clone(), position + 1) {
            let what = format!("offer number {first} has the id \"{}\" too", offer.id);
            reader.problem(field, what, "Give each offer an id of its own: limits and reports go by it.");
        }
        offers.push(offer);
    }
    table.place = "the file".to_owned();
    reader.finish(table);
    if reader.problems.is_empty() {
        // In place: the ids are unique, and a copy of thousands of offers would not fit into a component's memory.
        offers.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        let Reader { symbols, currency, .. } = reader;
        let currency = currency.map(|currency| currency.code().to_owned());
        let indexes = index::build(&offers, &symbols);
        Ok(Offers { currency, never_discounted: never, offers, symbols, indexes })
    } else {
        reader.problems.sort_by_key(|problem| (problem.line, problem.column));
        Err(reader.problems)
    }
}

impl Reader {
    fn iso_currency(&mut self, field: &Field<'_>) -> Option<IsoCurrency> {
        let code = self.text(field)?;
        let currency = IsoCurrency::from_code(&code).ok();
        if currency.is_none() {
            self.problem(field, format!("\"{code}\" is not a currency"), "Write its three letters, like \"EUR\".");
        }
        currency
    }

    fn offer(&mut self, field: &Field<'_>, number: usize) -> Option<Offer> {
        let Value::Table(entries) = &field.node.value else {
            self.wrong_kind(field, "an offer under a heading [[offer]]");
            return None;
        };
        let before = self.problems.len();
        let written_id = entries.iter().find(|entry| entry.key == "id").map(|entry| &entry.node.value);
        let place = match written_id {
            Some(Value::Text(id)) => format!("offer \"{id}\""),
            _ => format!("offer number {number}"),
        };
        let mut table = Table::new(&place, ", ", field.spot, entries);
        let id = match table.take("id") {
            Some(field) => self.id(&field),
            None => {
                self.problem_in(
                    &table,
                    "it has no id",
                    "Add an id that never changes, for instance id = \"happy-hour\".",
                );
                None
            }
        };
        let text = self.wording(&mut table);
        let what = self.what(&mut table);
        let conditions = self.conditions(&mut table);
        let mode = table.take("mode").and_then(|field| {
            let words = [("best price", Mode::BestPrice), ("exclusive", Mode::Exclusive), ("combines", Mode::Compound)];
            self.choice(&field, &words)
        });
        let stage = table.take("stage").and_then(|field| {
            self.choice(&field, &[("line", Stage::Line), ("shop", Stage::Shop), ("order", Stage::Order)])
        });
        let basis = table
            .take("basis")
            .and_then(|field| self.choice(&field, &[("price", Basis::Price), ("payable", Basis::Payable)]));
        // A note for colleagues, as long as they like: read, so that it is not unknown, and not used.
        if let Some(field) = table.take("note")
            && !matches!(field.node.value, Value::Text(_))
        {
            self.wrong_kind(&field, "text in quotation marks");
        }
        let offer = Offer {
            id: id.unwrap_or_default(),
            spot: field.spot,
            text,
            enabled: table.take("enabled").and_then(|field| self.flag(&field)).unwrap_or(true),
            stage: stage.unwrap_or_else(|| {
                what.as_ref().map_or(Stage::Line, |what| default_stage(what, conditions.spend.as_ref()))
            }),
            mode: mode.unwrap_or_default(),
            group: table.take("group").and_then(|field| self.text(&field)),
            priority: table
                .take("priority")
                .and_then(|field| self.number(&field, -1_000, 1_000))
                .and_then(|priority| i32::try_from(priority).ok())
                .unwrap_or(0),
            basis: basis.unwrap_or_default(),
            conditions,
            up_to: table.take("up_to").and_then(|field| self.amount_above_zero(&field)),
            quota: table.take("quota").and_then(|field| self.quota(&field)),
            limits: table.take("limits").map(|field| self.limits(&field)).unwrap_or_default(),
            sets_max: table.take("sets_max").and_then(|field| self.count(&field)),
            hints: table.take("hints").and_then(|field| self.flag(&field)).unwrap_or(true),
            accepted: table.take("accept").map(|field| self.accepted(&field)).unwrap_or_default(),
            what: match what {
                Some(what) => what,
                None => {
                    self.finish(table);
                    return None;
                }
            },
        };
        self.belongs_together(&table, &offer);
        self.finish(table);
        (self.problems.len() == before).then_some(offer)
    }

    /// Settings that need each other.
    fn belongs_together(&mut self, table: &Table<'_>, offer: &Offer) {
        let has_sets = matches!(offer.what, What::Deal(_) | What::Gift { .. });
        if offer.sets_max.is_some() && !has_sets {
            self.problem_in(
                table,
                "sets_max counts the sets of a deal, and this offer has none",
                "Write pieces_max for pieces, or up_to for money.",
            );
        }
        if let Some(codes) = &offer.conditions.codes
            && codes.used == CodesUsed::PerSet
            && !has_sets
        {
            self.problem_in(
                table,
                "codes_used = \"per set\" counts the sets of a deal, and this offer has none",
                "Write codes_used = \"once\".",
            );
        }
        let repeats = |spend: &Spend| spend.repeats;
        if offer.conditions.spend.as_ref().is_some_and(repeats) && !is_repeatable(&offer.what) {
            self.problem_in(
                table,
                "spend.repeats multiplies an amount or a gift",
                "Write amount_off, or a gift; or remove repeats.",
            );
        }
        if let What::Gift { buy, .. } = &offer.what {
            if buy.is_empty() && offer.conditions.spend.is_none() && offer.conditions.codes.is_none() {
                self.problem_in(table, "everybody would get the gift", "Add spend = \"50.00\", buy, or codes.");
            }
            if offer.conditions.codes.as_ref().is_some_and(|codes| codes.used != CodesUsed::Never) {
                self.problem_in(
                    table,
                    "a gift cannot use up codes: only a discount is booked against them",
                    "Write codes_used = \"never\", or make it a discount on the article.",
                );
            }
            if offer.up_to.is_some() || offer.quota.is_some() || offer.limits != OfferLimits::default() {
                self.problem_in(
                    table,
                    "limits in money or uses have no meaning for a gift",
                    "Write sets_max for the most gifts in a basket, or codes.",
                );
            }
            if offer
                .conditions
                .spend
                .as_ref()
                .is_some_and(|spend| spend.basis != RequirementBasis::Price || spend.measured == Measured::WhatIsLeft)
            {
                self.problem_in(
                    table,
                    "a gift is earned by prices after the offers of earlier stages, or before offers",
                    "Remove basis and \"what is left\" from spend.",
                );
            }
        }
    }

    fn id(&mut self, field: &Field<'_>) -> Option<String> {
        let id = self.text(field)?;
        let is_plain =
            id.len() <= 64 && id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        if !is_plain {
            self.problem(
                field,
                format!("\"{id}\" is not an id"),
                "Write letters, digits and hyphens, at most 64, for instance \"happy-hour\".",
            );
        }
        Some(id)
    }

    fn wording(&mut self, table: &mut Table<'_>) -> Wording {
        let label = match table.take("label") {
            Some(field) => self.text(&field).unwrap_or_default(),
            None => {
                self.problem_in(
                    table,
                    "it has no label",
                    "Add the name that customers read, for instance label = \"Happy hour\".",
                );
                String::new()
            }
        };
        let receipt = table.take("receipt").and_then(|field| self.text(&field));
        let mut translations = Vec::new();
        if let Some(field) = table.take("translations")
            && let Some(languages) = self.table(&field, "{ de = \"Glückliche Stunde\" }")
        {
            for (language, field) in languages.fields() {
                translations.push(self.translation(language, &field));
            }
            translations.sort_by(|one, other| one.language.cmp(&other.language));
        }
        Wording { label, receipt, translations }
    }

    /// `de = "…"`, or `de = { label = "…", receipt = "…" }`.
    fn translation(&mut self, language: &str, field: &Field<'_>) -> Translation {
        let language = language.to_owned();
        if !matches!(field.node.value, Value::Table(_)) {
            return Translation { language, label: self.text(field), receipt: None };
        }
        let Some(mut table) = self.table(field, "{ label = \"…\" }") else {
            return Translation { language, label: None, receipt: None };
        };
        let label = table.take("label").and_then(|field| self.text(&field));
        let receipt = table.take("receipt").and_then(|field| self.text(&field));
        self.finish(table);
        Translation { language, label, receipt }
    }

    fn quota(&mut self, field: &Field<'_>) -> Option<Quota> {
        let mut table = self.table(field, "{ amount = \"200.00\", used = \"staff-discount-this-month\" }")?;
        let amount = table.take("amount").and_then(|field| self.amount_above_zero(&field));
        let used = table.take("used").and_then(|field| self.text(&field));
        if amount.is_none() || used.is_none() {
            self.problem_in(
                &table,
                "a quota needs an amount and the fact that counts against it",
                "Write { amount = \"200.00\", used = \"staff-discount-this-month\" }.",
            );
        }
        self.finish(table);
        Some(Quota { amount: amount?, used: used? })
    }

    fn limits(&mut self, field: &Field<'_>) -> OfferLimits {
        let Some(mut table) = self.table(field, "{ uses = 100 }") else { return OfferLimits::default() };
        let limits = OfferLimits {
            uses: table.take("uses").and_then(|field| self.count(&field)),
            per_customer: table.take("per_customer").and_then(|field| self.count(&field)),
            money: table.take("money").and_then(|field| self.amount_above_zero(&field)),
        };
        self.finish(table);
        limits
    }

    fn accepted(&mut self, field: &Field<'_>) -> Vec<String> {
        let words = self.texts(field);
        for word in words.iter().filter(|word| !ACCEPTABLE.contains(&word.as_str())) {
            let what_to_do = match crate::problem::nearest(word, ACCEPTABLE) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("Known here: {}.", ACCEPTABLE.join(", ")),
            };
            self.problem(field, format!("there is no warning \"{word}\" to accept"), what_to_do);
        }
        words
    }
}

fn is_repeatable(what: &What) -> bool {
    use crate::model::Change;
    matches!(what, What::Order { change: Change::AmountOff(_) } | What::Gift { .. })
}

/// Order offers and thresholds on what earlier offers left come last; what favours the shop comes before them.
fn default_stage(what: &What, spend: Option<&Spend>) -> Stage {
    let is_late = spend.is_some_and(|spend| spend.measured != Measured::BeforeOffers);
    match what {
        What::Order { .. } => Stage::Order,
        What::Tiers(tiers) if tiers.goods.is_none() => Stage::Order,
        _ if is_late => Stage::Order,
        What::Deal(deal)
            if matches!(deal.reading, Reading::CheapestOfEachSet | Reading::CheapestOfAll) && !deal.get.is_empty() =>
        {
            Stage::Shop
        }
        _ => Stage::Line,
    }
}
