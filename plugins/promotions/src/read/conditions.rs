//! When, for whom, and on what condition an offer is made.

use super::{Field, Reader, Table};
use crate::calendar;
use crate::customers::CustomerRule;
use crate::model::{Codes, CodesUsed, Conditions, Measured, Part, Spend};
use crate::node::Value;
use crate::symbols::Kind;
use crate::times::{Times, When};
use pos_plugin_sdk::prelude::*;

impl Reader {
    /// All conditions of an offer.
    pub(crate) fn conditions(&mut self, table: &mut Table<'_>) -> Conditions {
        Conditions {
            when: self.when(table),
            stores: self.list_of_texts(table, "stores"),
            registers: self.list_of_texts(table, "registers"),
            customer: table.take("customer").and_then(|field| self.customer_rule(&field)),
            codes: self.codes(table),
            with: self.parts(table, "with"),
            spend: table.take("spend").and_then(|field| self.spend(&field)),
            basket: table.take("basket").map(|field| self.attributes(&field)).unwrap_or_default(),
        }
    }

    fn list_of_texts(&mut self, table: &mut Table<'_>, key: &'static str) -> Vec<String> {
        table.take(key).map(|field| self.texts(&field)).unwrap_or_default()
    }

    fn attributes(&mut self, field: &Field<'_>) -> Vec<(String, Vec<String>)> {
        let Some(table) = self.table(field, "{ channel = \"web\" }") else { return Vec::new() };
        table.fields().map(|(key, value)| (key.to_owned(), self.attribute_values(&value))).collect()
    }

    fn when(&mut self, table: &mut Table<'_>) -> When {
        let from = table.take("from").and_then(|field| self.moment(&field)).map(|(moment, _)| moment);
        let until_field = table.take("until");
        // A day without a time is meant as a whole.
        let until = until_field.as_ref().and_then(|field| self.moment(field)).map(|((day, minute), has_time)| {
            if has_time { (day, minute) } else { (calendar::day_after(day).unwrap_or(day), 0) }
        });
        if let (Some(from), Some(until), Some(field)) = (from, until, &until_field)
            && until <= from
        {
            self.problem(field, "it ends before it begins", "Correct from or until.");
        }
        let times = table.take("times");
        let times = times.map(|field| self.tables(&field, "{ weekdays = \"Mon-Fri\", hours = \"17:00-19:00\" }"));
        When {
            from,
            until,
            times: times.unwrap_or_default().into_iter().map(|times| self.times(times)).collect(),
            not_on: table.take("not_on").map(|field| self.dates(&field)).unwrap_or_default(),
            by_trading_day: table.take("trading_day").and_then(|field| self.flag(&field)).unwrap_or(false),
        }
    }

    fn times(&mut self, mut table: Table<'_>) -> Times {
        let times = Times {
            weekdays: table.take("weekdays").map(|field| self.weekdays(&field)).unwrap_or_default(),
            hours: table.take("hours").and_then(|field| self.hours(&field)),
            days_of_month: table
                .take("days_of_month")
                .map(|field| self.numbers_to(&field, 31, "day of the month"))
                .unwrap_or_default(),
            months: table.take("months").map(|field| self.numbers_to(&field, 12, "month")).unwrap_or_default(),
            dates: table.take("dates").map(|field| self.dates(&field)).unwrap_or_default(),
        };
        self.finish(table);
        times
    }

    fn customer_rule(&mut self, field: &Field<'_>) -> Option<CustomerRule> {
        let before = self.problems.len();
        let mut table = self.table(field, "{ groups = \"staff\" }")?;
        let rule = CustomerRule {
            groups: self.list_of_texts(&mut table, "groups"),
            all_groups: self.list_of_texts(&mut table, "all_groups"),
            except_groups: self.list_of_texts(&mut table, "except_groups"),
            tiers: self.list_of_texts(&mut table, "tiers"),
            age: table.take("age").and_then(|field| self.age(&field)),
            birthday_within_days: table
                .take("birthday_within_days")
                .and_then(|field| self.number(&field, 0, 182))
                .and_then(|days| u16::try_from(days).ok()),
            first_purchase: table.take("first_purchase").and_then(|field| self.flag(&field)),
            known: table.take("known").and_then(|field| self.flag(&field)),
            points_min: table.take("points").and_then(|field| self.number(&field, 1, i64::MAX)),
            attributes: table.take("attributes").map(|field| self.attributes(&field)).unwrap_or_default(),
        };
        self.finish(table);
        for (kind, words) in [(Kind::CustomerGroup, &rule.groups), (Kind::Tier, &rule.tiers)] {
            words.iter().for_each(|word| {
                self.symbols.intern(kind, word);
            });
        }
        if rule == CustomerRule::default() && self.problems.len() == before {
            self.problem(
                field,
                "it says nothing about the customer",
                "Add a condition, for instance groups = \"staff\".",
            );
        }
        Some(rule)
    }

    /// `"18-25"`, `"65-"`: years, both included.
    fn age(&mut self, field: &Field<'_>) -> Option<(u8, u8)> {
        let text = self.text(field)?;
        let age =
            |text: &str, absent| if text.trim().is_empty() { Some(absent) } else { text.trim().parse::<u8>().ok() };
        let ages = text.split_once(['-', '–']).and_then(|(from, to)| age(from, 0).zip(age(to, u8::MAX)));
        match ages {
            Some((from, to)) if from <= to => Some((from, to)),
            _ => {
                self.problem(field, format!("\"{text}\" is not a span of ages"), "Write it like \"18-25\" or \"65-\".");
                None
            }
        }
    }

