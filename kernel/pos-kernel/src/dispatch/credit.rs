//! Money taken for later, and spent: gift cards, store credit, accounts, deposits.

use super::paying::payable;
use super::{Kernel, storage_failed};
use pos_api::Reply;
use pos_api::view::CreditView;
use pos_domain::Refusal;
use pos_domain::basket::{Event, Line, PriceSource, RefundTo};
use pos_domain::catalogue::Item;
use pos_domain::credit::{holder, is_voucher, prepaid, shown, voucher_account};
use pos_domain::ids::BasketId;
use pos_domain::order;
use pos_domain::pricing::proposal::LineKind;
use pos_domain::tender::{Tender, TenderKind};
use pos_money::{Decimal, Money, Quantity};
use std::sync::Arc;

impl Kernel {
    /// A line for money that goes onto a gift card, or that a customer pays of what they owe.
    pub(super) fn take_for_later(
        &mut self,
        basket: Option<BasketId>,
        kind: TenderKind,
        name: &str,
        amount: Decimal,
    ) -> Result<Reply, Refusal> {
        let name = holder(name)?;
        let money = self.money(amount)?;
        if !money.is_positive() {
            return Err(Refusal::TenderMustBePositive);
        }
        let held = self.store.credit_of(&kind.account(Some(name))).map_err(storage_failed)?;
        match kind {
            TenderKind::GiftCard => {
                let none = || Refusal::NotInThisShop { what: "Gift cards are not sold".to_owned() };
                let most = self.shop.credit.gift_card_max.ok_or_else(none)?;
                let amount = self.shop.currency.to_decimal(held.plus(money)?.plus(self.prepaid_here(kind, name)?)?);
                if amount > most {
                    return Err(Refusal::GiftCardTooLarge { amount, most });
                }
            }
            TenderKind::OnAccount => {
                let owes = held.negated()?.minus(self.prepaid_here(kind, name)?)?;
                if money > owes {
                    let available = self.shop.currency.to_decimal(owes.max(Money::ZERO));
                    return Err(Refusal::RunsOut { what: format!("The account of {name}"), available });
                }
            }
            _ => {}
        }
        self.add_prepaid(basket, kind, name, amount)
    }

    /// Adds the line; a negative amount pays out.
    pub(super) fn add_prepaid(
        &mut self,
        basket: Option<BasketId>,
        kind: TenderKind,
        name: &str,
        amount: Decimal,
    ) -> Result<Reply, Refusal> {
        self.add_money_line(basket, prepaid(kind, name, amount.abs(), ""), name, amount.is_sign_negative())
    }

    /// A voucher that buys one kind of goods only: taxed when it is sold, and spent as a line of its own, with its tax back,
    /// since the goods it pays for are taxed.
    pub(super) fn voucher(
        &mut self,
        basket: Option<BasketId>,
        card: &str,
        amount: Decimal,
        spent: bool,
    ) -> Result<Reply, Refusal> {
        let card = holder(card)?;
        let none = || Refusal::NotInThisShop { what: "Single-purpose vouchers are not sold".to_owned() };
        let class = self.shop.credit.single_purpose_class.clone().ok_or_else(none)?;
        let most = self.shop.credit.gift_card_max.ok_or_else(none)?;
        let money = self.money(amount)?;
        if !money.is_positive() {
            return Err(Refusal::TenderMustBePositive);
        }
        if !spent {
            // As it is sold, with its tax: what is on it already stands without.
            let held = self.store.credit_of(&voucher_account(card)).map_err(storage_failed)?;
            let here = self.put_here(&voucher_account(card))?;
            let amount = self.shop.currency.to_decimal(held.plus(money)?.plus(here)?);
            if amount > most {
                return Err(Refusal::GiftCardTooLarge { amount, most });
            }
        }
        if spent {
            let open = self.find(basket)?;
            let due = self.settlement(&open)?.due;
            if money > due {
                let due = self.shop.currency.to_decimal(due);
                return Err(Refusal::TenderGivesNoChange { kind: "voucher".to_owned(), due });
            }
        }
        let item = Item {
            id: voucher_account(card).into(),
            name: format!("Voucher {}", shown(card)).into(),
            departments: vec!["Voucher".into()],
            ..prepaid(TenderKind::GiftCard, card, amount, &class)
        };
        let reply = self.add_money_line(basket, item, card, spent)?;
        match reply.basket {
            Some(id) if spent => self.check_vouchers(id).map(|()| reply).inspect_err(|_| self.forget_last_line(id)),
            _ => Ok(reply),
        }
    }

