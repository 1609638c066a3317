//! Goods that come back: by their receipt, or without one under the shop's limits.

use super::paying::owed_to_cards;
use super::{Found, Kernel, Open, committed_reply, deposits, storage_failed};
use pos_api::Reply;
use pos_domain::Refusal;
use pos_domain::basket::{Basket, Event, Line, Opening, Origin, PriceSource, SoldAs, Tied};
use pos_domain::catalogue::{Deposit, Item};
use pos_domain::ids::{BasketId, LineNumber, ReceiptNumber};
use pos_domain::pricing::proposal::{CustomerFacts, LineKind};
use pos_domain::returns::no_receipt::{self, UnreceiptedLine};
use pos_domain::returns::{EarlierSale, Kept, comes_back_on};
use pos_domain::till::check_reason_text;
use pos_domain::time::LocalTime;
use pos_domain::transaction::{TransactionKind, TransactionLine};
use pos_money::{Decimal, MoneyError, Quantity, Rounding};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The sales of which a basket takes something back, by receipt number.
pub(crate) type Sales = Arc<BTreeMap<ReceiptNumber, EarlierSale>>;

/// What was asked to come back.
pub(super) struct Asked<'a> {
    pub(super) quantity: Option<Decimal>,
    pub(super) reason: &'a str,
    pub(super) waste: bool,
}

impl Kernel {
    /// The basket named, the only one there is, or a new one.
    pub(super) fn find_or_open(&mut self, basket: Option<BasketId>) -> Result<Open, Refusal> {
        let nothing_at_hand = self.open.values().all(|open| open.basket.suspended.is_some());
        let open = match (basket, nothing_at_hand) {
            (None, true) => self.open_basket(None, None)?,
            _ => self.find(basket)?,
        };
        open.basket.lines_may_change()?;
        // A basket opened here is kept even if its first step is refused: its opening is already queued.
        self.open.entry(open.basket.id()).or_insert_with(|| open.clone());
        Ok(open)
    }

    pub(super) fn return_item(
        &mut self,
        basket: Option<BasketId>,
        from: SoldAs,
        asked: &Asked<'_>,
    ) -> Result<Reply, Refusal> {
        let SoldAs { number, line } = from;
        check_reason_text(asked.reason)?;
        let reasons = &self.shop.returns.reasons;
        if !reasons.is_empty() && !reasons.iter().any(|known| &**known == asked.reason) {
            let known = reasons.join(", ");
            let action = "take goods back".to_owned();
            return Err(Refusal::ReasonNotAccepted { reason: asked.reason.to_owned(), action, known });
        }
        let sale = self.earlier_sale(number)?;
        deposits::not_by_itself(&sale, from)?;
        let (item, quantity) = self.comes_back(&sale, line, asked.quantity)?;
        let mut open = self.find_or_open(basket)?;
        if let Some(already) = comes_back_on(&open.basket, from) {
            return Err(Refusal::ReturnedHereAlready { number, line, already });
        }
        let line = returned_line(&sale, from, item, quantity, open.basket.next_line_number(), asked)?;
        let events = returned_with_deposits(&sale, from, line, asked)?;
        Arc::make_mut(&mut open.sales).insert(number, sale);
        self.change_all(open, events)
    }

