//! Disks that do worse than lose power: they fail, fill up, lie, and change what lies on them.

use super::audit::missing;
use super::books::{differences, export, misses_an_anchor};
use super::day::{Day, Plan, live};
use super::noting::Note;
use super::register::{Opening, State, World, state};
use super::{Outcome, dice};
use crate::baskets::Random;
use pos_api::port::{Scope, Store};
use pos_storage::disk::{Content, Failure, Fault, Image, PAGE, Unsure};
use std::sync::Arc;

/// What is done on a day on which the disk fails.
const ACTS: u64 = 8;
/// Power cuts after the failure, each on a disk of its own.
const CUTS_AFTER: u64 = 4;
/// Power cuts on a disk that lied.
const CUTS_LIED: u64 = 20;

/// A day on which a step of the disk fails, once or until it is mended; then the power is cut as well.
pub(super) fn faults(world: &World, seed: u64, count: u64, outcome: &mut Outcome) -> anyhow::Result<()> {
    let mut random = Random::new(seed);
    let image = Image::new();
    let plan = |fault| Plan { image: &image, is_old: false, acts: ACTS, fault, lies: false };
    let steps = live(world, &plan(None), seed)?.trace.ops.len() as u64;
    for number in 0..count {
        let failure = if random.below(2) == 0 { Failure::Full } else { Failure::Broken };
        let fault = Fault { after: random.below(steps), failure, for_ever: random.below(2) == 0 };
        let told = |problem: &str| format!("day {seed:#x} fault {number} ({fault:?}): {problem}");
        let day = match live(world, &plan(Some(fault)), seed) {
            Ok(day) => day,
            Err(error) => {
                outcome.violation(told(&format!("{error:#}")));
                continue;
            }
        };
        outcome.faults.days += 1;
        outcome.faults.steps_failed += day.failed;
        outcome.faults.refused += day.refused;
        let way = format!("{failure:?} {}", if fault.for_ever { "until mended" } else { "once" }).to_lowercase();
        *outcome.faults.ways.entry(way).or_default() += 1;
        let mut problems = day.problems.clone();
        let image = world.disk.image();
        problems.extend(kept(world, &image, &day.notes));
        let from = fault.after.min(day.trace.ops.len() as u64);
        for _ in 0..CUTS_AFTER {
            let step = from + random.below(day.trace.ops.len() as u64 + 1 - from);
            let image = cut(&day, step, &mut random, outcome);
            let notes = answered(&day, step);
            outcome.faults.cuts += 1;
            problems.extend(kept(world, &image, notes).into_iter().map(|told| format!("cut at step {step}: {told}")));
        }
        problems.iter().for_each(|problem| outcome.violation(told(problem)));
    }
    Ok(())
}

fn cut(day: &Day, step: u64, random: &mut Random, outcome: &mut Outcome) -> Image {
    let mut unsure = Unsure::new(&day.trace.image);
    day.trace.ops.iter().take(usize::try_from(step).unwrap_or(usize::MAX)).for_each(|op| unsure.step(op));
    let (image, fates) = unsure.cut(&mut dice(random), 512);
    outcome.fates.add(fates);
    image
}

fn answered(day: &Day, step: u64) -> &[Note] {
    &day.notes[..day.notes.iter().take_while(|note| note.done <= step).count()]
}

/// What is wrong in a shop that must have what was answered, whatever else it has.
fn kept(world: &World, image: &Image, notes: &[Note]) -> Vec<String> {
    world.disk.put(image);
    let look = || -> anyhow::Result<Vec<String>> {
        let store = world.store()?;
        let mut told = store.verify(Scope::WHOLE)?.problems;
        told.extend(missing(&store, notes)?);
        let anchors: Vec<&str> = notes.iter().filter_map(|note| note.anchor.as_deref()).collect();
        told.extend(differences(&store, &anchors)?);
        Ok(told)
    };
    look().unwrap_or_else(|error| vec![format!("{error:#}")])
}

/// A day on a disk that promises its syncs and does none, then power cuts: one disk cannot survive that. What is left is as
/// it should be, or found out, or lost without anybody being able to tell.
pub(super) fn lies(world: &World, seed: u64, count: u64, outcome: &mut Outcome) -> anyhow::Result<()> {
    let mut random = Random::new(seed);
    let image = Image::new();
    let mut left = count;
    while left > 0 {
        let plan = Plan { image: &image, is_old: false, acts: ACTS, fault: None, lies: true };
        let day = live(world, &plan, random.bits())?;
        let states = day.states();
        for _ in 0..left.min(CUTS_LIED) {
            let step = random.below(day.trace.ops.len() as u64 + 1);
            let image = cut(&day, step, &mut random, outcome);
            let notes = answered(&day, step);
            world.disk.put(&image);
            let found = world.store().map_err(anyhow::Error::from).and_then(|store| {
                let is_whole = store.verify(Scope::WHOLE)?.problems.is_empty();
                let anchors: Vec<&str> = notes.iter().filter_map(|note| note.anchor.as_deref()).collect();
                Ok((is_whole, misses_an_anchor(&store, &anchors)?, state(world.disk.path())?))
            });
            outcome.lies.cuts += 1;
            match found {
                Err(_) | Ok((false, ..)) => outcome.lies.found_by_the_register += 1,
                Ok((.., found)) if states[notes.len().saturating_sub(1)..].contains(&found) => {
                    outcome.lies.harmless += 1
                }
                Ok((_, true, _)) => outcome.lies.found_by_an_anchor += 1,
                Ok(_) => outcome.lies.lost_untold += 1,
            }
        }
        left -= left.min(CUTS_LIED);
    }
    Ok(())
}

