//! The till and its shift: cash that moves without a sale, counts, closings; and baskets put aside.

use super::{AMOUNT_MAX, Kernel, check_fits, committed_reply, float, money_in, storage_failed};
use crate::effects::Effect;
use crate::views;
use pos_api::Reply;
use pos_api::command::{CountOf, MoveCash, PiecesOf};
use pos_api::port::{ClosedShift, OpenShift};
use pos_api::view::{CountState, CountView};
use pos_domain::Refusal;
use pos_domain::basket::{Event, Opening};
use pos_domain::ids::BasketId;
use pos_domain::people::Act;
use pos_domain::receipt::{COLUMNS, Print, Receipt, sale_receipt};
use pos_domain::report::{ShiftTotals, x_report, z_report};
use pos_domain::shift::{Books, COUNTED, Closing, Counted, CountsSoFar};
use pos_domain::tender::TenderKind;
use pos_domain::till::{Pieces, TenderCount, TillAct};
use pos_domain::time::{LocalTime, Moment};
use pos_domain::transaction::{Committed, Completion, Transaction, TransactionKind};
use pos_money::{Currency, Decimal, Money};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::{Builder, Variant, Version};

/// Most characters of the note a basket is put aside with.
const NOTE_CHARS_MAX: usize = 200;

impl Kernel {
    // ------------------------------------------------------------ shifts

    pub(super) fn open_shift(&mut self, float: Option<Money>, pieces: &[PiecesOf]) -> Result<Reply, Refusal> {
        if let Some(open) = &self.shift {
            return Err(Refusal::ShiftAlreadyOpen { shift: open.shift });
        }
        let pieces = self.pieces(pieces)?;
        let counted = self.shop.till.sum_of_pieces(&pieces, self.shop.currency)?;
        let float = match float {
            Some(float) if !pieces.is_empty() && counted != float => {
                let problem = "The notes and coins do not come to the float.".to_owned();
                return Err(Refusal::Malformed { problem });
            }
            Some(float) if float.is_negative() => {
                let problem = "A float is not below zero.".to_owned();
                return Err(Refusal::Malformed { problem });
            }
            Some(float) => float,
            None if pieces.is_empty() => self::float(&self.shop),
            None => counted,
        };
        check_fits("no till opens with so much.", AMOUNT_MAX, [float])?;
        let at = self.clock.now();
        let shift = OpenShift { float, pieces, cashier: self.cashier(), ..self.next_shift(at) };
        self.begin(shift)
    }

    fn begin(&mut self, shift: OpenShift) -> Result<Reply, Refusal> {
        self.close_what_is_over(shift.opened_at, shift.business_date);
        self.store.open_shift(shift.clone(), &Books::of(&self.shop)).map_err(storage_failed)?;
        self.last_shift = shift.shift;
        self.shift = Some(shift);
        self.ask_about_open_payments()?;
        self.x_report()
    }

    /// The shift that opens now, with the shop's own float.
    pub(super) fn next_shift(&self, at: Moment) -> OpenShift {
        OpenShift {
            shift: self.last_shift + 1,
            business_date: LocalTime::at(at, self.shop.zone.clone()).date,
            float: float(&self.shop),
            pieces: Vec::new(),
            cashier: "".into(),
            carried: None,
            opened_at: at,
        }
    }

    pub(super) fn x_report(&self) -> Result<Reply, Refusal> {
        let totals = self.store.shift_totals().map_err(storage_failed)?.unwrap_or_default();
        let told = self.sees_expected()?;
        if told {
            self.saw_expected()?;
        }
        let text = x_report(&totals, &self.shop, told, self.clock.now()).to_text(COLUMNS);
        let report = views::report_view(&totals, &self.shop, told, text);
        Ok(Reply { report: Some(Box::new(report)), ..Reply::default() })
    }

