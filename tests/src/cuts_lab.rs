//! Power cuts at every step a register asks of its disk, and disks that fail, lie or change what lies on them: `lab cuts`.
//!
//! A day is lived on a disk in memory that writes down every write, sync, truncate and delete, and at which step of them
//! each thing was answered or printed. Then the power is cut at every step in turn, on several disks each, whose unsynced
//! sectors are kept, dropped or torn at random. The register is opened on what is left, and the shop must stand as it did
//! after some note of the day: at least the last one that was answered, at most the last one that was begun. A new kind of
//! disk is looked at from all sides (verified, added up by code that shares nothing with the storage, asked again for what
//! was answered, sold on with, closed); one whose database is byte for byte that of another is the same shop.

mod audit;
mod books;
mod day;
mod hurt;
mod noting;
mod old;
mod register;

use self::audit::Auditor;
use self::day::{Day, Plan, live};
use self::register::{Opening, World};
use crate::baskets::Random;
use pos_api::Command;
use pos_storage::Sabotage;
use pos_storage::disk::{Fates, Image, Unsure};
use serde::Serialize;
use std::collections::BTreeMap;

/// Cuts of a day, at most: each of its steps a few times.
const CUTS_A_DAY: u64 = 4_000;
/// What is done on a day.
const ACTS: u64 = 24;
/// One cut in so many is followed by another one while the register recovers.
const SECOND: u64 = 8;
/// One disk in so many that look like another one is looked at from all sides all the same.
const THOROUGH: u64 = 64;
/// Violations told.
const TOLD_MAX: usize = 20;

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many cuts.
    pub count: u64,
    /// Repeats a run.
    pub seed: u64,
    /// A fault that is built in and must be found.
    pub sabotage: Option<Sabotage>,
    /// This cut and no other.
    pub only: Option<u64>,
}

/// Days on which the disk failed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Faults {
    /// So many days.
    pub days: u64,
    /// By how they failed.
    pub ways: BTreeMap<String, u64>,
    /// Steps that failed.
    pub steps_failed: u64,
    /// Commands that were refused because of it.
    pub refused: u64,
    /// Power cuts after the failure.
    pub cuts: u64,
}

/// Power cuts on disks that promised their syncs and did none.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lies {
    /// So many.
    pub cuts: u64,
    /// The database does not open or does not verify.
    pub found_by_the_register: u64,
    /// The journal is whole, and an anchor that left the shop before is not in it.
    pub found_by_an_anchor: u64,
    /// Nothing was missing.
    pub harmless: u64,
    /// Something is missing that only people can know of.
    pub lost_untold: u64,
}

/// What became of changes to what lies on a disk.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Change {
    /// So many.
    pub tried: u64,
    /// The database did not open, or something that was read told of it.
    pub found: u64,
    /// Everything reads as before.
    pub harmless: u64,
    /// The shop stands as it did before: a log ends where it was changed, as after a power cut.
    pub ended_earlier: u64,
    /// Something reads otherwise, and nothing tells of it.
    pub untold: u64,
}

/// Changes by what was done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flips {
    /// How it went, by what was done.
    pub ways: BTreeMap<&'static str, Change>,
}

/// What was done, and what should not have been.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// Cuts.
    pub count: u64,
    /// Repeats the run.
    pub seed: u64,
    /// How much is wrong.
    pub violations: u64,
    /// The first of it.
    pub told: Vec<String>,
    /// Days that were lived.
    pub days: u64,
    /// Steps of their disks.
    pub steps: u64,
    /// Cuts by what was going on.
    pub moments: BTreeMap<&'static str, u64>,
    /// Cuts by what the next step was.
    pub before: BTreeMap<&'static str, u64>,
    /// Cuts on disks with sectors of so many bytes.
    pub sectors: BTreeMap<usize, u64>,
    /// What became of unsynced sectors.
    #[serde(serialize_with = "fates")]
    pub fates: Fates,
    /// Times the register was opened on what was left.
    pub recoveries: u64,
    /// Of them, looked at from all sides.
    pub audits: u64,
    /// Cuts while the register recovered.
    pub second_cuts: u64,
    /// Disks that failed.
    pub faults: Faults,
    /// Disks that lied.
    pub lies: Lies,
    /// Disks that changed what lies on them.
    pub flips: Flips,
}

