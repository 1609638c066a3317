//! Shifts that are closed: their figures for ever, signed, through crashes and full disks.

use super::*;
use crate::count::{self, Call};
use pos_api::port::{ClosedShift, CommitRequest, OpenShift};
use pos_domain::money::Money;
use pos_domain::shift::{Books, Closing};
use pos_domain::tender::TenderKind;
use pos_domain::till::{TenderCount, TillAct};
use pos_domain::time::Moment;
use pos_domain::transaction::{Completion, TransactionKind};

pub(super) fn closing(shift: u64, counted: i64) -> Closing {
    Closing {
        shift,
        hands_over: false,
        books: fixture::books(),
        at: fixture::NOON,
        cashier: "Maya".into(),
        reason: "".into(),
        counts: Vec::new(),
        count: vec![TenderCount {
            tender: TenderKind::Cash,
            currency: None,
            amount: Money::from_minor(counted),
            pieces: Vec::new(),
        }],
    }
}

fn act(id: u128, kind: TransactionKind, minor: i64, reason: &str) -> Transaction {
    let act = TillAct { amount: Money::from_minor(minor), reason: reason.into(), ..TillAct::default() };
    let opening = fixture::opening(id);
    let completion = Completion {
        shop: &fixture::shop(),
        shift: 1,
        business_date: opening.business_date,
        at: fixture::NOON,
        extensions: &[],
        limited: &[],
        lots: None,
        refund_in_cash: false,
        approvals: &[],
    };
    Transaction::till(kind, act, &opening, completion).unwrap()
}

fn balance(store: &SqliteStore, account: &str) -> i64 {
    let found = store.trial_balance().unwrap().accounts.into_iter().find(|found| &*found.account == account);
    found.map_or(0, |found| found.debit.minor() - found.credit.minor())
}

/// The printed anchor is the beginning of the closing's hash, and the file says so itself.
fn anchor_of(store: &SqliteStore, closed: &ClosedShift) {
    let (seq, digits) = closed.anchor.split_once(':').unwrap();
    let seq: i64 = seq.parse().unwrap();
    let stored: Vec<u8> = store.inspect(move |connection| {
        connection
            .query_row("SELECT hash FROM journal WHERE seq = ?1 AND kind = 'shift-closed'", [seq], |row| row.get(0))
            .unwrap()
    });
    assert_eq!(hex::encode(stored)[..32], *digits);
}

#[test]
fn a_shift_closes_with_its_figures_and_leaves_an_empty_till() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 3);
    commit(&store, act(4, TransactionKind::PaidOut, 250, "postage")).unwrap();
    commit(&store, act(5, TransactionKind::PaidIn, 100, "found")).unwrap();
    commit(&store, act(6, TransactionKind::TenderPickup, 5_000, "")).unwrap();
    commit(&store, act(7, TransactionKind::NoSale, 0, "change")).unwrap();
    let totals = store.shift_totals().unwrap().unwrap();
    assert_eq!((totals.sales, totals.no_sales, totals.moved.len()), (3, 1, 3));
    let expected = totals.expected(TenderKind::Cash).unwrap().minor();
    assert_eq!(balance(&store, "till:cash"), expected, "the books and the figures agree on what is there");

    let closed = store.close_shift(closing(1, expected - 7)).unwrap();
    assert_eq!(closed.closed.over_short().unwrap().minor(), -7);
    assert_eq!(closed.closed.totals, totals);
    assert_eq!((closed.closed.grand.closings, closed.closed.grand.total), (1, totals.total));
    anchor_of(&store, &closed);
    assert_eq!((balance(&store, "till:cash"), balance(&store, "over-short")), (0, 7));
    assert_eq!(store.shift_totals().unwrap(), None);

    // Closed once: whoever asks again, with whatever count, gets the first answer.
    assert_eq!(store.close_shift(closing(1, 0)).unwrap(), closed);
    assert_eq!(store.closed_shift(1).unwrap(), Some(closed.clone()));
    assert_eq!(store.closed_shift(2).unwrap(), None);
    assert!(commit(&store, fixture::sale(8, 1)).is_err(), "nothing more is sold in it");
    verified(&store);

    // The next one goes on from there, after a restart too.
    drop(store);
    let store = folder.open();
    let restored = store.restore().unwrap();
    assert_eq!((restored.shift, restored.last_shift), (None, 1));
    let next = pos_api::port::OpenShift { shift: 2, ..fixture::open_shift() };
    store.open_shift(next.clone(), &fixture::books()).unwrap();
    store.open_shift(next, &fixture::books()).unwrap();
    assert_eq!(store.restore().unwrap().shift.map(|shift| shift.shift), Some(2));
    let second = store.close_shift(closing(2, 10_000)).unwrap().closed;
    assert_eq!((second.grand.closings, second.grand.total), (2, totals.total));
    // 1 opening, 7 transactions, closing and anchor; opening, closing and anchor.
    assert_eq!(verified(&store), 13);
}