    /// Refuses vouchers that hold less than is spent of them, tax left aside, and vouchers for nothing.
    pub(super) fn check_vouchers(&self, basket: BasketId) -> Result<(), Refusal> {
        let Some(open) = self.open.get(&basket) else { return Ok(()) };
        let spends = |line: &&Line| is_voucher(&line.item) && line.quantity.value.is_sign_negative();
        for line in open.basket.live_lines().filter(spends) {
            if open.priced.basket.total.is_negative() {
                return Err(Refusal::NotInThisShop { what: "Vouchers are not paid out".to_owned() });
            }
            let Some(priced) = open.priced.basket.line(line.number) else { continue };
            let tax = Money::sum(priced.taxes.iter().map(|tax| tax.amount))?;
            let spent = tax.minus(priced.paid)?;
            let held = self.store.credit_of(&line.item.id).map_err(storage_failed)?;
            if spent > held {
                let available = self.shop.currency.to_decimal(held.max(Money::ZERO));
                return Err(Refusal::RunsOut {
                    what: format!("Voucher {}, tax left aside,", shown(&line.code)),
                    available,
                });
            }
            // Its tax was paid at the rate of one kind of goods: it buys those and no others.
            let class = &line.item.tax_class;
            let of_its_class = |other: &&Line| other.kind == LineKind::Sale && other.item.tax_class == *class;
            let paid = |line: &Line| open.priced.basket.line(line.number).map(|priced| priced.paid);
            let goods = Money::sum(open.basket.live_lines().filter(of_its_class).filter_map(paid))?;
            // One that comes back is not spent.
            let vouchers = open.basket.live_lines().filter(spends).filter(|other| other.origin.is_none());
            let vouchers = vouchers.filter(|other| other.item.tax_class == *class);
            let spent = Money::sum(vouchers.filter_map(paid))?.negated()?;
            if spent > goods {
                let problem = format!(
                    "Vouchers for goods taxed as \"{class}\" pay for such goods only: {} of them are here.",
                    self.shop.currency.to_decimal(goods.max(Money::ZERO))
                );
                return Err(Refusal::Malformed { problem });
            }
        }
        Ok(())
    }

    /// Takes a line back that turned out not to be possible.
    fn forget_last_line(&mut self, basket: BasketId) {
        let Some(open) = self.open.get(&basket).cloned() else { return };
        if let Err(refusal) = self.change(open, Event::Undone) {
            tracing::error!(%basket, "a line that is not possible could not be taken back: {refusal}");
        }
    }

    fn add_money_line(
        &mut self,
        basket: Option<BasketId>,
        item: Item,
        name: &str,
        is_paid_out: bool,
    ) -> Result<Reply, Refusal> {
        let item = Arc::new(item);
        let open = self.find_or_open(basket)?;
        let line = Line {
            code: name.into(),
            price_source: PriceSource::Given,
            price_locked: true,
            ..Line::new(
                open.basket.next_line_number(),
                LineKind::GiftCard,
                item,
                Quantity::pieces(if is_paid_out { -1 } else { 1 }),
            )
        };
        self.change(open, Event::LineAdded(line))
    }

    /// Pays with what somebody holds; as much as there is and is of use if no amount is named.
    pub(super) fn tender_credit(
        &mut self,
        basket: Option<BasketId>,
        kind: TenderKind,
        name: &str,
        amount: Option<Decimal>,
    ) -> Result<Reply, Refusal> {
        let name = holder(name)?;
        let open = self.find(basket)?;
        payable(&open)?;
        let due = self.settlement(&open)?.due;
        if !due.is_positive() {
            return Err(Refusal::NothingDue);
        }
        let is_of_it = |line: &Line| line.ordered.is_some_and(|ordered| order::holder(ordered.number) == name);
        if kind == TenderKind::Deposit && !open.basket.live_lines().any(is_of_it) {
            let problem = format!(
                "The deposit on order {name} pays for what is taken of that order; for anything else pay it back first."
            );
            return Err(Refusal::Malformed { problem });
        }
        let available = self.available(kind, name)?.max(Money::ZERO);
        let amount = amount.map(|amount| self.money(amount)).transpose()?;
        let amount = amount.unwrap_or_else(|| available.min(due));
        let major = |amount| self.shop.currency.to_decimal(amount);
        if amount > available || available.is_zero() {
            return Err(Refusal::RunsOut { what: what(kind, name), available: major(available) });
        }
        if !amount.is_positive() {
            return Err(Refusal::TenderMustBePositive);
        }
        if amount > due {
            return Err(Refusal::TenderGivesNoChange { kind: kind.to_string(), due: major(due) });
        }
        self.change(open, Event::TenderAdded(Tender { holder: Some(name.into()), ..Tender::new(kind, amount) }))
    }

