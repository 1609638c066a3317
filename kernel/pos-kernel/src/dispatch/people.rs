//! Who is at the register, what they may do, and what others approve.
//!
//! Where nobody was entered nobody logs on, and whoever stands at the register may do everything. Where people were
//! entered, everything but looking needs one of them ([`right`] names what each command needs), and what their role may
//! not do by itself waits for an [`Approval`].

use super::{Kernel, Open, deposits, storage_failed};
use crate::credentials::DeviceSecret;
use jiff::ToSpan;
use jiff::civil::Date;
use pos_api::command::{Approve, Command, Credentials, MoveStock, SetPerson, TimeClock};
use pos_api::view::{AuditView, CashierView, ExceptionView, HoursView, PersonView};
use pos_api::{Amount, Reply};
use pos_domain::Refusal;
use pos_domain::basket::{Event, Line, PriceSource};
use pos_domain::ids::BasketId;
use pos_domain::people::attendance::{Clock as TimeClockAct, Standing, hours};
use pos_domain::people::exceptions::{Exception, Exceptions};
use pos_domain::people::{APPROVAL_MS, AUDIT_VERSION, Act, Approval, Audit, Audited, Operator, Person};
use pos_domain::pricing::manual;
use pos_domain::pricing::proposal::LineKind;
use pos_domain::refusal::NOT_AT_ALL;
use pos_domain::stock::StockActKind;
use pos_domain::time::Moment;
use pos_money::{Currency, Money, MoneyError, Rounding};
use std::sync::Arc;

/// Who came longer ago than this and was not seen to go has gone: nobody works for a week.
const WORK_MS_MAX: i64 = 7 * 86_400_000;

/// Who must log on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogOn {
    /// Everybody, where people were entered.
    #[default]
    Needed,
    /// Nobody: the caller owns the shop's folder.
    Owner,
}

/// An approval that waits to be used.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    approval: Approval,
    basket: Option<BasketId>,
}

/// Who is there, and what was approved for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk {
    log_on: LogOn,
    /// People were entered.
    has_people: bool,
    operator: Option<Operator>,
    waiting: Vec<Waiting>,
    /// Used by the command being carried out.
    used: Vec<Approval>,
}

impl Desk {
    pub(super) fn new(log_on: LogOn, has_people: bool) -> Desk {
        Desk { log_on, has_people, ..Desk::default() }
    }
}

