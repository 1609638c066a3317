//! Prices by hand, coupon codes, the customer and their points.

use super::paying::not_awaited;
use super::{Kernel, Open, storage_failed};
use pos_api::command::Discount;
use pos_api::{Amount, Reply};
use pos_domain::Refusal;
use pos_domain::basket::{Event, PriceSource};
use pos_domain::ids::{BasketId, LineNumber};
use pos_domain::lots::LotBook;
use pos_domain::loyalty::{Programme, Redeemed, RewardKind};
use pos_domain::pricing::manual::{self, ByHand, HandEffect};
use pos_domain::pricing::proposal::{CustomerFacts, LineKind};
use pos_domain::tender::{Tender, TenderKind};
use pos_domain::transaction::PointsOf;
use pos_money::{Decimal, Money, Rate, UnitPrice};
use std::sync::Arc;

/// The role of whoever serves, until people log on.
pub(super) const ROLE: &str = "cashier";
/// Longest number of a card, and longest coupon code.
const CODE_CHARS_MAX: usize = 64;
/// Codes that one basket takes.
const CODES_MAX: usize = 50;

impl Kernel {
    pub(super) fn discount_line(
        &mut self,
        basket: Option<BasketId>,
        line: LineNumber,
        discount: Option<Discount>,
        reason: &str,
    ) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        open.basket.lines_may_change()?;
        manual::may_be_repriced(open.basket.live_line(line)?)?;
        let by_hand = self.by_hand(&open, discount, reason)?;
        self.change_that_counts(open, Event::LineDiscounted { line, by_hand })
    }

    pub(super) fn discount_basket(
        &mut self,
        basket: Option<BasketId>,
        discount: Option<Discount>,
        reason: &str,
    ) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        open.basket.lines_may_change()?;
        if matches!(discount, Some(Discount::FinalPrice(_))) {
            let problem = "A final price is set on a line; a basket takes a rate or an amount.".into();
            return Err(Refusal::Malformed { problem });
        }
        let by_hand = self.by_hand(&open, discount, reason)?;
        self.change_that_counts(open, Event::BasketDiscounted(by_hand))
    }

    /// A discount that takes nothing off is refused, instead of being promised and not given.
    fn change_that_counts(&mut self, open: Open, event: Event) -> Result<Reply, Refusal> {
        let without = match &event {
            Event::LineDiscounted { line, by_hand: Some(_) } => {
                Some(Event::LineDiscounted { line: *line, by_hand: None })
            }
            Event::BasketDiscounted(Some(_)) => Some(Event::BasketDiscounted(None)),
            Event::RewardAdded(_) => None,
            _ => return self.change(open, event),
        };
        let taken_off = |event: Option<Event>| {
            let mut basket = open.basket.clone();
            event.map_or(Ok(()), |event| basket.apply(event))?;
            let tried = self.reprice(basket, Arc::clone(&open.rules), Arc::clone(&open.sales))?;
            let modifiers = tried.priced.basket.lines.iter().flat_map(|line| &line.modifiers);
            let by_hand =
                modifiers.filter(|one| [manual::SOURCE, manual::REWARD_SOURCE].contains(&&*one.source.extension));
            Ok::<Money, Refusal>(Money::sum(by_hand.map(|one| one.amount))?)
        };
        if taken_off(Some(event.clone()))? == taken_off(without)? {
            return Err(Refusal::DiscountOfNothing);
        }
        self.change(open, event)
    }

    fn by_hand(&self, open: &Open, discount: Option<Discount>, reason: &str) -> Result<Option<ByHand>, Refusal> {
        let Some(discount) = discount else { return Ok(None) };
        self.shop.manual.check_reason(reason)?;
        let effect = match discount {
            Discount::Rate(Amount(rate)) => HandEffect::Rate(Rate::from_fraction(rate)),
            Discount::Amount(Amount(amount)) => HandEffect::Amount(self.money(amount)?),
            Discount::FinalPrice(Amount(price)) => HandEffect::FinalPrice(self.money(price)?),
        };
        effect.check()?;
        Ok(Some(ByHand { effect, reason: reason.into(), by: open.basket.opening.cashier.clone() }))
    }

    pub(super) fn set_price(
        &mut self,
        basket: Option<BasketId>,
        number: LineNumber,
        price: Option<Decimal>,
        reason: &str,
    ) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        open.basket.lines_may_change()?;
        let mut line = open.basket.live_line(number)?.clone();
        manual::may_be_repriced(&line)?;
        match (price, &line.price_source) {
            (Some(price), _) => {
                self.shop.manual.check_reason(reason)?;
                if price.is_sign_negative() && !price.is_zero() {
                    return Err(Refusal::Malformed { problem: "A price is not negative.".into() });
                }
                let price = UnitPrice::per(price, line.quantity.unit);
                manual::set_price(&mut line, price, reason.into(), open.basket.opening.cashier.clone());
            }
            (None, PriceSource::ByHand { regular, .. }) => {
                line.price = *regular;
                line.price_source = if *regular == line.item.price { PriceSource::List } else { PriceSource::Code };
                line.price_locked = false;
            }
            // The regular price stands already.
            (None, _) => return Ok(self.keep(open)),
        }
        let (source, locked) = (line.price_source, line.price_locked);
        self.change(open, Event::PriceSet { line: number, price: line.price, source, locked })
    }

    pub(super) fn add_code(&mut self, basket: Option<BasketId>, code: &str) -> Result<Reply, Refusal> {
        let open = self.find_or_open(basket)?;
        let code = code_of("coupon code", code)?;
        if open.basket.codes.contains(&code) {
            return Ok(self.keep(open));
        }
        if open.basket.codes.len() >= CODES_MAX {
            return Err(Refusal::Malformed { problem: format!("A basket takes {CODES_MAX} codes at most.") });
        }
        self.change(open, Event::CodeAdded(code))
    }

    pub(super) fn remove_code(&mut self, basket: Option<BasketId>, code: &str) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        open.basket.lines_may_change()?;
        match open.basket.codes.iter().find(|known| &***known == code).cloned() {
            Some(code) => self.change(open, Event::CodeRemoved(code)),
            None => Ok(self.keep(open)),
        }
    }

    pub(super) fn set_customer(&mut self, basket: Option<BasketId>, card: Option<&str>) -> Result<Reply, Refusal> {
        let open = self.find_or_open(basket)?;
        let customer = match card {
            None => None,
            Some(card) => {
                let id = code_of("customer", card)?;
                let points = self.spendable(&id)?;
                Some(Arc::new(CustomerFacts { id, points, ..CustomerFacts::default() }))
            }
        };
        self.change(open, Event::CustomerSet(customer))
    }

    // ------------------------------------------------------------ points

    /// Points a customer can spend now: what was earned too lately is still pending.
    pub(super) fn spendable(&self, customer: &Arc<str>) -> Result<i64, Refusal> {
        let Some(programme) = &self.shop.loyalty else { return Ok(0) };
        let account = PointsOf { programme: programme.id.clone(), customer: customer.clone() }.ledger_account();
        let today = self.shift_now().business_date;
        Ok(LotBook::spendable(&self.store.lots(&account).map_err(storage_failed)?, today))
    }

    /// Points in lots, of everybody whose points a basket moves.
    pub(super) fn lots_of(&self, open: &Open) -> Result<LotBook, Refusal> {
        let mut book = LotBook::default();
        let customer = open.basket.customer.as_ref().map(|customer| customer.id.clone());
        let programme = self.shop.loyalty.as_ref().map(|programme| programme.id.clone());
        let buyer = programme.zip(customer).map(|(programme, customer)| PointsOf { programme, customer });
        let refunds = &open.priced.taken.refunds;
        let steps = refunds.iter().flat_map(|refund| &refund.plan.steps);
        let back = refunds.iter().filter_map(|refund| refund.points_of.clone());
        let back = back.chain(steps.filter_map(|step| step.points_of.clone()));
        for points_of in buyer.into_iter().chain(back) {
            let account: Arc<str> = points_of.ledger_account().into();
            let lots = self.store.lots(&account).map_err(storage_failed)?;
            book.lots.insert(account, lots);
        }
        book.spent = open.sales.iter().map(|(number, sale)| (*number, sale.spent.clone())).collect();
        Ok(book)
    }

    pub(super) fn redeem_points(&mut self, basket: Option<BasketId>, asked: Option<i64>) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        let programme = self.shop.loyalty.clone().ok_or(Refusal::PointsNotRedeemable)?;
        let kind = programme.redemption()?.kind;
        let customer = open.basket.customer.as_ref().ok_or(Refusal::CustomerNeeded)?;
        if open.basket.live_lines().next().is_none() {
            return Err(Refusal::BasketEmpty);
        }
        not_awaited(&open)?;
        let left = self.spendable(&customer.id)?.saturating_sub(points_in(&open));
        let most = match kind {
            RewardKind::Tender => self.settlement(&open)?.due,
            RewardKind::Discount => {
                open.basket.lines_may_change()?;
                // A deposit is paid in full.
                let is_goods = |number| open.basket.line(number).is_ok_and(|line| line.kind != LineKind::Deposit);
                let goods = open.priced.basket.lines.iter();
                let goods = goods.filter(|line| line.net.is_positive() && is_goods(line.number));
                Money::sum(goods.map(|line| line.net))?
            }
        };
        if !most.is_positive() {
            return Err(Refusal::NothingDue);
        }
        let (points, value) = self.worth(&programme, asked, left, most)?;
        let event = match kind {
            RewardKind::Tender => {
                if let Some(blocked) = &open.priced.blocked {
                    return Err(blocked.clone());
                }
                Event::TenderAdded(Tender { points, ..Tender::new(TenderKind::Points, value) })
            }
            RewardKind::Discount => Event::RewardAdded(Redeemed { programme: programme.id.clone(), points, value }),
        };
        match kind {
            RewardKind::Tender => self.change(open, event),
            RewardKind::Discount => self.change_that_counts(open, event),
        }
    }

    /// How many points are taken, and for how much.
    fn worth(
        &self,
        programme: &Programme,
        asked: Option<i64>,
        left: i64,
        most: Money,
    ) -> Result<(i64, Money), Refusal> {
        let currency = self.shop.currency;
        let useful = programme.points_for(most, currency)?;
        let points = asked.unwrap_or(left.min(useful));
        if points <= 0 {
            return Err(Refusal::PointsMissing { asked: asked.unwrap_or(1), points: left });
        }
        if points > left {
            return Err(Refusal::PointsMissing { asked: points, points: left });
        }
        if points > useful {
            let due = currency.to_decimal(most);
            return Err(Refusal::TenderGivesNoChange { kind: TenderKind::Points.to_string(), due });
        }
        let value = programme.value_of(points, currency)?.min(most);
        if !value.is_positive() {
            return Err(Refusal::TenderMustBePositive);
        }
        Ok((points, value))
    }

    /// Refused if the points of a basket were spent elsewhere since they were taken here.
    pub(super) fn check_points(&self, open: &Open) -> Result<(), Refusal> {
        let asked = points_in(open);
        if asked == 0 {
            return Ok(());
        }
        let customer = open.basket.customer.as_ref().ok_or(Refusal::CustomerNeeded)?;
        let points = self.spendable(&customer.id)?;
        if asked > points { Err(Refusal::PointsMissing { asked, points }) } else { Ok(()) }
    }
}

/// Points that a basket will spend.
fn points_in(open: &Open) -> i64 {
    let tendered = open.basket.tenders.iter().map(|tender| tender.points);
    let rewards = open.basket.rewards.iter().map(|reward| reward.points);
    tendered.chain(rewards).fold(0, i64::saturating_add)
}

fn code_of(what: &str, text: &str) -> Result<Arc<str>, Refusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= CODE_CHARS_MAX && !text.chars().any(char::is_control);
    if fits {
        return Ok(text.into());
    }
    Err(Refusal::Malformed { problem: format!("A {what} has 1 to {CODE_CHARS_MAX} visible characters.") })
}