    /// Voids a receipt: a basket of its own takes all of it back at once, on the tenders it was paid with.
    pub(super) fn post_void(&mut self, number: ReceiptNumber, reason: &str) -> Result<Reply, Refusal> {
        let later = self.store.returns_of(number).map_err(storage_failed)?;
        if let Some(void) = later.iter().find(|later| later.transaction.voids == Some(number)) {
            // Voided before: the answer is the same as then.
            return Ok(committed_reply(void));
        }
        if reason.trim().is_empty() {
            let (reason, action, known) = (String::new(), "void a receipt".to_owned(), String::new());
            return Err(Refusal::ReasonNotAccepted { reason, action, known });
        }
        check_reason_text(reason)?;
        let sale = self.earlier_sale(number)?;
        let cannot = |problem: &str| Refusal::CannotVoid { number, problem: problem.to_owned() };
        let transaction = &sale.committed.transaction;
        if transaction.kind != TransactionKind::Sale {
            return Err(Refusal::NotASale { number });
        }
        if !later.is_empty() {
            return Err(cannot("part of it came back already"));
        }
        if self.shift.as_ref().is_none_or(|shift| shift.shift != transaction.shift) {
            return Err(cannot("its shift is closed, and its figures stand"));
        }
        let open = self.open_basket(None, Some(number))?;
        let id = open.basket.id();
        self.open.insert(id, open.clone());
        let done = self.take_all_back(open, sale, reason);
        if done.is_err() {
            // Nothing stays of what could not be voided but the record that it was tried.
            self.cancel(Some(id))?;
        }
        done
    }

    fn take_all_back(&mut self, mut open: Open, sale: EarlierSale, reason: &str) -> Result<Reply, Refusal> {
        let (id, number) = (open.basket.id(), sale.committed.number);
        let asked = Asked { quantity: None, reason, waste: false };
        let sold = sale.committed.transaction.lines.iter();
        let sold = sold.filter(|line| !line.voided && line.kind != LineKind::Note);
        let (mut events, mut here) = (Vec::new(), open.basket.next_line_number());
        // Deposits come back behind their articles.
        for line in sold.filter(|line| line.deposit_of.is_none()) {
            let (item, quantity) = self.comes_back(&sale, line.number, None)?;
            let from = SoldAs { number, line: line.number };
            let back = returned_line(&sale, from, item, quantity, here, &asked)?;
            let added = returned_with_deposits(&sale, from, back, &asked)?;
            here += LineNumber::try_from(added.len()).map_err(|_| MoneyError::Overflow)?;
            events.extend(added);
        }
        Arc::make_mut(&mut open.sales).insert(number, sale);
        self.change_all(open, events)?;
        let by_card = self.open.get(&id).map(owed_to_cards).transpose()?.is_some_and(|owed| owed.is_positive());
        // Paid by card it is done once the terminal has paid it back.
        if by_card { self.tender_card(Some(id), None) } else { self.complete(Some(id)) }
    }

    /// The article of a sold line, and how much of it comes back.
    fn comes_back(
        &self,
        sale: &EarlierSale,
        line: LineNumber,
        asked: Option<Decimal>,
    ) -> Result<(Arc<Item>, Decimal), Refusal> {
        let sold = sale.sold.line(line)?;
        let recorded = sale.committed.transaction.lines.iter().find(|known| known.number == line);
        let recorded = recorded.ok_or(Refusal::LineNotReturnable { line })?;
        let left = sold.whole.quantity - sale.returned.of_line(line).quantity;
        let item = Arc::new(item_of(recorded));
        let quantity = match asked {
            Some(quantity) => self.checked_quantity(&item, Some(quantity))?.value,
            None if left.is_zero() => {
                let (sold, returned) = (sold.whole.quantity, sold.whole.quantity);
                return Err(Refusal::ReturnExceedsSold { line, sold, returned, asked: Decimal::ONE });
            }
            None => left.abs(),
        };
        // What comes back stands in the basket with the other sign than it was sold with.
        Ok((item, if sold.whole.quantity.is_sign_negative() { quantity } else { -quantity }))
    }

