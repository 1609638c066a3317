//! Amounts as people and spreadsheets write them.
//!
//! `12.50`, `12,50`, `1'234.50`, `1.234,50`, `CHF 12.50`, `12.-`, `€ 3`, `-0.30`, `(0.30)`. One form is dangerous:
//! `1.459` is a litre of petrol to one program and a four-figure price to another. It is read by the mark the rest of
//! the file uses, and refused where the file does not tell: a price wrong by a factor of 1,000 is never guessed.

use super::problem::Problem;
use pos_money::{Currency, Decimal};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Most digits before the decimal mark.
const INTEGER_DIGITS_MAX: usize = 9;
/// Most digits after it.
pub(super) const DECIMALS_MAX: usize = 4;

/// What separates the decimals of a file's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecimalMark {
    /// `12.50`.
    Point,
    /// `12,50`.
    Comma,
}

impl DecimalMark {
    fn of(mark: char) -> DecimalMark {
        if mark == ',' { DecimalMark::Comma } else { DecimalMark::Point }
    }
}

impl FromStr for DecimalMark {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "." | "point" => Ok(DecimalMark::Point),
            "," | "comma" => Ok(DecimalMark::Comma),
            other => Err(format!("\"{other}\" is not a decimal mark. Use . or ,")),
        }
    }
}

impl fmt::Display for DecimalMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DecimalMark::Point => "decimal point",
            DecimalMark::Comma => "decimal comma",
        })
    }
}

/// A number with the currency written beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) value: Decimal,
    pub(super) currency: Option<Currency>,
}

/// Reads an amount; `mark` settles what `1.459` means.
pub(super) fn parse(text: &str, mark: Option<DecimalMark>) -> Result<Amount, Problem> {
    let parts = Parts::of(text).ok_or(Problem::NotAnAmount)?;
    let (integer, decimals) = digits(parts.figures, mark)?;
    let decimals = match decimals.char_indices().nth(DECIMALS_MAX) {
        Some((kept, _)) if decimals[kept..].bytes().all(|digit| digit == b'0') => decimals[..kept].to_owned(),
        _ => decimals,
    };
    if decimals.len() > DECIMALS_MAX {
        return Err(Problem::TooManyDecimals { decimals: decimals.len(), most: DECIMALS_MAX });
    }
    let integer = integer.trim_start_matches('0');
    if integer.len() > INTEGER_DIGITS_MAX {
        return Err(Problem::AmountTooLarge);
    }
    let plain = format!(
        "{}0{integer}{}{decimals}",
        if parts.negative { "-" } else { "" },
        if decimals.is_empty() { "" } else { "." }
    );
    let value = Decimal::from_str(&plain).map_err(|_| Problem::NotAnAmount)?;
    Ok(Amount { value, currency: parts.currency })
}

/// Which mark this text proves the file to use, if it proves one.
pub(super) fn evidence(text: &str) -> Option<DecimalMark> {
    let figures = Parts::of(text)?.figures;
    let last = figures.rfind(['.', ','])?;
    let mark = figures[last..].chars().next()?;
    let both = figures.contains('.') && figures.contains(',');
    let after = figures.len() - last - 1;
    (figures.matches(mark).count() == 1 && (both || after != 3)).then(|| DecimalMark::of(mark))
}

/// Sign, figures and currency of an amount.
struct Parts<'t> {
    negative: bool,
    figures: &'t str,
    currency: Option<Currency>,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Option<Parts<'t>> {
        let text = text.trim();
        let mut first = text.find(|character: char| character.is_ascii_digit())?;
        let last = text.rfind(|character: char| character.is_ascii_digit())?;
        // ".50" and "-.50" begin with their mark; the dot of "Fr.50" belongs to the currency.
        if let Some(before) = text[..first].strip_suffix(['.', ','])
            && !before.ends_with(char::is_alphabetic)
        {
            first = before.len();
        }
        let (before, after) = (text[..first].trim(), text[last + 1..].trim());
        let is_minus = |character: char| matches!(character, '-' | '−' | '(');
        let mut negative = before.contains(is_minus);
        let before =
            before.trim_matches(|character: char| is_minus(character) || character == '+' || character.is_whitespace());
        let mut after = after.trim_end_matches(')').trim();
        // "12.-" and "12.–" are whole francs.
        if let Some(rest) = after.strip_prefix(['.', ',']) {
            after = rest.trim_start_matches(['-', '–', '—']).trim();
        } else if let Some(rest) = after.strip_suffix(['-', '−']) {
            (negative, after) = (true, rest.trim());
        }
        let currency = match (before, after) {
            ("", "") => None,
            (marker, "") | ("", marker) => Some(currency(marker)?),
            _ => return None,
        };
        Some(Parts { negative, figures: &text[first..=last], currency: currency.flatten() })
    }
}

/// A currency by its code or sign; signs that several countries share name none.
fn currency(marker: &str) -> Option<Option<Currency>> {
    let code = match marker {
        "€" => "EUR",
        "£" => "GBP",
        "Fr." | "Fr" | "fr." | "SFr." | "sFr." | "CHF." => "CHF",
        "$" | "¥" | "kr" | "kr." => return Some(None),
        code => code,
    };
    Currency::from_code(code).ok().map(Some)
}

