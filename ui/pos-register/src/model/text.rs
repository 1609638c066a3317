//! Amounts and quantities as people read them.

use pos_api::view::LineView;
use pos_money::Decimal;

/// Writes amounts of one currency.
#[derive(Clone, Copy, Debug)]
pub struct MoneyText {
    places: usize,
}

impl MoneyText {
    /// For a currency with so many decimal places.
    pub fn new(exponent: u8) -> MoneyText {
        MoneyText { places: usize::from(exponent) }
    }

    /// `12.98`, `−1.30`: exactly the currency's places, and a minus as wide as a digit.
    pub fn amount(self, amount: Decimal) -> String {
        let places = self.places;
        let magnitude = amount.abs().round_dp(places as u32);
        let sign = if amount.is_sign_negative() && !magnitude.is_zero() { "\u{2212}" } else { "" };
        format!("{sign}{magnitude:.places$}")
    }

    /// A unit price: at least the currency's places, more where the price has them (`1.459`).
    pub fn price(self, price: Decimal) -> String {
        let places = self.places.max(price.normalize().scale() as usize);
        MoneyText { places }.amount(price)
    }

    /// A price as on a shelf label: `2.49 / kg`, `6.49`.
    pub fn shelf_price(self, price: Decimal, per: &str) -> String {
        if per.is_empty() { self.price(price) } else { format!("{} / {per}", self.price(price)) }
    }

    /// How a line comes to its amount: `2 × 6.49`, `0.482 kg × 2.99`, `6 × 10.00 / 3`.
    pub fn line_sum(self, line: &LineView) -> String {
        let price = if line.price_per == line.unit { "" } else { line.price_per.as_str() };
        format!("{} × {}", quantity(line.quantity, &line.unit), self.shelf_price(line.price, price))
    }
}

/// `3`, `0.482 kg`, `−20`.
pub fn quantity(value: Decimal, unit: &str) -> String {
    let (sign, magnitude) = (if value.is_sign_negative() { "\u{2212}" } else { "" }, value.abs());
    if unit.is_empty() { format!("{sign}{}", magnitude.normalize()) } else { format!("{sign}{magnitude} {unit}") }
}

/// `1 line`, `5 lines`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    #[test]
    fn amounts_have_the_currencys_places() {
        let euro = MoneyText::new(2);
        assert_eq!(euro.amount(decimal("12.9")), "12.90");
        assert_eq!(euro.amount(decimal("-1.3")), "\u{2212}1.30");
        assert_eq!(euro.amount(decimal("-0.00")), "0.00");
        assert_eq!(MoneyText::new(0).amount(decimal("1298")), "1298");
        assert_eq!(euro.price(decimal("1.459")), "1.459");
        assert_eq!(euro.price(decimal("1.4500")), "1.45");
    }

    #[test]
    fn lines_show_their_sum() {
        let euro = MoneyText::new(2);
        let line = |quantity: &str, unit: &str, price: &str, per: &str| LineView {
            quantity: decimal(quantity),
            unit: unit.into(),
            price: decimal(price),
            price_per: per.into(),
            ..LineView::default()
        };
        assert_eq!(euro.line_sum(&line("2", "", "6.49", "")), "2 × 6.49");
        assert_eq!(euro.line_sum(&line("0.482", "kg", "2.99", "kg")), "0.482 kg × 2.99");
        assert_eq!(euro.line_sum(&line("6", "", "10", "3")), "6 × 10.00 / 3");
        assert_eq!(euro.line_sum(&line("-20", "", "0.30", "")), "\u{2212}20 × 0.30");
        assert_eq!(counted(1, "line", "lines"), "1 line");
    }
}