    pub(super) fn return_without_receipt(
        &mut self,
        basket: Option<BasketId>,
        scan: &str,
        asked: &Asked<'_>,
    ) -> Result<Reply, Refusal> {
        let entry = pos_domain::scan::parse_entry(scan)?;
        let found = self.look_up(&entry.code);
        let is_deposit = found.as_ref().is_ok_and(|found| found.item.deposit == Deposit::Itself);
        if self.shop.returns.no_receipt.is_none() && !is_deposit {
            return Err(Refusal::ReceiptNeeded);
        }
        let Found { item, quantity: carried, .. } = found?;
        let asked_quantity = asked.quantity.or(entry.quantity);
        if item.deposit == Deposit::Itself {
            return self.take_empties(basket, &entry.code, item, asked_quantity.unwrap_or(Decimal::ONE));
        }
        let quantity = self.checked_quantity(&item, asked_quantity.or(carried))?;
        let open = self.find_or_open(basket)?;
        let line = Line {
            code: entry.code.as_str().into(),
            price_locked: true,
            origin: Some(Origin { sold: None, reason: asked.reason.into(), wasted: asked.waste }),
            ..Line::new(
                open.basket.next_line_number(),
                LineKind::Return,
                item,
                Quantity::new(-quantity.value, quantity.unit),
            )
        };
        let events = self.with_deposits(line)?;
        self.change_all(open, events)
    }

    /// Refuses a basket that takes back more without a receipt than the shop allows.
    pub(super) fn check_unreceipted(&self, basket: &Basket) -> Result<(), Refusal> {
        let mut lines = Vec::new();
        let mut reasons: Vec<&str> = Vec::new();
        for line in basket.live_lines() {
            let Some(Origin { sold: None, reason, .. }) = &line.origin else { continue };
            let quantity = Quantity::new(line.quantity.value.abs(), line.quantity.unit);
            lines.push(UnreceiptedLine { kind: line.kind, quantity, price: line.price });
            reasons.push(reason);
        }
        reasons.sort_unstable();
        reasons.dedup();
        if lines.is_empty() {
            return Ok(());
        }
        let today = self.store.shift_totals().map_err(storage_failed)?.unwrap_or_default().unreceipted;
        let limits = self.shop.returns.no_receipt.as_ref();
        for reason in reasons {
            no_receipt::refund(limits, &lines, reason, today, self.shop.currency, Rounding::HALF_UP)?;
        }
        Ok(())
    }

    /// A sale as far as returns go.
    pub(super) fn earlier_sale(&self, number: ReceiptNumber) -> Result<EarlierSale, Refusal> {
        let found = self.store.transaction(number).map_err(storage_failed)?;
        let sale = Arc::new(found.ok_or(Refusal::ReceiptNotFound { number })?);
        let later = self.store.returns_of(number).map_err(storage_failed)?;
        EarlierSale::of(sale, &later, self.shop.cash_rounding)
    }

    /// The basket with its sales read anew: another basket may have taken something of them back since.
    pub(super) fn with_sales_as_they_are(&self, open: Open) -> Result<Open, Refusal> {
        if open.sales.is_empty() {
            return Ok(open);
        }
        let sales = self.sales_of(&open.basket)?;
        self.reprice(open.basket, open.rules, sales)
    }

    /// The sales a restored basket takes something back of.
    pub(super) fn sales_of(&self, basket: &Basket) -> Result<Sales, Refusal> {
        let mut sales = BTreeMap::new();
        for line in &basket.lines {
            let Some(Origin { sold: Some(SoldAs { number, .. }), .. }) = &line.origin else { continue };
            if !sales.contains_key(number) {
                sales.insert(*number, self.earlier_sale(*number)?);
            }
        }
        Ok(Arc::new(sales))
    }

