//! `pos outbox`: who takes records of the journal, how far they are, and what they did not take.

use super::{data_dir, print, print_json, status};
use crate::args::OutboxArgs;
use crate::outbox;
use crate::session::{lock_and_read, open_store};
use pos_api::port::{Outbox, Settled, Waiting};
use pos_kernel::outbox::check_place;
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;

/// Lists, and has dead letters tried again where that is wanted. Fails where some are left.
pub(crate) fn run(args: &OutboxArgs) -> anyhow::Result<ExitCode> {
    let data = data_dir(&args.common.data)?;
    let (_lock, shop) = lock_and_read(&data)?;
    let store = open_store(&data, &shop)?;
    let records = store.journal_records()?;
    let (mut told, mut text, mut left) = (Vec::new(), String::new(), 0);
    let mut names = store.consumers()?;
    // Files say themselves how far they are, or why they do not go on.
    let mut places = BTreeMap::new();
    for mut consumer in outbox::consumers(&data, &shop)? {
        let name = consumer.name().to_owned();
        if !names.contains(&name) {
            names.push(name.clone());
        }
        places.insert(name, consumer.place());
    }
    for consumer in names {
        let mut waiting = store.waiting(&consumer)?;
        if args.retry {
            let again = |one: &Waiting| Waiting { attempts: 0, next_at_ms: 0, dead: false, ..one.clone() };
            let waits: Vec<Waiting> = waiting.iter().filter(|one| one.dead).map(again).collect();
            let through = store.through(&consumer)?;
            store.settle(&consumer, Settled { through, taken: Vec::new(), waits })?;
            waiting = store.waiting(&consumer)?;
        }
        let (through, problem) = match places.remove(&consumer) {
            Some(Ok(Some(place))) => (place.seq, check_place(&*store, &place)?),
            Some(Err(problem)) => (store.through(&consumer)?, Some(problem)),
            Some(Ok(None)) | None => (store.through(&consumer)?, None),
        };
        let dead = waiting.iter().filter(|one| one.dead).count();
        left += dead;
        let behind = records.saturating_sub(through);
        text += &format!(
            "{consumer}: {through} of {records} records, {} waiting, {dead} set aside\n",
            waiting.len() - dead
        );
        if let Some(problem) = &problem {
            text += &format!("  is waited for: {problem}\n");
        }
        let one = |one: &Waiting| {
            let Waiting { seq, key, attempts, dead, problem, .. } = one;
            json!({ "record": seq, "key": key, "attempts": attempts, "dead": dead, "problem": problem })
        };
        for Waiting { seq, attempts, dead, problem, .. } in waiting.iter().filter(|one| one.attempts > 0).take(20) {
            let what = if *dead { "set aside" } else { "tried again" };
            text += &format!("  record {seq}, {what} after {attempts} attempts: {problem}\n");
        }
        told.push(json!({
            "consumer": consumer, "through": through, "behind": behind, "problem": problem,
            "waiting": waiting.iter().map(one).collect::<Vec<_>>(),
        }));
    }
    if args.common.json {
        print_json(&json!({ "records": records, "consumers": told }))?;
    } else if told.is_empty() {
        print("Nobody takes records of this journal. outbox.toml in the data folder says who does.\n")?;
    } else {
        print(&text)?;
    }
    Ok(status(left == 0))
}
