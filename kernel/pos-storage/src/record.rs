//! What a journal record says, and the hash that chains it to the one before.
//!
//! `hash = SHA-256("pos-journal-record-v1\0" ‖ previous hash (32 bytes) ‖ body)`, where the body is the record in
//! canonical form ([`crate::canonical`]) and the first record's previous hash is [`GENESIS`], 32 zero bytes. A body looks
//! like `{"kind":"sale","number":1,"seq":2,"transaction":{…},"version":1}`; in place of number and transaction the opening
//! of a shift has `"shift":{…}`, its closing `"closing":{…}`, the closing of a day, month or
//! year `"period":{…}`, an anchor `"signed":{…}`, and what a person did otherwise `"audit":{…}`. A hash says that nothing
//! before it was changed; it does not say who wrote it.

use crate::anchor::SignedAnchor;
use crate::canonical;
use crate::error::{Fault, Result};
use jiff::civil::Date;
use pos_api::port::OpenShift;
use pos_domain::ids::{BasketId, ReceiptNumber};
use pos_domain::ledger::{self, Entry, Posting};
use pos_domain::money::{Currency, Money};
use pos_domain::people::Audit;
use pos_domain::period::PeriodClosed;
use pos_domain::shift::{Books, Carried, ShiftClosed};
use pos_domain::till::Pieces;
use pos_domain::time::Moment;
use pos_domain::transaction::{Committed, Transaction, TransactionKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Version of the record's frame (kind, number, seq); the transaction inside has a version of its own.
pub(crate) const RECORD_FRAME_VERSION: u16 = 1;

/// Keeps this hash apart from any other use of SHA-256, and one version of the form from the next.
const HASH_DOMAIN: &[u8] = b"pos-journal-record-v1\0";

/// The kind of the record that opens a shift; the other kinds are those of [`pos_domain::transaction::TransactionKind`].
pub(crate) const SHIFT_OPENED: &str = "shift-opened";

/// The kind of the record that closes one.
pub(crate) const SHIFT_CLOSED: &str = "shift-closed";

/// The kind of the record that signs the one before it.
pub(crate) const ANCHOR: &str = "anchor";

/// The kind of the record of something a person did.
pub(crate) const AUDIT: &str = "audit";

/// A link of the chain.
pub type Hash = [u8; 32];

/// What the first record continues.
pub const GENESIS: Hash = [0; 32];

/// The hash of a record.
pub fn hash(previous: &Hash, body: &[u8]) -> Hash {
    Sha256::new().chain_update(HASH_DOMAIN).chain_update(previous).chain_update(body).finalize().into()
}

/// The opening of a shift. It takes no receipt number: nobody is handed a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShiftOpened {
    pub(crate) shift: u64,
    pub(crate) business_date: Date,
    pub(crate) opened_at: Moment,
    pub(crate) store: Arc<str>,
    pub(crate) register: Arc<str>,
    pub(crate) currency: Currency,
    pub(crate) float: Money,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pieces: Vec<Pieces>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub(crate) cashier: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) carried: Option<Carried>,
    pub(crate) entries: Vec<Entry>,
}

impl ShiftOpened {
    /// The record of a shift that opens: the float goes from the safe into the till.
    pub(crate) fn new(open: &OpenShift, books: &Books) -> Result<ShiftOpened> {
        let OpenShift { shift, business_date, float, pieces, cashier, carried, opened_at } = open;
        let mut posting = Posting::default();
        posting.debit("till:cash", *float)?;
        posting.credit("safe", *float)?;
        Ok(ShiftOpened {
            shift: *shift,
            business_date: *business_date,
            opened_at: *opened_at,
            store: books.store.clone(),
            register: books.register.clone(),
            currency: books.currency,
            float: *float,
            pieces: pieces.clone(),
            cashier: cashier.clone(),
            carried: carried.clone(),
            entries: [posting.close()?, carried.as_ref().map_or(Ok(Vec::new()), Carried::entries)?].concat(),
        })
    }
}

