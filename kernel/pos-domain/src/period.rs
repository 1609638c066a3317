//! Days, months and years closed over their shifts, each with perpetual totals.
//!
//! A day is what its closed shifts came to, a month what its days, a year what its months: each closing takes all that was
//! closed since the one before it, so that none can be left out, and none told twice. A period is closed once it is over; a day
//! also by hand, before it is over, and whatever is rung up after that on the same date is a closing of its own.
//!
//! ```text
//! shift 1 (2 March), shift 2 (2 March) | day 1    shift 3 (3 March) | day 2    …    | month 1 = days 1 to 24
//! ```

use crate::ids::ReceiptNumber;
use crate::refusal::Refusal;
use crate::report::{add_named, add_tax, numbers_with};
use crate::shift::{Books, GrandTotals, ShiftClosed};
use crate::time::Moment;
use jiff::civil::Date;
use pos_money::{Currency, Money, MoneyError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is closed over shifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// A trading day.
    Day,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

impl Period {
    /// Shortest first: each is made of the one before it.
    pub const ALL: [Period; 3] = [Period::Day, Period::Month, Period::Year];

    /// Stable name.
    pub fn code(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Month => "month",
            Period::Year => "year",
        }
    }

    /// The kind of the record that closes one.
    pub fn record_kind(self) -> &'static str {
        match self {
            Period::Day => "day-closed",
            Period::Month => "month-closed",
            Period::Year => "year-closed",
        }
    }

    /// The first date of the period that a date is in.
    fn begin(self, date: Date) -> Date {
        match self {
            Period::Day => date,
            Period::Month => date.first_of_month(),
            Period::Year => date.first_of_year(),
        }
    }
}

/// Figures of shifts, added up. Lists are sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodFigures {
    /// Sales completed.
    pub sales: u64,
    /// Receipts with goods taken back.
    pub returns: u64,
    /// Baskets given up.
    pub cancelled: u64,
    /// Before offers.
    pub gross: Money,
    /// What offers took off.
    pub discount: Money,
    /// What customers paid, less what was refunded.
    pub total: Money,
    /// The tax in it.
    pub tax: Money,
    /// Cash rounding.
    pub rounding: Money,
    /// More in the tills than there should have been (positive), or less.
    pub over_short: Money,
    /// Kept, by means of payment.
    pub tenders: Vec<(Arc<str>, Money)>,
    /// Paid, by root department.
    pub departments: Vec<(Arc<str>, Money)>,
    /// (code, base, amount), by code.
    pub taxes: Vec<(Arc<str>, Money, Money)>,
    /// Container deposits charged and paid back: they are no sales.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposits: Vec<(Arc<str>, Money)>,
    /// First and last receipt number.
    pub numbers: Option<(ReceiptNumber, ReceiptNumber)>,
}

impl PeriodFigures {
    fn of_shift(closed: &ShiftClosed) -> Result<PeriodFigures, MoneyError> {
        let totals = closed.totals.clone();
        Ok(PeriodFigures {
            sales: totals.sales,
            returns: totals.returns,
            cancelled: totals.cancelled,
            gross: totals.gross,
            discount: totals.discount,
            total: totals.total,
            tax: totals.tax,
            rounding: totals.rounding,
            over_short: closed.over_short()?,
            tenders: totals.tenders,
            departments: totals.departments,
            taxes: totals.taxes,
            deposits: totals.deposits,
            numbers: totals.numbers,
        })
    }