fn fates<S: serde::Serializer>(fates: &Fates, serializer: S) -> Result<S::Ok, S::Error> {
    let Fates { kept, dropped, torn, names_lost, sizes_lost } = fates;
    let all =
        [("kept", kept), ("dropped", dropped), ("torn", torn), ("names_lost", names_lost), ("sizes_lost", sizes_lost)];
    BTreeMap::from(all).serialize(serializer)
}

impl Outcome {
    fn violation(&mut self, told: String) {
        self.violations += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(told);
        }
    }

    /// In words.
    pub fn in_words(&self) -> String {
        let Outcome { days, steps, count, recoveries, audits, second_cuts, fates, faults, lies, flips, .. } = self;
        let Fates { kept, dropped, torn, .. } = fates;
        let mut text = format!(
            "{days} days of {steps} steps cut {count} times ({kept} sectors kept, {dropped} dropped, {torn} torn), {second_cuts} \
             times again while recovering; {recoveries} recoveries, {audits} of them looked at from all sides\n\
             {} days with disks that failed {} times, cut {} times more\n\
             {} cuts on disks that lied: {} found by the register, {} by an anchor, {} harmless, {} lost untold\n",
            faults.days,
            faults.steps_failed,
            faults.cuts,
            lies.cuts,
            lies.found_by_the_register,
            lies.found_by_an_anchor,
            lies.harmless,
            lies.lost_untold
        );
        for (way, Change { tried, found, harmless, ended_earlier, untold }) in &flips.ways {
            text += &format!(
                "{way:<20} {tried}: {found} found, {harmless} harmless, {ended_earlier} ended earlier, {untold} told by nobody\n"
            );
        }
        text += &format!("{} violations (seed {})", self.violations, self.seed);
        self.told.iter().for_each(|told| text += &format!("\nVIOLATION {told}"));
        text
    }
}

/// Dice for a disk.
fn dice(random: &mut Random) -> impl FnMut(u64) -> u64 + '_ {
    |sides| random.below(sides)
}

/// A seed for a part of what a seed stands for.
fn part(seed: u64, number: u64) -> u64 {
    Random::new(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93)).bits()
}

/// Cuts the power `count` times.
pub fn run(options: Options, progress: impl Fn(u64)) -> anyhow::Result<Outcome> {
    let Options { count, seed, sabotage, only } = options;
    let mut outcome = Outcome { seed, ..Outcome::default() };
    let (mut done, mut number) = (0, 0);
    while done < count {
        let cuts = (count - done).min(CUTS_A_DAY);
        if only.is_none_or(|only| (done..done + cuts).contains(&only)) {
            // A day is what it is whichever came before it: so is the bank behind its terminal.
            let world = World::new(sabotage)?;
            one_day(&world, number, done..done + cuts, &options, &mut outcome, &progress)?;
        }
        done += cuts;
        number += 1;
    }
    Ok(outcome)
}

fn one_day(
    world: &World,
    number: u64,
    cuts: std::ops::Range<u64>,
    options: &Options,
    outcome: &mut Outcome,
    progress: &dyn Fn(u64),
) -> anyhow::Result<()> {
    let seed = part(options.seed, number);
    // Every other day begins with a database of an older format, each in its turn.
    let format = (number % 2 == 1).then(|| 1 + number as usize / 2 % old::FORMATS);
    let image = match format {
        Some(format) => older(world, format)?,
        None => Image::new(),
    };
    let plan = Plan { image: &image, is_old: format.is_some(), acts: ACTS, fault: None, lies: false };
    let day = live(world, &plan, seed)?;
    let evening = world.disk.image();
    outcome.days += 1;
    let steps = day.trace.ops.len() as u64;
    outcome.steps += steps;
    let mut auditor = Auditor::new(world, &day);
    let mut unsure = Unsure::new(&day.trace.image);
    let (mut at, all) = (0, cuts.end - cuts.start);
    for cut in cuts.clone() {
        // Every step in turn.
        let step = (cut - cuts.start) * (steps + 1) / all;
        while at < step {
            unsure.step(&day.trace.ops[at as usize]);
            at += 1;
        }
        if options.only.is_some_and(|only| only != cut) {
            continue;
        }
        let mut random = Random::new(part(seed, cut));
        let found = cut_once(&mut auditor, &unsure, step, &mut random, outcome);
        for problem in found {
            outcome.violation(format!("cut {cut} (day {number}, step {step} of {steps}): {problem}"));
        }
        outcome.count += 1;
        progress(outcome.count);
    }
    if options.only.is_none() {
        hurt::faults(world, part(seed, u64::MAX), all.div_ceil(200), outcome)?;
        hurt::lies(world, part(seed, u64::MAX - 1), all.div_ceil(100), outcome)?;
        if options.sabotage.is_none() {
            let states = day.states();
            hurt::flips(world, (&evening, ""), &states, (part(seed, u64::MAX - 2), all.div_ceil(50)), outcome)?;
            let noon = whole_at(&day, part(seed, u64::MAX - 3) % steps);
            if noon.contains_key("-wal") {
                hurt::flips(world, (&noon, "-wal"), &states, (part(seed, u64::MAX - 4), all.div_ceil(100)), outcome)?;
            }
        }
    }
    Ok(())
}