/// What a command needs; none: looking at what is open, and saying who one is.
///
/// What depends on amounts (refunds, prices, paying out beyond a limit) is asked again where they are known.
pub fn right(command: &Command) -> Option<Act> {
    match command {
        Command::OpenBasket { .. }
        | Command::SellItem { .. }
        | Command::SetQuantity { .. }
        | Command::Undo { .. }
        | Command::PriceLines { .. }
        | Command::SetCustomer { .. }
        | Command::AddCode { .. }
        | Command::RemoveCode { .. }
        | Command::TakeGift { .. }
        | Command::RedeemPoints { .. }
        | Command::TenderCash { .. }
        | Command::TenderForeign { .. }
        | Command::TenderCoupon { .. }
        | Command::TenderCard { .. }
        | Command::SellGiftCard { .. }
        | Command::PlaceOrder(_)
        | Command::TakeOrder { .. }
        | Command::PayDeposit { .. }
        | Command::RedeemVoucher { .. }
        | Command::PayAccount { .. }
        | Command::TenderCredit { .. }
        | Command::CheckPayment { .. }
        | Command::GiveUpPayment { .. }
        | Command::RemoveTender { .. }
        | Command::Complete { .. }
        | Command::SuspendBasket { .. }
        | Command::RecallBasket { .. }
        // Their caps say who may, and how far.
        | Command::DiscountLine { .. }
        | Command::SetPrice { .. }
        | Command::DiscountBasket { .. } => Some(Act::Sell),
        Command::VoidLine { .. } => Some(Act::VoidLine),
        Command::Cancel { .. } | Command::CancelOrder { .. } => Some(Act::CancelBasket),
        Command::ReturnItem { .. } | Command::RefundDeposit { .. } | Command::RefundToCredit { .. } | Command::RefundInCash { .. } => Some(Act::Return),
        Command::ReturnWithoutReceipt { .. } => Some(Act::ReturnWithoutReceipt),
        Command::PostVoid { .. } => Some(Act::PostVoid),
        Command::GetReceipt { .. } => Some(Act::Reprint),
        Command::OpenShift { .. } | Command::TakeOverShift { .. } => Some(Act::OpenShift),
        Command::PayIn(_) => Some(Act::PayIn),
        Command::PayOut(_) => Some(Act::PayOut),
        Command::AddFloat(_) => Some(Act::BringChange),
        Command::DropToSafe(_) => Some(Act::DropToSafe),
        Command::LeavePayment { .. } => Some(Act::LeavePayment),
        Command::OpenDrawer { .. } => Some(Act::OpenDrawer),
        Command::MoveStock(MoveStock { kind: StockActKind::Count | StockActKind::Adjustment, .. }) => {
            Some(Act::AdjustStock)
        }
        Command::MoveStock(_) => Some(Act::MoveStock),
        Command::CountTill { .. } => Some(Act::CountTill),
        Command::CloseShift { .. } | Command::HandOverShift { .. } | Command::CloseDay => Some(Act::CloseShift),
        Command::XReport | Command::ZReport { .. } | Command::ListPeriods { .. } => Some(Act::ReadReports),
        Command::TrialBalance | Command::Verify => Some(Act::ReadBooks),
        Command::SetPerson(_) => Some(Act::ManagePeople),
        Command::Hours { .. } | Command::Exceptions { .. } | Command::Audit { .. } => Some(Act::ReadPeople),
        Command::LogOn(_)
        | Command::LogOff
        | Command::Approve(_)
        | Command::TimeClock(_)
        | Command::ListPeople
        | Command::GetBasket { .. }
        | Command::FindItems { .. }
        | Command::ListBaskets
        | Command::ListPayments
        | Command::ListOrders
        | Command::ListStock { .. }
        | Command::GetCredit { .. } => None,
    }
}

impl Kernel {
    // ------------------------------------------------------------ who it is

    /// Who is at the register; refused where people log on and nobody has.
    pub(super) fn operator(&self) -> Result<Option<&Operator>, Refusal> {
        match &self.desk {
            Desk { has_people: false, .. } | Desk { log_on: LogOn::Owner, .. } => Ok(None),
            Desk { operator: Some(operator), .. } => Ok(Some(operator)),
            Desk { operator: None, .. } => Err(Refusal::NobodyLoggedOn),
        }
    }

    /// The name on what is printed.
    pub(super) fn cashier(&self) -> Arc<str> {
        match &self.desk.operator {
            Some(operator) => Arc::clone(&operator.name),
            None => self.shop.cashier.as_str().into(),
        }
    }

    pub(super) fn log_on(&mut self, credentials: &Credentials) -> Result<Reply, Refusal> {
        let person = self.identify(credentials)?;
        let Person { id, name, role, .. } = &person;
        if self.desk.operator.as_ref().is_some_and(|operator| operator.id == *id) {
            return self.who();
        }
        self.put_on_record(id, Audited::LoggedOn)?;
        self.desk.operator = Some(Operator { id: id.clone(), name: name.clone(), role: role.clone() });
        self.desk.waiting.clear();
        // What is being rung goes on under the name of whoever is here now.
        let taken_over = self.open.values().filter(|open| open.basket.suspended.is_none());
        let taken_over: Vec<Open> = taken_over.filter(|open| open.basket.opening.cashier != *name).cloned().collect();
        for open in taken_over {
            let basket = open.basket.id();
            if let Err(refusal) = self.change(open, Event::Recalled { cashier: name.clone() }) {
                // They are here all the same; the basket keeps the name it had.
                tracing::warn!(%basket, "a basket was not taken over: {refusal}");
            }
        }
        self.who()
    }