    fn add(&mut self, more: &PeriodFigures) -> Result<(), MoneyError> {
        // Every figure by name: a new one does not compile until it is added.
        let PeriodFigures {
            sales,
            returns,
            cancelled,
            gross,
            discount,
            total,
            tax,
            rounding,
            over_short,
            tenders,
            departments,
            taxes,
            deposits,
            numbers,
        } = more;
        for (sum, more) in [(&mut self.sales, sales), (&mut self.returns, returns), (&mut self.cancelled, cancelled)] {
            *sum = sum.checked_add(*more).ok_or(MoneyError::Overflow)?;
        }
        for (sum, more) in [
            (&mut self.gross, gross),
            (&mut self.discount, discount),
            (&mut self.total, total),
            (&mut self.tax, tax),
            (&mut self.rounding, rounding),
            (&mut self.over_short, over_short),
        ] {
            *sum = sum.plus(*more)?;
        }
        let lists =
            [(&mut self.tenders, tenders), (&mut self.departments, departments), (&mut self.deposits, deposits)];
        for (sums, more) in lists {
            for (name, amount) in more {
                add_named(sums, name, *amount)?;
            }
        }
        for (code, base, amount) in taxes {
            add_tax(&mut self.taxes, code, *base, *amount)?;
        }
        self.numbers = numbers_with(self.numbers, *numbers);
        Ok(())
    }
}

/// A day, a month or a year that was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodClosed {
    /// What it is.
    pub period: Period,
    /// Which one, from 1.
    pub number: u64,
    /// Store.
    pub store: Arc<str>,
    /// Register.
    pub register: Arc<str>,
    /// Of all amounts.
    pub currency: Currency,
    /// Trading day of its first shift.
    pub from: Date,
    /// Trading day of its last shift.
    pub to: Date,
    /// Its first and its last shift.
    pub shifts: (u64, u64),
    /// When it was closed.
    pub closed_at: Moment,
    /// By whom; nobody: by itself, once it was over.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub cashier: Arc<str>,
    /// What it came to.
    pub figures: PeriodFigures,
    /// Since the first sale, this period included.
    pub grand: GrandTotals,
}

impl PeriodClosed {
    /// What must hold in every such record; checked before writing and again after reading.
    pub fn check(&self) -> Result<(), Refusal> {
        let PeriodFigures { total, tax, departments, taxes, .. } = &self.figures;
        let sold = Money::sum(departments.iter().map(|(_, paid)| *paid))?;
        let taxed = Money::sum(taxes.iter().map(|(.., amount)| *amount))?;
        let adds_up = sold == *total && taxed == *tax && self.shifts.0 <= self.shifts.1 && self.number > 0;
        if adds_up {
            return Ok(());
        }
        let problem = format!("the figures of {} {} do not add up", self.period.code(), self.number);
        Err(Refusal::CheckFailed { problem })
    }

    fn part(&self) -> Part {
        let PeriodClosed { from, to, shifts, figures, grand, .. } = self;
        Part { from: *from, to: *to, shifts: *shifts, figures: figures.clone(), grand: grand.clone() }
    }
}

/// What closes periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodClosing {
    /// Whose.
    pub books: Books,
    /// When.
    pub at: Moment,
    /// Who; nobody: it is done because time has passed.
    pub cashier: Arc<str>,
    /// The trading day of now.
    pub today: Date,
    /// Today is closed as well.
    pub with_today: bool,
}

/// Something closed that a longer period is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    from: Date,
    to: Date,
    shifts: (u64, u64),
    figures: PeriodFigures,
    grand: GrandTotals,
}

/// What was closed and is part of no longer period yet.
#[derive(Clone, Debug, Default)]
pub struct Periods {
    waiting: [Vec<Part>; 3],
    numbers: [u64; 3],
}

impl Periods {
    /// A shift was closed.
    pub fn add_shift(&mut self, closed: &ShiftClosed) -> Result<(), Refusal> {
        let date = closed.business_date;
        let (figures, grand) = (PeriodFigures::of_shift(closed)?, closed.grand.clone());
        let part = Part { from: date, to: date, shifts: (closed.shift, closed.shift), figures, grand };
        self.waiting[Period::Day as usize].push(part);
        Ok(())
    }

    /// A period was closed before what will be added: it stands, and nothing it is made of is known here.
    pub fn begin_after(&mut self, closed: &PeriodClosed) {
        self.numbers[closed.period as usize] = closed.number;
    }

