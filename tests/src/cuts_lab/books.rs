//! The books added up anew from an exported journal, by code that shares nothing with the storage.

use anyhow::{Context, ensure};
use pos_api::port::Store;
use pos_money::Decimal;
use pos_storage::SqliteStore;
use pos_verify::{Trust, verify};
use serde_json::Value;
use std::collections::BTreeMap;

/// Kinds of transactions that a shift's turnover is made of.
const TURNOVER: [&str; 3] = ["sale", "return", "exchange"];

/// What a journal adds up to.
#[derive(Debug, Default)]
struct Books {
    /// Debits and credits by account and unit.
    accounts: BTreeMap<(String, String), (i64, i64)>,
    stock: BTreeMap<String, Decimal>,
    /// Turnover and its tax by shift.
    shifts: BTreeMap<u64, (i64, i64)>,
    /// The same as closings say.
    closed: BTreeMap<u64, (i64, i64)>,
    numbers: u64,
}

fn number_of(value: &Value, key: &str) -> i64 {
    value.get(key).and_then(Value::as_i64).unwrap_or(0)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Books {
    fn read(journal: &[u8]) -> anyhow::Result<Books> {
        let mut books = Books::default();
        for line in journal.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let record: Value = serde_json::from_slice(line)?;
            let Some(body) = record.get("body") else { continue };
            if let Some(number) = record.get("number").and_then(Value::as_u64) {
                books.numbers += 1;
                ensure!(number == books.numbers, "receipt {number} follows {}", books.numbers - 1);
            }
            let (sold, closing) = (body.get("transaction"), body.get("closing"));
            let Some(content) = sold.or(closing).or_else(|| body.get("shift")) else { continue };
            for entry in content.get("entries").and_then(Value::as_array).into_iter().flatten() {
                let sum = books.accounts.entry((text(entry, "account"), text(entry, "unit"))).or_default();
                *sum = (sum.0 + number_of(entry, "debit"), sum.1 + number_of(entry, "credit"));
            }
            for movement in content.get("movements").and_then(Value::as_array).into_iter().flatten() {
                let quantity = movement.get("quantity").context("a movement has a quantity")?;
                *books.stock.entry(text(movement, "item")).or_default() +=
                    text(quantity, "value").parse::<Decimal>()?;
            }
            if let Some(sold) = sold.filter(|_| TURNOVER.contains(&&*text(body, "kind"))) {
                let sum = books.shifts.entry(number_of(sold, "shift").unsigned_abs()).or_default();
                *sum = (sum.0 + number_of(sold, "total"), sum.1 + number_of(sold, "total_tax"));
            }
            if let Some(totals) = closing.and_then(|closing| closing.get("totals")) {
                let figures = (number_of(totals, "total"), number_of(totals, "tax"));
                books.closed.insert(number_of(totals, "shift").unsigned_abs(), figures);
            }
        }
        Ok(books)
    }
}

/// The journal as it leaves the shop.
pub(super) fn export(store: &SqliteStore) -> anyhow::Result<Vec<u8>> {
    let mut journal = Vec::new();
    store.export_journal(&mut journal)?;
    Ok(journal)
}

/// Holds the storage's figures against the journal's; answers what differs. `anchors` left the shop before.
pub(super) fn differences(store: &SqliteStore, anchors: &[&str]) -> anyhow::Result<Vec<String>> {
    let journal = export(store)?;
    let mut told = Vec::new();
    let trust = Trust::default().with_anchors(&anchors.join("\n")).map_err(anyhow::Error::msg)?;
    let outside = verify(journal.as_slice(), &trust)?;
    told.extend(outside.problems.iter().map(|problem| format!("from outside: {}", problem.what)));
    let books = Books::read(&journal)?;
    let found = store.trial_balance()?;
    let accounts: BTreeMap<(String, String), (i64, i64)> = found
        .accounts
        .iter()
        .map(|of| {
            let unit = of.unit.as_deref().unwrap_or_default().to_owned();
            ((of.account.to_string(), unit), (of.debit.minor(), of.credit.minor()))
        })
        .collect();
    if accounts != books.accounts {
        told.push(format!("accounts are {accounts:?}; the journal adds up to {:?}", books.accounts));
    }
    let stock: BTreeMap<String, Decimal> =
        found.stock.iter().map(|(item, quantity)| (item.to_string(), quantity.value.normalize())).collect();
    let added: BTreeMap<String, Decimal> =
        books.stock.iter().map(|(item, sum)| (item.clone(), sum.normalize())).collect();
    if stock != added {
        told.push(format!("stock is {stock:?}; the journal adds up to {added:?}"));
    }
    let mut shifts = books.closed.clone();
    if let Some(totals) = store.shift_totals()? {
        shifts.insert(totals.shift, (totals.total.minor(), totals.tax.minor()));
    }
    shifts.retain(|_, figures| *figures != (0, 0));
    let added: BTreeMap<_, _> = books.shifts.iter().filter(|(_, figures)| **figures != (0, 0)).collect();
    if shifts.iter().collect::<BTreeMap<_, _>>() != added {
        told.push(format!("shifts come to {shifts:?}; the journal adds up to {added:?}"));
    }
    Ok(told)
}

/// Whether an anchor that left the shop before is not to be found in its journal.
pub(super) fn misses_an_anchor(store: &SqliteStore, anchors: &[&str]) -> anyhow::Result<bool> {
    let trust = Trust::default().with_anchors(&anchors.join("\n")).map_err(anyhow::Error::msg)?;
    Ok(!verify(export(store)?.as_slice(), &trust)?.is_verified())
}
