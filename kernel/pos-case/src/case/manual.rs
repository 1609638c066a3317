//! Reading what people do to prices by hand, and loyalty rewards.

use super::read::{line_number, unit_price};
use super::{Case, Manual, ManualBasket, ManualLine, PriceFrom, Reward, RewardKind};
use crate::json::{Fields, money_at, number_at, text_at, variant_at};
use crate::problem::Problem;
use pos_domain::pricing::proposal::Effect;
use pos_money::{Currency, Decimal, Rate};
use serde_json::Value;

/// Overrides change the case's lines at once; discounts are applied at their place in the pipeline.
pub(super) fn manual(value: &Value, case: &mut Case) -> Result<Manual, Problem> {
    let fields = Fields::of(value, "manual", &["overrides", "lines", "basket"])?;
    for (place, value) in fields.list("overrides")? {
        price_override(value, &place, case)?;
    }
    let mut manual = Manual::default();
    for (place, value) in fields.list("lines")? {
        let fields = Fields::of(value, place, &["line", "discount", "reason"])?;
        let line = line_number(fields.need("line")?, &fields.at("line"), case)?;
        let effect = discount(fields.need("discount")?, &fields.at("discount"), case.currency, true)?;
        if manual.lines.iter().any(|known: &ManualLine| known.line == line) {
            return Err(Problem::wrong(&fields.at("line"), "a line without another discount by hand"));
        }
        manual.lines.push(ManualLine { line, effect, reason: fields.text_or("reason", "Discount by hand")? });
    }
    if let Some(value) = fields.get("basket") {
        let fields = Fields::of(value, "manual.basket", &["discount", "reason"])?;
        let effect = discount(fields.need("discount")?, "manual.basket.discount", case.currency, false)?;
        manual.basket = Some(ManualBasket { effect, reason: fields.text_or("reason", "Discount by hand")? });
    }
    Ok(manual)
}

/// A price by hand is the line's price, and offers leave it alone.
fn price_override(value: &Value, place: &str, case: &mut Case) -> Result<(), Problem> {
    let fields = Fields::of(value, place, &["line", "price", "reason"])?;
    fields.text("reason")?;
    let number = line_number(fields.need("line")?, &fields.at("line"), case)?;
    for line in case.lines.iter_mut().filter(|line| line.number == number) {
        if line.price_from == PriceFrom::Override {
            return Err(Problem::wrong(&fields.at("line"), "a line without another price by hand"));
        }
        line.price = unit_price(fields.need("price")?, &fields.at("price"), line.quantity.unit)?;
        (line.price_from, line.price_locked) = (PriceFrom::Override, true);
    }
    Ok(())
}

/// `{"rate-off": …}`, `{"amount-off": …}` or, on a line, `{"final-price": …}`: what it costs in the end, all of it.
fn discount(value: &Value, place: &str, currency: Currency, on_line: bool) -> Result<Effect, Problem> {
    let known: &[&str] = if on_line { &["rate-off", "amount-off", "final-price"] } else { &["rate-off", "amount-off"] };
    let (name, value) = variant_at(value, place, known)?;
    let place = format!("{place}.{name}");
    if name == "rate-off" {
        let rate = number_at(value, &place)?;
        if rate < Decimal::ZERO || rate > Decimal::ONE {
            return Err(Problem::wrong(&place, "a fraction from 0 to 1: 0.1 is 10 %"));
        }
        return Ok(Effect::RateOff(Rate::from_fraction(rate)));
    }
    let amount = money_at(value, &place, currency)?;
    if amount.is_negative() {
        return Err(Problem::wrong(&place, "0 or more"));
    }
    Ok(if name == "amount-off" { Effect::AmountOff(amount) } else { Effect::BundlePrice(amount) })
}

pub(super) fn reward(value: &Value, place: &str, currency: Currency) -> Result<Reward, Problem> {
    let fields = Fields::of(value, place, &["id", "kind", "points", "value", "label", "max_times", "attrs"])?;
    let value = money_at(fields.need("value")?, &fields.at("value"), currency)?;
    if value.is_negative() {
        return Err(Problem::wrong(&fields.at("value"), "0 or more"));
    }
    let points: u32 = fields.whole("points", "a whole number of points that is not negative")?.unwrap_or(0);
    // What stands here is redeemed once.
    if fields.whole::<u32>("max_times", "a whole number that is not negative")? == Some(0) {
        return Err(Problem::wrong(&fields.at("max_times"), "1 or more: the reward is redeemed"));
    }
    super::offer::attrs(fields.get("attrs"), &fields.at("attrs"))?;
    let label = super::offer::message(fields.get("label"), &fields.at("label"))?.text;
    let kinds = [("discount", RewardKind::Discount), ("tender", RewardKind::Tender)];
    Ok(Reward {
        id: text_at(fields.need("id")?, &fields.at("id"))?,
        kind: fields.choice("kind", &kinds, RewardKind::Discount)?,
        value,
        points: points.into(),
        label: if label.is_empty() { "Reward".into() } else { label },
    })
}
