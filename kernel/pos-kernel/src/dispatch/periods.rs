//! Days, months and years: closed by hand in the evening, or by themselves when the next day begins.

use super::{Kernel, storage_failed};
use crate::effects::Effect;
use crate::views;
use jiff::civil::Date;
use pos_api::Reply;
use pos_domain::Refusal;
use pos_domain::period::{Period, PeriodClosing};
use pos_domain::report::period_report;
use pos_domain::shift::Books;
use pos_domain::time::{LocalTime, Moment};
use std::sync::Arc;

/// So many are listed if nobody says how many: the days of a month.
const LISTED: u32 = 31;

impl Kernel {
    pub(super) fn close_day(&mut self) -> Result<Reply, Refusal> {
        if let Some(open) = &self.shift {
            return Err(Refusal::ShiftAlreadyOpen { shift: open.shift });
        }
        let at = self.clock.now();
        let today = LocalTime::at(at, self.shop.zone.clone()).date;
        let mut closed = self.store.close_periods(self.closing(at, today, self.cashier())).map_err(storage_failed)?;
        for period in &closed {
            let receipt = period_report(period, &self.shop);
            self.effects.perform(Effect::Print { number: None, receipt });
        }
        if closed.is_empty() {
            // Closed before, and nothing was rung up since: the answer is the same as then.
            closed = self.store.periods(Period::Day, 1).map_err(storage_failed)?;
        }
        if closed.is_empty() {
            return Err(Refusal::ShiftNotClosed { shift: 0 });
        }
        let periods = closed.iter().map(|closed| views::period_view(closed, &self.shop)).collect();
        Ok(Reply { periods: Some(periods), ..Reply::default() })
    }

    /// Before a new day begins: whatever is over is closed. Nothing that fails here keeps a shop from selling; it is done with the
    /// next shift.
    pub(super) fn close_what_is_over(&self, at: Moment, today: Date) {
        let closing = PeriodClosing { with_today: false, ..self.closing(at, today, "".into()) };
        if let Err(error) = self.store.close_periods(closing) {
            tracing::warn!("days, months and years that are over could not be closed: {error}");
        }
    }

    fn closing(&self, at: Moment, today: Date, cashier: Arc<str>) -> PeriodClosing {
        PeriodClosing { books: Books::of(&self.shop), at, cashier, today, with_today: true }
    }

    pub(super) fn list_periods(&self, period: Period, limit: Option<u32>) -> Result<Reply, Refusal> {
        let found = self.store.periods(period, limit.unwrap_or(LISTED)).map_err(storage_failed)?;
        let periods = found.iter().map(|closed| views::period_view(closed, &self.shop)).collect();
        Ok(Reply { periods: Some(periods), ..Reply::default() })
    }
}
