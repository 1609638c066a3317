//! Group commit: who waits together shares an fsync, and each is told what is so of it.

use super::faults::alone;
use super::*;
use crate::bulk;
use crate::count::{self, Call};
use crate::disk::{Disk, NAME, Unsure};
use pos_api::port::CommitRequest;
use pos_domain::ledger::Floor;
use pos_domain::money::Money;
use std::sync::mpsc;

type Told = mpsc::Receiver<Result<u64, StoreError>>;

/// Holds the writer up until it is dropped, so that what is asked for meanwhile waits together.
fn hold(store: &SqliteStore) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    store.inspect_later(move |_| {
        begin.send(()).unwrap();
        released.recv().ok();
    });
    begun.recv().unwrap();
    release
}

/// Commits on a thread of its own, behind `waiting` others.
fn ask<'s, 'e>(
    scope: &'s std::thread::Scope<'s, 'e>,
    store: &'e SqliteStore,
    request: CommitRequest,
    waiting: usize,
) -> Told {
    let (tell, told) = mpsc::channel();
    scope.spawn(move || tell.send(store.commit(request, &mut |_| {}).map(|committed| committed.number)));
    until("the commit waits", || store.jobs_waiting() > waiting);
    told
}

/// What several are told that come at once, in their order.
fn together(store: &SqliteStore, requests: Vec<CommitRequest>) -> Vec<Result<u64, StoreError>> {
    std::thread::scope(|scope| {
        let held = hold(store);
        let told: Vec<Told> =
            requests.into_iter().enumerate().map(|(waiting, request)| ask(scope, store, request, waiting)).collect();
        drop(held);
        told.into_iter().map(|told| told.recv().unwrap()).collect()
    })
}

fn sales(ids: std::ops::RangeInclusive<u128>) -> Vec<CommitRequest> {
    ids.map(|id| fixture::request(fixture::sale(id, 3))).collect()
}

fn open_counted(folder: &Folder) -> SqliteStore {
    let vfs = Some(count::register().unwrap().to_owned());
    SqliteStore::open(&folder.path(), StoreOptions { vfs, ..StoreOptions::new(fixture::currency()) }).unwrap()
}

#[test]
fn sales_that_wait_together_share_one_fsync() {
    let _alone = alone();
    let folder = Folder::new();
    let store = open_counted(&folder);
    sell(&store, 1, 1);
    let before = count::snapshot();
    assert_eq!(together(&store, sales(2..=9)), (2..=9).map(Ok).collect::<Vec<_>>());
    assert_eq!(count::snapshot().since(before).syncs(), 1);
    // One that comes alone afterwards waits for nobody in the end, and is one of its own.
    let before = count::snapshot();
    assert_eq!(sell(&store, 10, 1), [10]);
    assert_eq!(count::snapshot().since(before).syncs(), 1);
    assert_eq!(verified(&store), 11);
    assert_eq!(store.shift_totals().unwrap().unwrap().sales, 10);
    drop(store);
    assert_eq!(verified(&folder.open()), 11);
}

#[test]
fn the_first_of_a_group_opens_the_shift_for_all() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(together(&store, sales(1..=3)), [Ok(1), Ok(2), Ok(3)]);
    assert_eq!(verified(&store), 4);
}

#[test]
fn a_refused_member_costs_only_itself() {
    let folder = Folder::new();
    let store = folder.open();
    let mut requests = sales(1..=6);
    // The first would open the shift, and is not taken: whoever comes next opens it.
    requests[0].transaction.external_reference = Some("4711".into());
    requests[0].floors = vec![Floor { account: "gift-card:1".into(), least: Money::from_minor(1) }];
    requests[2].transaction.shift = 7;
    // The same reference, now free.
    requests[3].transaction.external_reference = Some("4711".into());
    // The same reference again, and the same basket again.
    requests[4].transaction.external_reference = Some("4711".into());
    requests[5] = fixture::request(fixture::sale(2, 3));
    let told = together(&store, requests);
    assert!(matches!(&told[0], Err(StoreError::RunsOut { .. })), "{told:?}");
    assert_eq!(told[1], Ok(1));
    assert!(matches!(&told[2], Err(StoreError::Corrupt { .. })), "{told:?}");
    assert_eq!(told[3], Ok(2));
    assert_eq!(told[4], Err(StoreError::AlreadyRung { reference: "4711".into(), number: 2 }));
    assert_eq!(told[5], Ok(1), "it was committed a moment before");
    assert_eq!(sell(&store, 7, 1), [3], "a refused sale takes no number");
    assert_eq!(verified(&store), 4);
    assert_eq!(store.shift_totals().unwrap().unwrap().sales, 3);
}

/// What is on an account is taken once, whoever asks for it at the same time.
#[test]
fn a_group_does_not_overdraw_an_account() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 1);
    let mut requests = sales(2..=5);
    // Each sale takes some cash into the till: the account's credit falls below what is left to the third of them.
    let taken = |request: &CommitRequest| {
        let till = request.transaction.entries.iter().filter(|entry| &*entry.account == "till:cash");
        till.map(|entry| entry.debit.minor() - entry.credit.minor()).sum::<i64>()
    };
    let held: i64 = -store.credit_of("till:cash").unwrap().minor();
    let least = -(held + requests[..2].iter().map(taken).sum::<i64>());
    for request in &mut requests {
        request.floors = vec![Floor { account: "till:cash".into(), least: Money::from_minor(least) }];
    }
    let told = together(&store, requests);
    assert_eq!(told[..2], [Ok(2), Ok(3)]);
    assert!(told[2..].iter().all(|told| matches!(told, Err(StoreError::RunsOut { .. }))), "{told:?}");
    assert_eq!(verified(&store), 4);
}