    /// What a customer keeps of a sale, as a basket to be priced again: the same goods, prices and codes at the same
    /// time. What is not on record of an article (its tags, its further departments) is taken from the catalogue.
    pub(super) fn basket_of_kept(&self, sale: &EarlierSale, kept: &[Kept]) -> Result<Basket, Refusal> {
        let sold = &sale.committed.transaction;
        let mut basket = Basket::open(Opening {
            id: sold.basket,
            at: sold.opened_at,
            now: LocalTime::at(sold.opened_at, self.shop.zone.clone()),
            business_date: sold.business_date,
            cashier: sold.cashier.clone(),
            external_reference: None,
            voids: None,
            rule_set: sold.rule_set.clone(),
        });
        basket.codes = sold.codes.clone();
        let facts = |id: &Arc<str>| Arc::new(CustomerFacts { id: id.clone(), ..CustomerFacts::default() });
        basket.customer = sold.customer.as_ref().map(facts);
        for line in &sold.lines {
            let Some(kept) = kept.iter().find(|kept| kept.line == line.number) else { continue };
            let known = self.store.item(&line.item).map_err(storage_failed)?;
            let recorded = item_of(line);
            let item = known.map_or(recorded.clone(), |known| Item {
                price: recorded.price,
                tax_class: recorded.tax_class.clone(),
                ..Item::clone(&known)
            });
            basket.lines.push(Line {
                code: line.code.clone(),
                price: line.price,
                price_locked: matches!(line.price_source, PriceSource::ByHand { .. } | PriceSource::Gift { .. }),
                price_source: line.price_source.clone(),
                attrs: line.attrs.clone().into(),
                ..Line::new(line.number, line.kind, Arc::new(item), kept.quantity)
            });
        }
        Ok(basket)
    }

    /// How much of a line, with the sign it stands with in the basket.
    pub(super) fn quantity_of_line(&self, line: &Line, asked: Decimal) -> Result<Quantity, Refusal> {
        let quantity = self.checked_quantity(&line.item, Some(asked))?;
        let mirrored = line.quantity.value.is_sign_negative();
        Ok(if mirrored { Quantity::new(-quantity.value, quantity.unit) } else { quantity })
    }
}

/// A sold line as it stands in the basket in which it comes back.
fn returned_line(
    sale: &EarlierSale,
    from: SoldAs,
    item: Arc<Item>,
    quantity: Decimal,
    number: LineNumber,
    asked: &Asked<'_>,
) -> Result<Line, Refusal> {
    let unit = sale.sold.line(from.line)?.unit;
    let recorded = sale.committed.transaction.lines.iter().find(|known| known.number == from.line);
    let recorded = recorded.ok_or(Refusal::LineNotReturnable { line: from.line })?;
    Ok(Line {
        code: recorded.code.clone(),
        price: recorded.price,
        price_source: recorded.price_source.clone(),
        price_locked: true,
        origin: Some(Origin { sold: Some(from), reason: asked.reason.into(), wasted: asked.waste }),
        ..Line::new(
            number,
            if recorded.kind == LineKind::Deposit { LineKind::Deposit } else { LineKind::Return },
            item,
            Quantity::new(quantity, unit),
        )
    })
}

/// A line that comes back, and behind it the deposits that were charged with it.
fn returned_with_deposits(
    sale: &EarlierSale,
    from: SoldAs,
    line: Line,
    asked: &Asked<'_>,
) -> Result<Vec<Event>, Refusal> {
    let mut deposits = Vec::new();
    for (here, (deposit, each)) in (line.number + 1..).zip(deposits::sold_with(sale, from.line)?) {
        let from = SoldAs { line: deposit.number, ..from };
        let tied = Tied { to: line.number, each };
        let quantity = tied.quantity(line.quantity)?.value;
        let back = returned_line(sale, from, Arc::new(item_of(deposit)), quantity, here, asked)?;
        deposits.push(Event::DepositAdded(Line { tied: Some(tied), ..back }));
    }
    Ok(std::iter::once(Event::LineAdded(line)).chain(deposits).collect())
}

/// The article of a recorded line, as it was sold.
pub(super) fn item_of(line: &TransactionLine) -> Item {
    Item {
        id: line.item.clone(),
        name: line.name.clone(),
        codes: vec![line.code.clone()],
        price: line.price,
        unit: line.quantity.unit,
        departments: vec![line.department.clone()],
        tags: Vec::new(),
        tax_class: line.tax_class.clone(),
        cost: None,
        reorder: None,
        discountable: true,
        deposit: Default::default(),
    }
}
