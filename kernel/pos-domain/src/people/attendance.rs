//! When people came, went and paused, and the hours that makes.

use crate::time::Moment;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a time clock is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// They came.
    In,
    /// They went.
    Out,
    /// A break begins.
    Break,
    /// It ends.
    Resume,
}

/// Where somebody stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Not at work.
    #[default]
    Away,
    /// At work since then.
    Working(Moment),
    /// On a break since then.
    OnBreak(Moment),
}

impl Standing {
    /// Where they stand after it; none if it does not follow: nobody goes who never came.
    pub fn after(self, clock: Clock, at: Moment) -> Option<Standing> {
        match (self, clock) {
            (Standing::Away, Clock::In) | (Standing::OnBreak(_), Clock::Resume) => Some(Standing::Working(at)),
            (Standing::Working(_), Clock::Break) => Some(Standing::OnBreak(at)),
            (Standing::Working(_) | Standing::OnBreak(_), Clock::Out) => Some(Standing::Away),
            _ => None,
        }
    }

    /// In words: `away`, `at work`, `on a break`.
    pub fn words(self) -> &'static str {
        match self {
            Standing::Away => "away",
            Standing::Working(_) => "at work",
            Standing::OnBreak(_) => "on a break",
        }
    }
}

/// The hours of a person on a day, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayHours {
    /// Worked, breaks left out.
    pub worked: i64,
    /// Breaks.
    pub paused: i64,
    /// They have not gone yet: counted until now.
    pub open: bool,
}

/// Hours by person and day.
pub type Hours = BTreeMap<(Arc<str>, Date), DayHours>;

/// Adds up what a time clock was told, oldest first, until `now`. Work over midnight counts on both days, as long as each
/// of them has it; where clocks change it is as long as it was.
pub fn hours<'a>(told: impl IntoIterator<Item = (&'a Arc<str>, Moment, Clock)>, now: Moment, zone: &TimeZone) -> Hours {
    let mut standing: BTreeMap<&Arc<str>, Standing> = BTreeMap::new();
    let mut hours = Hours::new();
    for (person, at, clock) in told {
        let before = standing.get(person).copied().unwrap_or_default();
        let Some(after) = before.after(clock, at) else { continue };
        add(&mut hours, person, before, at, zone, false);
        standing.insert(person, after);
    }
    for (person, standing) in standing {
        add(&mut hours, person, standing, now, zone, true);
    }
    hours
}

fn add(hours: &mut Hours, person: &Arc<str>, standing: Standing, until: Moment, zone: &TimeZone, open: bool) {
    let (from, worked) = match standing {
        Standing::Away => return,
        Standing::Working(from) => (from, true),
        Standing::OnBreak(from) => (from, false),
    };
    let mut begin = from.unix_ms;
    // A clock that was set back makes no negative hours.
    while begin < until.unix_ms {
        let Ok(instant) = jiff::Timestamp::from_millisecond(begin) else { return };
        let date = zone.to_datetime(instant).date();
        let midnight = date.checked_add(1.day()).ok().and_then(|next| next.to_zoned(zone.clone()).ok());
        let end = midnight.map_or(until.unix_ms, |midnight| midnight.timestamp().as_millisecond()).min(until.unix_ms);
        let day = hours.entry((Arc::clone(person), date)).or_default();
        let seconds = end / 1000 - begin / 1000;
        *(if worked { &mut day.worked } else { &mut day.paused }) += seconds;
        day.open |= open && end == until.unix_ms;
        if end <= begin {
            return;
        }
        begin = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(zone: &TimeZone, day: Date, hour: i8, minute: i8) -> Moment {
        let time = day.at(hour, minute, 0, 0).to_zoned(zone.clone()).unwrap();
        Moment { unix_ms: time.timestamp().as_millisecond(), offset_seconds: time.offset().seconds() }
    }

    #[test]
    fn breaks_are_taken_out_and_midnight_parts_days() {
        let zone = TimeZone::get("Europe/Zurich").unwrap();
        let (monday, tuesday) = (date(2026, 3, 2), date(2026, 3, 3));
        let maya: Arc<str> = "maya".into();
        let told = [
            (&maya, at(&zone, monday, 16, 0), Clock::In),
            (&maya, at(&zone, monday, 18, 0), Clock::Break),
            (&maya, at(&zone, monday, 18, 30), Clock::Resume),
            (&maya, at(&zone, tuesday, 1, 15), Clock::Out),
            // Told twice.
            (&maya, at(&zone, tuesday, 1, 16), Clock::Out),
        ];
        let found = hours(told, at(&zone, tuesday, 12, 0), &zone);
        let of = |day| found[&(Arc::clone(&maya), day)].clone();
        assert_eq!(of(monday), DayHours { worked: 7 * 3600 + 1800, paused: 1800, open: false });
        assert_eq!(of(tuesday), DayHours { worked: 4500, paused: 0, open: false });
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn the_night_clocks_go_forward_has_an_hour_less() {
        let zone = TimeZone::get("Europe/Zurich").unwrap();
        let sunday = date(2026, 3, 29);
        let ben: Arc<str> = "ben".into();
        let found = hours([(&ben, at(&zone, sunday, 1, 0), Clock::In)], at(&zone, sunday, 5, 0), &zone);
        assert_eq!(found[&(ben, sunday)], DayHours { worked: 3 * 3600, paused: 0, open: true });
    }

    #[test]
    fn what_does_not_follow_is_refused() {
        let now = Moment { unix_ms: 0, offset_seconds: 0 };
        let working = Standing::Away.after(Clock::In, now).unwrap();
        let paused = working.after(Clock::Break, now).unwrap();
        assert_eq!(paused.after(Clock::Out, now), Some(Standing::Away));
        assert_eq!(paused.after(Clock::Resume, now), Some(working));
        for (standing, clock) in [
            (Standing::Away, Clock::Out),
            (Standing::Away, Clock::Break),
            (Standing::Away, Clock::Resume),
            (working, Clock::In),
            (working, Clock::Resume),
            (paused, Clock::In),
            (paused, Clock::Break),
        ] {
            assert_eq!(standing.after(clock, now), None, "{standing:?} {clock:?}");
        }
    }
}