#[test]
fn a_power_cut_leaves_a_shift_closed_or_open() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 3);
    let before = cut_off(&folder);
    let closed = store.close_shift(closing(1, 1)).unwrap();
    let after = cut_off(&folder);
    let key = folder.0.path().join("shop.key");
    std::fs::copy(&key, after.0.path().join("shop.key")).unwrap();
    std::fs::copy(&key, before.0.path().join("shop.key")).unwrap();
    let again = before.open();
    assert_eq!(again.closed_shift(1).unwrap(), None);
    assert_eq!(again.close_shift(closing(1, 1)).unwrap(), closed, "the same closing in the same words");
    verified(&again);
    let kept = after.open();
    assert_eq!(kept.close_shift(closing(1, 2)).unwrap(), closed);
    assert_eq!(balance(&kept, "till:cash"), 0);
    verified(&kept);
}

#[test]
fn a_disk_that_fails_while_closing_is_tried_again() {
    let _alone = faults::alone();
    let folder = Folder::new();
    let vfs = Some(count::register().unwrap().to_owned());
    let options = StoreOptions { vfs, event_batch_ms: 60_000, ..StoreOptions::new(fixture::currency()) };
    let store = SqliteStore::open(&folder.path(), options).unwrap();
    sell(&store, 1, 2);
    for call in [Call::WalWrite, Call::WalSync] {
        for after in 0..3 {
            count::fail(call, after, 1);
            let shift = store.restore().unwrap().last_shift;
            let closed = match store.close_shift(closing(shift, 1)) {
                Ok(closed) => closed,
                Err(_) => {
                    count::fail(call, 0, 0);
                    store.close_shift(closing(shift, 1)).unwrap()
                }
            };
            count::fail(call, 0, 0);
            assert_eq!(closed.closed.grand.closings, shift);
            anchor_of(&store, &closed);
            let next = pos_api::port::OpenShift { shift: shift + 1, ..fixture::open_shift() };
            store.open_shift(next, &fixture::books()).unwrap();
            verified(&store);
        }
    }
}

#[test]
fn counts_are_those_since_cash_last_moved() {
    let folder = Folder::new();
    let store = folder.open();
    let counts = || store.till_counts().unwrap().iter().map(|count| count.number).collect::<Vec<_>>();
    sell(&store, 1, 1);
    assert!(counts().is_empty());
    commit(&store, act(2, TransactionKind::TillCount, 100, "")).unwrap();
    commit(&store, act(3, TransactionKind::NoSale, 0, "change")).unwrap();
    commit(&store, act(4, TransactionKind::TillCount, 200, "")).unwrap();
    assert_eq!(counts(), [2, 4]);
    sell(&store, 5, 1);
    assert!(counts().is_empty());
    commit(&store, act(6, TransactionKind::TillCount, 300, "")).unwrap();
    assert_eq!(counts(), [6]);
    store.close_shift(closing(1, 300)).unwrap();
    let next = pos_api::port::OpenShift { shift: 2, ..fixture::open_shift() };
    store.open_shift(next, &Books::of(&fixture::shop())).unwrap();
    assert!(counts().is_empty(), "those of the shift before are done with");
}