/// What a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    ShiftOpened(ShiftOpened),
    ShiftClosed(Box<ShiftClosed>),
    PeriodClosed(Box<PeriodClosed>),
    Anchor(SignedAnchor),
    Audit(Box<Audit>),
    Transaction(Box<Committed>),
}

impl Content {
    pub(crate) fn entries(&self) -> &[Entry] {
        match self {
            Content::ShiftOpened(opened) => &opened.entries,
            Content::ShiftClosed(closed) => &closed.entries,
            Content::Anchor(_) | Content::Audit(_) | Content::PeriodClosed(_) => &[],
            Content::Transaction(committed) => &committed.transaction.entries,
        }
    }

    /// The store and the register that wrote it.
    pub(crate) fn of(&self) -> (&str, &str) {
        match self {
            Content::ShiftOpened(ShiftOpened { store, register, .. }) => (store, register),
            Content::ShiftClosed(closed) => (&closed.store, &closed.register),
            Content::PeriodClosed(closed) => (&closed.store, &closed.register),
            Content::Anchor(signed) => (&signed.anchor.store, &signed.anchor.register),
            Content::Audit(audit) => (&audit.store, &audit.register),
            Content::Transaction(committed) => (&committed.transaction.store, &committed.transaction.register),
        }
    }

    /// The sums that must hold in every record.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Content::ShiftOpened(opened) => Ok(ledger::assert_balanced(&opened.entries)?),
            Content::ShiftClosed(closed) => Ok(closed.check()?),
            Content::PeriodClosed(closed) => Ok(closed.check()?),
            Content::Anchor(anchor) => anchor.check(),
            Content::Audit(_) => Ok(()),
            Content::Transaction(committed) => Ok(committed.transaction.check()?),
        }
    }
}

/// A record read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    pub(crate) content: Content,
}

/// The body as it is written down.
#[derive(Deserialize)]
struct Frame {
    version: u16,
    kind: String,
    seq: u64,
    number: Option<ReceiptNumber>,
    transaction: Option<Transaction>,
    shift: Option<ShiftOpened>,
    closing: Option<Box<ShiftClosed>>,
    period: Option<Box<PeriodClosed>>,
    signed: Option<SignedAnchor>,
    audit: Option<Box<Audit>>,
}

impl Record {
    /// Reads a body; its sums are not checked yet.
    pub(crate) fn parse(body: &str) -> Result<Record> {
        let frame: Frame = serde_json::from_str(body).map_err(|error| Fault::corrupt(error.to_string()))?;
        let Frame { version, kind, seq, number, transaction, shift, closing, period, signed, audit } = frame;
        if version > RECORD_FRAME_VERSION {
            return Err(Fault::corrupt(format!("it has version {version}, newer than this program")));
        }
        let content = match (number, transaction, shift, closing, period, signed, audit) {
            (Some(number), Some(transaction), None, None, None, None, None) => {
                Content::Transaction(Box::new(Committed { number, transaction }))
            }
            (None, None, Some(opened), None, None, None, None) => Content::ShiftOpened(opened),
            (None, None, None, Some(closed), None, None, None) => Content::ShiftClosed(closed),
            (None, None, None, None, Some(closed), None, None) => Content::PeriodClosed(closed),
            (None, None, None, None, None, Some(signed), None) => Content::Anchor(signed),
            (None, None, None, None, None, None, Some(audit)) => Content::Audit(audit),
            _ => {
                let problem = "it is neither a transaction nor of a shift or a period nor an anchor nor of a person";
                return Err(Fault::corrupt(problem));
            }
        };
        let record = Record { seq, content };
        if record.columns().kind != kind {
            return Err(Fault::corrupt(format!("it calls itself \"{kind}\" and is \"{}\"", record.columns().kind)));
        }
        Ok(record)
    }

    /// What the record's other columns must say.
    pub(crate) fn columns(&self) -> Columns<'_> {
        match &self.content {
            Content::ShiftOpened(opened) => Columns::of_shift(self.seq, opened),
            Content::ShiftClosed(closed) => Columns::of_closing(self.seq, closed),
            Content::PeriodClosed(closed) => Columns::of_period(self.seq, closed),
            Content::Anchor(signed) => Columns::of_anchor(self.seq, signed),
            Content::Audit(audit) => Columns::of_audit(self.seq, audit),
            Content::Transaction(committed) => {
                Columns::of_transaction(self.seq, committed.number, &committed.transaction)
            }
        }
    }
}

