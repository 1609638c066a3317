//! Clocks and ids: the only places where time and randomness enter.

use jiff::tz::TimeZone;
use pos_api::port::{Clock, Ids};
use pos_domain::ids::BasketId;
use pos_domain::time::Moment;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::{ContextV7, Timestamp, Uuid};

/// The machine's clock, seen in the store's zone.
#[derive(Clone, Debug)]
pub struct SystemClock {
    zone: TimeZone,
}

impl SystemClock {
    /// A clock for an IANA zone name.
    pub fn new(zone: &str) -> Result<SystemClock, jiff::Error> {
        Ok(SystemClock { zone: TimeZone::get(zone)? })
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        at(jiff::Timestamp::now(), &self.zone)
    }
}

/// A clock that stands until it is set: for demonstrations, replays and simulations.
#[derive(Debug)]
pub struct ManualClock {
    zone: TimeZone,
    unix_ms: AtomicI64,
}

impl ManualClock {
    /// A clock standing at the zone's local time.
    pub fn new(zone: &str, start: jiff::civil::DateTime) -> Result<ManualClock, jiff::Error> {
        let clock = ManualClock { zone: TimeZone::get(zone)?, unix_ms: AtomicI64::new(0) };
        clock.set(start)?;
        Ok(clock)
    }

    /// Sets the local time.
    pub fn set(&self, local: jiff::civil::DateTime) -> Result<(), jiff::Error> {
        let timestamp = local.to_zoned(self.zone.clone())?.timestamp();
        self.unix_ms.store(timestamp.as_millisecond(), Ordering::Relaxed);
        Ok(())
    }

    /// Lets time pass.
    pub fn advance_ms(&self, ms: i64) {
        self.unix_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        let unix_ms = self.unix_ms.load(Ordering::Relaxed);
        at(jiff::Timestamp::from_millisecond(unix_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH), &self.zone)
    }
}

fn at(timestamp: jiff::Timestamp, zone: &TimeZone) -> Moment {
    Moment { unix_ms: timestamp.as_millisecond(), offset_seconds: zone.to_offset(timestamp).seconds() }
}

/// UUIDv7 ids: unique by randomness, and of one program each greater than the one before, also within a millisecond and
/// when the clock goes back.
#[derive(Debug, Default)]
pub struct OrderedIds(Mutex<ContextV7>);

impl Ids for OrderedIds {
    fn basket(&self, now: Moment) -> BasketId {
        let ms = u64::try_from(now.unix_ms).unwrap_or_default();
        let timestamp = Timestamp::from_unix(&self.0, ms / 1000, (ms % 1000) as u32 * 1_000_000);
        BasketId(Uuid::new_v7(timestamp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_within_a_millisecond_and_when_the_clock_goes_back() {
        let (ids, zone) = (OrderedIds::default(), TimeZone::UTC);
        let clock = ManualClock { unix_ms: AtomicI64::new(1_772_438_400_000), zone };
        let mut last = ids.basket(clock.now());
        for step in 0..10_000 {
            clock.advance_ms(match step % 100 {
                98 => 2,
                99 => -1,
                _ => 0,
            });
            let next = ids.basket(clock.now());
            assert!(next > last, "{next:?} after {last:?}");
            last = next;
        }
    }
}