/// The N-th call of a kind fails while a group is committed: what is answered is durable, what is not can be asked again.
#[test]
fn a_group_whose_commit_fails_is_settled_for_each() {
    let _alone = alone();
    let mut refused = 0;
    for (call, failing) in [(Call::WalWrite, 1), (Call::WalSync, 1), (Call::WalSync, 2), (Call::WalSync, 3)] {
        for passing in 0..8 {
            let folder = Folder::new();
            let store = open_counted(&folder);
            sell(&store, 1, 1);
            count::fail(call, passing, failing);
            let told = together(&store, sales(2..=5));
            count::fail(call, 0, 0);
            let copy = cut_off(&folder);
            let done: Vec<u64> = told.iter().flatten().copied().collect();
            refused += told.len() - done.len();
            let again: Vec<u64> = (2..=5).map(|id| commit(&store, fixture::sale(id, 3)).unwrap()).collect();
            for (told, again) in told.iter().zip(&again) {
                assert!(told.as_ref().map_or(true, |told| told == again), "{call:?} {passing}: {told:?}, then {again}");
            }
            let mut all = again.clone();
            all.sort_unstable();
            assert_eq!(all, [2, 3, 4, 5]);
            assert_eq!(verified(&store), 6);
            drop(store);
            let left = copy.open();
            verified(&left);
            for number in done {
                assert!(left.transaction(number).unwrap().is_some(), "{call:?} {passing}: {number} was answered");
            }
        }
    }
    assert!(refused > 0, "no group was ever refused");
}

/// Power is cut at every step of a disk on which groups are committed: whoever was answered is there, and whoever was not
/// is there whole or not at all.
#[test]
fn an_answered_member_survives_a_power_cut_at_every_step() {
    let folder = Folder::new();
    let disk = Disk::new(&folder.path()).unwrap();
    let options = || StoreOptions {
        vfs: Some(NAME.to_owned()),
        event_batch_ms: 60_000,
        log_pages_max: 60,
        ..StoreOptions::new(fixture::currency())
    };
    disk.record();
    let store = SqliteStore::open(disk.path(), options()).unwrap();
    // After which step each basket was answered, and as what.
    let mut answered: Vec<(u64, u128, u64)> = Vec::new();
    let mut id = 1;
    for members in [1, 4, 2, 8, 3, 1, 5] {
        let ids = id..=id + members - 1;
        id += members;
        let numbers = together(&store, sales(ids.clone()));
        let steps = disk.steps();
        answered.extend(ids.zip(numbers).map(|(id, number)| (steps, id, number.unwrap())));
    }
    drop(store);
    let trace = disk.trace();
    let mut unsure = Unsure::new(&trace.image);
    let mut state = 5_u64;
    let mut dice = |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    let mut apart = 0;
    for step in 0..=trace.ops.len() {
        let (image, _) = unsure.cut(&mut dice, if step % 2 == 0 { 512 } else { 4096 });
        disk.put(&image);
        let store = SqliteStore::open(disk.path(), options()).unwrap();
        let found = store.verify(Scope::WHOLE).unwrap();
        assert_eq!(found.problems, Vec::<String>::new(), "step {step}");
        for (steps, id, number) in &answered {
            let is = store.number_of_basket(fixture::basket_id(*id)).unwrap();
            assert!(is.is_none_or(|is| is == *number), "step {step}: basket {id} was {number} and is {is:?}");
            assert!(is.is_some() || *steps > step as u64, "step {step}: basket {id} was answered, and is gone");
        }
        // A group is one transaction: it is there up to a boundary between two groups.
        apart += u64::from(![0, 1, 5, 7, 15, 18, 19, 24].contains(&found.last_number));
        if let Some(op) = trace.ops.get(step) {
            unsure.step(op);
        }
    }
    assert_eq!(apart, 0, "groups were torn");
}

#[test]
fn a_life_written_at_once_is_the_one_a_store_verifies() {
    let folder = Folder::new();
    drop(folder.open());
    let day = |shift: u64| {
        let open = pos_api::port::OpenShift { shift, ..fixture::open_shift() };
        let sale = |count: u64| {
            let mut sale = fixture::sale(u128::from(count), 2);
            sale.basket = bulk::basket_id(fixture::NOON.unix_ms + i64::from(count as u32), shift * 1_000 + count);
            sale.shift = shift;
            sale
        };
        bulk::Day { open, sales: (1..=5).map(sale).collect(), closes: shift < 4 }
    };
    let mut told = Vec::new();
    bulk::live(&folder.path(), &fixture::books(), (1..=4).map(day), &mut |sold| told.push(sold)).unwrap();
    assert_eq!(told, [5, 10, 15, 20]);
    bulk::stock_up(&folder.path(), &mut [vec![fixture::item(1)], vec![fixture::item(2)]].into_iter()).unwrap();
    let store = folder.open();
    // Four shifts opened, three closed with an anchor each, twenty sales.
    assert_eq!(verified(&store), 4 + 3 * 2 + 20);
    assert_eq!(store.shift_totals().unwrap().unwrap().sales, 5);
    assert_eq!(store.item_count(), Ok(2));
    let mut next = fixture::sale(99, 2);
    next.shift = 4;
    assert_eq!(commit(&store, next), Ok(21));
    assert_eq!(verified(&store), 31);
}
