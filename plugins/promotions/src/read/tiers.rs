//! Discounts that grow: `tiers = [{ pieces = 3, percent_off = "10 %" }, { pieces = 6, percent_off = "20 %" }]`.

use super::effect::Allowed;
use super::structure::Parts;
use super::{Field, Reader, Table};
use crate::model::{Change, TierBy, TierRule, What};
use pos_plugin_sdk::prelude::*;

impl Reader {
    pub(super) fn tier_offer(&mut self, table: &mut Table<'_>, tiers: &Field<'_>, parts: Parts<'_>) -> Option<What> {
        self.reject(&parts, &["steps", "per_article"]);
        let each_step =
            parts.steps.as_ref().and_then(|field| self.choice(field, &[("whole", false), ("each step", true)]));
        let per_article = parts.per_article.as_ref().and_then(|field| self.flag(field)).unwrap_or(false);
        let mut rule = TierRule {
            goods: parts.goods,
            by: TierBy::Spend,
            each_step: each_step.unwrap_or(false),
            per_article,
            tiers: Vec::new(),
        };
        let mut kinds = Vec::new();
        let before = self.problems.len();
        for tier in self.tables(tiers, "{ pieces = 3, percent_off = \"10 %\" }") {
            if let Some((by, threshold, change)) = self.tier(tier, &rule) {
                if rule.tiers.last().is_some_and(|(last, _)| threshold <= *last) {
                    self.problem(
                        tiers,
                        format!("the step at {threshold} does not come after the one before it"),
                        "Write the steps in increasing order.",
                    );
                }
                rule.tiers.push((threshold, change));
                kinds.push(by);
            }
        }
        let Some(by) = kinds.first().copied() else {
            if self.problems.len() == before {
                self.problem(
                    tiers,
                    "there are no steps",
                    "Add steps, for instance tiers = [{ pieces = 3, percent_off = \"10 %\" }].",
                );
            }
            return None;
        };
        rule.by = by;
        if kinds.iter().any(|kind| *kind != by) {
            self.problem(
                tiers,
                "the steps are counted in different things",
                "Write pieces in all steps, or spend in all, or measure in one unit.",
            );
        }
        if rule.goods.is_none() && by != TierBy::Spend {
            self.problem(
                tiers,
                "steps of the whole order are counted in money",
                "Write spend = \"50.00\" in the steps, or items instead of order.",
            );
        }
        if rule.each_step && matches!(by, TierBy::Measure(_)) {
            self.problem(tiers, "\"each step\" cannot divide a measured piece", "Write steps = \"whole\".");
        }
        if rule.per_article && (rule.goods.is_none() || matches!(by, TierBy::Spend)) {
            self.problem(
                tiers,
                "per_article counts pieces or a measure of articles",
                "Write pieces in the steps, or remove per_article.",
            );
        }
        if self.change(table, Allowed::Set).is_some() {
            self.problem_in(table, "what happens to the price stands in the steps", "Move it into the steps.");
        }
        Some(What::Tiers(rule))
    }

    fn tier(&mut self, mut table: Table<'_>, rule: &TierRule) -> Option<(TierBy, Decimal, Change)> {
        let pieces = table.take("pieces").map(|field| (TierBy::Pieces, self.count(&field).map(Decimal::from)));
        let spend = table.take("spend").map(|field| (TierBy::Spend, self.amount_above_zero(&field)));
        let measure = table.take("measure").and_then(|field| self.measure(&field));
        let measure = measure.map(|quantity| (TierBy::Measure(quantity.unit), Some(quantity.value)));
        let thresholds: Vec<_> = [pieces, spend, measure].into_iter().flatten().collect();
        let allowed = match thresholds.first() {
            Some((TierBy::Pieces, _)) if !rule.each_step => Allowed::Set,
            Some((TierBy::Spend, _)) => Allowed::Off,
            _ => Allowed::Pieces,
        };
        let change = self.required_change(&mut table, allowed);
        let threshold = match thresholds.as_slice() {
            [(by, threshold)] => threshold.map(|threshold| (*by, threshold)),
            _ => {
                self.problem_in(
                    &table,
                    "a step begins at exactly one threshold",
                    "Write pieces = 3, or spend = \"50.00\", or measure = \"2.5 kg\".",
                );
                None
            }
        };
        self.finish(table);
        let ((by, threshold), change) = threshold.zip(change)?;
        // "3 for 5.00" as a step is a price for each three of them.
        let change = match (change, u32::try_from(threshold).ok()) {
            (Change::ForPrice(price), Some(pieces)) => {
                Change::Price(UnitPrice { value: price, per: Quantity::pieces(i64::from(pieces)) })
            }
            (change, _) => change,
        };
        Some((by, threshold, change))
    }

    /// `"2.5 kg"`.
    fn measure(&mut self, field: &Field<'_>) -> Option<Quantity> {
        let text = self.text(field)?;
        let quantity = text.split_once(' ').and_then(|(number, unit)| {
            let value = Decimal::from_str_exact(number).ok().filter(|value| *value > Decimal::ZERO)?;
            Unit::from_text(unit).filter(|unit| unit.is_measured()).map(|unit| Quantity::new(value, unit))
        });
        if quantity.is_none() {
            self.problem(field, format!("\"{text}\" is not a measure"), "Write it like \"2.5 kg\".");
        }
        quantity
    }
}
