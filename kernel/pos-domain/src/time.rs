//! Time as data: the instant a thing happened, and the civil time a rule sees.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An instant with the offset that held at the store, both fixed when it was recorded, so that a receipt printed again
/// in ten years shows the same local time whatever happened to the zone rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub unix_ms: i64,
    /// Seconds east of UTC at the store at that instant.
    pub offset_seconds: i32,
}

impl Moment {
    /// Local civil date and time at the store.
    pub fn local(self) -> jiff::civil::DateTime {
        let offset = jiff::tz::Offset::from_seconds(self.offset_seconds).unwrap_or(jiff::tz::Offset::UTC);
        let timestamp = jiff::Timestamp::from_millisecond(self.unix_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        offset.to_datetime(timestamp)
    }

    /// `2026-03-02 10:00:00 +01:00`, as printed on receipts.
    pub fn to_text(self) -> String {
        let local = self.local();
        let (sign, seconds) =
            if self.offset_seconds < 0 { ('-', -self.offset_seconds) } else { ('+', self.offset_seconds) };
        format!(
            "{} {:02}:{:02}:{:02} {sign}{:02}:{:02}",
            local.date(),
            local.hour(),
            local.minute(),
            local.second(),
            seconds / 3600,
            seconds / 60 % 60
        )
    }
}

/// Civil time at the store to the minute: what rules see instead of a clock, fixed when the basket opens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LocalTime {
    /// Calendar date.
    pub date: Date,
    /// Minutes since midnight, 0 to 1439.
    pub minute_of_day: u16,
    /// ISO 8601 weekday: 1 Monday to 7 Sunday.
    pub weekday: u8,
    /// IANA name of the zone: `Europe/Zurich`.
    pub zone: Arc<str>,
}

impl LocalTime {
    /// The civil time of a moment in a zone's name (the offset is the moment's own).
    pub fn at(moment: Moment, zone: Arc<str>) -> Self {
        let local = moment.local();
        LocalTime {
            date: local.date(),
            minute_of_day: u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs()),
            weekday: local.date().weekday().to_monday_one_offset().unsigned_abs(),
            zone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_follows_the_recorded_offset() {
        // 2026-03-02T09:00:00Z at +01:00 is a Monday, 10:00.
        let moment = Moment { unix_ms: 1_772_442_000_000, offset_seconds: 3600 };
        assert_eq!(moment.to_text(), "2026-03-02 10:00:00 +01:00");
        let local = LocalTime::at(moment, "Europe/Zurich".into());
        assert_eq!((local.minute_of_day, local.weekday), (600, 1));
        let west = Moment { offset_seconds: -12_600, ..moment };
        assert_eq!(west.to_text(), "2026-03-02 05:30:00 -03:30");
    }
}