    pub(super) fn z_report(&mut self, shift: Option<u64>) -> Result<Reply, Refusal> {
        let last_closed = if self.shift.is_some() { self.last_shift - 1 } else { self.last_shift };
        let shift = shift.unwrap_or(last_closed);
        let found = self.store.closed_shift(shift).map_err(storage_failed)?;
        let found = found.ok_or(Refusal::ShiftNotClosed { shift })?;
        Ok(self.z_reply(&found).0)
    }

    pub(super) fn close_shift(&mut self, reason: &str, carry: bool) -> Result<Reply, Refusal> {
        let open = self.shift.clone().ok_or(Refusal::NoShiftOpen)?;
        self.check_decided(carry)?;
        let (counts, counted) = self.settled_counts()?;
        if !counted.fits(&self.shop)? {
            self.shop.till.check_difference(reason)?;
        }
        let closing = Closing {
            shift: open.shift,
            books: Books::of(&self.shop),
            at: self.clock.now(),
            cashier: self.cashier(),
            reason: reason.into(),
            count: counts.counts.last().map(|(_, found)| found.clone()).unwrap_or_default(),
            counts: counts.counts.iter().map(|(number, _)| *number).collect(),
            hands_over: false,
        };
        let closed = self.store.close_shift(closing).map_err(storage_failed)?;
        self.shift = None;
        let (reply, paper) = self.z_reply(&closed);
        self.effects.perform(Effect::Print { number: None, receipt: paper });
        Ok(reply)
    }

    /// Closes the shift without a count: its till goes on at another register, which reads what is answered here.
    pub(super) fn hand_over(&mut self, carry: bool) -> Result<Reply, Refusal> {
        let Some(open) = self.shift.clone() else {
            // Handed over before: the answer is the same as then.
            let text = self.store.handover(self.last_shift).map_err(storage_failed)?;
            return text.map(|text| Reply { handover: Some(text), ..Reply::default() }).ok_or(Refusal::NoShiftOpen);
        };
        self.check_decided(carry)?;
        // What is handed over says what should be in the till: where that is not for everybody, somebody lets it go.
        if self.shop.till.blind {
            if !self.sees_expected()? && self.operator()?.is_none() {
                return Err(Refusal::TillNotCounted);
            }
            self.permit(Act::SeeExpected, None, Money::ZERO)?;
        }
        let closing = Closing {
            shift: open.shift,
            books: Books::of(&self.shop),
            at: self.clock.now(),
            cashier: self.cashier(),
            reason: "".into(),
            counts: Vec::new(),
            count: Vec::new(),
            hands_over: true,
        };
        let closed = self.store.close_shift(closing).map_err(storage_failed)?;
        self.shift = None;
        let handover = self.store.handover(closed.closed.shift).map_err(storage_failed)?;
        let (reply, paper) = self.z_reply(&closed);
        self.effects.perform(Effect::Print { number: None, receipt: paper });
        Ok(Reply { handover, ..reply })
    }

    /// Opens a shift with the till that another register handed over.
    pub(super) fn take_over(&mut self, text: &str) -> Result<Reply, Refusal> {
        let found =
            self.store.read_handover(text).map_err(|error| Refusal::Malformed { problem: format!("{error}.") })?;
        if found.taken_by.is_some() && found.taken_by == self.shift.as_ref().map(|shift| shift.shift) {
            // Taken over before: the answer is the same as then.
            return self.x_report();
        }
        if let Some(open) = &self.shift {
            return Err(Refusal::ShiftAlreadyOpen { shift: open.shift });
        }
        let malformed = |problem: String| Err(Refusal::Malformed { problem });
        if found.store != self.shop.store || found.currency != self.shop.currency {
            return malformed(format!("This till is of store {}, in {}.", found.store, found.currency));
        }
        if let Some(shift) = found.taken_by {
            return malformed(format!("This till was taken over here before, with shift {shift}."));
        }
        let at = self.clock.now();
        let cashier = self.cashier();
        let shift = OpenShift { float: Money::ZERO, cashier, carried: Some(found.carried), ..self.next_shift(at) };
        self.begin(shift)
    }

