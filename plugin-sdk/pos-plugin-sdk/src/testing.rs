//! Baskets for native tests, in the words of a shop. Not part of a component.
//!
//! ```
//! # use pos_plugin_sdk::testing;
//! let basket = testing::basket("EUR", "2026-11-18 17:30").sell("ALE", 2, "5.90").tagged("draught").sell("CRISPS", 1, "1.80");
//! assert_eq!(basket.lines[0].net.minor(), 1180);
//! ```
//!
//! Every field is public: what these helpers do not say, a test sets by hand. They panic on text they cannot read,
//! since a test with a wrong fixture should end right there.

use crate::basket::{Basket, Currency, Line, LineKind, LocalTime};
use crate::date::Date;
use crate::tax::{TaxInput, Taxable};
use pos_money::{Decimal, Quantity, Rounding, UnitPrice};
use std::str::FromStr;

/// An empty basket with prices that include tax, opened at a civil time: `basket("EUR", "2026-11-18 17:30")`.
pub fn basket(currency: &str, now: &str) -> Basket {
    let known = pos_money::Currency::from_code(currency).unwrap_or_else(|error| panic!("{error}"));
    let parsed = now.split_once(' ').and_then(|(date, time)| {
        let (hour, minute) = time.split_once(':')?;
        Some((Date::from_str(date).ok()?, hour.parse::<u16>().ok()? * 60 + minute.parse::<u16>().ok()?))
    });
    let Some((date, minute_of_day)) = parsed else { panic!("\"{now}\" is not like \"2026-11-18 17:30\"") };
    Basket {
        currency: Currency { code: known.code().to_owned(), exponent: known.exponent() },
        prices_include_tax: true,
        store: "1".into(),
        register: None,
        cashier: None,
        id: None,
        now: LocalTime { date, minute_of_day, weekday: weekday(date), zone: "Europe/Zurich".into() },
        business_date: date,
        customer: None,
        codes: Vec::new(),
        lines: Vec::new(),
        attrs: Vec::new(),
    }
}

/// What the tax hook sees of a basket: each line's net as it stands.
pub fn tax_input(basket: Basket) -> TaxInput {
    let taxables = basket
        .lines
        .iter()
        .map(|line| Taxable { line: line.id, net: line.net, tax_class: line.tax_class.clone() })
        .collect();
    TaxInput { basket, taxables, ship_to: None }
}

impl Basket {
    /// Adds a line of tax class `standard`: so many pieces at a price each in major units.
    pub fn sell(mut self, item: &str, pieces: i64, price: &str) -> Basket {
        let value = Decimal::from_str(price).unwrap_or_else(|error| panic!("price \"{price}\": {error}"));
        let (quantity, price) = (Quantity::pieces(pieces), UnitPrice::each(value));
        let gross = price
            .extend(quantity)
            .and_then(|major| Rounding::HALF_UP.round_to_minor(major, u32::from(self.currency.exponent)))
            .unwrap_or_else(|error| panic!("{item}: {error}"));
        let id = self.lines.last().map_or(1, |line| line.id + 1);
        self.lines.push(Line {
            id,
            kind: LineKind::Sale,
            item: item.to_owned(),
            name: None,
            departments: Vec::new(),
            tags: Vec::new(),
            quantity,
            price,
            gross,
            net: gross,
            tax_class: "standard".into(),
            price_locked: false,
            origin_line: None,
            attrs: Vec::new(),
        });
        self
    }

    /// Puts a tag on the line added last.
    pub fn tagged(self, tag: &str) -> Basket {
        self.on_last(|line| line.tags.push(tag.to_owned()))
    }

    /// Puts the line added last into a tax class.
    pub fn taxed(self, tax_class: &str) -> Basket {
        self.on_last(|line| line.tax_class = tax_class.to_owned())
    }

    fn on_last(mut self, change: impl FnOnce(&mut Line)) -> Basket {
        change(self.lines.last_mut().unwrap_or_else(|| panic!("the basket has no line yet")));
        self
    }
}

/// ISO 8601 weekday, 1 Monday to 7 Sunday, after Sakamoto.
fn weekday(date: Date) -> u8 {
    const OFFSETS: [u16; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let year = if date.month() < 3 { date.year() - 1 } else { date.year() };
    let offset = OFFSETS[usize::from(date.month()) - 1];
    let sunday_based = (year + year / 4 - year / 100 + year / 400 + offset + u16::from(date.day())) % 7;
    if sunday_based == 0 { 7 } else { u8::try_from(sunday_based).unwrap_or(7) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weekday_follows_the_date() {
        for (now, expected) in
            [("2026-11-18 17:30", 3), ("2026-03-02 10:00", 1), ("2024-02-29 00:00", 4), ("2000-01-02 23:59", 7)]
        {
            assert_eq!(basket("EUR", now).now.weekday, expected, "{now}");
        }
        assert_eq!(basket("EUR", "2026-11-18 17:30").now.minute_of_day, 1050);
    }

    #[test]
    fn amounts_are_in_the_minor_units_of_the_currency() {
        assert_eq!(basket("JPY", "2026-11-18 17:30").sell("TEA", 3, "120").lines[0].gross.minor(), 360);
        assert_eq!(basket("KWD", "2026-11-18 17:30").sell("TEA", 1, "0.125").lines[0].gross.minor(), 125);
    }
}