    /// A period that was closed waits for the closing of a longer one.
    pub fn wait_for_longer(&mut self, closed: &PeriodClosed) {
        if let Some(longer) = self.waiting.get_mut(closed.period as usize + 1) {
            longer.push(closed.part());
        }
    }

    /// A period was closed: refused unless it is made of what was closed since the one before it, in order and whole.
    pub fn add(&mut self, closed: &PeriodClosed) -> Result<(), Refusal> {
        let place = closed.period as usize;
        let taken = self.waiting[place].iter().take_while(|part| part.shifts.1 <= closed.shifts.1).count();
        let parts: Vec<Part> = self.waiting[place].drain(..taken).collect();
        let is_next = closed.number == self.numbers[place] + 1;
        self.numbers[place] = closed.number;
        if !is_next || joined(&parts)?.is_none_or(|part| part != closed.part()) {
            let problem = format!("{} {} is not what was closed since", closed.period.code(), closed.number);
            return Err(Refusal::CheckFailed { problem });
        }
        self.wait_for_longer(closed);
        Ok(())
    }

    /// The next closing of a period, if one is due.
    pub fn next(&self, period: Period, closing: &PeriodClosing) -> Result<Option<PeriodClosed>, Refusal> {
        let waiting = &self.waiting[period as usize];
        let Some(first) = waiting.first() else { return Ok(None) };
        let begin = period.begin(first.from);
        let parts = waiting.iter().take_while(|part| period.begin(part.from) == begin).count();
        let is_over = parts < waiting.len() || begin < period.begin(closing.today);
        let by_hand = closing.with_today && period == Period::Day;
        if !is_over && !by_hand {
            return Ok(None);
        }
        let Some(Part { from, to, shifts, figures, grand }) = joined(&waiting[..parts])? else { return Ok(None) };
        let Books { store, register, currency } = closing.books.clone();
        let closed = PeriodClosed {
            period,
            number: self.numbers[period as usize] + 1,
            store,
            register,
            currency,
            from,
            to,
            shifts,
            closed_at: closing.at,
            cashier: closing.cashier.clone(),
            figures,
            grand,
        };
        closed.check()?;
        Ok(Some(closed))
    }
}

