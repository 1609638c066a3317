//! `basket.now`: civil time at the store, fixed when the basket was opened.

use super::register::{Unchanged, fact, text_verb};
use super::{Answer, Run, text, trouble};
use pos_domain::time::LocalTime;
use rhai::{Engine, FuncRegistration, INT, ImmutableString};
use std::sync::Arc;

/// The time that a rule sees.
#[derive(Clone, Debug)]
pub(crate) struct Now(Arc<Run>);

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Now {
    pub(super) fn new(run: &Arc<Run>) -> Now {
        Now(run.clone())
    }

    fn time(&self) -> &LocalTime {
        &self.0.snapshot.now
    }

    fn weekday(&self) -> &'static str {
        let index = usize::from(self.time().weekday).wrapping_sub(1);
        WEEKDAYS.get(index).copied().unwrap_or("")
    }

    /// From the first time on, up to but not at the second; past midnight if the second is the earlier one.
    fn between(&self, from: &str, to: &str) -> Answer<bool> {
        let (from, to) = (minute_of_day(from)?, minute_of_day(to)?);
        let now = self.time().minute_of_day;
        Ok(if from <= to { from <= now && now < to } else { from <= now || now < to })
    }

    /// From the first date to the second, both included.
    fn between_dates(&self, from: &str, to: &str) -> Answer<bool> {
        let (from, to) = (date(from)?, date(to)?);
        Ok(from <= self.time().date && self.time().date <= to)
    }

    fn is_on(&self, weekday: &str) -> Answer<bool> {
        if !WEEKDAYS.iter().any(|known| known.eq_ignore_ascii_case(weekday)) {
            return Err(trouble(format!("\"{weekday}\" is not a weekday; write it like \"Tuesday\"")));
        }
        Ok(self.weekday().eq_ignore_ascii_case(weekday))
    }
}

/// Minutes since midnight of `"17:00"`; `"24:00"` is the end of the day.
fn minute_of_day(time: &str) -> Answer<u16> {
    let parsed = time.trim().split_once(':').and_then(|(hour, minute)| {
        let two_digits = minute.len() == 2 && (1..=2).contains(&hour.len());
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let valid = two_digits && minute < 60 && (hour < 24 || (hour == 24 && minute == 0));
        valid.then_some(hour * 60 + minute)
    });
    parsed.ok_or_else(|| trouble(format!("\"{time}\" is not a time of day; write it like \"17:00\"")))
}

fn date(date: &str) -> Answer<jiff::civil::Date> {
    date.trim().parse().map_err(|_| trouble(format!("\"{date}\" is not a date; write it like \"2026-12-24\"")))
}

impl Unchanged for Now {
    fn is_unchanged(&self, _: &Self) -> bool {
        true
    }
}

pub(super) fn install(engine: &mut Engine) {
    engine.register_type_with_name::<Now>("now");
    fact(engine, "is_weekend", |now: &Now| now.time().weekday >= 6);
    fact(engine, "weekday", |now: &Now| text(now.weekday()));
    fact(engine, "hour", |now: &Now| INT::from(now.time().minute_of_day / 60));
    fact(engine, "minute", |now: &Now| INT::from(now.time().minute_of_day % 60));
    fact(engine, "date", |now: &Now| text(&now.time().date.to_string()));
    fact(engine, "day", |now: &Now| INT::from(now.time().date.day()));
    fact(engine, "month", |now: &Now| INT::from(now.time().date.month()));
    fact(engine, "year", |now: &Now| INT::from(now.time().date.year()));
    text_verb(engine, "is_on", Now::is_on);
    let between = FuncRegistration::new("between").with_purity(true);
    between.register_into_engine(engine, |now: &mut Now, from: ImmutableString, to: ImmutableString| {
        now.between(&from, &to)
    });
    let between_dates = FuncRegistration::new("between_dates").with_purity(true);
    between_dates.register_into_engine(engine, |now: &mut Now, from: ImmutableString, to: ImmutableString| {
        now.between_dates(&from, &to)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_strictly() {
        let read = |time| minute_of_day(time).ok();
        for (time, minute) in [("17:00", 1020), ("7:05", 425), ("00:00", 0), ("24:00", 1440)] {
            assert_eq!(read(time), Some(minute), "{time}");
        }
        for time in ["", "17", "17:0", "17:60", "25:00", "24:01", "5 pm", "17.00", "-1:00", "017:00", "1７:00"] {
            assert_eq!(read(time), None, "{time}");
        }
    }
}