    /// Refused while baskets are open that nobody decided about.
    fn check_decided(&self, carry: bool) -> Result<(), Refusal> {
        // One in which nothing was ever rung is nothing to decide about.
        let undecided = self.open.values().filter(|open| !open.basket.lines.is_empty()).count();
        if !carry && undecided > 0 { Err(Refusal::BasketsStillOpen { count: undecided }) } else { Ok(()) }
    }

    fn z_reply(&self, found: &ClosedShift) -> (Reply, Receipt) {
        let paper = z_report(&found.closed, &self.shop, Some(&found.anchor));
        let report = views::z_view(found, &self.shop, paper.to_text(COLUMNS));
        (Reply { report: Some(Box::new(report)), ..Reply::default() }, paper)
    }

    /// The counts that a closing would rest on, held against the books.
    fn settled_counts(&self) -> Result<(CountsSoFar, Counted), Refusal> {
        let counts = CountsSoFar::of(&self.store.till_counts().map_err(storage_failed)?);
        let counted = counts.settle(&self.totals()?, &self.shop)?;
        Ok((counts, counted))
    }

    fn totals(&self) -> Result<ShiftTotals, Refusal> {
        Ok(self.store.shift_totals().map_err(storage_failed)?.unwrap_or_default())
    }

    // ------------------------------------------------------------ cash without a sale

    pub(super) fn move_cash(&mut self, kind: TransactionKind, asked: &MoveCash) -> Result<Reply, Refusal> {
        let MoveCash { amount, pieces, reason, note } = asked;
        let pieces = self.pieces(pieces)?;
        let counted = self.shop.till.sum_of_pieces(&pieces, self.shop.currency)?;
        let amount = match amount {
            Some(amount) => self.money(amount.0)?,
            None if pieces.is_empty() => {
                let problem = "\"amount\" is missing, or notes and coins in \"pieces\".".to_owned();
                return Err(Refusal::Malformed { problem });
            }
            None => counted,
        };
        let counted = match pieces.is_empty() {
            true => Vec::new(),
            false => vec![TenderCount { tender: TenderKind::Cash, currency: None, amount: counted, pieces }],
        };
        let reason = reason.trim().into();
        let act = TillAct { amount, reason, note: note.trim().into(), counted };
        if let Some(reply) = self.act_done_before()? {
            return Ok(reply);
        }
        if kind == TransactionKind::PaidOut && self.operator()?.is_none() {
            self.shop.till.check_paid_out(amount, self.shop.currency)?;
        }
        let reply = self.commit_act(kind, act)?;
        self.effects.perform(Effect::OpenDrawer);
        Ok(reply)
    }

    pub(super) fn open_drawer(&mut self, reason: &str) -> Result<Reply, Refusal> {
        if let Some(reply) = self.act_done_before()? {
            return Ok(reply);
        }
        let act = TillAct { reason: reason.trim().into(), ..TillAct::default() };
        let reply = self.commit_act(TransactionKind::NoSale, act)?;
        self.effects.perform(Effect::OpenDrawer);
        Ok(reply)
    }