fn joined(parts: &[Part]) -> Result<Option<Part>, MoneyError> {
    let Some((first, more)) = parts.split_first() else { return Ok(None) };
    let mut all = first.clone();
    for part in more {
        all.figures.add(&part.figures)?;
        (all.to, all.shifts.1, all.grand) = (part.to, part.shifts.1, part.grand.clone());
    }
    Ok(Some(all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::fixture;
    use crate::report::ShiftTotals;
    use crate::shift::Closing;
    use crate::tender::TenderKind;
    use crate::till::TenderCount;
    use jiff::civil::date;

    /// Shifts on these dates, each with a sale of so much.
    fn shifts(of: &[(Date, i64)]) -> Vec<ShiftClosed> {
        let mut grand = GrandTotals::default();
        let close = |(index, (date, total)): (usize, &(Date, i64))| {
            let shift = index as u64 + 1;
            let total = Money::from_minor(*total);
            let totals = ShiftTotals {
                shift,
                business_date: *date,
                sales: 1,
                total,
                gross: total,
                tenders: vec![("cash".into(), total)],
                departments: vec![(if shift.is_multiple_of(2) { "Even" } else { "Odd" }.into(), total)],
                numbers: Some((shift, shift)),
                ..ShiftTotals::default()
            };
            let count = TenderCount { tender: TenderKind::Cash, currency: None, amount: total, pieces: Vec::new() };
            let closing = Closing {
                shift,
                books: Books::of(&fixture::shop(1)),
                at: fixture::opening().at,
                cashier: "Maya".into(),
                reason: "".into(),
                counts: vec![shift],
                count: vec![count],
                hands_over: false,
            };
            let closed = ShiftClosed::new(&closing, totals, &grand).unwrap();
            grand = closed.grand.clone();
            closed
        };
        of.iter().enumerate().map(close).collect()
    }

    fn closing(today: Date, with_today: bool) -> PeriodClosing {
        let (books, at) = (Books::of(&fixture::shop(1)), fixture::opening().at);
        PeriodClosing { books, at, cashier: "".into(), today, with_today }
    }

    /// Closes what is due: `day 1: shifts 1 to 2, 300 of 300`.
    fn close(periods: &mut Periods, closing: &PeriodClosing) -> Vec<String> {
        let mut told = Vec::new();
        for period in Period::ALL {
            while let Some(closed) = periods.next(period, closing).unwrap() {
                let PeriodClosed { number, shifts, figures, grand, .. } = &closed;
                let (first, last) = shifts;
                let (total, all) = (figures.total.minor(), grand.total.minor());
                told.push(format!("{} {number}: shifts {first} to {last}, {total} of {all}", period.code()));
                periods.add(&closed).unwrap();
            }
        }
        told
    }

    #[test]
    fn a_day_is_closed_once_it_is_over_a_month_after_its_days() {
        let mut periods = Periods::default();
        let days = [date(2026, 3, 30), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)];
        for shift in shifts(&[(days[0], 100), (days[1], 200), (days[2], 300), (days[3], 400)]) {
            periods.add_shift(&shift).unwrap();
        }
        assert_eq!(
            close(&mut periods, &closing(date(2026, 4, 1), false)),
            [
                "day 1: shifts 1 to 2, 300 of 300",
                "day 2: shifts 3 to 3, 300 of 600",
                "month 1: shifts 1 to 3, 600 of 600"
            ]
        );
        assert!(close(&mut periods, &closing(date(2026, 4, 1), false)).is_empty(), "what is closed is closed");
        // A day that is closed by hand, and went on after that.
        assert_eq!(close(&mut periods, &closing(date(2026, 4, 1), true)), ["day 3: shifts 4 to 4, 400 of 1000"]);
        let fifth = shifts(&[(days[0], 100), (days[1], 200), (days[2], 300), (days[3], 400), (days[3], 50)]);
        periods.add_shift(&fifth[4]).unwrap();
        assert_eq!(
            close(&mut periods, &closing(date(2027, 1, 2), false)),
            [
                "day 4: shifts 5 to 5, 50 of 1050",
                "month 2: shifts 4 to 5, 450 of 1050",
                "year 1: shifts 1 to 5, 1050 of 1050"
            ]
        );
    }

    #[test]
    fn a_clock_that_went_back_leaves_nothing_out() {
        let mut periods = Periods::default();
        let days = [date(2026, 5, 2), date(2026, 4, 30), date(2026, 5, 2)];
        for shift in shifts(&[(days[0], 1), (days[1], 2), (days[2], 4)]) {
            periods.add_shift(&shift).unwrap();
        }
        assert_eq!(
            close(&mut periods, &closing(date(2026, 5, 3), false)),
            [
                "day 1: shifts 1 to 1, 1 of 1",
                "day 2: shifts 2 to 2, 2 of 3",
                "day 3: shifts 3 to 3, 4 of 7",
                "month 1: shifts 1 to 1, 1 of 1",
                "month 2: shifts 2 to 2, 2 of 3"
            ]
        );
    }

    #[test]
    fn a_closing_that_was_made_to_fit_is_found() {
        let day = date(2026, 3, 2);
        let mut periods = Periods::default();
        for shift in shifts(&[(day, 100), (day, 200)]) {
            periods.add_shift(&shift).unwrap();
        }
        let whole = periods.next(Period::Day, &closing(day, true)).unwrap().unwrap();
        let mut spoilt = vec![whole.clone(); 5];
        spoilt[0].figures.total = Money::from_minor(299);
        spoilt[1].number = 2;
        spoilt[2].shifts.1 = 1;
        spoilt[3].grand.total = Money::from_minor(299);
        spoilt[4].to = date(2026, 3, 3);
        for closed in spoilt {
            assert!(periods.clone().add(&closed).is_err(), "{closed:?}");
        }
        assert_eq!(periods.add(&whole), Ok(()));
    }
}
