//! Records against each other, and against what is known from outside.

use crate::anchor::{Signing, Trust};
use crate::record::{End, Line};
use crate::report::{Of, Report};
use crate::sums::{Balances, Body, Figures, Grand, PERIODS};
use crate::{GENESIS, Hash};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// A part of the file for one thread, and the least that is worth one.
const PART: usize = 4 << 20;
const PART_MIN: usize = 1 << 16;

/// What a record is to those around it.
struct Checked {
    seq: u64,
    number: Option<u64>,
    previous: Hash,
    hash: Hash,
    of: Option<Of>,
    /// Store and register, of a record without a currency.
    at: Option<(String, String)>,
    shift: Option<ShiftOf>,
    period: Option<PeriodOf>,
    /// Receipts go on after this number.
    numbers_through: Option<u64>,
    signing: Option<Signing>,
    problems: Vec<String>,
}

enum ShiftOf {
    Opened(u64),
    Within(u64, Figures),
    Closed(u64, Figures, Grand),
}

/// A day, a month or a year: its place among [`PERIODS`], and what it says.
struct PeriodOf {
    place: usize,
    number: u64,
    sum: Sum,
}

/// What some shifts came to, the first and the last of them, and all there were before.
#[derive(Clone, Copy)]
struct Sum {
    shifts: (u64, u64),
    figures: Figures,
    grand: (u64, Figures),
}

/// A shift as far as it was read.
#[derive(Default)]
struct ShiftSoFar {
    figures: Figures,
    is_closed: bool,
}

/// A line of a part.
enum FileLine {
    Record(Box<Checked>),
    End(End),
    Unreadable(&'static str),
}

/// What a part of the file holds.
#[derive(Default)]
struct Part {
    lines: Vec<FileLine>,
    balances: BTreeMap<(String, String), i128>,
}

/// Where the file has been read to.
struct Walk<'a> {
    report: Report,
    trust: &'a Trust,
    line: u64,
    shifts: BTreeMap<u64, ShiftSoFar>,
    /// The closings so far, and what they come to.
    grand: (u64, Figures),
    /// What was closed and is part of no longer period yet, and how many of each were closed.
    waiting: [Vec<Sum>; 3],
    periods: [u64; 3],
    /// A closing that the next record has to sign, and whether it is one of a period.
    unsigned: Option<(u64, bool)>,
    end: Option<End>,
    /// Whether something follows the end.
    beyond: bool,
}

/// Reads a journal to its end and holds everything against everything.
///
/// An error is one of reading; whatever is wrong with the journal stands in the report.
pub fn verify(mut journal: impl Read, trust: &Trust) -> io::Result<Report> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut walk = Walk {
        report: Report { head: GENESIS, ..Report::default() },
        trust,
        line: 0,
        shifts: BTreeMap::new(),
        grand: Default::default(),
        waiting: Default::default(),
        periods: [0; 3],
        unsigned: None,
        end: None,
        beyond: false,
    };
    let mut held: Vec<u8> = Vec::new();
    loop {
        let wanted = threads * PART;
        let before = held.len();
        (&mut journal).take(wanted as u64).read_to_end(&mut held)?;
        let read = held.len() - before;
        walk.report.bytes += read as u64;
        let is_last = read == 0;
        // Whole lines only; what is left of one waits for the rest of it.
        let whole =
            if is_last { held.len() } else { held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) };
        let rest = held.split_off(whole);
        for part in parts(&held, threads) {
            walk.take(part);
        }
        if is_last {
            if held.last().is_some_and(|byte| *byte != b'\n') {
                walk.report.problem(walk.line, "The last line is cut off.");
            }
            return Ok(walk.finish());
        }
        held = rest;
    }
}