    pub(super) fn log_off(&mut self) -> Result<Reply, Refusal> {
        if let Some(operator) = self.desk.operator.take() {
            self.desk.waiting.clear();
            self.put_on_record(&operator.id, Audited::LoggedOff)?;
        }
        Ok(Reply::default())
    }

    fn who(&self) -> Result<Reply, Refusal> {
        let operator = self.operator()?.map(|operator| PersonView {
            id: operator.id.to_string(),
            name: operator.name.to_string(),
            role: operator.role.to_string(),
            active: true,
            standing: None,
        });
        Ok(Reply { operator, ..Reply::default() })
    }

    fn secret(&self) -> Result<DeviceSecret, Refusal> {
        Ok(DeviceSecret::new(self.store.device_secret().map_err(storage_failed)?))
    }

    /// Who gives this PIN or badge. A wrong PIN counts, before anybody is told that it was wrong.
    fn identify(&self, credentials: &Credentials) -> Result<Person, Refusal> {
        let people = self.store.people().map_err(storage_failed)?;
        let mut active = people.into_iter().filter(|person| person.active);
        match credentials {
            Credentials { badge: Some(badge), person: None, pin: None } => {
                let badge = self.secret()?.of_badge(badge.reveal()).map_err(|_| Refusal::LogOnFailed)?;
                active.find(|person| person.badge.as_ref() == Some(&badge)).ok_or(Refusal::LogOnFailed)
            }
            Credentials { badge: None, person: Some(id), pin: Some(pin) } => {
                let mut person = active.find(|person| *person.id == **id).ok_or(Refusal::LogOnFailed)?;
                let now = self.clock.now();
                if let Some(seconds) = person.locked_seconds(now) {
                    return Err(Refusal::LockedOut { seconds });
                }
                let fits = match &person.pin {
                    Some(kept) => self.secret()?.fits(pin.reveal(), kept)?,
                    None => false,
                };
                if !fits {
                    person.count_wrong_pin(now);
                    let audit = self.audit_of(&person.id, Audited::WrongPin(person.wrong_pins));
                    let locked = person.locked_seconds(now);
                    self.store.store_person(Some(person), Some(audit)).map_err(storage_failed)?;
                    return Err(locked.map_or(Refusal::LogOnFailed, |seconds| Refusal::LockedOut { seconds }));
                }
                if person.wrong_pins > 0 {
                    (person.wrong_pins, person.locked_until_ms) = (0, 0);
                    self.store.store_person(Some(person.clone()), None).map_err(storage_failed)?;
                }
                Ok(person)
            }
            _ => {
                let problem = "Give a \"person\" and their \"pin\", or a \"badge\".".to_owned();
                Err(Refusal::Malformed { problem })
            }
        }
    }

    fn audit_of(&self, person: &Arc<str>, what: Audited) -> Audit {
        let (store, register) = (self.shop.store.clone(), self.shop.register.clone());
        Audit { at: self.clock.now(), store, register, person: Arc::clone(person), what, version: AUDIT_VERSION }
    }

    fn put_on_record(&self, person: &Arc<str>, what: Audited) -> Result<(), Refusal> {
        self.store.store_person(None, Some(self.audit_of(person, what))).map_err(storage_failed)
    }

    // ------------------------------------------------------------ what they may do

