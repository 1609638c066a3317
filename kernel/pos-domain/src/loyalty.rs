//! A loyalty programme's amounts: what a sale earns, line by line, and what points are worth.
//!
//! "1 point for each 2.00 of what was paid, double on garden": a sale of 7.00 and 5.00 (garden) earns 3.5 + 5 = 8 whole
//! points, of which the lines get 3 and 5 by largest remainder, so that a return takes back exactly its share. 100 points
//! are worth 1.00, either as a discount (before tax: they lower the base) or as a tender (after it): the programme says.
//!
//! Points are a unit of their own in the ledger; see [`crate::ledger`].

use crate::ids::LineNumber;
use crate::lots::Expiry;
use crate::pricing::proposal::LineKind;
use crate::refusal::Refusal;
use crate::returns::PointFigure;
use crate::tender::TenderKind;
use crate::transaction::{Transaction, TransactionLine};
use pos_money::{Currency, Decimal, Money, MoneyError, Rounding, RoundingMode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A programme: `[loyalty]` in `shop.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Names its points in the ledger: `club`.
    pub id: Arc<str>,
    /// What earns points.
    #[serde(default)]
    pub earn: Earning,
    /// What points buy; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeem: Option<Redemption>,
}

/// What earns points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Earning {
    /// Points for each `per`.
    pub points: Decimal,
    /// In major units.
    pub per: Decimal,
    /// With the tax, or without it.
    pub base: EarningBase,
    /// On what lines cost before or after offers.
    pub offers: EarningOffers,
    /// What was paid with points earns points too.
    pub on_points: bool,
    /// Whole points: down by default.
    pub rounding: RoundingMode,
    /// Points wait so many days before they can be spent; they are booked as pending.
    pub pending_days: u16,
    /// How long points last; absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
    /// More points on some goods; a line takes the highest that fits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub multipliers: Vec<Multiplier>,
}

impl Default for Earning {
    fn default() -> Self {
        Earning {
            points: Decimal::ONE,
            per: Decimal::ONE,
            base: EarningBase::Gross,
            offers: EarningOffers::After,
            on_points: false,
            rounding: RoundingMode::Down,
            pending_days: 0,
            expiry: None,
            multipliers: Vec::new(),
        }
    }
}

/// Whether tax earns points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EarningBase {
    /// What is paid, every tax in.
    #[default]
    Gross,
    /// Without tax.
    Net,
}

/// Whether offers lower what is earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EarningOffers {
    /// What lines cost before offers.
    Before,
    /// What is left after them.
    #[default]
    After,
}

/// More points on some goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multiplier {
    /// Two is double; zero earns nothing.
    pub times: Decimal,
    /// Of this root department; absent: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<Arc<str>>,
    /// Of this article; absent: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Arc<str>>,
}

/// How points are redeemed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RewardKind {
    /// Before tax: lowers prices and the tax base.
    #[default]
    Discount,
    /// After tax: pays.
    Tender,
}

/// What points buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redemption {
    /// As a discount or as a tender.
    #[serde(rename = "as")]
    pub kind: RewardKind,
    /// So many points …
    pub points: i64,
    /// … are worth this, in major units.
    pub value: Decimal,
}

/// Points redeemed as a discount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeemed {
    /// The programme.
    pub programme: Arc<str>,
    /// How many.
    pub points: i64,
    /// What they take off.
    pub value: Money,
}

impl Redeemed {
    /// Name on the receipt.
    pub fn label(&self) -> Arc<str> {
        format!("{} points", self.points).into()
    }
}

impl Programme {
    /// Refuses settings that make no sense, in the words of their owner.
    pub fn check(&self) -> Result<(), String> {
        let Earning { points, per, multipliers, .. } = &self.earn;
        if self.id.is_empty() || !self.id.chars().all(|one| one.is_ascii_alphanumeric() || one == '-') {
            return Err("[loyalty] id: letters, digits and hyphens, like \"club\"".into());
        }
        if *per <= Decimal::ZERO || points.is_sign_negative() {
            return Err("[loyalty.earn]: \"per\" is above 0 and \"points\" are not negative".into());
        }
        if multipliers.iter().any(|multiplier| multiplier.times.is_sign_negative()) {
            return Err("[[loyalty.earn.multipliers]]: \"times\" is not negative".into());
        }
        match self.redeem {
            Some(Redemption { points, value, .. }) if points <= 0 || value <= Decimal::ZERO => {
                Err("[loyalty.redeem]: \"points\" and \"value\" are above 0".into())
            }
            _ => Ok(()),
        }
    }

    /// What a line's pieces multiply points by.
    fn times(&self, line: &TransactionLine) -> Decimal {
        let fits = |multiplier: &&Multiplier| {
            multiplier.department.as_ref().is_none_or(|department| *department == line.department)
                && multiplier.item.as_ref().is_none_or(|item| *item == line.item)
        };
        let fitting = self.earn.multipliers.iter().filter(fits).map(|multiplier| multiplier.times);
        fitting.max().unwrap_or(Decimal::ONE)
    }

    /// Points that the lines of a sale earn, by line. Whole points of the sale, shared by largest remainder.
    pub fn earned(&self, sale: &Transaction) -> Result<Vec<(LineNumber, i64)>, Refusal> {
        let overflow = || Refusal::from(MoneyError::Overflow);
        let Earning { points, per, base, offers, on_points, rounding, .. } = &self.earn;
        // What was paid with points earns nothing, unless the programme says otherwise.
        let by_points = sale.tenders.iter().filter(|tender| tender.kind == TenderKind::Points);
        let by_points = Money::sum(by_points.map(|tender| tender.amount))?;
        let goods = sale.lines.iter().filter(|line| !line.voided && line.kind == LineKind::Sale);
        let goods: Vec<&TransactionLine> = goods.collect();
        let worth = Money::sum(goods.iter().map(|line| line.paid))?;
        let mut exact = Vec::with_capacity(goods.len());
        for line in &goods {
            let tax = Money::sum(line.taxes.iter().map(|tax| tax.amount))?;
            let included = line.taxes.iter().filter(|tax| tax.included).map(|tax| tax.amount);
            let amount = match (base, offers) {
                (EarningBase::Gross, EarningOffers::After) => line.paid,
                (EarningBase::Net, EarningOffers::After) => line.paid.minus(tax)?,
                (EarningBase::Gross, EarningOffers::Before) => line.gross,
                (EarningBase::Net, EarningOffers::Before) => line.gross.minus(Money::sum(included)?)?,
            };
            let mut share = sale.currency.to_decimal(amount).checked_mul(self.times(line)).ok_or_else(overflow)?;
            if !on_points && by_points.is_positive() && worth.is_positive() {
                let rest = sale.currency.to_decimal(worth.minus(by_points)?).max(Decimal::ZERO);
                share = share.checked_mul(rest).ok_or_else(overflow)?;
                share = share.checked_div(sale.currency.to_decimal(worth)).ok_or_else(overflow)?;
            }
            let share = share.checked_mul(*points).and_then(|share| share.checked_div(*per)).ok_or_else(overflow)?;
            exact.push(share.max(Decimal::ZERO));
        }
        let sum = exact.iter().try_fold(Decimal::ZERO, |sum, share| sum.checked_add(*share)).ok_or_else(overflow)?;
        let whole = Rounding::to_minor_unit(*rounding).round_to_minor(sum, 0)?;
        // Points are whole, like a currency without decimal places.
        let shares = pos_money::allocate_exact(whole, &exact, Currency::from_code("JPY")?)?;
        Ok(goods.iter().map(|line| line.number).zip(shares.into_iter().map(Money::minor)).collect())
    }

    /// What so many points are worth, rounded down: points never buy more than they say.
    pub fn value_of(&self, points: i64, currency: Currency) -> Result<Money, Refusal> {
        let Redemption { points: of, value, .. } = self.redemption()?;
        let exact = Decimal::from(points).checked_mul(value).and_then(|worth| worth.checked_div(of.into()));
        Ok(currency.round(exact.ok_or(MoneyError::Overflow)?, Rounding::to_minor_unit(RoundingMode::Down))?)
    }

    /// The fewest points that are worth at least `amount`.
    pub fn points_for(&self, amount: Money, currency: Currency) -> Result<i64, Refusal> {
        let Redemption { points: of, value, .. } = self.redemption()?;
        let exact = currency.to_decimal(amount).checked_mul(of.into()).and_then(|points| points.checked_div(value));
        let up = Rounding::to_minor_unit(RoundingMode::Up);
        let points = up.round_to_minor(exact.ok_or(MoneyError::Overflow)?, 0)?;
        Ok(points.minor())
    }

    /// How points are redeemed, refused where they are not.
    pub fn redemption(&self) -> Result<Redemption, Refusal> {
        self.redeem.ok_or(Refusal::PointsNotRedeemable)
    }
}

/// Points of a line by programme.
pub fn figure(programme: &Arc<str>, earned: i64, redeemed: i64) -> PointFigure {
    PointFigure { program: programme.clone(), earned, redeemed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basket::{Basket, Event};
    use crate::pricing::fixture;
    use crate::pricing::priced::{LineTax, PricedBasket, PricedLine};
    use crate::returns::TakenBack;
    use crate::tender::Tender;
    use crate::transaction::Completion;

    /// A sale of lines (department, before offers, after offers; a fifth of what is paid is tax), part of it paid with points.
    fn sale(lines: &[(&str, i64, i64)], by_points: i64) -> Transaction {
        let cents = Money::from_minor;
        let mut basket = Basket::open(fixture::opening());
        let mut priced = PricedBasket::default();
        for (number, (department, gross, net)) in (1..).zip(lines) {
            let mut line = fixture::line(number, "SOAP", "1.00", 1);
            Arc::make_mut(&mut line.item).departments = vec![(*department).into()];
            basket.apply(Event::LineAdded(line)).unwrap();
            let tax = LineTax { code: "VAT".into(), included: true, base: cents(net * 4 / 5), amount: cents(net / 5) };
            let (gross, net) = (cents(*gross), cents(*net));
            priced.lines.push(PricedLine { number, gross, modifiers: vec![], net, taxes: vec![tax], paid: net });
            priced.total = priced.total.plus(net).unwrap();
            priced.gross = priced.gross.plus(gross).unwrap();
        }
        let total = priced.total.minor();
        priced.discount = priced.gross.minus(priced.total).unwrap();
        (priced.total_excluded, priced.total_tax) = (cents(total - total / 5), cents(total / 5));
        let mut tax = fixture::tax_total("VAT");
        (tax.base, tax.amount) = (priced.total_excluded, priced.total_tax);
        priced.taxes = vec![tax];
        for (kind, amount) in [(TenderKind::Points, by_points), (TenderKind::Cash, total - by_points)] {
            basket.apply(Event::TenderAdded(Tender::new(kind, cents(amount)))).unwrap();
        }
        let opening = fixture::opening();
        let completion = Completion {
            shop: &fixture::shop(1),
            shift: 1,
            business_date: opening.business_date,
            at: opening.at,
            extensions: &[],
            limited: &[],
            lots: None,
            refund_in_cash: false,
            approvals: &[],
        };
        Transaction::sale(&basket, &priced, &TakenBack::nothing(priced.total), completion).unwrap()
    }

    fn earned(earn: Earning, sale: &Transaction) -> Vec<i64> {
        let programme = Programme { id: "club".into(), earn, redeem: None };
        programme.earned(sale).unwrap().into_iter().map(|(_, points)| points).collect()
    }

    #[test]
    fn a_sale_earns_whole_points_and_its_lines_share_them() {
        let half = || Earning { per: Decimal::TWO, ..Earning::default() };
        let garden = Multiplier { times: Decimal::TWO, department: Some("Garden".into()), item: None };
        // 7.00 / 2 + 2 x 5.00 / 2 = 8.5: eight points, of which the lines get 3 and 5.
        let twice = Earning { multipliers: vec![garden], ..half() };
        let mixed = sale(&[("Books", 700, 700), ("Garden", 500, 500)], 0);
        assert_eq!(earned(twice.clone(), &mixed), [3, 5]);
        assert_eq!(earned(Earning { rounding: RoundingMode::Up, ..twice }, &mixed), [4, 5]);
        assert_eq!(earned(half(), &mixed), [4, 2], "six points of 12.00");
        // Before or after offers, with or without the tax in the price.
        let offer = sale(&[("Books", 1_000, 500)], 0);
        let figures = |base, offers| earned(Earning { base, offers, ..Earning::default() }, &offer);
        assert_eq!(figures(EarningBase::Gross, EarningOffers::After), [5]);
        assert_eq!(figures(EarningBase::Gross, EarningOffers::Before), [10]);
        assert_eq!(figures(EarningBase::Net, EarningOffers::After), [4]);
        assert_eq!(figures(EarningBase::Net, EarningOffers::Before), [9]);
        // What points paid for earns nothing, unless the programme says otherwise.
        let paid = sale(&[("Books", 1_000, 1_000), ("Books", 1_000, 1_000)], 1_500);
        assert_eq!(earned(Earning::default(), &paid), [3, 2]);
        assert_eq!(earned(Earning { on_points: true, ..Earning::default() }, &paid), [10, 10]);
        let free = sale(&[("Books", 1_000, 0)], 0);
        assert_eq!(earned(Earning::default(), &free), [0]);
    }

    #[test]
    fn points_are_worth_what_the_programme_says_and_never_more() {
        let redeem = Some(Redemption { kind: RewardKind::Tender, points: 150, value: Decimal::ONE });
        let programme = Programme { id: "club".into(), earn: Earning::default(), redeem };
        let euro = Currency::from_code("EUR").unwrap();
        for points in 1..=1_000 {
            let value = programme.value_of(points, euro).unwrap();
            assert!(value.minor() * 150 <= points * 100, "{points} points");
            let needed = programme.points_for(value, euro).unwrap();
            assert!(needed <= points, "{points} points buy {}, for which {needed} are needed", value.minor());
            assert_eq!(programme.value_of(needed, euro).unwrap(), value);
        }
        let none = Programme { redeem: None, ..programme };
        assert_eq!(none.value_of(1, euro), Err(Refusal::PointsNotRedeemable));
    }
}
