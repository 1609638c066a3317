//! Days as numbers: what weekday a day is, which comes next. Small, since a component should not carry a calendar library.

use pos_plugin_sdk::prelude::Date;

/// Days since 1 March of year 0, after Hinnant's `days_from_civil`: the leap day is the last day of its year.
pub(crate) fn number(date: Date) -> i64 {
    let month = i64::from(date.month());
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let month_from_march = (month + 9) % 12;
    year * 365 + year / 4 - year / 100 + year / 400 + (153 * month_from_march + 2) / 5 + i64::from(date.day()) - 1
}

/// ISO 8601: 1 Monday to 7 Sunday. 1 March of year 0 was a Wednesday.
pub(crate) fn weekday(date: Date) -> u8 {
    u8::try_from((number(date) + 2) % 7 + 1).unwrap_or(1)
}

/// The day before; none before the first day of year 1.
pub(crate) fn day_before(date: Date) -> Option<Date> {
    let (year, month) = (date.year(), date.month());
    let last_of = |year: u16, month: u8| (28..=31).rev().find_map(|day| Date::new(year, month, day));
    date.day()
        .checked_sub(1)
        .and_then(|day| Date::new(year, month, day))
        .or_else(|| if month > 1 { last_of(year, month - 1) } else { last_of(year.checked_sub(1)?, 12) })
}

/// The day after; none after the last day of year 9999.
pub(crate) fn day_after(date: Date) -> Option<Date> {
    let (year, month, day) = (date.year(), date.month(), date.day());
    Date::new(year, month, day + 1)
        .or_else(|| Date::new(year, month + 1, 1))
        .or_else(|| Date::new(year.checked_add(1)?, 1, 1))
}

/// The month as a number that grows by one from month to month.
pub(crate) fn month_number(date: Date) -> u32 {
    u32::from(date.year()) * 12 + u32::from(date.month()) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other_and_weekdays_go_round() {
        let mut day = Date::new(1999, 12, 31).unwrap();
        assert_eq!(weekday(day), 5);
        for _ in 0..1_500 {
            let next = day_after(day).unwrap();
            assert_eq!(day_before(next), Some(day));
            assert_eq!(number(next), number(day) + 1);
            assert_eq!(weekday(next), weekday(day) % 7 + 1);
            day = next;
        }
        assert_eq!(weekday("2026-11-18".parse().unwrap()), 3);
        assert_eq!(day_before(Date::new(1, 1, 1).unwrap()), None);
        assert_eq!(day_after(Date::new(9999, 12, 31).unwrap()), None);
    }
}