/// What a shop answers when everything is read.
#[derive(PartialEq)]
struct Answers {
    state: State,
    journal: Vec<u8>,
    told: Vec<String>,
}

/// Reads everything there is to read; what is found to be wrong on the way is an error.
fn read_all(world: &World, image: &Image) -> anyhow::Result<Answers> {
    world.disk.put(image);
    let store = Arc::new(world.store()?);
    let verified = store.verify(Scope::WHOLE)?;
    anyhow::ensure!(verified.problems.is_empty(), "{:?}", verified.problems);
    let mut told = vec![
        format!("{:?}", store.trial_balance()?),
        format!("{:?}", store.people()?),
        format!("{:?}", store.shift_totals()?),
        format!("{:?}", store.restore()?.baskets),
        format!("{:?}", store.departments()?),
        format!("{:?}", store.till_counts()?),
        format!("{:?}", store.audited(0, i64::MAX)?),
    ];
    let mut journal = Vec::new();
    let mut customers = 0;
    for number in 1..=verified.last_number {
        let found = store.transaction(number)?;
        let basket = match &found {
            Some(found) => store.number_of_basket(found.transaction.basket)?,
            None => None,
        };
        let returns = store.returns_of(number)?.len();
        customers += u64::from(basket.is_some());
        told.push(format!("{found:?} {basket:?} {returns}"));
    }
    told.push(format!("{customers} {:?} {:?}", store.closed_shift(1)?, store.closed_shift(2)?));
    for customer in ["K0", "K1"] {
        told.push(format!("{:?}", store.lots(&format!("points:{customer}"))?));
    }
    for item in &world.items {
        told.push(format!("{:?} {:?}", store.item(&item.id)?, store.stock_level(&item.id)?));
        for code in &item.codes {
            told.push(format!("{:?}", store.item_by_code(code)?));
        }
        told.push(format!("{:?}", store.find_items(&item.name, 5)?));
    }
    journal.extend(export(&store)?);
    // Before the register is there: it asks about payments that were under way, and notes what it hears.
    let state = state(world.disk.path())?;
    let register = world.register_on(store, &Opening::unwatched())?;
    told.push(format!("{:?}", register.kernel.open_baskets()));
    drop(register);
    Ok(Answers { state, journal, told })
}

/// Changes what lies on a disk, the database or its log: found out, without consequence, or never. A log that is changed
/// ends there: `earlier` says how the shop stood before.
pub(super) fn flips(
    world: &World,
    (image, file): (&Image, &str),
    earlier: &[State],
    (seed, count): (u64, u64),
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    let mut random = Random::new(seed);
    let honest = read_all(world, image)?;
    for number in 0..count {
        let mut spoilt = image.clone();
        let mut what = spoil(spoilt.entry(file.to_owned()).or_default(), &mut random);
        if !file.is_empty() {
            what.0 = "log changed";
        }
        let way = outcome.flips.ways.entry(what.0).or_default();
        way.tried += 1;
        match read_all(world, &spoilt) {
            Err(_) => way.found += 1,
            Ok(answers) if answers == honest => way.harmless += 1,
            Ok(answers) if !file.is_empty() && earlier.contains(&answers.state) => way.ended_earlier += 1,
            Ok(answers) => {
                way.untold += 1;
                let differs = honest.told.iter().zip(&answers.told).position(|(one, another)| one != another);
                let example = differs.map(|at| format!("{}\n    became {}", honest.told[at], answers.told[at]));
                let same = (answers.journal == honest.journal, answers.state == honest.state);
                outcome.violation(format!(
                    "day {seed:#x} change {number} ({} at {}): told by nobody; journal and state the same: {same:?}; {example:?}",
                    what.0, what.1
                ));
            }
        }
    }
    Ok(())
}

fn spoil(content: &mut Content, random: &mut Random) -> (&'static str, String) {
    // A log is laid out beforehand: what is behind its frames was never written.
    let written = (0..content.pages()).rfind(|page| content.page(*page).iter().any(|byte| *byte != 0));
    let pages = written.map_or(1, |last| last as u64 + 1);
    let page = random.below(pages);
    let start = page * PAGE as u64;
    let mut bytes = [0; PAGE];
    match random.below(4) {
        0 => {
            let place = random.below(pages * PAGE as u64);
            let bit = random.below(8);
            let mut byte = [0];
            content.read(place, &mut byte);
            content.write(place, &[byte[0] ^ (1 << bit)]);
            ("bit flipped", format!("byte {place} (page {}, {})", place / PAGE as u64 + 1, place % PAGE as u64))
        }
        1 => {
            bytes.iter_mut().for_each(|byte| *byte = random.below(256) as u8);
            content.write(start, &bytes);
            ("page overwritten", format!("page {}", page + 1))
        }
        2 => {
            content.write(start, &bytes);
            ("page of zeros", format!("page {}", page + 1))
        }
        _ => {
            let from = random.below(pages);
            content.read(from * PAGE as u64, &mut bytes);
            content.write(start, &bytes);
            ("misdirected write", format!("page {} is page {}", page + 1, from + 1))
        }
    }
}
