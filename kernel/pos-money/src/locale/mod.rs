//! Amounts as people of a place write and read them.
//!
//! One thousand two hundred thirty-four and a half euros are `€1,234.50` in Dublin, `1.234,50 €` in Berlin, `€ 1.234,50`
//! in Vienna, and `1 234,50 €` in Paris with a narrow no-break space. Printing follows the Unicode CLDR to the character;
//! reading is kinder (any kind of space, the sign in front or behind, with or without the currency) but never guesses:
//! `1.23` is no amount in Berlin, where the point groups thousands, and is refused rather than taken for 123 or 1.23.
//!
//! ```
//! use pos_money::{Currency, CurrencyStyle, Locale, Money};
//! let (swiss, franc) = (Locale::from_tag("de-CH").unwrap(), Currency::from_code("CHF")?);
//! let amount = Money::from_minor(-123_450);
//! assert_eq!(swiss.format(amount, franc), "-1’234.50");
//! assert_eq!(swiss.format_with(amount, franc, CurrencyStyle::Symbol), "CHF-1’234.50");
//! assert_eq!(swiss.parse("CHF 1'234.50-", franc)?, amount);
//! # Ok::<(), pos_money::MoneyError>(())
//! ```
//!
//! Invariants, proved by test: what is printed reads back as the same amount; nothing prints as minus zero.

mod read;
mod table;

#[cfg(test)]
mod tests;

use crate::{Currency, Money};
use table::{CONVENTIONS, Convention, Grouping, Place};

/// How amounts are written in one place, by its BCP 47 tag: `de-CH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Locale(usize);

/// How the currency is named beside an amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CurrencyStyle {
    /// By its symbol where the place has one that cannot be mistaken there: `€`, `kr`, `$` for its own dollar; else by
    /// its code.
    #[default]
    Symbol,
    /// By its ISO 4217 code: `EUR`.
    Code,
}

const NO_BREAK_SPACE: char = '\u{a0}';

impl Locale {
    /// All that are known, by tag.
    pub fn all() -> impl Iterator<Item = Locale> {
        (0..CONVENTIONS.len()).map(Locale)
    }

    /// The locale of a tag (`de-CH`, `de_CH`, in any case), or else the main one of its language: `de` and `de-LI` are
    /// read as `de-DE`. None for a language that is not known.
    pub fn from_tag(tag: &str) -> Option<Locale> {
        let tag = tag.replace('_', "-").to_ascii_lowercase();
        let exact = CONVENTIONS.iter().position(|known| known.tag.eq_ignore_ascii_case(&tag));
        let language = tag.split('-').next().unwrap_or_default();
        let main =
            || CONVENTIONS.iter().position(|known| known.is_main && known.tag.starts_with(&format!("{language}-")));
        exact.or_else(main).map(Locale)
    }

    /// Its tag: `de-CH`.
    pub fn tag(self) -> &'static str {
        self.convention().tag
    }

    /// What stands before the cents: `.` or `,`.
    pub fn decimal_mark(self) -> char {
        self.convention().decimal
    }

    /// What stands between groups of digits: a point, a comma, an apostrophe, a no-break space.
    pub fn group_mark(self) -> char {
        self.convention().group
    }

    /// The amount with the currency's decimal places and without its name: `1.234,50`, `-0,05`.
    pub fn format(self, amount: Money, currency: Currency) -> String {
        let convention = self.convention();
        let sign = if amount.is_negative() { convention.minus } else { "" };
        format!("{sign}{}", self.digits(amount, currency))
    }

    /// The amount with the currency's name: `1.234,50 €`, `-$5.00`, `CHF-5.00`.
    pub fn format_with(self, amount: Money, currency: Currency, style: CurrencyStyle) -> String {
        let Convention { place, minus, .. } = *self.convention();
        let name = match style {
            CurrencyStyle::Symbol => self.symbol(currency),
            CurrencyStyle::Code => currency.code(),
        };
        let sign = if amount.is_negative() { minus } else { "" };
        let digits = self.digits(amount, currency);
        // A name of letters does not stick to the digits: `USD 5.00`, but `$5.00`.
        let lettered = name.ends_with(char::is_alphabetic);
        match place {
            Place::After => format!("{sign}{digits}{NO_BREAK_SPACE}{name}"),
            Place::Before if lettered => format!("{sign}{name}{NO_BREAK_SPACE}{digits}"),
            Place::Before => format!("{sign}{name}{digits}"),
            Place::BeforeSpaced => format!("{sign}{name}{NO_BREAK_SPACE}{digits}"),
            Place::BeforeSpacedSignInside => format!("{name}{NO_BREAK_SPACE}{sign}{digits}"),
            Place::BeforeSignInstead if sign.is_empty() => format!("{name}{NO_BREAK_SPACE}{digits}"),
            Place::BeforeSignInstead => format!("{name}{sign}{digits}"),
        }
    }

    /// The currency's symbol where it cannot be mistaken, else its code: `$` is the Canadian dollar in `en-CA` and no
    /// other, `€` and `£` are known everywhere.
    pub fn symbol(self, currency: Currency) -> &'static str {
        let own = self.convention().own.iter().find(|(code, _)| *code == currency.code());
        let known = || table::EVERYWHERE.iter().find(|(code, _)| *code == currency.code());
        own.or_else(known).map_or(currency.code(), |(_, symbol)| symbol)
    }

    fn convention(self) -> &'static Convention {
        &CONVENTIONS[self.0]
    }

    /// Grouped digits without a sign.
    fn digits(self, amount: Money, currency: Currency) -> String {
        let Convention { decimal, group, grouping, group_from, .. } = *self.convention();
        let places = usize::from(currency.exponent());
        let all = format!("{:0>width$}", amount.minor().unsigned_abs(), width = places + 1);
        let (whole, cents) = all.split_at(all.len() - places);
        let mut text = String::with_capacity(all.len() * 2);
        for (index, digit) in whole.chars().enumerate() {
            let behind = whole.len() - index;
            if index > 0 && whole.len() >= group_from && grouping.breaks_before(behind) {
                text.push(group);
            }
            text.push(digit);
        }
        if places > 0 {
            text.push(decimal);
            text.push_str(cents);
        }
        text
    }
}

impl Grouping {
    /// Whether a group begins where `digits` digits of the whole part are still to come.
    fn breaks_before(self, digits: usize) -> bool {
        match self {
            Grouping::Thousands => digits.is_multiple_of(3),
            Grouping::Lakhs => digits == 3 || (digits > 3 && digits % 2 == 1),
        }
    }
}

impl std::fmt::Display for Locale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag())
    }
}
