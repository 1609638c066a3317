//! Events of open baskets, kept until the basket is committed.

use crate::error::{Fault, Result};
use pos_domain::basket::{EVENT_VERSION, Event};
use pos_domain::ids::BasketId;
use rusqlite::{Connection, params};

/// An event waiting to be written.
#[derive(Clone, Debug)]
pub(crate) struct QueuedEvent {
    pub(crate) basket: BasketId,
    pub(crate) sequence: u32,
    pub(crate) body: String,
}

impl QueuedEvent {
    pub(crate) fn new(basket: BasketId, sequence: u32, event: &Event) -> Result<QueuedEvent> {
        let body = serde_json::to_string(event).map_err(|error| Fault::corrupt(error.to_string()))?;
        Ok(QueuedEvent { basket, sequence, body })
    }
}

/// Writes events. An event of a basket that has been committed meanwhile is left out: it must not open it again.
pub(crate) fn insert(connection: &Connection, events: &[QueuedEvent]) -> Result<()> {
    // REPLACE: a batch whose COMMIT failed may have been written after all, and is written again.
    let mut row = connection.prepare_cached(
        "INSERT OR REPLACE INTO basket_event (basket, sequence, version, body)
         SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM journal WHERE basket = ?1)",
    )?;
    for QueuedEvent { basket, sequence, body } in events {
        row.execute(params![basket.0.as_bytes(), sequence, EVENT_VERSION, body])?;
    }
    Ok(())
}

/// Forgets the events of a basket that is being committed.
pub(crate) fn delete(connection: &Connection, basket: BasketId) -> Result<()> {
    connection.prepare_cached("DELETE FROM basket_event WHERE basket = ?1")?.execute([basket.0.as_bytes()])?;
    Ok(())
}

/// The events of every open basket, each basket's in order, baskets in order of their opening (ids grow with time).
pub(crate) fn load(connection: &Connection) -> Result<Vec<Vec<Event>>> {
    let mut statement =
        connection.prepare("SELECT basket, sequence, version, body FROM basket_event ORDER BY basket, sequence")?;
    let mut rows = statement.query([])?;
    let mut baskets: Vec<([u8; 16], Vec<Event>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (basket, sequence, version): ([u8; 16], u32, u16) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let name = || BasketId(uuid::Uuid::from_bytes(basket));
        if version > EVENT_VERSION {
            return Err(Fault::corrupt(format!(
                "open basket {} was written by a newer version of this program",
                name()
            )));
        }
        let body = row.get_ref(3)?.as_str()?;
        let event: Event = serde_json::from_str(body).map_err(|error| {
            Fault::corrupt(format!("event {sequence} of open basket {} cannot be read: {error}", name()))
        })?;
        match baskets.last_mut() {
            Some((known, events)) if *known == basket => events.push(event),
            _ => baskets.push((basket, vec![event])),
        }
    }
    Ok(baskets.into_iter().map(|(_, events)| events).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use expect_test::expect_file;
    use pos_domain::money::{Money, Quantity};
    use pos_domain::tender::{Tender, TenderKind};

    /// A basket may be kept open across an update: where this differs, the events need a new version.
    #[test]
    fn form_1_of_events() {
        let events = [
            Event::Opened(fixture::opening(1)),
            Event::LineAdded(fixture::line(1, fixture::item(1))),
            Event::QuantitySet { line: 1, quantity: Quantity::pieces(3) },
            Event::LineVoided { line: 1 },
            Event::LineRestored { line: 1 },
            Event::Undone,
            Event::TenderAdded(Tender::new(TenderKind::Cash, Money::from_minor(500))),
            Event::TenderRemoved,
        ];
        let lines: String =
            events.iter().map(|event| QueuedEvent::new(fixture::basket_id(1), 1, event).unwrap().body + "\n").collect();
        assert_eq!(EVENT_VERSION, 1);
        expect_file!["../golden/basket-events-1.jsonl"].assert_eq(&lines);
    }
}