/// A record's columns besides body and hashes: copies of what the body says, to look records up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns<'a> {
    pub(crate) seq: u64,
    pub(crate) kind: &'a str,
    pub(crate) number: Option<ReceiptNumber>,
    pub(crate) basket: Option<BasketId>,
    /// Not of cancelled ones: a basket given up does not use its reference up.
    pub(crate) external_reference: Option<&'a str>,
    pub(crate) at_ms: i64,
}

impl<'a> Columns<'a> {
    pub(crate) fn of_transaction(seq: u64, number: ReceiptNumber, transaction: &'a Transaction) -> Columns<'a> {
        Columns {
            seq,
            kind: transaction.kind.code(),
            number: Some(number),
            basket: Some(transaction.basket),
            external_reference: reference(transaction),
            at_ms: transaction.completed_at.unix_ms,
        }
    }

    pub(crate) fn of_shift(seq: u64, opened: &ShiftOpened) -> Columns<'a> {
        Columns::without_receipt(seq, SHIFT_OPENED, opened.opened_at.unix_ms)
    }

    pub(crate) fn of_closing(seq: u64, closed: &ShiftClosed) -> Columns<'a> {
        Columns::without_receipt(seq, SHIFT_CLOSED, closed.closed_at.unix_ms)
    }

    pub(crate) fn of_period(seq: u64, closed: &PeriodClosed) -> Columns<'a> {
        Columns::without_receipt(seq, closed.period.record_kind(), closed.closed_at.unix_ms)
    }

    pub(crate) fn of_anchor(seq: u64, signed: &SignedAnchor) -> Columns<'a> {
        Columns::without_receipt(seq, ANCHOR, signed.anchor.at_ms)
    }

    pub(crate) fn of_audit(seq: u64, audit: &Audit) -> Columns<'a> {
        Columns::without_receipt(seq, AUDIT, audit.at.unix_ms)
    }

    fn without_receipt(seq: u64, kind: &'static str, at_ms: i64) -> Columns<'a> {
        Columns { seq, kind, number: None, basket: None, external_reference: None, at_ms }
    }
}

/// The reference a transaction uses up.
pub(crate) fn reference(transaction: &Transaction) -> Option<&str> {
    let is_kept = transaction.kind != TransactionKind::Cancelled;
    transaction.external_reference.as_deref().filter(|_| is_kept)
}

/// The canonical form of a transaction, to be framed once its number is known. Made by the caller's thread: the writer's
/// is the one that everybody waits for.
pub(crate) fn canonical_transaction(transaction: &Transaction) -> Result<String> {
    canonical::to_string(transaction).map_err(|error| Fault::corrupt(error.to_string()))
}

/// The body of a transaction's record. Its keys stand in sorted order by hand; a test holds it against the general way.
pub(crate) fn transaction_body(columns: Columns<'_>, transaction: &str) -> String {
    let Columns { seq, kind, number, .. } = columns;
    let number = number.unwrap_or_default();
    format!(
        r#"{{"kind":"{kind}","number":{number},"seq":{seq},"transaction":{transaction},"version":{RECORD_FRAME_VERSION}}}"#
    )
}