    pub(super) fn count_till(&mut self, asked: &[CountOf]) -> Result<Reply, Refusal> {
        if self.shift.is_none() {
            return Err(Refusal::NoShiftOpen);
        }
        let done_before = self.act_done_before()?;
        if done_before.is_none() {
            // Where the books cannot say what should be there nothing is counted either.
            let totals = self.totals()?;
            let counts = CountsSoFar::of(&self.store.till_counts().map_err(storage_failed)?);
            if counts.settle(&totals, &self.shop).is_ok() {
                // Whoever has seen what should be there would count just that.
                return Err(Refusal::TillCounted);
            }
        }
        let malformed = |problem: String| Refusal::Malformed { problem };
        let mut counted: Vec<TenderCount> = Vec::with_capacity(asked.len());
        for CountOf { tender, currency, amount, pieces } in asked {
            let name = tender.as_deref().unwrap_or(TenderKind::Cash.code());
            let tender = COUNTED.into_iter().find(|tender| tender.code() == name);
            let tender = tender.ok_or_else(|| malformed(format!("\"{name}\" is nothing that lies in a till.")))?;
            let currency = match currency.as_deref().filter(|code| *code != self.shop.currency.code()) {
                Some(code) if tender == TenderKind::Cash => Some(self.shop.till.foreign(code, Decimal::ZERO)?.currency),
                Some(code) => return Err(malformed(format!("{} has no currency {code}.", tender.label()))),
                None => None,
            };
            if counted.iter().any(|earlier| earlier.tender == tender && earlier.currency == currency) {
                return Err(malformed(format!("{} is counted twice.", tender.label())));
            }
            let of = currency.unwrap_or(self.shop.currency);
            let pieces = pieces_in(of, pieces)?;
            let sum = match currency {
                Some(_) => Pieces::sum(&pieces)?,
                None => self.shop.till.sum_of_pieces(&pieces, of)?,
            };
            let amount = match amount {
                Some(amount) => money_in(of, amount.0)?,
                None if pieces.is_empty() => return Err(malformed("A count has an \"amount\" or \"pieces\".".into())),
                None => sum,
            };
            counted.push(TenderCount { tender, currency, amount, pieces });
        }
        if !counted.iter().any(|count| count.tender == TenderKind::Cash && count.currency.is_none()) {
            return Err(malformed("The cash has to be counted, even where there is none.".into()));
        }
        let at_home = counted.iter().filter(|count| count.currency.is_none());
        let amount = Money::sum(at_home.map(|count| count.amount))?;
        let act = TillAct { amount, counted, ..TillAct::default() };
        let reply = match done_before {
            Some(reply) => reply,
            None => self.commit_act(TransactionKind::TillCount, act)?,
        };
        // It is in the books: from here on nothing may fail it.
        let view = match self.settled_counts() {
            Ok((_, counted)) => CountView {
                state: if counted.fits(&self.shop)? { CountState::Fits } else { CountState::Differs },
                tenders: Some(views::counted_views(&counted.tenders, self.shop.currency)),
            },
            Err(Refusal::RecountNeeded) => CountView { state: CountState::Recount, tenders: None },
            Err(refusal) => return Err(refusal),
        };
        Ok(Reply { count: Some(Box::new(view)), ..reply })
    }

    /// The id of what this command does to the till in this shift: a command that is sent again after a restart finds it.
    pub(super) fn act_id(&self, shift: u64) -> BasketId {
        let (command_id, digest) = &self.command;
        let hash = Sha256::new()
            .chain_update(b"pos-till-act-v1\0")
            .chain_update(shift.to_be_bytes())
            .chain_update(digest.as_bytes())
            .chain_update(command_id.as_bytes())
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        let id = Builder::from_bytes(bytes).with_variant(Variant::RFC4122).with_version(Version::Custom);
        BasketId(id.into_uuid())
    }

    /// The reply to a command that was carried out before a restart.
    pub(super) fn act_done_before(&self) -> Result<Option<Reply>, Refusal> {
        let Some(shift) = &self.shift else { return Ok(None) };
        let found = self.committed_of(self.act_id(shift.shift))?;
        Ok(found.map(|committed| self.slip(&committed).0))
    }

    fn slip(&self, committed: &Committed) -> (Reply, Receipt) {
        let slip = sale_receipt(committed, &self.shop, Print::Original);
        let mut reply = committed_reply(committed);
        reply.receipt = Some(Arc::new(views::receipt_view(committed.number, 0, &slip)));
        (reply, slip)
    }