    /// Lets a command pass, or refuses it.
    pub(super) fn admit(&mut self, command: &Command) -> Result<(), Refusal> {
        self.desk.used.clear();
        let Some(act) = right(command) else { return Ok(()) };
        if self.operator()?.is_none() {
            return Ok(());
        }
        let named = command.basket();
        let basket = named.or_else(|| self.find(None).ok().map(|open| open.basket.id()));
        let open = basket.and_then(|basket| self.open.get(&basket));
        let (act, amount) = match command {
            Command::PayOut(asked) => {
                let pieces = self.pieces(&asked.pieces)?;
                let counted = self.shop.till.sum_of_pieces(&pieces, self.shop.currency)?;
                (act, asked.amount.map_or(Ok(counted), |Amount(amount)| self.money(amount))?)
            }
            Command::PostVoid { receipt, .. } => {
                let sale = self.store.transaction(*receipt).map_err(storage_failed)?;
                (act, sale.map_or(Money::ZERO, |sale| sale.transaction.total))
            }
            Command::LeavePayment { .. } => {
                let awaited = open.and_then(|open| open.basket.awaited_payment());
                (act, awaited.map_or(Money::ZERO, |payment| payment.intent.amount))
            }
            // Less of a line is part of it taken back.
            Command::SetQuantity { line, quantity, .. } => {
                let line = open.and_then(|open| open.basket.live_line(*line).ok());
                let less = line.is_some_and(|line| quantity.0 < line.quantity.value);
                (if less { Act::VoidLine } else { act }, Money::ZERO)
            }
            Command::Undo { .. } => {
                let voids = open.is_some_and(|open| open.basket.undo_takes_back());
                (if voids { Act::VoidLine } else { act }, Money::ZERO)
            }
            // One in which nothing was rung is nothing to decide about.
            Command::Cancel { .. } if open.is_some_and(|open| open.basket.lines.is_empty()) => (Act::Sell, Money::ZERO),
            // What belongs to the whole register is bound to no basket.
            _ => (act, Money::ZERO),
        };
        let bound = if open.is_some() && is_of_basket(command) { basket } else { None };
        self.permit(act, bound, amount)
    }

    /// Lets an act pass that the operator's role may do, or that was approved.
    pub(super) fn permit(&mut self, act: Act, basket: Option<BasketId>, amount: Money) -> Result<(), Refusal> {
        let Some(operator) = self.operator()? else { return Ok(()) };
        let (roles, till, currency) = (self.shop.roles.clone(), self.shop.till.clone(), self.shop.currency);
        let within = |role: &str| {
            // The house's limit is for roles without one of their own.
            let by_house = act == Act::PayOut && roles.0.get(role).is_some_and(|role| role.paid_out_max.is_none());
            if by_house {
                till.check_paid_out(amount, currency)?;
            }
            roles.check(role, act, amount, currency)
        };
        match within(&operator.role.clone()) {
            Ok(()) => Ok(()),
            Err(refusal) => self.use_approval(act, basket, amount, &within, refusal),
        }
    }

    /// Refuses prices by hand beyond the operator's caps, unless just that was approved. What somebody else gave before stays
    /// given, as long as it does not grow.
    pub(super) fn permit_prices(&mut self, open: &Open, given_before: Money) -> Result<(), Refusal> {
        let (rules, currency) = (self.shop.manual.clone(), self.shop.currency);
        let within = |role: &str| rules.check(&open.basket, &open.priced.basket, role, currency);
        let Some(operator) = self.operator()? else { return within(super::ROLE) };
        let Err(refusal) = within(&operator.role.clone()) else { return Ok(()) };
        let given = given_by_hand(open, currency)?;
        if given <= given_before {
            return Ok(());
        }
        let mut earlier = open.basket.approvals.iter().filter(|earlier| earlier.act == Act::ChangePrices);
        if earlier.any(|earlier| given <= earlier.amount && within(&earlier.role).is_ok()) {
            return Ok(());
        }
        self.use_approval(Act::ChangePrices, Some(open.basket.id()), given, &within, refusal)
    }

    /// Refuses to pay out more for goods than the operator may, unless just that was approved. Answers whether it may be
    /// paid in cash that was not paid in cash.
    pub(super) fn permit_refund(&mut self, open: &Open) -> Result<bool, Refusal> {
        // The right to void a receipt is that to pay it back.
        if self.operator()?.is_none() || open.basket.opening.voids.is_some() {
            return Ok(false);
        }
        let taken = &open.priced.taken;
        let basket = Some(open.basket.id());
        let refund = deposits::paid_but_for_empties(open)?.plus(put_aside(open)?)?;
        // What was approved before it was paid to a card is approved.
        let (roles, currency) = (self.shop.roles.clone(), self.shop.currency);
        let approved = |act| {
            let mut earlier =
                open.basket.approvals.iter().filter(|earlier| earlier.act == act && earlier.amount == refund);
            earlier.any(|earlier| roles.check(&earlier.role, act, refund, currency).is_ok())
        };
        if refund.is_positive() && !approved(Act::Return) {
            self.permit(Act::Return, basket, refund)?;
        }
        let beyond = taken.needs_right() && !self.shop.returns.cash_beyond_tenders;
        if beyond && !approved(Act::RefundInCash) {
            self.permit(Act::RefundInCash, basket, refund)?;
        }
        Ok(beyond)
    }