    fn codes(&mut self, table: &mut Table<'_>) -> Option<Codes> {
        let read = |reader: &mut Reader, field: Option<Field<'_>>| {
            let codes = field.map(|field| (reader.texts(&field), field));
            let (codes, field) = codes?;
            for code in
                codes.iter().filter(|code| code.contains(char::is_whitespace) || code.chars().any(char::is_control))
            {
                reader.problem(
                    &field,
                    format!("nobody can scan or type the code \"{code}\" with its spaces"),
                    "Write it without spaces.",
                );
            }
            Some(codes)
        };
        let codes_field = table.take("codes");
        let prefixes_field = table.take("code_prefixes");
        let used_field = table.take("codes_used");
        let codes = read(self, codes_field);
        let prefixes = read(self, prefixes_field);
        let used = used_field.as_ref().and_then(|field| {
            self.choice(
                field,
                &[("once", CodesUsed::Once), ("per set", CodesUsed::PerSet), ("never", CodesUsed::Never)],
            )
        });
        if codes.is_none() && prefixes.is_none() {
            if let Some(field) = &used_field {
                self.problem(field, "there are no codes to use", "Add codes = [\"SPRING\"] or code_prefixes.");
            }
            return None;
        }
        let (codes, prefixes) = (codes.unwrap_or_default(), prefixes.unwrap_or_default());
        let symbols = codes
            .iter()
            .map(|code| (Kind::Code, code))
            .chain(prefixes.iter().map(|prefix| (Kind::CodePrefix, prefix)))
            .map(|(kind, word)| self.symbols.intern(kind, word))
            .collect();
        Some(Codes { codes, prefixes, symbols, used: used.unwrap_or_default() })
    }

    /// `{ count = 2, items = { tag = "pizza" } }`, or several: pieces of which a set is made, or that must be there.
    pub(crate) fn parts(&mut self, table: &mut Table<'_>, key: &'static str) -> Vec<Part> {
        let Some(field) = table.take(key) else { return Vec::new() };
        let tables = self.tables(&field, "{ count = 2, items = { tag = \"pizza\" } }");
        let parts = tables.into_iter().filter_map(|mut table| {
            let part = self.part(&mut table, None);
            self.finish(table);
            part
        });
        parts.collect()
    }

    /// So many pieces of a selection; `items` may be left out where there is one to fall back on.
    pub(crate) fn part(&mut self, table: &mut Table<'_>, fall_back: Option<&Part>) -> Option<Part> {
        let count = table.take("count").map_or(Some(1), |field| self.count(&field));
        let goods = match (table.take("items"), fall_back) {
            (Some(field), _) => self.goods(&field),
            (None, Some(part)) => Some(part.goods.clone()),
            (None, None) => {
                self.problem_in(
                    table,
                    "it does not say which goods",
                    "Add items, for instance items = { tag = \"pizza\" }.",
                );
                None
            }
        };
        Some(Part { count: count?, goods: goods? })
    }

    /// `"50.00"`, or a table.
    fn spend(&mut self, field: &Field<'_>) -> Option<Spend> {
        if !matches!(field.node.value, Value::Table(_)) {
            let at_least = self.amount_above_zero(field)?;
            return Some(Spend { at_least, ..Spend::nothing() });
        }
        let mut table = self.table(field, "{ at_least = \"50.00\" }")?;
        let at_least = table.take("at_least");
        let below = table.take("below").and_then(|field| self.amount_above_zero(&field));
        let on = table.take("on").map(|field| self.goods(&field));
        let measured = table.take("measured").and_then(|field| {
            let words = [
                ("before offers", Measured::BeforeOffers),
                ("after offers", Measured::AfterOffers),
                ("what is left", Measured::WhatIsLeft),
            ];
            self.choice(&field, &words)
        });
        let basis = table.take("basis");
        let basis = basis.map_or(Some(RequirementBasis::Price), |field| {
            let words = [
                ("price", RequirementBasis::Price),
                ("net of tax", RequirementBasis::NetOfTax),
                ("payable", RequirementBasis::Payable),
            ];
            self.choice(&field, &words)
        });
        let repeats = table.take("repeats").and_then(|field| self.flag(&field)).unwrap_or(false);
        let Some(least) = &at_least else {
            self.problem_in(&table, "it does not say how much must be spent", "Add at_least = \"50.00\".");
            self.finish(table);
            return None;
        };
        let at_least = self.amount_above_zero(least);
        if let (Some(least), Some(below)) = (at_least, below)
            && below <= least
        {
            self.problem_in(
                &table,
                format!("no amount is at least {least} and below {below}"),
                "Write the lower amount in at_least.",
            );
        }
        self.finish(table);
        let on = match on {
            Some(goods) => Some(goods?),
            None => None,
        };
        let measured = measured.unwrap_or_default();
        let spend = Spend { at_least: at_least?, below, on, measured, basis: basis?, repeats };
        if spend.basis != RequirementBasis::Price
            && (spend.on.is_some()
                || spend.measured == Measured::BeforeOffers
                || spend.repeats
                || spend.below.is_some())
        {
            self.problem(
                field,
                "only the price is known here: taxes are computed after offers",
                "Remove basis; or remove on, below, repeats and \"before offers\", so that the kernel can look at the whole order.",
            );
        }
        if spend.measured == Measured::WhatIsLeft && (spend.on.is_some() || spend.repeats || spend.below.is_some()) {
            self.problem(
                field,
                "\"what is left\" is known of the whole order only, and only as a least amount",
                "Write measured = \"after offers\".",
            );
        }
        Some(spend)
    }
}

impl Spend {
    fn nothing() -> Spend {
        Spend {
            at_least: Decimal::ZERO,
            below: None,
            on: None,
            measured: Measured::default(),
            basis: RequirementBasis::Price,
            repeats: false,
        }
    }
}