#[test]
fn a_till_is_handed_over_as_it_was_and_taken_over_once() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 3);
    let expected = store.shift_totals().unwrap().unwrap().expected(TenderKind::Cash).unwrap();
    assert_eq!(store.handover(1).unwrap(), None, "it is open");
    let hands_over = Closing { hands_over: true, counts: Vec::new(), count: Vec::new(), ..closing(1, 0) };
    let closed = store.close_shift(hands_over).unwrap();
    assert_eq!(closed.closed.over_short().unwrap().minor(), 0);
    assert_eq!((balance(&store, "till:cash"), balance(&store, "in-transit:cash")), (0, expected.minor()));

    let text = store.handover(1).unwrap().unwrap();
    let found = store.read_handover(&text).unwrap();
    assert_eq!(found.carried.tenders, [("cash".into(), expected)]);
    assert_eq!((&*found.store, found.taken_by), ("S1", None));
    // Whatever digit or letter of it is changed: it is no till any more.
    let letters = text.char_indices().filter(|(_, letter)| letter.is_ascii_alphanumeric());
    let mut changed = 0;
    for (at, letter) in letters.step_by(7) {
        let other = if letter == '1' { '2' } else { '1' };
        let mut spoilt = text.clone();
        spoilt.replace_range(at..=at, &other.to_string());
        // A digit of the number in the body of which the frame tells nothing is part of what is signed as well.
        let read = store.read_handover(&spoilt);
        assert!(read.is_err(), "{at}: {:?}", &spoilt[at.saturating_sub(20)..at + 1]);
        changed += 1;
    }
    assert!(changed > 100, "{changed}");

    let next = pos_api::port::OpenShift {
        shift: 2,
        float: Money::ZERO,
        carried: Some(found.carried),
        ..fixture::open_shift()
    };
    store.open_shift(next, &fixture::books()).unwrap();
    assert_eq!(store.read_handover(&text).unwrap().taken_by, Some(2));
    assert_eq!((balance(&store, "till:cash"), balance(&store, "in-transit:cash")), (expected.minor(), 0));
    assert_eq!(store.shift_totals().unwrap().unwrap().expected(TenderKind::Cash), Ok(expected));
    store.close_shift(closing(2, expected.minor())).unwrap();
    assert_eq!(balance(&store, "over-short"), 0);
    assert_eq!(store.handover(2).unwrap(), None, "it was counted");
    verified(&store);
}

/// A window of time has what was sold in it, whatever the clock said when the shifts were opened and closed.
#[test]
fn a_wrong_clock_hides_no_sale_from_a_window() {
    const DAY: i64 = 86_400_000;
    let at = |day: i64| Moment { unix_ms: fixture::NOON.unix_ms + day * DAY, ..fixture::NOON };
    for wrong in [-20_000, -2, 0, 2, 20_000] {
        for (wrong_shift, is_closed) in [(1, true), (2, true), (3, true), (3, false)] {
            let folder = Folder::new();
            let store = folder.open();
            for shift in 1..=3 {
                let day = i64::try_from(shift).unwrap();
                let clock = if shift == wrong_shift { day + wrong } else { day };
                let open_shift = Some(OpenShift { shift, opened_at: at(clock), ..fixture::open_shift() });
                let mut sale = fixture::sale(u128::from(shift), 2);
                (sale.shift, sale.completed_at) = (shift, at(day));
                store.commit(CommitRequest { transaction: sale, open_shift, floors: Vec::new() }, &mut |_| {}).unwrap();
                if shift < 3 || is_closed {
                    // The clock is right again.
                    store.close_shift(Closing { at: at(day), ..closing(shift, 1) }).unwrap();
                }
            }
            for day in 1..=3 {
                let mut found = Vec::new();
                let (from, to) = (at(day).unix_ms - DAY / 2, at(day).unix_ms + DAY / 2);
                store.transactions_between(from, to, &mut |one| found.push(one.number)).unwrap();
                assert_eq!(found, [day as u64], "shift {wrong_shift} opened {wrong} days wrong");
            }
        }
    }
}
