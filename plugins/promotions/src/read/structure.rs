//! What an offer is about: `items`, `groups_of`, `buy` and `get`, `tiers`, `order`, `gift`.

use super::effect::{self, Allowed};
use super::{Field, Reader, Table};
use crate::fit::PARTS_MAX;
use crate::model::{Change, DealRule, GiftRule, Part, Reading, What};
use crate::selector::Goods;
use pos_plugin_sdk::prelude::*;

/// Settings that only some kinds of offer have, read before it is clear which kind it is.
pub(super) struct Parts<'n> {
    pub(super) goods: Option<Goods>,
    groups_of: Option<Field<'n>>,
    reduced: Option<Field<'n>>,
    pick: Option<Field<'n>>,
    part_sets: Option<Field<'n>>,
    same_article: Option<Field<'n>>,
    spread: Option<Field<'n>>,
    pieces_max: Option<Field<'n>>,
    pub(super) steps: Option<Field<'n>>,
    pub(super) per_article: Option<Field<'n>>,
    buy: Vec<Part>,
    get: Option<Field<'n>>,
}

impl Reader {
    /// The heart of an offer; none, and a problem, if there is none or there are several.
    pub(crate) fn what(&mut self, table: &mut Table<'_>) -> Option<What> {
        let before = self.problems.len();
        // What is wrong with the goods must not make the effect unknown.
        table.know(&effect::KEYS);
        let items = table.take("items");
        let order = table.take("order");
        let tiers = table.take("tiers");
        let gift = table.take("gift");
        let parts = Parts {
            goods: items.as_ref().and_then(|field| self.goods(field)),
            groups_of: table.take("groups_of"),
            reduced: table.take("reduced"),
            pick: table.take("pick"),
            part_sets: table.take("part_sets"),
            same_article: table.take("same_article"),
            spread: table.take("spread"),
            pieces_max: table.take("pieces_max"),
            steps: table.take("steps"),
            per_article: table.take("per_article"),
            buy: self.parts(table, "buy"),
            get: table.take("get"),
        };
        let on_order = order.as_ref().and_then(|field| self.flag(field)).unwrap_or(false);
        let has_sets = !parts.buy.is_empty() || parts.get.is_some();
        let is_one_kind = [items.is_some() || on_order, has_sets].iter().filter(|is| **is).count();
        let what = if self.problems.len() > before {
            // What is wrong already would only be said again in other words.
            None
        } else if let Some(gift) = gift {
            self.gift_offer(table, &gift, parts)
        } else if items.is_some() && on_order || is_one_kind != 1 {
            self.problem_in(
                table,
                "it must be about exactly one thing",
                "Write one of: items (goods), buy and get (sets), order = true (everything), or gift.",
            );
            None
        } else if let Some(tiers) = tiers {
            self.tier_offer(table, &tiers, parts)
        } else if on_order {
            self.reject(&parts, &[]);
            self.required_change(table, Allowed::Off).map(|change| What::Order { change })
        } else if has_sets {
            self.set_offer(table, parts)
        } else if parts.groups_of.is_some() {
            self.group_offer(table, parts)
        } else {
            self.items_offer(table, parts)
        };
        what.filter(|_| self.problems.len() == before)
    }

    /// Settings that are there but mean nothing for this kind of offer.
    pub(super) fn reject(&mut self, parts: &Parts<'_>, allowed: &[&str]) {
        let Parts {
            goods: _,
            groups_of,
            reduced,
            pick,
            part_sets,
            same_article,
            spread,
            pieces_max,
            steps,
            per_article,
            buy: _,
            get,
        } = parts;
        for (name, field) in [
            ("groups_of", groups_of),
            ("reduced", reduced),
            ("pick", pick),
            ("part_sets", part_sets),
            ("same_article", same_article),
            ("spread", spread),
            ("pieces_max", pieces_max),
            ("steps", steps),
            ("per_article", per_article),
            ("get", get),
        ] {
            if let Some(field) = field
                && !allowed.contains(&name)
            {
                self.problem(
                    field,
                    format!("{name} has no meaning for this kind of offer"),
                    "Remove it; the guide says which settings belong together.",
                );
            }
        }
    }

