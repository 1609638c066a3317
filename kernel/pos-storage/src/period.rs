//! Closings of days, months and years: read from the journal, where each is a record of its own, and added to it.

use crate::append::{self, Head};
use crate::error::Result;
use crate::journal;
use crate::record::Content;
use crate::shift;
use ed25519_dalek::SigningKey;
use pos_domain::period::{Period, PeriodClosed, PeriodClosing, Periods};
use rusqlite::{Connection, params};

/// The closings of a period, newest first.
pub(crate) fn listed(connection: &Connection, period: Period, limit: u32) -> Result<Vec<PeriodClosed>> {
    let mut found = Vec::new();
    let mut statement = connection
        .prepare_cached("SELECT seq FROM journal WHERE kind = ?1 AND number IS NULL ORDER BY seq DESC LIMIT ?2")?;
    let mut rows = statement.query(params![period.record_kind(), limit])?;
    while let Some(row) = rows.next()? {
        if let Some(Content::PeriodClosed(closed)) = journal::at(connection, row.get(0)?)?.map(|record| record.content)
        {
            found.push(*closed);
        }
    }
    Ok(found)
}

/// What was closed and is part of no longer period yet.
fn so_far(connection: &Connection) -> Result<Periods> {
    let mut periods = Periods::default();
    let mut closed_through = [0; 3];
    for period in Period::ALL {
        if let Some(last) = listed(connection, period, 1)?.first() {
            closed_through[period as usize] = last.shifts.1;
            periods.begin_after(last);
        }
    }
    let mut statement = connection
        .prepare_cached("SELECT shift FROM shift WHERE shift > ?1 AND closed_seq IS NOT NULL ORDER BY shift")?;
    let mut rows = statement.query([closed_through[Period::Day as usize]])?;
    while let Some(row) = rows.next()? {
        if let Some((_, closed)) = shift::closed(connection, row.get(0)?)? {
            periods.add_shift(&closed)?;
        }
    }
    for (shorter, longer) in [(Period::Day, Period::Month), (Period::Month, Period::Year)] {
        // Only as far back as the longer period was closed: at most so many days of a month, or months of a year.
        let mut waiting = Vec::new();
        let mut statement = connection
            .prepare_cached("SELECT seq FROM journal WHERE kind = ?1 AND number IS NULL ORDER BY seq DESC")?;
        let mut rows = statement.query([shorter.record_kind()])?;
        while let Some(row) = rows.next()? {
            match journal::at(connection, row.get(0)?)?.map(|record| record.content) {
                Some(Content::PeriodClosed(closed)) if closed.shifts.0 > closed_through[longer as usize] => {
                    waiting.push(closed);
                }
                _ => break,
            }
        }
        waiting.iter().rev().for_each(|closed| periods.wait_for_longer(closed));
    }
    Ok(periods)
}

/// Closes every period that is due, shortest first, and signs the last record that says so. Nothing due: nothing is written.
pub(crate) fn close(
    connection: &Connection,
    mut head: Head,
    closing: &PeriodClosing,
    key: impl FnOnce() -> Result<SigningKey>,
) -> Result<(Head, Vec<PeriodClosed>)> {
    let mut periods = so_far(connection)?;
    let mut done = Vec::new();
    for period in Period::ALL {
        while let Some(closed) = periods.next(period, closing)? {
            periods.add(&closed)?;
            append::append_period(connection, &mut head, &closed)?;
            done.push(closed);
        }
    }
    if !done.is_empty() {
        append::append_anchor(connection, &mut head, &closing.books, closing.at, &key()?)?;
    }
    Ok((head, done))
}