/// Digits before and after the decimal mark.
fn digits(figures: &str, mark: Option<DecimalMark>) -> Result<(String, String), Problem> {
    let is_space = |character: char| matches!(character, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’' | '_');
    let spaced = figures.contains(is_space);
    let (dots, commas) = (figures.matches('.').count(), figures.matches(',').count());
    let last = figures.rfind(['.', ',']);
    let decimal_at = match (dots, commas) {
        (0, 0) => None,
        (1, 1..) | (1.., 1) => {
            let last = last.ok_or(Problem::NotAnAmount)?;
            if figures[last + 1..].contains(is_space) || figures.matches(&figures[last..=last]).count() > 1 {
                return Err(Problem::NotAnAmount);
            }
            Some(last)
        }
        (1, 0) | (0, 1) => {
            let at = last.ok_or(Problem::NotAnAmount)?;
            let (before, after) = (&figures[..at], &figures[at + 1..]);
            let could_be_thousands =
                after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0') && !spaced;
            match (could_be_thousands, mark) {
                (false, _) => Some(at),
                (true, Some(mark)) if mark == DecimalMark::of(figures[at..].chars().next().unwrap_or('.')) => Some(at),
                (true, Some(_)) => None,
                (true, None) => return Err(Problem::AmbiguousAmount),
            }
        }
        (2.., 0) | (0, 2..) => None,
        _ => return Err(Problem::NotAnAmount),
    };
    let (integer, decimals) = match decimal_at {
        Some(at) => (&figures[..at], &figures[at + 1..]),
        None => (figures, ""),
    };
    if !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::NotAnAmount);
    }
    let mut groups = integer.split(|character: char| is_space(character) || matches!(character, '.' | ','));
    let mut whole = groups.next().unwrap_or_default().to_owned();
    for (index, group) in groups.enumerate() {
        if group.len() != 3 || (index == 0 && !(1..=3).contains(&whole.len())) {
            return Err(Problem::NotAnAmount);
        }
        whole.push_str(group);
    }
    if whole.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok((whole, decimals.to_owned()))
    } else {
        Err(Problem::NotAnAmount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, mark: Option<DecimalMark>, expected: &str) {
        let answer = match parse(text, mark) {
            Ok(Amount { value, currency: None }) => value.to_string(),
            Ok(Amount { value, currency: Some(currency) }) => format!("{value} {currency}"),
            Err(problem) => problem.code().to_owned(),
        };
        assert_eq!(answer, expected, "{text:?} {mark:?}");
    }

    #[test]
    fn amounts_as_people_write_them() {
        for (text, expected) in [
            ("12.50", "12.50"),
            ("12,50", "12.50"),
            ("12", "12"),
            ("0.125", "0.125"),
            (".5", "0.5"),
            ("-,50", "-0.50"),
            ("1'234.50", "1234.50"),
            ("1’234.5", "1234.5"),
            ("1 234,50", "1234.50"),
            ("1\u{202f}234,50", "1234.50"),
            ("1.234,50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1.234.567", "1234567"),
            ("1'234'567.891", "1234567.891"),
            ("CHF 12.50", "12.50 CHF"),
            ("12.50 chf", "12.50 CHF"),
            ("Fr. 12.50", "12.50 CHF"),
            ("Fr.12.50", "12.50 CHF"),
            ("€3", "3 EUR"),
            ("$ 3.20", "3.20"),
            ("12.-", "12"),
            ("12.– CHF", "12 CHF"),
            ("(0.30)", "-0.30"),
            ("−0.30", "-0.30"),
            ("0.30-", "-0.30"),
            ("CHF -1.00", "-1.00 CHF"),
            ("1.230000", "1.2300"),
            ("2.9900000000000002", "too_many_decimals"),
            ("1234567890", "amount_too_large"),
            ("", "not_an_amount"),
            ("free", "not_an_amount"),
            ("12.50 pcs", "not_an_amount"),
            ("1.2.3", "not_an_amount"),
            ("12,34,56", "not_an_amount"),
            ("1,234.56,7", "not_an_amount"),
            ("3 x 4", "not_an_amount"),
            ("1e5", "not_an_amount"),
        ] {
            check(text, None, expected);
        }
    }

    #[test]
    fn three_digits_after_a_single_mark_are_read_by_the_files_mark_or_refused() {
        check("1.459", Some(DecimalMark::Point), "1.459");
        check("1.459", Some(DecimalMark::Comma), "1459");
        check("1,459", Some(DecimalMark::Comma), "1.459");
        check("1,459", Some(DecimalMark::Point), "1459");
        check("1.459", None, "ambiguous_amount");
        check("1459.125", None, "1459.125");
    }

    #[test]
    fn a_file_shows_its_mark() {
        for (text, expected) in [
            ("12.50", Some(DecimalMark::Point)),
            ("1.234,5", Some(DecimalMark::Comma)),
            ("1,234.500", Some(DecimalMark::Point)),
            ("1.234", None),
            ("12", None),
            ("1.234.567", None),
        ] {
            assert_eq!(evidence(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,24}", digits in "[-+(). ,'0-9]{0,16}") {
            for mark in [None, Some(DecimalMark::Point), Some(DecimalMark::Comma)] {
                for text in [&text, &digits] {
                    let _amount = parse(text, mark);
                    let _mark = evidence(text);
                }
            }
        }

        #[test]
        fn every_printed_amount_reads_back(minor in -99_999_999_999_i64..99_999_999_999, decimals in 0_u32..=4) {
            let value = Decimal::new(minor, decimals);
            let answer = parse(&value.to_string(), Some(DecimalMark::Point));
            if value.trunc().abs() > Decimal::from(999_999_999) {
                proptest::prop_assert_eq!(answer, Err(Problem::AmountTooLarge));
            } else {
                proptest::prop_assert_eq!(answer.map(|amount| amount.value), Ok(value));
            }
        }
    }
}