    fn use_approval(
        &mut self,
        act: Act,
        basket: Option<BasketId>,
        amount: Money,
        within: &dyn Fn(&str) -> Result<(), Refusal>,
        refusal: Refusal,
    ) -> Result<(), Refusal> {
        let now = self.clock.now();
        self.desk.waiting.retain(|waiting| waits(&waiting.approval, now));
        let fits = |waiting: &Waiting| {
            let Approval { act: approved, amount: most, role, .. } = &waiting.approval;
            (*approved, *most, waiting.basket) == (act, amount, basket) && within(role).is_ok()
        };
        let Some(place) = self.desk.waiting.iter().position(fits) else {
            let amount = self.shop.currency.to_decimal(amount);
            return Err(Refusal::AskForApproval { act, amount, because: refusal.to_string() });
        };
        self.desk.used.push(self.desk.waiting.remove(place).approval);
        Ok(())
    }

    /// What the command being carried out was approved by.
    pub(super) fn approvals_used(&self) -> &[Approval] {
        &self.desk.used
    }

    /// The same, to be kept with a basket.
    pub(super) fn take_approvals_used(&mut self) -> Vec<Approval> {
        std::mem::take(&mut self.desk.used)
    }

    pub(super) fn approvals_waiting(&self) -> Vec<Waiting> {
        self.desk.waiting.clone()
    }

    /// A command that came to nothing has used nothing up.
    pub(super) fn give_approvals_back(&mut self, waiting: Vec<Waiting>) {
        self.desk.waiting = waiting;
        self.desk.used.clear();
    }

    pub(super) fn approve(&mut self, asked: &Approve) -> Result<Reply, Refusal> {
        let Approve { who, act, amount, basket } = asked;
        let actor = self.operator()?.map(|operator| Arc::clone(&operator.id)).ok_or(Refusal::NobodyLoggedOn)?;
        let amount = amount.map_or(Ok(Money::ZERO), |Amount(amount)| self.money(amount))?;
        let approver = self.identify(who)?;
        if approver.id == actor {
            return Err(Refusal::OwnApproval);
        }
        match act {
            // How far is judged when it is used: a cap depends on what it is taken off.
            Act::ChangePrices if self.shop.manual.roles.contains_key(&approver.role) => {}
            Act::ChangePrices => {
                let (action, limit) = (act.verb().to_owned(), NOT_AT_ALL.to_owned());
                return Err(Refusal::ApprovalNeeded { action, limit });
            }
            _ => self.shop.roles.check(&approver.role, *act, amount, self.shop.currency)?,
        }
        let at = self.clock.now();
        let approval = Approval { act: *act, amount, actor, approver: approver.id.clone(), role: approver.role, at };
        self.put_on_record(&approver.id, Audited::Approved { approval: approval.clone(), basket: *basket })?;
        self.desk.waiting.retain(|waiting| waits(&waiting.approval, at));
        self.desk.waiting.push(Waiting { approval, basket: *basket });
        Ok(Reply::default())
    }

    /// Whether what should be in the till may be told now.
    pub(super) fn sees_expected(&self) -> Result<bool, Refusal> {
        Ok(match self.operator()? {
            None => !self.shop.till.blind,
            Some(operator) => self.shop.roles.may(&operator.role, Act::SeeExpected),
        })
    }