/// The disk of a day after so many steps, everything on it.
fn whole_at(day: &Day, step: u64) -> Image {
    let mut unsure = Unsure::new(&day.trace.image);
    day.trace.ops.iter().take(step as usize).for_each(|op| unsure.step(op));
    unsure.whole()
}

fn cut_once(
    auditor: &mut Auditor<'_>,
    unsure: &Unsure,
    step: u64,
    random: &mut Random,
    outcome: &mut Outcome,
) -> Vec<String> {
    let sector = if random.below(2) == 0 { 512 } else { 4096 };
    let (image, fates) = unsure.cut(&mut dice(random), sector);
    outcome.fates.add(fates);
    let notes = auditor.notes_at(step);
    *outcome.moments.entry(auditor.moment(step)).or_default() += 1;
    let next = auditor.day.trace.ops.get(step as usize).map_or("end", |op| op.name());
    *outcome.before.entry(next).or_default() += 1;
    *outcome.sectors.entry(sector).or_default() += 1;
    let (is_thorough, again) = (random.below(THOROUGH) == 0, random.below(SECOND) == 0);
    let found = auditor.recover(&image, notes.clone(), is_thorough, again);
    outcome.recoveries += 1;
    outcome.audits += u64::from(found.is_audited);
    let mut problems = found.problems;
    if let (Some(trace), Some(state)) = (found.trace, found.state) {
        let mut unsure = Unsure::new(&trace.image);
        let step = random.below(trace.ops.len() as u64 + 1);
        trace.ops.iter().take(step as usize).for_each(|op| unsure.step(op));
        let (image, fates) = unsure.cut(&mut dice(random), sector);
        outcome.fates.add(fates);
        let again = auditor.recover(&image, notes, false, false);
        outcome.second_cuts += 1;
        outcome.recoveries += 1;
        outcome.audits += u64::from(again.is_audited);
        problems.extend(again.problems.into_iter().map(|told| format!("cut again at step {step}: {told}")));
        // Once the register was open, what it found is for good.
        if step >= found.opened && again.state.is_some_and(|again| again != state) {
            problems.push(format!("cut again at step {step} after opening: what was found before is gone"));
        }
    }
    problems
}

/// A few sales, as an older version of the program left them.
fn older(world: &World, format: usize) -> anyhow::Result<Image> {
    world.disk.put(&Image::new());
    let opening = Opening { baskets_from: 1 << 32, ..Opening::unwatched() };
    let mut register = world.register(&opening)?;
    pos_api::port::Store::upsert_items(&*register.store, world.items.clone())?;
    for sale in 0..5 {
        let sell = |scan: &str| Command::SellItem { basket: None, scan: scan.into(), quantity: None, given: None };
        let commands = [
            sell("SOAP"),
            sell("CRIME"),
            Command::TenderCash { basket: None, amount: None },
            Command::Complete { basket: None },
        ];
        for (index, command) in commands.into_iter().enumerate() {
            let reply = register.call(&format!("old{sale}-{index}"), command);
            anyhow::ensure!(reply.refused.is_none(), "an older register does not sell: {:?}", reply.refused);
        }
    }
    drop(register);
    old::in_format(&world.disk, format)
}