    fn items_offer(&mut self, table: &mut Table<'_>, parts: Parts<'_>) -> Option<What> {
        self.reject(&parts, &["spread", "pieces_max"]);
        let change = self.required_change(table, Allowed::Pieces)?;
        let pieces_max = parts.pieces_max.as_ref().and_then(|field| self.count(field));
        let spread = parts.spread.as_ref().and_then(|field| {
            let words = [("each unit", Spread::EachUnit), ("each line", Spread::EachLine), ("across", Spread::Across)];
            self.choice(field, &words)
        });
        if let (Some(field), Some(Spread::EachLine | Spread::Across), Some(_)) = (&parts.spread, spread, pieces_max) {
            self.problem(
                field,
                "with pieces_max an amount is taken off each piece",
                "Remove spread, or remove pieces_max.",
            );
        }
        if let Some(field) = &parts.spread
            && !matches!(change, Change::AmountOff(_))
        {
            self.problem(field, "only an amount can be spread", "Remove spread.");
        }
        let goods = parts.goods?;
        Some(What::Items { goods, change, spread: spread.unwrap_or(Spread::EachUnit), pieces_max })
    }

    /// `groups_of = 3`: with `reduced` some pieces of each group get the effect, without it all of them together.
    fn group_offer(&mut self, table: &mut Table<'_>, parts: Parts<'_>) -> Option<What> {
        self.reject(&parts, &["groups_of", "reduced", "pick", "part_sets", "same_article"]);
        let size = parts.groups_of.as_ref().and_then(|field| self.count(field))?;
        let part_sets = parts.part_sets.as_ref().and_then(|field| self.flag(field)).unwrap_or(false);
        let same_article = parts.same_article.as_ref().and_then(|field| self.flag(field)).unwrap_or(false);
        let goods = parts.goods?;
        let Some(reduced_field) = &parts.reduced else {
            if let Some(pick) = &parts.pick {
                self.problem(
                    pick,
                    "pick chooses among pieces, and all pieces of a group get the effect",
                    "Add reduced = 1, or remove pick.",
                );
            }
            let change = self.required_change(table, Allowed::Set)?;
            if part_sets {
                let Change::ForPrice(price) = change else {
                    self.problem_in(table, "part_sets belongs to for_price", "Write for_price, or remove part_sets.");
                    return None;
                };
                let price = UnitPrice { value: price, per: Quantity::pieces(i64::from(size)) };
                return Some(What::Items {
                    goods,
                    change: Change::Price(price),
                    spread: Spread::EachUnit,
                    pieces_max: None,
                });
            }
            let buy = vec![Part { count: size, goods }];
            let reading = Reading::AsTheCustomerWouldChoose;
            return Some(What::Deal(DealRule { buy, get: Vec::new(), together: Some(change), reading, same_article }));
        };
        let reduced = self.count(reduced_field)?;
        if reduced > size {
            self.problem(
                reduced_field,
                format!("a group of {size} has no {reduced} pieces"),
                "Write a smaller number.",
            );
            return None;
        }
        if reduced == size {
            self.problem(
                reduced_field,
                "every piece of a group is reduced, so that nothing has to be bought",
                "Write a smaller number; or remove reduced, so that the whole group gets the discount.",
            );
            return None;
        }
        if let Some(field) = &parts.part_sets {
            self.problem(field, "part_sets belongs to for_price without reduced", "Remove part_sets.");
        }
        let reading = parts.pick.as_ref().map_or(Some(Reading::CheapestOfEachSet), |field| self.reading(field))?;
        let change = self.required_change(table, Allowed::Pieces)?;
        let buy = vec![Part { count: size - reduced, goods: goods.clone() }];
        let get = vec![(Part { count: reduced, goods }, change)];
        Some(What::Deal(DealRule { buy, get, together: None, reading, same_article }))
    }