    /// What can be spent now: what is on the account, or may be owed, less what open baskets hold of it.
    pub(super) fn available(&self, kind: TenderKind, name: &str) -> Result<Money, Refusal> {
        let held = self.store.credit_of(&kind.account(Some(name))).map_err(storage_failed)?;
        let open = self.open.values().flat_map(|open| &open.basket.tenders);
        let here = open.filter(|tender| tender.kind == kind && tender.holder.as_deref() == Some(name));
        let here = Money::sum(here.map(|tender| tender.amount))?;
        let limit = match kind {
            TenderKind::OnAccount => self.credit_limit()?,
            _ => Money::ZERO,
        };
        Ok(held.plus(limit)?.minus(here)?)
    }

    /// How much a customer may owe.
    pub(super) fn credit_limit(&self) -> Result<Money, Refusal> {
        self.shop.credit.account_max.map_or(Ok(Money::ZERO), |most| self.money(most))
    }

    /// What lines of open baskets put onto an account.
    pub(super) fn prepaid_here(&self, kind: TenderKind, name: &str) -> Result<Money, Refusal> {
        self.put_here(&kind.account(Some(name)))
    }

    fn put_here(&self, account: &str) -> Result<Money, Refusal> {
        let lines = self.open.values().flat_map(|open| open.basket.live_lines());
        let here = lines.filter(|line| *line.item.id == *account && line.quantity.value.is_sign_positive());
        let amounts = here.map(|line| self.money(line.price.value)).collect::<Result<Vec<Money>, Refusal>>()?;
        Ok(Money::sum(amounts)?)
    }

    /// What goes back is owed to a customer from now on, or paid by another means.
    pub(super) fn refund_to(&mut self, basket: Option<BasketId>, place: Option<RefundTo>) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        open.basket.lines_may_change()?;
        if let Some(number) = open.basket.opening.voids {
            let problem = "it goes back to where the money came from".to_owned();
            return Err(Refusal::CannotVoid { number, problem });
        }
        if open.basket.refund_to == place {
            return Ok(self.keep(open));
        }
        self.change(open, Event::RefundedTo(place))
    }

    pub(super) fn credit_of(&self, kind: TenderKind, name: &str) -> Result<Reply, Refusal> {
        let name = holder(name)?;
        let held = self.store.credit_of(&kind.account(Some(name))).map_err(storage_failed)?;
        let view = CreditView {
            kind: kind.code().to_owned(),
            holder: name.to_owned(),
            balance: self.shop.currency.to_decimal(held),
            available: self.shop.currency.to_decimal(self.available(kind, name)?.max(Money::ZERO)),
        };
        Ok(Reply { credit: Some(view), ..Reply::default() })
    }
}

/// What is held, for people.
fn what(kind: TenderKind, name: &str) -> String {
    match kind {
        TenderKind::GiftCard => format!("Gift card {}", shown(name)),
        TenderKind::OnAccount => format!("The account of {name}"),
        TenderKind::Deposit => format!("The deposit on order {name}"),
        _ => format!("The credit of {name}"),
    }
}

/// An account that ran out inside a commit, for people.
pub(super) fn ran_out(account: &str) -> String {
    let (kind, name) = account.split_once(':').unwrap_or((account, ""));
    match kind {
        "gift-card" => what(TenderKind::GiftCard, name),
        "voucher" => format!("Voucher {}", shown(name)),
        "receivable" => what(TenderKind::OnAccount, name),
        "deposit" => what(TenderKind::Deposit, name),
        _ => what(TenderKind::StoreCredit, name),
    }
}
