//! A till that goes from one register to another: the record that closed its shift, signed, as a file to be carried.
//!
//! What reads it believes nothing but the signature: the hash is that of the body, the signature that of the key under the hash.
//! Which key that is, the shift that takes the till over writes down, for whoever knows the registers' keys.

use crate::anchor::SignedAnchor;
use crate::error::{Fault, Result};
use crate::journal::{self, COLUMNS, Stored};
use crate::record::{self, Content, Record};
use pos_api::port::Handover;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

const FORM: &str = "pos-shift-handover-v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carrier {
    form: String,
    /// The hash of the record before, hexadecimal.
    previous: String,
    /// The record of the closing, in canonical form.
    body: String,
    signed: SignedAnchor,
}

/// The till of a shift that was handed over.
pub(crate) fn write(connection: &Connection, shift: u64) -> Result<Option<String>> {
    let seq: Option<Option<u64>> = connection
        .prepare_cached("SELECT closed_seq FROM shift WHERE shift = ?1")?
        .query_row([shift], |row| row.get(0))
        .optional()?;
    let Some(seq) = seq.flatten() else { return Ok(None) };
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM journal WHERE seq = ?1"))?;
    let mut rows = statement.query([seq])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let stored = Stored::of(row)?;
    let (previous, body) = (hex::encode(stored.previous), stored.body.to_owned());
    let is_handed_over = matches!(stored.read()?.content, Content::ShiftClosed(closed) if closed.handed_over);
    match journal::at(connection, seq + 1)?.map(|record| record.content) {
        Some(Content::Anchor(signed)) if is_handed_over => {
            let carrier = Carrier { form: FORM.to_owned(), previous, body, signed };
            Ok(Some(serde_json::to_string_pretty(&carrier).map_err(|error| Fault::failed(error.to_string()))?))
        }
        _ => Ok(None),
    }
}

/// Reads one, and looks whether it was taken over here.
pub(crate) fn read(connection: &Connection, text: &str) -> Result<Handover> {
    let wrong = |problem: &str| Fault::failed(format!("The file holds no till that was handed over: {problem}"));
    let carrier: Carrier = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    let Carrier { form, previous, body, signed } = carrier;
    if form != FORM {
        return Err(wrong("it has another form than this program knows"));
    }
    let mut before = record::GENESIS;
    hex::decode_to_slice(previous, &mut before).map_err(|_| wrong("its record continues nothing"))?;
    let hash = hex::encode(record::hash(&before, body.as_bytes()));
    if hash != signed.anchor.hash || signed.check().is_err() {
        return Err(wrong("it was changed after it was signed"));
    }
    let Record { seq, content } = Record::parse(&body)?;
    content.check()?;
    let Content::ShiftClosed(closed) = content else { return Err(wrong("its record closes no shift")) };
    let carried = closed.carried(&signed.printed(), signed.key()).filter(|_| seq == signed.anchor.seq);
    let carried = carried.ok_or_else(|| wrong("its shift was not handed over"))?;
    let mut taken_by = None;
    let mut statement =
        connection.prepare_cached("SELECT seq FROM journal WHERE kind = 'shift-opened' AND number IS NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(Content::ShiftOpened(opened)) = journal::at(connection, row.get(0)?)?.map(|record| record.content)
            && opened.carried.as_ref().is_some_and(|known| known.anchor == carried.anchor && known.key == carried.key)
        {
            taken_by = Some(opened.shift);
        }
    }
    Ok(Handover { store: closed.store.clone(), currency: closed.currency, carried, taken_by })
}