    /// Puts on record that somebody was told.
    pub(super) fn saw_expected(&self) -> Result<(), Refusal> {
        match self.operator()? {
            Some(operator) if self.shift.is_some() => self.put_on_record(&operator.id, Audited::SawExpected),
            _ => Ok(()),
        }
    }

    // ------------------------------------------------------------ people

    pub(super) fn set_person(&mut self, asked: &SetPerson) -> Result<Reply, Refusal> {
        let SetPerson { id, name, role, active, pin, badge } = asked;
        let people = self.store.people().map_err(storage_failed)?;
        let known = people.into_iter().find(|person| *person.id == **id);
        let is_new = known.is_none();
        let mut person = known.unwrap_or_else(|| Person { id: id.as_str().into(), active: true, ..Person::default() });
        if let Some(name) = name {
            person.name = name.trim().into();
        } else if is_new {
            person.name = id.as_str().into();
        }
        if let Some(role) = role {
            person.role = role.as_str().into();
        }
        person.active = active.unwrap_or(person.active);
        if let Some(pin) = pin {
            let mut salt = [0; 16];
            getrandom::fill(&mut salt).map_err(|error| Refusal::CheckFailed { problem: format!("{error}.") })?;
            person.pin = Some(self.secret()?.of_pin(pin.reveal(), salt)?);
            (person.wrong_pins, person.locked_until_ms) = (0, 0);
        }
        if let Some(badge) = badge {
            person.badge = Some(self.secret()?.of_badge(badge.reveal())?);
        }
        person.check(&self.shop.roles)?;
        let by = self.operator()?.map(|operator| Arc::clone(&operator.id)).unwrap_or_default();
        let set = Audited::PersonSet {
            person: person.id.clone(),
            role: person.role.clone(),
            active: person.active,
            credentials: pin.is_some() || badge.is_some(),
        };
        self.store.store_person(Some(person.clone()), Some(self.audit_of(&by, set))).map_err(storage_failed)?;
        self.desk.has_people = true;
        // Whoever is here goes on with what they have become, or not at all.
        match &mut self.desk.operator {
            Some(operator) if operator.id == person.id && person.active => {
                (operator.name, operator.role) = (person.name, person.role);
            }
            Some(operator) if operator.id == person.id => self.desk.operator = None,
            _ => {}
        }
        self.list_people()
    }

    pub(super) fn list_people(&self) -> Result<Reply, Refusal> {
        let people = self.store.people().map_err(storage_failed)?;
        let standing = self.standings()?;
        let view = |person: &Person| PersonView {
            id: person.id.to_string(),
            name: person.name.to_string(),
            role: person.role.to_string(),
            active: person.active,
            standing: standing.get(&person.id).map(|standing| standing.words().to_owned()),
        };
        Ok(Reply { people: Some(people.iter().map(view).collect()), ..Reply::default() })
    }

    fn standings(&self) -> Result<std::collections::BTreeMap<Arc<str>, Standing>, Refusal> {
        let mut standings = std::collections::BTreeMap::new();
        let since = self.clock.now().unix_ms.saturating_sub(WORK_MS_MAX);
        for (person, at, clock) in self.clocked(since, i64::MAX)? {
            let standing = standings.entry(person).or_insert(Standing::Away);
            if let Some(after) = standing.after(clock, at) {
                *standing = after;
            }
        }
        Ok(standings)
    }

    fn clocked(&self, from_ms: i64, to_ms: i64) -> Result<Vec<(Arc<str>, Moment, TimeClockAct)>, Refusal> {
        let audited = self.store.audited(from_ms, to_ms).map_err(storage_failed)?;
        let clocked = audited.into_iter().filter_map(|audit| match audit.what {
            Audited::Clocked(clock) => Some((audit.person, audit.at, clock)),
            _ => None,
        });
        Ok(clocked.collect())
    }