/// Reads lines on several threads, in their order.
fn parts(text: &[u8], threads: usize) -> Vec<Part> {
    let threads = threads.min(1 + text.len() / PART_MIN);
    if threads == 1 {
        return vec![part(text)];
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    for left in (1..=threads).rev() {
        let about = rest.len() / left;
        let cut = rest[about..].iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| about + at + 1);
        let (piece, others) = rest.split_at(cut);
        pieces.push(piece);
        rest = others;
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = pieces.into_iter().map(|piece| scope.spawn(move || part(piece))).collect();
        running.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

fn part(text: &[u8]) -> Part {
    let mut balances = Balances::new();
    let mut lines = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        lines.push(match std::str::from_utf8(line) {
            Err(_) => FileLine::Unreadable("The line is not text in UTF-8."),
            Ok(line) => match (Line::parse(line), End::parse(line)) {
                (Some(line), _) => FileLine::Record(Box::new(check(&line, &mut balances))),
                (None, Some(end)) => FileLine::End(end),
                (None, None) => FileLine::Unreadable("The line has not the form of a record."),
            },
        });
    }
    let balances = balances.into_iter().map(|((account, unit), sum)| ((account.into_owned(), unit.into_owned()), sum));
    Part { lines, balances: balances.collect() }
}

/// All that can be said of a record alone.
fn check<'a>(line: &Line<'a>, balances: &mut Balances<'a>) -> Checked {
    let Line { seq, kind, number, hash, previous, body } = *line;
    let mut checked = Checked {
        seq,
        number,
        previous,
        hash,
        of: None,
        at: None,
        shift: None,
        period: None,
        numbers_through: None,
        signing: None,
        problems: Vec::new(),
    };
    let problems = &mut checked.problems;
    if !line.is_intact() {
        problems.push("was changed after it was written: its hash is not that of its content".to_owned());
    }
    let text = body;
    let mut body: Body<'a> = match serde_json::from_str(text) {
        Ok(body) => body,
        Err(error) => {
            problems.push(format!("cannot be read: {error}"));
            return checked;
        }
    };
    if (body.seq, &*body.kind, body.number) != (seq, kind, number) {
        problems.push(format!("is filed as record {seq}, {kind}, and says it is record {}, {}", body.seq, body.kind));
    }
    body.check(balances, |problem| problems.push(problem));
    let of = |store: &str, register: &str, currency: &str| {
        Some(Of { store: store.into(), register: register.into(), currency: currency.into() })
    };
    match (&body.transaction, &body.shift, &body.closing, &body.period, body.signed(text), &body.audit) {
        (Some(sale), None, None, None, None, None) if number.is_some() => {
            checked.of = of(&sale.store, &sale.register, &sale.currency);
            checked.shift = Some(ShiftOf::Within(sale.shift, sale.figures()));
        }
        (None, Some(shift), None, None, None, None) if number.is_none() => {
            checked.of = of(&shift.store, &shift.register, &shift.currency);
            checked.shift = Some(ShiftOf::Opened(shift.shift));
        }
        (None, None, Some(closing), None, None, None) if number.is_none() => {
            checked.of = of(&closing.store, &closing.register, &closing.currency);
            checked.shift = Some(ShiftOf::Closed(closing.shift, closing.totals, closing.grand));
        }
        (None, None, None, Some(period), None, None) if number.is_none() => {
            checked.of = of(&period.store, &period.register, &period.currency);
            match PERIODS.iter().position(|name| *name == period.name && kind == format!("{name}-closed")) {
                Some(place) => {
                    let grand = (period.grand.closings, period.grand.figures);
                    let sum = Sum { shifts: period.shifts, figures: period.figures, grand };
                    checked.period = Some(PeriodOf { place, number: period.number, sum });
                }
                None => problems.push(format!("is filed as {kind} and closes a {}", period.name)),
            }
        }
        (None, None, None, None, None, Some(audit)) if number.is_none() => {
            checked.at = Some((audit.store.to_string(), audit.register.to_string()));
            checked.numbers_through = audit.numbers_through();
        }
        (None, None, None, None, Some(signed), None) if number.is_none() => match Signing::read(signed) {
            Ok(signing) => checked.signing = Some(signing),
            Err(problem) => problems.push(problem.to_string()),
        },
        _ => problems
            .push("is neither a transaction nor of a shift or a period nor an anchor nor of the audit".to_owned()),
    }
    checked
}

