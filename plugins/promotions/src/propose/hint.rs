//! "1 more for 3 for 2", "Spend 4.20 EUR more for 10 off 100": what a customer would like to know at the till.

use super::Turn;
use super::earned::Missing;
use pos_plugin_sdk::prelude::*;

/// A hint about money is worth saying when at most this part of the threshold is missing.
const NEAR_PART: i64 = 5;

impl Turn<'_> {
    pub(super) fn pieces_hint(&self, missing: i64) -> NearMiss {
        let label = &self.offer.text.label;
        let count = Attr { key: "count".into(), value: AttrValue::Integer(missing) };
        self.hint("offers.pieces-missing", format!("{missing} more for {label}"), count)
    }

    pub(super) fn spending_hint(&self) -> Option<NearMiss> {
        self.money_hint(self.earned.missing?)
    }

    /// None if too much is missing to be near.
    pub(super) fn money_hint(&self, missing: Missing) -> Option<NearMiss> {
        let Missing { amount, threshold } = missing;
        if !self.offer.hints || amount.minor().saturating_mul(NEAR_PART) > threshold.minor() {
            return None;
        }
        let currency = &self.view.basket.currency;
        let (major, label) = (currency.to_decimal(amount), &self.offer.text.label);
        let text = format!("Spend {major} {} more for {label}", currency.code);
        Some(self.hint("offers.money-missing", text, Attr { key: "amount".into(), value: AttrValue::Number(major) }))
    }

    fn hint(&self, key: &str, text: String, what: Attr) -> NearMiss {
        let args = vec![what, Attr::text("offer", &self.offer.text.label)];
        NearMiss { offer: self.offer.id.clone(), missing: Message { key: key.into(), text, args } }
    }
}