    pub(super) fn time_clock(&mut self, asked: &TimeClock) -> Result<Reply, Refusal> {
        let person = self.identify(&asked.who)?;
        let standing = self.standings()?.get(&person.id).copied().unwrap_or_default();
        let Some(after) = standing.after(asked.clock, self.clock.now()) else {
            let (name, standing) = (person.name.to_string(), standing.words().to_owned());
            return Err(Refusal::ClockDoesNotFollow { name, standing });
        };
        self.put_on_record(&person.id, Audited::Clocked(asked.clock))?;
        let view = PersonView {
            id: person.id.to_string(),
            name: person.name.to_string(),
            role: person.role.to_string(),
            active: true,
            standing: Some(after.words().to_owned()),
        };
        Ok(Reply { people: Some(vec![view]), ..Reply::default() })
    }

    pub(super) fn hours(&self, from: Date, to: Date) -> Result<Reply, Refusal> {
        let zone = self.zone()?;
        // Who came before the first day may still be there on it.
        let (from_ms, to_ms) = self.range(from, to)?;
        let told = self.clocked(from_ms.saturating_sub(WORK_MS_MAX), to_ms)?;
        let told: Vec<_> = told.iter().map(|(person, at, clock)| (person, *at, *clock)).collect();
        let found = hours(told, self.clock.now(), &zone);
        let views =
            found.iter().filter(|((_, day), _)| (from..=to).contains(day)).map(|((person, day), hours)| HoursView {
                person: person.to_string(),
                date: day.to_string(),
                week: iso_week(*day),
                worked_seconds: hours.worked.unsigned_abs(),
                paused_seconds: hours.paused.unsigned_abs(),
                open: hours.open,
            });
        Ok(Reply { hours: Some(views.collect()), ..Reply::default() })
    }

    pub(super) fn exceptions(&self, from: Date, to: Date) -> Result<Reply, Refusal> {
        let (from_ms, to_ms) = self.range(from, to)?;
        let mut found = Exceptions::default();
        let mut failed = Ok(());
        let mut add = |committed: &pos_domain::transaction::Committed| {
            if failed.is_ok() {
                failed = found.add(&committed.transaction);
            }
        };
        self.store.transactions_between(from_ms, to_ms, &mut add).map_err(storage_failed)?;
        failed?;
        let view = |(name, figures): (&Arc<str>, &pos_domain::people::exceptions::Figures)| {
            let standing_out = found.standing_out(name);
            let exceptions = Exception::ALL.into_iter().map(|exception| ExceptionView {
                what: exception.code().to_owned(),
                count: figures.counts.get(&exception).copied().unwrap_or_default(),
                stands_out: standing_out.contains(&exception),
            });
            CashierView {
                cashier: name.to_string(),
                sales: figures.sales,
                total: self.shop.currency.to_decimal(figures.total).to_string(),
                exceptions: exceptions.collect(),
            }
        };
        Ok(Reply { exceptions: Some(found.cashiers().map(view).collect()), ..Reply::default() })
    }

    pub(super) fn audit(&self, from: Date, to: Date) -> Result<Reply, Refusal> {
        let (from_ms, to_ms) = self.range(from, to)?;
        let audited = self.store.audited(from_ms, to_ms).map_err(storage_failed)?;
        let view = |audit: Audit| AuditView {
            at: audit.at.to_text(),
            person: audit.person.to_string(),
            what: words(&audit.what, self.shop.currency),
        };
        Ok(Reply { audit: Some(audited.into_iter().map(view).collect()), ..Reply::default() })
    }

    fn zone(&self) -> Result<jiff::tz::TimeZone, Refusal> {
        let unknown = |error| Refusal::CheckFailed { problem: format!("the shop's zone is unknown: {error}.") };
        jiff::tz::TimeZone::get(&self.shop.zone).map_err(unknown)
    }

    /// From the first moment of a day until the last of another.
    fn range(&self, from: Date, to: Date) -> Result<(i64, i64), Refusal> {
        let zone = self.zone()?;
        let begins = |day: Date| {
            let begins = day.to_zoned(zone.clone()).map(|begins| begins.timestamp().as_millisecond());
            begins.map_err(|error| Refusal::Malformed { problem: format!("{day} is no day here: {error}.") })
        };
        if to < from {
            return Err(Refusal::Malformed { problem: format!("{to} is before {from}.") });
        }
        let after = to.checked_add(1.day()).map_err(|error| Refusal::Malformed { problem: format!("{error}.") })?;
        Ok((begins(from)?, begins(after)?))
    }
}

