//! Goods that offers add: put into the basket when they are earned, taken out when they are not any more.

use super::{Kernel, Open, storage_failed};
use pos_api::Reply;
use pos_domain::Refusal;
use pos_domain::basket::{Basket, Event, Gift, Line, PriceSource};
use pos_domain::catalogue::Item;
use pos_domain::ids::BasketId;
use pos_domain::pricing::proposal::{Effect, Grant, LineKind, Message, Notice, Severity};
use pos_money::{Currency, Decimal, MoneyError, Quantity, UnitPrice};
use std::sync::Arc;

/// Gifts can earn gifts; offers that feed on each other are stopped.
const ROUNDS_MAX: usize = 4;

impl Kernel {
    /// Adds and removes gifts until the basket holds those that are earned; answers the events that did it.
    pub(super) fn settle_gifts(&self, mut open: Open) -> Result<(Open, Vec<Event>), Refusal> {
        let mut done = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let (events, notices) = self.gift_events(&open)?;
            if events.is_empty() {
                Arc::make_mut(&mut open.priced).basket.notices.extend(notices);
                break;
            }
            let Open { mut basket, rules, priced: _, sales } = open;
            for event in &events {
                basket.apply(event.clone())?;
            }
            done.extend(events);
            open = self.reprice(basket, rules, sales)?;
        }
        Ok((open, done))
    }

    /// What has to happen for the gifts of a basket to be those its offers grant.
    fn gift_events(&self, open: &Open) -> Result<(Vec<Event>, Vec<Notice>), Refusal> {
        let (basket, grants) = (&open.basket, &open.priced.basket.grants);
        let (mut events, mut notices) = (Vec::new(), Vec::new());
        let mut offers: Vec<&Arc<str>> = Vec::new();
        let held = basket.live_lines().filter_map(|line| line.gift.as_ref()).map(|gift| &gift.offer);
        for offer in grants.iter().map(|grant| &grant.offer).chain(held) {
            if !offers.contains(&offer) {
                offers.push(offer);
            }
        }
        let mut next_number = basket.next_line_number();
        for offer in offers {
            let granted = quantity_granted(grants, offer)?;
            let mut surplus = quantity_taken(basket, offer)? - granted;
            for line in basket.lines.iter().rev().filter(|line| is_gift_of(line, offer)) {
                if surplus <= Decimal::ZERO {
                    break;
                }
                let left = (line.quantity.value - surplus).max(Decimal::ZERO);
                surplus -= line.quantity.value - left;
                let quantity = Quantity::new(left, line.quantity.unit);
                events.push(Event::GiftSet { line: line.number, quantity });
            }
            let Some(grant) = grants.iter().find(|grant| grant.offer == *offer) else { continue };
            let ([only], true, false) = (&*grant.items, grant.automatic, basket.declined.contains(offer)) else {
                continue;
            };
            if surplus >= Decimal::ZERO {
                continue;
            }
            let Some(item) = self.store.item(only).map_err(storage_failed)? else {
                notices.push(not_on_file(offer, only));
                continue;
            };
            match basket.lines.iter().find(|line| is_gift_of(line, offer) && line.item.id == item.id) {
                Some(line) => {
                    let quantity = Quantity::new(line.quantity.value - surplus, line.quantity.unit);
                    events.push(Event::GiftSet { line: line.number, quantity });
                }
                None => {
                    let gift = gift_line(next_number, item, -surplus, grant, self.shop.currency)?;
                    // Given away is the drink, not its bottle.
                    let deposits = self.deposits_of(&gift)?;
                    events.push(Event::GiftAdded(gift));
                    events.extend(deposits);
                    next_number = basket.next_line_number() + added(&events);
                }
            }
        }
        Ok((events, notices))
    }

    /// Takes one of the gifts an offer lets the customer choose from.
    pub(super) fn take_gift(&mut self, basket: Option<BasketId>, offer: &str, item: &str) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        open.basket.lines_may_change()?;
        let grants = &open.priced.basket.grants;
        let offer: Arc<str> = offer.into();
        let grant = grants.iter().find(|grant| grant.offer == offer).cloned().ok_or(Refusal::NoSuchGift)?;
        if !grant.items.iter().any(|choice| &**choice == item) {
            return Err(Refusal::NoSuchGift);
        }
        if quantity_taken(&open.basket, &offer)? >= quantity_granted(grants, &offer)? {
            return Err(Refusal::NoSuchGift);
        }
        let found = self.store.item(item).map_err(storage_failed)?;
        let found = found.ok_or_else(|| Refusal::ItemNotOnFile { code: item.to_owned() })?;
        let line = gift_line(open.basket.next_line_number(), found, Decimal::ONE, &grant, self.shop.currency)?;
        let events = self.with_deposits(line)?;
        self.change_all(open, events)
    }
}

/// How many lines events add.
fn added(events: &[Event]) -> u32 {
    let adds = |event: &Event| u32::from(matches!(event, Event::GiftAdded(_) | Event::DepositAdded(_)));
    events.iter().map(adds).sum()
}

fn is_gift_of(line: &Line, offer: &Arc<str>) -> bool {
    !line.voided && line.gift.as_ref().is_some_and(|gift| gift.offer == *offer)
}

fn sum(mut quantities: impl Iterator<Item = Decimal>) -> Result<Decimal, Refusal> {
    let sum = quantities.try_fold(Decimal::ZERO, Decimal::checked_add);
    sum.ok_or_else(|| MoneyError::Overflow.into())
}

fn quantity_granted(grants: &[Grant], offer: &Arc<str>) -> Result<Decimal, Refusal> {
    sum(grants.iter().filter(|grant| grant.offer == *offer).map(|grant| grant.qty.value.max(Decimal::ZERO)))
}

/// What of an offer's gifts is in the basket.
pub(crate) fn quantity_taken(basket: &Basket, offer: &Arc<str>) -> Result<Decimal, Refusal> {
    sum(basket.lines.iter().filter(|line| is_gift_of(line, offer)).map(|line| line.quantity.value))
}

/// A gift's price is what the offer makes of the regular one; other offers leave it alone.
fn gift_line(
    number: u32,
    item: Arc<Item>,
    quantity: Decimal,
    grant: &Grant,
    currency: Currency,
) -> Result<Line, Refusal> {
    let overflow = || Refusal::from(MoneyError::Overflow);
    let quantity = Quantity::new(quantity, item.unit);
    let each = |value: Decimal| UnitPrice { value: value.max(Decimal::ZERO), ..item.price };
    let price = match grant.effect {
        Effect::RateOff(rate) => {
            let rest = Decimal::ONE.checked_sub(rate.fraction()).ok_or_else(overflow)?;
            each(item.price.value.checked_mul(rest).ok_or_else(overflow)?.normalize())
        }
        Effect::AmountOff(amount) => each(item.price.value - currency.to_decimal(amount)),
        Effect::FixedPrice(price) => price,
        Effect::BundlePrice(price) => UnitPrice { value: currency.to_decimal(price), per: grant.qty },
    };
    let offer = grant.offer.clone();
    Ok(Line {
        price,
        price_source: PriceSource::Gift { regular: item.price, offer: offer.clone() },
        price_locked: true,
        gift: Some(Gift { offer }),
        ..Line::new(number, LineKind::Sale, item, quantity)
    })
}

fn not_on_file(offer: &str, item: &str) -> Notice {
    let text = format!("The gift of offer {offer}, article {item}, is not on file. Tell the manager.");
    Notice { severity: Severity::Warning, message: Message::text(text), lines: Vec::new() }
}