impl Walk<'_> {
    fn take(&mut self, part: Part) {
        for ((account, unit), sum) in part.balances {
            *self.report.balances.entry(account).or_default().entry(unit).or_default() += sum;
        }
        for read in part.lines {
            self.line += 1;
            if self.end.is_some() && !std::mem::replace(&mut self.beyond, true) {
                self.report.problem(self.line, "Something follows the end.");
            }
            match read {
                FileLine::Record(checked) => self.record(*checked),
                FileLine::End(end) => self.end = Some(end),
                FileLine::Unreadable(problem) => self.report.problem(self.line, problem),
            }
        }
    }

    fn record(&mut self, checked: Checked) {
        let Walk { report, trust, line, shifts, grand, waiting, periods, unsigned, .. } = self;
        let line = *line;
        let Checked { seq, number, previous, hash, of, at, shift, period, numbers_through, signing, problems } =
            checked;
        for problem in problems {
            report.problem(line, format!("Record {seq} {problem}."));
        }
        if seq != report.records + 1 {
            report.problem(
                line,
                format!("Record {seq} follows record {}: records are missing or moved.", report.records),
            );
        }
        if previous != report.head {
            report.problem(line, format!("Record {seq} does not continue the record before it: the chain is broken."));
        }
        if let Some(number) = number {
            if number != report.receipts + 1 {
                let next = report.receipts + 1;
                report.problem(line, format!("Record {seq} has receipt number {number}; {next} is next."));
            }
            report.receipts = number;
        }
        if let Some(through) = numbers_through {
            if through < report.receipts {
                report.problem(line, format!("Record {seq} has receipts go on after number {through}, again."));
            } else {
                report.salvaged.push((report.receipts, through));
                report.receipts = through;
            }
        }
        // Several periods may close at once, and a salvage may have found no more.
        let closes_on = period.is_some() && unsigned.is_some_and(|(_, is_of_period)| is_of_period);
        if signing.is_none() && !closes_on && numbers_through.is_none() {
            not_signed(report, line, *unsigned);
        }
        let closes = matches!(shift, Some(ShiftOf::Closed(..))) || period.is_some();
        *unsigned = closes.then_some((seq, period.is_some()));
        if let Some(of) = of {
            let known = report.of.get_or_insert_with(|| of.clone());
            if *known != of {
                report.problem(line, format!("Record {seq} is of another store, register or currency than the first."));
            }
        }
        if let (Some(known), Some((store, register))) = (&report.of, at)
            && (&*known.store, &*known.register) != (&*store, &*register)
        {
            report.problem(line, format!("Record {seq} is of another store or register than the first."));
        }
        let mut problem = |sentence: String| report.problem(line, format!("Record {seq} {sentence}."));
        match shift {
            Some(ShiftOf::Opened(shift)) => {
                if shifts.values().any(|earlier| !earlier.is_closed) {
                    problem(format!("opens shift {shift} while another one is open"));
                }
                if shifts.insert(shift, ShiftSoFar::default()).is_some() {
                    problem(format!("opens shift {shift} a second time"));
                }
            }
            Some(ShiftOf::Within(shift, figures)) => match shifts.get_mut(&shift) {
                None => problem(format!("belongs to shift {shift}, which was never opened")),
                Some(so_far) if so_far.is_closed => problem(format!("belongs to shift {shift}, which is closed")),
                Some(so_far) => match so_far.figures.plus(figures) {
                    Some(sum) => so_far.figures = sum,
                    None => problem("is more than its shift can hold".to_owned()),
                },
            },
            Some(ShiftOf::Closed(shift, totals, of_all)) => {
                let so_far =
                    shifts.entry(shift).or_insert_with(|| ShiftSoFar { is_closed: true, ..Default::default() });
                if std::mem::replace(&mut so_far.is_closed, true) {
                    problem(format!("closes shift {shift}, which is not open"));
                } else if so_far.figures != totals {
                    problem(format!("closes shift {shift} with other figures than its records have"));
                }
                if Some(of_all.figures) != grand.1.plus(totals) || of_all.closings != grand.0 + 1 {
                    problem("does not continue the totals of the closing before it".to_owned());
                }
                *grand = (of_all.closings, of_all.figures);
                waiting[0].push(Sum { shifts: (shift, shift), figures: totals, grand: *grand });
            }
            None => {}
        }
        if let Some(PeriodOf { place, number, sum }) = period {
            let name = PERIODS[place];
            let taken = waiting[place].iter().take_while(|part| part.shifts.1 <= sum.shifts.1).count();
            let parts: Vec<Sum> = waiting[place].drain(..taken).collect();
            let figures = parts.iter().try_fold(Figures::default(), |all, part| all.plus(part.figures));
            let ends = |ends: (&Sum, &Sum)| (ends.0.shifts.0, ends.1.shifts.1, ends.1.grand);
            let is_whole = parts.first().zip(parts.last()).map(ends) == Some((sum.shifts.0, sum.shifts.1, sum.grand));
            if !is_whole || figures != Some(sum.figures) {
                problem(format!("closes {name} {number} with other figures than were closed since the one before it"));
            }
            if number != periods[place] + 1 {
                problem(format!("closes {name} {number}; {} is next", periods[place] + 1));
            }
            periods[place] = number;
            if let Some(longer) = waiting.get_mut(place + 1) {
                longer.push(sum);
            }
        }
        if let Some(Signing { anchor, key }) = signing {
            report.anchors += 1;
            report.signed_through = anchor.seq;
            if anchor.seq != report.records || !anchor.agrees(&report.head) {
                report.problem(line, format!("Record {seq} signs another record than the one before it."));
            }
            let digits = hex::encode(key.as_bytes());
            if trust.key.is_some_and(|known| known != key) {
                report.problem(line, format!("Record {seq} is signed with {digits}, not with the register's key."));
            } else if report.key.as_ref().is_some_and(|known| *known != digits) {
                report.problem(line, format!("Record {seq} is signed with another key than the anchors before."));
            }
            report.key.get_or_insert(digits);
        }
        for anchor in trust.anchors.iter().filter(|anchor| anchor.seq == seq) {
            if anchor.agrees(&hash) {
                report.trusted_anchors += 1;
            } else {
                report.problem(line, format!("Record {seq} is not the one that the anchor from outside vouches for."));
            }
        }
        // Go on from what stands there, so that one break is told once.
        (report.records, report.head) = (seq, hash);
    }

    fn finish(mut self) -> Report {
        let Walk { report, trust, line, end, unsigned, .. } = &mut self;
        not_signed(report, *line, *unsigned);
        match end {
            None => report.problem(*line, "The end is missing: records may have been cut off."),
            Some(End { records, head }) => {
                if (*records, *head) != (report.records, report.head) {
                    let problem =
                        format!("The end speaks of {records} records; the last one here is {}.", report.records);
                    report.problem(*line, problem);
                }
            }
        }
        let beyond: Vec<u64> =
            trust.anchors.iter().map(|anchor| anchor.seq).filter(|seq| *seq == 0 || *seq > report.records).collect();
        for seq in beyond {
            report.problem(*line, format!("An anchor from outside vouches for record {seq}, which is not there."));
        }
        if trust.key.is_some() && trust.anchors.is_empty() && report.anchors == 0 {
            report.problem(*line, "The register's key is given, and nothing here is signed.");
        }
        self.report
    }
}

/// A closing is signed in the same transaction: an anchor that is not there was taken out.
fn not_signed(report: &mut Report, line: u64, unsigned: Option<(u64, bool)>) {
    if let Some((closing, _)) = unsigned {
        report.problem(
            line,
            format!("Record {closing} closes a shift or a period, and the anchor that signs it is missing."),
        );
    }
}