/// The body of the record that opens a shift.
pub(crate) fn shift_body(seq: u64, opened: &ShiftOpened) -> Result<String> {
    let shift = canonical::to_string(opened).map_err(|error| Fault::corrupt(error.to_string()))?;
    Ok(format!(r#"{{"kind":"{SHIFT_OPENED}","seq":{seq},"shift":{shift},"version":{RECORD_FRAME_VERSION}}}"#))
}

/// The body of the record that closes a shift.
pub(crate) fn closing_body(seq: u64, closed: &ShiftClosed) -> Result<String> {
    let closing = canonical::to_string(closed).map_err(|error| Fault::corrupt(error.to_string()))?;
    Ok(format!(r#"{{"closing":{closing},"kind":"{SHIFT_CLOSED}","seq":{seq},"version":{RECORD_FRAME_VERSION}}}"#))
}

/// The body of the record that closes a day, a month or a year.
pub(crate) fn period_body(seq: u64, closed: &PeriodClosed) -> Result<String> {
    let (kind, period) = (closed.period.record_kind(), canonical::to_string(closed));
    let period = period.map_err(|error| Fault::corrupt(error.to_string()))?;
    Ok(format!(r#"{{"kind":"{kind}","period":{period},"seq":{seq},"version":{RECORD_FRAME_VERSION}}}"#))
}

/// The body of the record that signs the one before it.
pub(crate) fn anchor_body(seq: u64, signed: &SignedAnchor) -> Result<String> {
    let signed = canonical::to_string(signed).map_err(|error| Fault::corrupt(error.to_string()))?;
    Ok(format!(r#"{{"kind":"{ANCHOR}","seq":{seq},"signed":{signed},"version":{RECORD_FRAME_VERSION}}}"#))
}

/// The body of the record of something a person did.
pub(crate) fn audit_body(seq: u64, audit: &Audit) -> Result<String> {
    let audit = canonical::to_string(audit).map_err(|error| Fault::corrupt(error.to_string()))?;
    Ok(format!(r#"{{"audit":{audit},"kind":"{AUDIT}","seq":{seq},"version":{RECORD_FRAME_VERSION}}}"#))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use expect_test::{expect, expect_file};
    use pos_domain::people::{AUDIT_VERSION, Act, Approval, Audited};
    use pos_domain::period::{Period, PeriodClosing, Periods};
    use pos_domain::report::ShiftTotals;
    use pos_domain::shift::{Closing, GrandTotals};
    use pos_domain::tender::TenderKind;
    use pos_domain::till::TenderCount;

    fn shift_opened() -> ShiftOpened {
        ShiftOpened::new(&fixture::open_shift(), &fixture::books()).unwrap()
    }

    #[test]
    fn bodies_read_back_as_they_were_written() {
        let transaction = fixture::sale(1, 3);
        let columns = Columns::of_transaction(2, 1, &transaction);
        let body = transaction_body(columns, &canonical_transaction(&transaction).unwrap());
        let record = Record::parse(&body).unwrap();
        assert_eq!(record.columns(), columns);
        record.content.check().unwrap();
        assert_eq!(record.content, Content::Transaction(Box::new(Committed { number: 1, transaction })));

        let opened = shift_opened();
        let record = Record::parse(&shift_body(1, &opened).unwrap()).unwrap();
        assert_eq!(record, Record { seq: 1, content: Content::ShiftOpened(opened) });
    }

    #[test]
    fn frames_written_by_hand_are_canonical() {
        let transaction = canonical_transaction(&fixture::sale(1, 2)).unwrap();
        let body = transaction_body(Columns::of_transaction(2, 1, &fixture::sale(1, 2)), &transaction);
        for body in [body, shift_body(1, &shift_opened()).unwrap()] {
            let tree: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(canonical::to_string(&tree).unwrap(), body);
        }
    }

    // Journals are kept for ten years and more: where one of the next two differs, the form needs a new version.

    #[test]
    fn form_1_of_a_shift() {
        let body = shift_body(1, &shift_opened()).unwrap();
        expect_file!["../golden/record-1-shift-opened.json"].assert_eq(&format!("{body}\n"));
        expect!["3d78905a603a0f68c8d043c5863dfd60cb63f56437004350e78019681390d7e0"]
            .assert_eq(&hex::encode(hash(&GENESIS, body.as_bytes())));
    }

    #[test]
    fn form_1_of_a_sale() {
        let transaction = fixture::sale(1, 1);
        let columns = Columns::of_transaction(2, 1, &transaction);
        let body = transaction_body(columns, &canonical_transaction(&transaction).unwrap());
        expect_file!["../golden/record-1-sale.json"].assert_eq(&format!("{body}\n"));
        expect!["26bdf009b0e87d58e49081dc8e12559f62baf89593e80b5a29a22b1ea0993e76"]
            .assert_eq(&hex::encode(hash(&GENESIS, body.as_bytes())));
    }

    #[test]
    fn form_1_of_a_closing_and_its_anchor() {
        let totals = ShiftTotals {
            shift: 1,
            business_date: jiff::civil::date(2026, 3, 2),
            opened_at: Some(fixture::NOON),
            float: Money::from_minor(10_000),
            sales: 1,
            total: Money::from_minor(932),
            tax: Money::from_minor(148),
            moved: vec![("paid-out:postage".into(), Money::from_minor(250))],
            tenders: vec![("cash".into(), Money::from_minor(932))],
            departments: vec![("Drinks".into(), Money::from_minor(932))],
            taxes: vec![("VAT".into(), Money::from_minor(784), Money::from_minor(148))],
            numbers: Some((1, 2)),
            ..ShiftTotals::default()
        };
        let pieces = vec![Pieces { value: Money::from_minor(1_000), count: 10 }];
        let closing = Closing {
            shift: 1,
            books: fixture::books(),
            at: fixture::NOON,
            cashier: "Maya".into(),
            reason: "wrong change".into(),
            counts: vec![2],
            hands_over: false,
            count: vec![TenderCount {
                tender: TenderKind::Cash,
                currency: None,
                amount: Money::from_minor(10_000),
                pieces,
            }],
        };
        let closed = ShiftClosed::new(&closing, totals, &GrandTotals::default()).unwrap();
        let body = closing_body(3, &closed).unwrap();
        let record = Record::parse(&body).unwrap();
        assert_eq!(record.columns(), Columns::of_closing(3, &closed));
        assert_eq!(record.content, Content::ShiftClosed(Box::new(closed)));
        expect_file!["../golden/record-1-shift-closed.json"].assert_eq(&format!("{body}\n"));

        let Ok(Record { content: Content::ShiftClosed(closed), .. }) = Record::parse(&body) else { panic!("{body}") };
        let mut periods = Periods::default();
        periods.add_shift(&closed).unwrap();
        let (books, at, today) = (fixture::books(), fixture::NOON, closed.business_date);
        let day = PeriodClosing { books, at, cashier: "Maya".into(), today, with_today: true };
        let day = periods.next(Period::Day, &day).unwrap().unwrap();
        let day_closed = period_body(4, &day).unwrap();
        let record = Record::parse(&day_closed).unwrap();
        record.content.check().unwrap();
        assert_eq!(record.columns(), Columns::of_period(4, &day));
        assert_eq!(record.content, Content::PeriodClosed(Box::new(day)));
        expect_file!["../golden/record-1-day-closed.json"].assert_eq(&format!("{day_closed}\n"));

        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let signed = SignedAnchor::sign(&key, &fixture::books(), fixture::NOON, 3, &GENESIS).unwrap();
        let anchor = anchor_body(4, &signed).unwrap();
        let record = Record::parse(&anchor).unwrap();
        record.content.check().unwrap();
        assert_eq!(record.columns(), Columns::of_anchor(4, &signed));
        expect_file!["../golden/record-1-anchor.json"].assert_eq(&format!("{anchor}\n"));
        let opened_for_nothing = Approval {
            act: Act::OpenDrawer,
            amount: Money::ZERO,
            actor: "maya".into(),
            approver: "ben".into(),
            role: "manager".into(),
            at: fixture::NOON,
        };
        let audit = Audit {
            at: fixture::NOON,
            store: "S1".into(),
            register: "R1".into(),
            person: "ben".into(),
            what: Audited::Approved { approval: opened_for_nothing, basket: None },
            version: AUDIT_VERSION,
        };
        let audited = audit_body(5, &audit).unwrap();
        let record = Record::parse(&audited).unwrap();
        assert_eq!(record.columns(), Columns::of_audit(5, &audit));
        assert_eq!(record.content, Content::Audit(Box::new(audit)));
        expect_file!["../golden/record-1-audit.json"].assert_eq(&format!("{audited}\n"));
        for body in [body, day_closed, anchor, audited] {
            let tree: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(canonical::to_string(&tree).unwrap(), body);
        }
    }
}
