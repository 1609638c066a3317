//! Reading an amount as a person typed it.

use super::{Grouping, Locale};
use crate::{Currency, Money, MoneyError};

impl Locale {
    /// Reads an amount of `currency`, with or without its name, sign and groups: `1.234,50 €`, `-5`, `5,00-`, `CHF-5.00`.
    ///
    /// [`MoneyError::NotAnAmount`] for anything that could mean two things: groups of the wrong size, two signs, the name
    /// of another currency. [`MoneyError::TooPrecise`] for a digit the currency does not have.
    pub fn parse(self, text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let not_an_amount = || MoneyError::NotAnAmount {
            text: text.to_owned(),
            example: self.format(Money::from_minor(123_450), currency),
        };
        let (negative, plain) = self.plain(text, currency).ok_or_else(not_an_amount)?;
        let sign = if negative { "-" } else { "" };
        currency.parse(&format!("{sign}{plain}"))
    }

    /// The sign and the digits with a point, if the text is an amount here.
    fn plain(self, text: &str, currency: Currency) -> Option<(bool, String)> {
        let mut rest = text.trim();
        let (mut negative, mut named, mut signed) = (false, false, false);
        // Sign and name come off from either end, each once, in any order.
        loop {
            let before = rest;
            if let Some(inner) = strip_either(rest, &["-", "\u{2212}"]).filter(|_| !signed) {
                (negative, signed, rest) = (true, true, inner.trim());
            } else if let Some(inner) = rest.strip_prefix('+').filter(|_| !signed) {
                (signed, rest) = (true, inner.trim());
            } else if let Some(inner) = strip_either(rest, &[self.symbol(currency), currency.code()]).filter(|_| !named)
            {
                (named, rest) = (true, inner.trim());
            }
            if rest.len() == before.len() {
                break;
            }
        }
        let (whole, places) = match rest.split_once(self.decimal_mark()) {
            Some((whole, places)) if !places.is_empty() => (whole, places),
            Some(_) => return None,
            None => (rest, ""),
        };
        let whole = self.ungrouped(whole)?;
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(places) || (whole.is_empty() && places.is_empty()) {
            return None;
        }
        let whole = if whole.is_empty() { "0" } else { &whole };
        Some((negative, if places.is_empty() { whole.to_owned() } else { format!("{whole}.{places}") }))
    }

    /// The digits of a whole part, if its groups are where they belong or there are none.
    fn ungrouped(self, whole: &str) -> Option<String> {
        let mark = self.group_mark();
        let mut digits = String::with_capacity(whole.len());
        let mut breaks = Vec::new();
        for character in whole.chars() {
            if character.is_ascii_digit() {
                digits.push(character);
            } else if same_mark(character, mark) {
                breaks.push(digits.len());
            } else {
                return None;
            }
        }
        if breaks.is_empty() {
            return Some(digits);
        }
        let grouping: Grouping = self.convention().grouping;
        let expected = (1..digits.len()).filter(|index| grouping.breaks_before(digits.len() - index));
        expected.eq(breaks).then_some(digits)
    }
}

/// Spaces of any width are one mark, and so are apostrophes.
fn same_mark(typed: char, mark: char) -> bool {
    let is_space = |one: char| matches!(one, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}');
    let is_apostrophe = |one: char| matches!(one, '\'' | '’');
    typed == mark || (is_space(typed) && is_space(mark)) || (is_apostrophe(typed) && is_apostrophe(mark))
}

/// The text without the first of the words that stands at its beginning or end.
fn strip_either<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    words.iter().find_map(|word| text.strip_prefix(word).or_else(|| text.strip_suffix(word)))
}