    /// `buy` and `get`: a get part without `items` is of the same goods as the only buy part.
    fn set_offer(&mut self, table: &mut Table<'_>, parts: Parts<'_>) -> Option<What> {
        self.reject(&parts, &["pick", "same_article", "get"]);
        let same_article = parts.same_article.as_ref().and_then(|field| self.flag(field)).unwrap_or(false);
        let only = if let [only] = parts.buy.as_slice() { Some(only.clone()) } else { None };
        let tables = parts
            .get
            .as_ref()
            .map(|field| self.tables(field, "{ count = 1, items = { tag = \"drink\" }, free = true }"));
        let mut get = Vec::new();
        for mut table in tables.unwrap_or_default() {
            let part = self.part(&mut table, only.as_ref());
            let change = self.required_change(&mut table, Allowed::Pieces);
            self.finish(table);
            get.extend(part.zip(change));
        }
        let together =
            if get.is_empty() { self.required_change(table, Allowed::Set) } else { self.change(table, Allowed::Set) };
        let reading = parts.pick.as_ref().map_or(Some(Reading::default()), |field| self.reading(field))?;
        let deal = DealRule { buy: parts.buy, get, together, reading, same_article };
        let alike = |deal: &DealRule| deal.parts().zip(deal.parts().skip(1)).all(|(one, next)| one.goods == next.goods);
        if let Some(field) = &parts.pick
            && matches!(reading, Reading::CheapestOfEachSet | Reading::DearestOfEachSet)
            && !alike(&deal)
        {
            self.problem(
                field,
                "the cheapest or dearest of a set can be told only where all parts are of the same goods",
                "Write \"cheapest of all\" or \"as the customer would choose\".",
            );
        }
        if same_article && !alike(&deal) {
            self.problem_in(
                table,
                "with same_article all parts must be of the same goods",
                "Write the same items in each part, or remove same_article.",
            );
        }
        self.few_parts(table, deal.parts().count());
        Some(What::Deal(deal))
    }

    /// Every choice of parts is looked at for each basket, so there cannot be many.
    fn few_parts(&mut self, table: &Table<'_>, count: usize) {
        if count > PARTS_MAX {
            self.problem_in(
                table,
                format!("a set has more than {PARTS_MAX} parts"),
                "Put goods that may replace each other into one part with a larger count.",
            );
        }
    }

    fn reading(&mut self, field: &Field<'_>) -> Option<Reading> {
        let words = [
            ("cheapest of each set", Reading::CheapestOfEachSet),
            ("dearest of each set", Reading::DearestOfEachSet),
            ("cheapest of all", Reading::CheapestOfAll),
            ("as the customer would choose", Reading::AsTheCustomerWouldChoose),
        ];
        self.choice(field, &words)
    }

    /// Articles earned by an amount spent, by pieces bought, or both.
    fn gift_offer(&mut self, table: &mut Table<'_>, field: &Field<'_>, parts: Parts<'_>) -> Option<What> {
        self.reject(&parts, &[]);
        if parts.goods.is_some() {
            self.problem_in(
                table,
                "items has no meaning for a gift",
                "Write what must be bought in buy, and the articles given in gift.items.",
            );
        }
        if self.change(table, Allowed::Set).is_some() {
            self.problem_in(table, "what the gift costs stands in gift", "Move it there; without it the gift is free.");
        }
        self.few_parts(table, parts.buy.len());
        let mut gift = self.table(field, "{ items = [\"MUG\"] }")?;
        let Some(articles) = gift.take("items") else {
            self.problem_in(
                &gift,
                "it does not say what is given",
                "Add items = [\"MUG\"], a list of article numbers.",
            );
            return None;
        };
        let articles = self.texts(&articles);
        let count = gift.take("count").map_or(Some(1), |field| self.count(&field));
        let ask = gift.take("ask").and_then(|field| self.flag(&field));
        let change = self.change(&mut gift, Allowed::Pieces);
        self.finish(gift);
        // With a choice somebody has to be asked.
        let automatic = articles.len() == 1 && ask != Some(true);
        let change = change.unwrap_or(Change::PercentOff(Rate::ONE));
        Some(What::Gift { gift: GiftRule { articles, count: count?, change, automatic }, buy: parts.buy })
    }
}