/// Whether an approval may still be used. One from the future comes from a clock that was set back.
fn waits(approval: &Approval, now: Moment) -> bool {
    (0..APPROVAL_MS).contains(&(now.unix_ms - approval.at.unix_ms))
}

fn is_of_basket(command: &Command) -> bool {
    matches!(
        right(command),
        Some(
            Act::Sell | Act::VoidLine | Act::CancelBasket | Act::Return | Act::ReturnWithoutReceipt | Act::LeavePayment
        )
    )
}

/// All that was taken off by hand.
pub(super) fn given_by_hand(open: &Open, currency: Currency) -> Result<Money, Refusal> {
    let priced = &open.priced.basket;
    let mut sum = Money::ZERO;
    for line in open.basket.live_lines() {
        let Some(priced) = priced.lines.iter().find(|priced| priced.number == line.number) else { continue };
        if let PriceSource::ByHand { regular, .. } = &line.price_source {
            let off = regular.amount(line.quantity, currency, Rounding::HALF_UP)?.minus(priced.gross)?;
            if off.is_positive() {
                sum = sum.plus(off)?;
            }
        }
        let by_hand = priced.modifiers.iter().filter(|modifier| &*modifier.source.extension == manual::SOURCE);
        sum = sum.minus(Money::sum(by_hand.map(|modifier| modifier.amount))?)?;
    }
    Ok(sum)
}

/// `2026-W10`.
fn iso_week(day: Date) -> String {
    let week = day.iso_week_date();
    format!("{}-W{:02}", week.year(), week.week())
}

/// What was done, in words.
fn words(what: &Audited, currency: Currency) -> String {
    match what {
        Audited::LoggedOn => "logged on".to_owned(),
        Audited::LoggedOff => "logged off".to_owned(),
        Audited::WrongPin(times) => format!("wrong PIN, {times} in a row"),
        Audited::Approved { approval: Approval { act, amount, actor, .. }, .. } => match amount.is_zero() {
            true => format!("approved for {actor}: {}", act.verb()),
            false => format!("approved for {actor}: {} ({})", act.verb(), currency.to_decimal(*amount)),
        },
        Audited::PersonSet { person, role, active, credentials } => {
            let gone = if *active { "" } else { ", no longer here" };
            let set = if *credentials { ", PIN or badge set" } else { "" };
            format!("set {person} as {role}{gone}{set}")
        }
        Audited::SawExpected => "saw what should be in the till".to_owned(),
        Audited::Salvaged { missing, beside, numbers_through } => format!(
            "had the journal salvaged: {missing} records missing, {beside} kept beside it, receipts go on after \
             {numbers_through}"
        ),
        Audited::Clocked(TimeClockAct::In) => "came".to_owned(),
        Audited::Clocked(TimeClockAct::Out) => "went".to_owned(),
        Audited::Clocked(TimeClockAct::Break) => "began a break".to_owned(),
        Audited::Clocked(TimeClockAct::Resume) => "ended a break".to_owned(),
    }
}

/// What a basket makes of goods that come back without paying it out: money on a gift card, an account, an order. It is in the
/// customer's hands all the same.
fn put_aside(open: &Open) -> Result<Money, MoneyError> {
    let paid = |line: &Line| open.priced.basket.line(line.number).map(|priced| priced.paid);
    let lines = || open.basket.live_lines();
    let back = lines().filter(|line| line.origin.is_some()).filter_map(paid).filter(|paid| paid.is_negative());
    let aside =
        lines().filter(|line| line.kind == LineKind::GiftCard).filter_map(paid).filter(|paid| paid.is_positive());
    Ok(Money::sum(back)?.negated()?.min(Money::sum(aside)?))
}
