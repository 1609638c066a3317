//! Reading balances: of all accounts, and of stock.

use crate::connection::exact_sum;
use crate::error::{Fault, Result};
use crate::sums::Sums;
use pos_api::port::{AccountBalance, TrialBalance};
use pos_domain::money::{Decimal, Money, Quantity, Unit};
use pos_domain::offer_use::Used;
use pos_domain::stock::Level;
use rusqlite::{Connection, OptionalExtension, Row};
use std::sync::Arc;

/// Everything ever posted, added up.
pub(crate) fn trial_balance(connection: &Connection) -> Result<TrialBalance> {
    let mut statement = connection.prepare_cached("SELECT path, unit, debit, credit FROM account ORDER BY path")?;
    let accounts = statement.query_map([], |row| {
        let unit: Arc<str> = row.get(1)?;
        let money = |index| row.get(index).map(Money::from_minor);
        let unit = Some(unit).filter(|unit| !unit.is_empty());
        Ok(AccountBalance { account: row.get(0)?, unit, debit: money(2)?, credit: money(3)? })
    })?;
    let accounts = accounts.collect::<rusqlite::Result<_>>()?;
    let mut statement =
        connection.prepare_cached("SELECT item, quantity, unit FROM stock_level ORDER BY item, unit, location")?;
    let mut rows = statement.query([])?;
    let mut stock: Vec<(Arc<str>, Quantity)> = Vec::new();
    while let Some(row) = rows.next()? {
        let item: Arc<str> = row.get(0)?;
        let level = level(row, &item)?;
        match stock.last_mut() {
            Some((known, sum)) if *known == item && sum.unit == level.unit => {
                sum.value = added(&item, sum.value, level)?
            }
            _ => stock.push((item, level)),
        }
    }
    Ok(TrialBalance { accounts, stock })
}

/// On hand of an article, once for each unit it moved in.
pub(crate) fn stock_level(connection: &Connection, item: &str) -> Result<Vec<Quantity>> {
    let mut statement = connection
        .prepare_cached("SELECT item, quantity, unit FROM stock_level WHERE item = ?1 ORDER BY unit, location")?;
    let mut rows = statement.query([item])?;
    let mut levels: Vec<Quantity> = Vec::new();
    while let Some(row) = rows.next()? {
        let level = level(row, item)?;
        match levels.last_mut() {
            Some(sum) if sum.unit == level.unit => sum.value = added(item, sum.value, level)?,
            _ => levels.push(level),
        }
    }
    Ok(levels)
}

fn added(item: &str, sum: Decimal, more: Quantity) -> Result<Decimal> {
    let inexact = || Fault::corrupt(format!("the stock of article {item} cannot be summed exactly"));
    exact_sum(sum, more.value).ok_or_else(inexact)
}

/// What there is of an article, where, and what it is worth: what is stored, and what came since.
pub(crate) fn stock_of(connection: &Connection, sums: &Sums, item: &str) -> Result<Vec<(Unit, Level)>> {
    let mut levels: Vec<(Unit, Level)> = Vec::new();
    let mut statement =
        connection.prepare_cached("SELECT item, quantity, unit, location, value FROM stock_level WHERE item = ?1")?;
    let mut rows = statement.query([item])?;
    while let Some(row) = rows.next()? {
        add(&mut levels, item, level(row, item)?, row.get(3)?, row.get(4)?)?;
    }
    for (unit, location, (quantity, value)) in sums.stock_of(item) {
        let unknown = || Fault::corrupt(format!("the stock of {item} is counted in \"{unit}\""));
        let unit = Unit::from_text(unit).ok_or_else(unknown)?;
        add(&mut levels, item, Quantity::new(*quantity, unit), location.clone(), *value)?;
    }
    Ok(levels)
}

fn add(
    levels: &mut Vec<(Unit, Level)>,
    item: &str,
    moved: Quantity,
    location: Arc<str>,
    value: Option<i64>,
) -> Result<()> {
    let place = match levels.iter().position(|(unit, _)| *unit == moved.unit) {
        Some(place) => place,
        None => {
            levels.push((moved.unit, Level::default()));
            levels.len() - 1
        }
    };
    let (_, level) = &mut levels[place];
    level.on_hand = added(item, level.on_hand, moved)?;
    let at = level.locations.entry(location).or_default();
    *at = added(item, *at, moved)?;
    if let Some(value) = value {
        level.value = Some(level.value.unwrap_or(Money::ZERO).plus(Money::from_minor(value))?);
    }
    Ok(())
}

fn level(row: &Row<'_>, item: &str) -> Result<Quantity> {
    let (quantity, unit): (String, String) = (row.get(1)?, row.get(2)?);
    match (quantity.parse::<Decimal>(), Unit::from_text(&unit)) {
        (Ok(value), Some(unit)) => Ok(Quantity::new(value, unit)),
        _ => Err(Fault::corrupt(format!("the stock level of {item} is \"{quantity} {unit}\""))),
    }
}

/// What an account holds, credits less debits: what is stored, and what came since.
pub(crate) fn credit_of(connection: &Connection, sums: &Sums, account: &str) -> Result<Money> {
    let since = sums.credit_of(account)?;
    let mut statement =
        connection.prepare_cached("SELECT credit - debit FROM account WHERE path = ?1 AND unit = ''")?;
    let stored: Option<i64> = statement.query_row([account], |row| row.get(0)).optional()?;
    Ok(Money::from_minor(stored.unwrap_or(0)).plus(since)?)
}

/// What was used of an offer with limits.
pub(crate) fn offer_used(connection: &Connection, offer: &str, customer: Option<&str>) -> Result<Used> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(sum(uses), 0), coalesce(sum(spent), 0), coalesce(sum(uses) FILTER (WHERE customer = ?2), 0)
         FROM offer_use WHERE offer = ?1",
    )?;
    // Nobody known has used nothing.
    let customer = customer.filter(|customer| !customer.is_empty());
    let used = statement.query_row(rusqlite::params![offer, customer], |row| {
        Ok(Used { uses: row.get(0)?, spent: row.get(1).map(Money::from_minor)?, by_customer: row.get(2)? })
    })?;
    Ok(used)
}