    /// Makes something done to the till durable, opening a shift where none is open, and prints its slip.
    fn commit_act(&mut self, kind: TransactionKind, act: TillAct) -> Result<Reply, Refusal> {
        check_fits(
            "no till holds so much.",
            AMOUNT_MAX,
            act.counted.iter().map(|count| count.amount).chain([act.amount]),
        )?;
        let at = self.clock.now();
        let shift = self.shift.clone().unwrap_or_else(|| self.next_shift(at));
        let (opening, completion) = self.without_basket(self.act_id(shift.shift), &shift, at);
        let transaction = Transaction::till(kind, act, &opening, completion)?;
        let committed = self.commit(transaction, &shift, &mut |_| {})?;
        self.keep_shift(shift);
        let (reply, slip) = self.slip(&committed);
        self.effects.perform(Effect::Print { number: Some(committed.number), receipt: slip });
        Ok(reply)
    }

    /// What a transaction is made of that never was a basket.
    pub(super) fn without_basket(&self, id: BasketId, shift: &OpenShift, at: Moment) -> (Opening, Completion<'_>) {
        let opening = Opening {
            id,
            at,
            now: LocalTime::at(at, self.shop.zone.clone()),
            business_date: shift.business_date,
            cashier: self.cashier(),
            external_reference: None,
            voids: None,
            rule_set: "".into(),
        };
        let completion = Completion {
            shop: &self.shop,
            shift: shift.shift,
            business_date: shift.business_date,
            at,
            extensions: &[],
            limited: &[],
            lots: None,
            refund_in_cash: false,
            approvals: self.approvals_used(),
        };
        (opening, completion)
    }

    pub(super) fn keep_shift(&mut self, shift: OpenShift) {
        self.last_shift = shift.shift;
        self.shift = Some(shift);
    }

    pub(super) fn pieces(&self, pieces: &[PiecesOf]) -> Result<Vec<Pieces>, Refusal> {
        pieces_in(self.shop.currency, pieces)
    }

    // ------------------------------------------------------------ baskets put aside

    pub(super) fn suspend_basket(&mut self, basket: Option<BasketId>, note: &str) -> Result<Reply, Refusal> {
        let open = self.find(basket)?;
        if open.basket.live_lines().next().is_none() {
            return Err(Refusal::BasketEmpty);
        }
        open.basket.lines_may_change()?;
        if note.chars().count() > NOTE_CHARS_MAX {
            let problem = format!("A note has at most {NOTE_CHARS_MAX} characters.");
            return Err(Refusal::Malformed { problem });
        }
        let event = Event::Suspended { note: note.trim().into(), at: self.clock.now() };
        let reply = self.change(open, event)?;
        // Another register, or this one after a crash, takes it up as it was left.
        self.store.flush().map_err(storage_failed)?;
        Ok(reply)
    }

    pub(super) fn recall_basket(&mut self, basket: BasketId) -> Result<Reply, Refusal> {
        let open = self.open.get(&basket).cloned().ok_or(Refusal::BasketNotOpen { basket })?;
        if open.basket.suspended.is_none() {
            return Ok(self.keep(open));
        }
        self.change(open, Event::Recalled { cashier: self.cashier() })
    }

    pub(super) fn list_baskets(&self) -> Reply {
        let now = self.clock.now();
        let view = |open: &super::Open| views::open_basket_view(&open.basket, &open.priced, &self.shop, now);
        Reply { baskets: Some(self.open.values().map(view).collect()), ..Reply::default() }
    }

    /// The books' balances; while a till that is counted blind is open they would tell what is in it.
    pub(super) fn trial_balance(&self) -> Result<Reply, Refusal> {
        let counted = self.shift.is_none() || self.settled_counts().is_ok();
        if !counted && !self.sees_expected()? {
            return Err(Refusal::TillNotCounted);
        }
        if !counted {
            self.saw_expected()?;
        }
        let found = self.store.trial_balance().map_err(storage_failed)?;
        let view = views::trial_balance_view(&found, self.shop.currency);
        Ok(Reply { trial_balance: Some(Box::new(view)), ..Reply::default() })
    }
}

fn pieces_in(currency: Currency, pieces: &[PiecesOf]) -> Result<Vec<Pieces>, Refusal> {
    pieces.iter().map(|piece| Ok(Pieces { value: money_in(currency, piece.value.0)?, count: piece.count })).collect()
}
