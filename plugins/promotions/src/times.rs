//! When an offer is on: from a day to a day, on weekdays, at hours, on certain dates; all in civil time at the store.
//!
//! Hours run from the first minute to the minute before the last: `17:00-19:00` is over at 19:00. Hours past midnight,
//! `22:00-02:00`, belong to the evening on which they began: on Fridays means until two o'clock on Saturday.

use crate::calendar;
use pos_plugin_sdk::prelude::{Date, LocalTime};

/// Minutes of a day.
pub(crate) const DAY_MINUTES: u16 = 24 * 60;

/// A day, and a minute of it.
pub(crate) type Moment = (Date, u16);

/// Everything about when.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct When {
    /// First moment.
    pub(crate) from: Option<Moment>,
    /// First moment at which it is over.
    pub(crate) until: Option<Moment>,
    /// On at any of these; empty: always.
    pub(crate) times: Vec<Times>,
    /// Days on which it is off.
    pub(crate) not_on: Vec<Date>,
    /// Days are trading days, which people open and close, not calendar days.
    pub(crate) by_trading_day: bool,
}

/// Hours on days: all that is said must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Times {
    /// ISO weekdays 1 to 7; empty: each.
    pub(crate) weekdays: Vec<u8>,
    /// From a minute of the day to another, past midnight if the second is smaller.
    pub(crate) hours: Option<(u16, u16)>,
    /// Days of the month; empty: each.
    pub(crate) days_of_month: Vec<u8>,
    /// Months; empty: each.
    pub(crate) months: Vec<u8>,
    /// Certain days; empty: each.
    pub(crate) dates: Vec<Date>,
}

impl When {
    /// Whether it is on. `business_date` is the trading day.
    pub(crate) fn holds(&self, now: &LocalTime, business_date: Date) -> bool {
        let day = if self.by_trading_day { business_date } else { now.date };
        self.is_valid_at((day, now.minute_of_day))
            && !self.not_on.contains(&day)
            && (self.times.is_empty() || self.times.iter().any(|times| self.is_time(times, day, now.minute_of_day)))
    }

    /// Within the first and the last moment.
    pub(crate) fn is_valid_at(&self, moment: Moment) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }

    fn is_time(&self, times: &Times, day: Date, minute: u16) -> bool {
        match times.hours {
            None => times.is_day(day),
            Some((from, to)) if from < to => from <= minute && minute < to && times.is_day(day),
            Some((from, _)) if from <= minute => times.is_day(day),
            // Past midnight: the evening before counts, which a trading day still is.
            Some((_, to)) if minute < to => {
                let evening = if self.by_trading_day { Some(day) } else { calendar::day_before(day) };
                evening.is_some_and(|evening| times.is_day(evening))
            }
            Some(_) => false,
        }
    }

    /// The last day on which it can be on; none without an end.
    pub(crate) fn last_day(&self) -> Option<Date> {
        let (day, minute) = self.until?;
        if minute == 0 { calendar::day_before(day) } else { Some(day) }
    }

    /// Whether any day from `today` on has it: a search through at most four years, the longest that a calendar needs to
    /// bring every date.
    pub(crate) fn ever_holds_from(&self, today: Date) -> bool {
        let mut day = self.from.map_or(today, |(from, _)| from.max(today));
        let last = self.last_day();
        for _ in 0..=4 * 366 {
            if last.is_some_and(|last| last < day) {
                return false;
            }
            if !self.not_on.contains(&day)
                && (self.times.is_empty() || self.times.iter().any(|times| times.is_day(day)))
            {
                return true;
            }
            match calendar::day_after(day) {
                Some(next) => day = next,
                None => return false,
            }
        }
        // Named dates may be farther away.
        self.times.iter().flat_map(|times| &times.dates).any(|date| *date > day && self.is_valid_at((*date, 0)))
    }

    /// Whether both can be on at the same moment, as far as validity, weekdays and hours tell.
    pub(crate) fn may_meet(&self, other: &When) -> bool {
        let begins_in_time = |one: &When, two: &When| match (one.from, two.until) {
            (Some(from), Some(until)) => from < until,
            _ => true,
        };
        let times_meet = self.times.is_empty()
            || other.times.is_empty()
            || self.times.iter().any(|one| other.times.iter().any(|two| one.may_meet(two)));
        begins_in_time(self, other) && begins_in_time(other, self) && times_meet
    }
}

impl Times {
    fn is_day(&self, day: Date) -> bool {
        let holds = |list: &[u8], value: u8| list.is_empty() || list.contains(&value);
        holds(&self.weekdays, calendar::weekday(day))
            && holds(&self.days_of_month, day.day())
            && holds(&self.months, day.month())
            && (self.dates.is_empty() || self.dates.contains(&day))
    }

    fn may_meet(&self, other: &Times) -> bool {
        fn share<T: PartialEq>(one: &[T], two: &[T]) -> bool {
            one.is_empty() || two.is_empty() || one.iter().any(|value| two.contains(value))
        }
        let ranges = |hours: Option<(u16, u16)>| match hours {
            None => vec![(0, DAY_MINUTES)],
            Some((from, to)) if from < to => vec![(from, to)],
            Some((from, to)) => vec![(from, DAY_MINUTES), (0, to)],
        };
        let hours_meet =
            ranges(self.hours).iter().any(|one| ranges(other.hours).iter().any(|two| one.0 < two.1 && two.0 < one.1));
        share(&self.weekdays, &other.weekdays)
            && share(&self.days_of_month, &other.days_of_month)
            && share(&self.months, &other.months)
            && share(&self.dates, &other.dates)
            && hours_meet
    }
}
