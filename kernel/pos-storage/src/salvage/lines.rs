//! Records as lines: an exported journal, a second copy of it, its anchors.

use super::JournalRow;
use super::chain::Gathered;
use crate::emergency;
use crate::error::{Fault, Result};
use crate::record::Hash;
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Takes every line that is a record; a line that is none is counted and costs only itself.
pub(super) fn look_through(path: &Path, source: usize, gathered: &mut Gathered) -> Result<()> {
    let failed = |error: std::io::Error| Fault::failed(format!("{} cannot be read: {error}", path.display()));
    let mut lines = BufReader::new(File::open(path).map_err(failed)?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        let text = std::str::from_utf8(&line).unwrap_or_default().trim_end_matches(['\n', '\r']);
        match (record(text), end(text)) {
            (Some(row), _) => gathered.take(source, &row)?,
            (None, Some(records)) => gathered.highest_seq = gathered.highest_seq.max(records),
            (None, None) if line.iter().all(u8::is_ascii_whitespace) || emergency::is_header(text) => {}
            (None, None) => gathered.spoilt[source] += 1,
        }
        line.clear();
    }
    Ok(())
}

/// `{"seq":…,"kind":…,"number":…,"hash":"hex","previous":"hex","body":{…}}`
pub(crate) fn record(line: &str) -> Option<JournalRow<'_>> {
    let (frame, body) = line.split_once(r#","body":"#)?;
    let hash_of = |key: &str| {
        let digits = frame.split_once(key)?.1.get(..64)?;
        let mut hash: Hash = [0; 32];
        hex::decode_to_slice(digits, &mut hash).ok()?;
        Some(hash)
    };
    let seq = frame.strip_prefix(r#"{"seq":"#)?.split_once(',')?.0.parse().ok()?;
    Some(JournalRow {
        seq,
        previous: hash_of(r#""previous":""#)?,
        hash: hash_of(r#""hash":""#)?,
        body: body.strip_suffix('}')?,
    })
}

/// How many records an export says it has.
fn end(line: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Line {
        end: End,
    }
    #[derive(Deserialize)]
    struct End {
        records: u64,
    }
    serde_json::from_str(line).ok().map(|line: Line| line.end.records)
}
