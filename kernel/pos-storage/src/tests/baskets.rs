//! Open baskets: kept across a crash, gone with their commit.

use super::*;
use pos_domain::basket::{Basket, Event};
use pos_domain::ids::BasketId;

/// Events of a basket with `lines` lines, as the kernel numbers them.
fn events(id: u128, lines: u32) -> Vec<(BasketId, u32, Event)> {
    let mut events = vec![Event::Opened(fixture::opening(id))];
    events.extend((1..=lines).map(|number| Event::LineAdded(fixture::line(number, fixture::item(number)))));
    (1..).zip(events).map(|(sequence, event)| (fixture::basket_id(id), sequence, event)).collect()
}

fn queue(store: &SqliteStore, id: u128, lines: u32) {
    for (basket, sequence, event) in events(id, lines) {
        store.queue_events(basket, sequence, std::slice::from_ref(&event)).unwrap();
    }
}

/// (basket, lines) of every basket that is open.
fn restored(store: &SqliteStore) -> Vec<(BasketId, usize)> {
    let restored = store.restore().unwrap();
    restored
        .baskets
        .into_iter()
        .map(|events| Basket::replay(events).unwrap())
        .map(|basket| (basket.id(), basket.lines.len()))
        .collect()
}

#[test]
fn an_open_basket_survives_the_end_of_the_program() {
    let folder = Folder::new();
    let store = folder.open();
    queue(&store, 2, 3);
    queue(&store, 1, 0);
    drop(store);
    let store = folder.open();
    assert_eq!(restored(&store), [(fixture::basket_id(1), 0), (fixture::basket_id(2), 3)]);
    assert_eq!(store.restore().unwrap().shift, None);
}

#[test]
fn an_open_basket_survives_a_power_cut() {
    let folder = Folder::new();
    let store = folder.open();
    sell(&store, 1, 2);
    queue(&store, 7, 2);
    store.flush().unwrap();
    queue(&store, 8, 1);
    let copy = cut_off(&folder);
    let store = copy.open();
    let restored_there = restored(&store);
    assert!(restored_there.contains(&(fixture::basket_id(7), 2)), "what was flushed is there: {restored_there:?}");
    assert_eq!(store.restore().unwrap().shift, Some(fixture::open_shift()));
    assert_eq!(verified(&store), 3);
    assert_eq!(sell(&store, 3, 1), [3]);
}

#[test]
fn queued_events_become_durable_by_themselves() {
    let folder = Folder::new();
    let store = folder.open();
    queue(&store, 1, 2);
    until("the events are written", || restored(&store) == [(fixture::basket_id(1), 2)]);
}

#[test]
fn a_commit_ends_its_basket_and_no_other() {
    let folder = Folder::new();
    let store = folder.open();
    queue(&store, 1, 2);
    store.flush().unwrap();
    queue(&store, 2, 1);
    for (basket, sequence, event) in events(1, 3).into_iter().skip(3) {
        store.queue_events(basket, sequence, std::slice::from_ref(&event)).unwrap();
    }
    commit(&store, fixture::sale(1, 3)).unwrap();
    // An event that comes late does not open a sold basket again.
    queue(&store, 1, 1);
    store.flush().unwrap();
    assert_eq!(restored(&store), [(fixture::basket_id(2), 1)]);
    verified(&store);
}
