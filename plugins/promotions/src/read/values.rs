//! Single values as a manager writes them: `"5.00"`, `"10 %"`, `"Mon-Fri"`, `"17:00-19:00"`, `"2026-12-24"`.

use super::{Field, Reader};
use crate::node::Value;
use crate::problem::nearest;
use crate::times::{DAY_MINUTES, Moment};
use pos_plugin_sdk::prelude::*;
use std::str::FromStr;

/// Letters of a word, a label, a code: more would not fit a receipt, and the kernel takes so many texts and no more.
const LETTERS_MAX: usize = 200;
/// Decimal places that a plugin can hand to the kernel.
const PLACES_MAX: u32 = 9;
/// Amounts beyond this are a slip of the keyboard, and leave room to multiply.
const AMOUNT_MAX: i64 = 1_000_000_000;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Reader {
    /// Words on one line, trimmed; empty is a problem. The kernel throws away an answer with a control character in it, and
    /// with it all offers: a printer would take it for a command.
    pub(crate) fn text(&mut self, field: &Field<'_>) -> Option<String> {
        match &field.node.value {
            Value::Text(text) if text.trim().is_empty() => {
                self.problem(field, "the text is empty", "Write something, or remove the setting.");
                None
            }
            Value::Text(text) if text.trim().chars().any(char::is_control) => {
                self.problem(
                    field,
                    "the text has a line break, a tab or another control character in it",
                    "Write it on one line.",
                );
                None
            }
            Value::Text(text) if text.trim().chars().count() > LETTERS_MAX => {
                let what = format!("the text has {} letters", text.trim().chars().count());
                self.problem(field, what, format!("Write {LETTERS_MAX} at most."));
                None
            }
            Value::Text(text) => Some(text.trim().to_owned()),
            _ => {
                self.wrong_kind(field, "text in quotation marks");
                None
            }
        }
    }

    /// One text or several; whole numbers are taken for article numbers. An empty list is a problem.
    pub(crate) fn texts(&mut self, field: &Field<'_>) -> Vec<String> {
        let items = self.filled_list(field);
        items
            .iter()
            .filter_map(|item| match &item.node.value {
                Value::Integer(number) => Some(number.to_string()),
                _ => self.text(item),
            })
            .collect()
    }

    /// Values of an attribute: texts, numbers, `true` or `false`.
    pub(crate) fn attribute_values(&mut self, field: &Field<'_>) -> Vec<String> {
        let read = |reader: &mut Reader, item: &Field<'_>| match &item.node.value {
            Value::Integer(number) => Some(number.to_string()),
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Fraction(spelled) => Decimal::from_str(spelled).ok().map(|number| number.normalize().to_string()),
            _ => reader.text(item),
        };
        let items = self.filled_list(field);
        items.iter().filter_map(|item| read(self, item)).collect()
    }

    /// The entries of a list, which must have some.
    pub(crate) fn filled_list<'n>(&mut self, field: &Field<'n>) -> Vec<Field<'n>> {
        let items = field.items();
        if items.is_empty() {
            self.problem(field, "the list is empty, so nothing can match it", "Fill the list, or remove the setting.");
        }
        items
    }

    pub(crate) fn flag(&mut self, field: &Field<'_>) -> Option<bool> {
        match field.node.value {
            Value::Flag(flag) => Some(flag),
            _ => {
                self.wrong_kind(field, "true or false");
                None
            }
        }
    }

    /// A whole number from a least to a most.
    pub(crate) fn number(&mut self, field: &Field<'_>, least: i64, most: i64) -> Option<i64> {
        let wanted = format!("a whole number from {least} to {most}");
        match field.node.value {
            Value::Integer(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                self.wrong_kind(field, &wanted);
                None
            }
        }
    }

    /// How many: 1 or more.
    pub(crate) fn count(&mut self, field: &Field<'_>) -> Option<u32> {
        self.number(field, 1, 1_000_000).and_then(|number| u32::try_from(number).ok())
    }

    /// An exact number that is not negative: `"1.459"`, `3`.
    pub(crate) fn decimal(&mut self, field: &Field<'_>, example: &str) -> Option<Decimal> {
        let number = match &field.node.value {
            Value::Integer(number) => Some(Decimal::from(*number)),
            Value::Text(text) => plain_decimal(text),
            Value::Fraction(spelled) => {
                let what = format!("{spelled} stands without quotation marks, so it would not be exact");
                self.problem(field, what, format!("Write \"{spelled}\"."));
                return None;
            }
            Value::Flag(_) | Value::List(_) | Value::Table(_) => None,
        };
        let fits = |number: &Decimal| {
            !number.is_sign_negative() && number.scale() <= PLACES_MAX && *number <= Decimal::from(AMOUNT_MAX)
        };
        let number = number.filter(fits);
        if number.is_none() {
            let what = format!("{} is not a number that can be used here", field.node.value.describe());
            self.problem(
                field,
                what,
                format!("Write it like {example}: digits, a point, nothing else, not below zero."),
            );
        }
        number
    }

    /// An amount of money in major units, with no more decimal places than the currency has.
    pub(crate) fn amount(&mut self, field: &Field<'_>) -> Option<Decimal> {
        let amount = self.decimal(field, "\"5.00\"")?;
        if let Some(currency) = self.currency
            && currency.exact(amount).is_err()
        {
            let what = format!("{} has no amount of {amount}", currency.code());
            self.problem(field, what, format!("Write it with {} decimal places at most.", currency.exponent()));
            return None;
        }
        Some(amount)
    }

    /// An amount of money above zero.
    pub(crate) fn amount_above_zero(&mut self, field: &Field<'_>) -> Option<Decimal> {
        let amount = self.amount(field)?;
        if amount.is_zero() {
            self.problem(
                field,
                "the amount is zero, which does nothing",
                "Write an amount above zero, or remove the setting.",
            );
            return None;
        }
        Some(amount)
    }

    /// A share above 0 and up to the whole. `"10 %"` is a tenth, and so is `"0.10"`; without the sign, what is not below
    /// 1 would be a guess.
    pub(crate) fn rate(&mut self, field: &Field<'_>) -> Option<Rate> {
        const WRITE: &str = "Write it like \"10 %\".";
        let Value::Text(text) = &field.node.value else {
            let what = format!("{} does not say whether it is a percentage or a fraction", field.node.value.describe());
            self.problem(field, what, WRITE);
            return None;
        };
        let percent = text.trim().strip_suffix('%');
        let Some(number) = plain_decimal(percent.unwrap_or(text)) else {
            self.problem(field, format!("\"{text}\" is not a percentage"), WRITE);
            return None;
        };
        if percent.is_none() && number >= Decimal::ONE {
            let what = format!("\"{text}\" does not say whether it is a percentage or a fraction");
            self.problem(field, what, format!("Write \"{text} %\", or a fraction below 1."));
            return None;
        }
        let rate = if percent.is_some() { Rate::from_percent(number).ok() } else { Some(Rate::from_fraction(number)) };
        let usable =
            |rate: &Rate| *rate > Rate::ZERO && *rate <= Rate::ONE && rate.fraction().normalize().scale() <= PLACES_MAX;
        let rate = rate.filter(usable);
        if rate.is_none() {
            self.problem(
                field,
                format!("\"{text}\" is not above 0 % and up to 100 %"),
                "Write a percentage in this range.",
            );
        }
        rate
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(&mut self, field: &Field<'_>, choices: &[(&str, T)]) -> Option<T> {
        let text = if let Value::Text(text) = &field.node.value { text.as_str() } else { "" };
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let what_to_do = match nearest(text, choices.iter().map(|(word, _)| *word)) {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None => {
                let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                format!("Write {}.", words.join(" or "))
            }
        };
        self.problem(field, format!("{} is not known here", field.node.value.describe()), what_to_do);
        None
    }

    pub(crate) fn unit(&mut self, field: &Field<'_>) -> Option<Unit> {
        let unit = self.text(field)?;
        let known = Unit::from_text(&unit);
        if known.is_none() {
            self.problem(
                field,
                format!("\"{unit}\" is not a unit"),
                "Write \"each\", \"kg\", \"g\", \"l\", \"ml\", \"m\", \"cm\", \"m2\" or \"hour\".",
            );
        }
        known
    }

    pub(crate) fn date(&mut self, field: &Field<'_>) -> Option<Date> {
        let text = self.text(field)?;
        Date::from_str(&text)
            .map_err(|_| {
                self.problem(
                    field,
                    format!("\"{text}\" is not a day"),
                    "Write it like \"2026-03-02\": year, month, day.",
                )
            })
            .ok()
    }

    pub(crate) fn dates(&mut self, field: &Field<'_>) -> Vec<Date> {
        field.items().iter().filter_map(|item| self.date(item)).collect()
    }

    /// A day, or a day and a time: `"2026-11-27"`, `"2026-11-27 08:00"`. The flag says whether there was a time.
    pub(crate) fn moment(&mut self, field: &Field<'_>) -> Option<(Moment, bool)> {
        let text = self.text(field)?;
        let moment = match text.split_once(' ') {
            None => Date::from_str(&text).ok().map(|day| ((day, 0), false)),
            Some((day, time)) => {
                // TOML's own times have seconds.
                let time = time.trim();
                let time = if time.len() == 8 { time.get(..5).unwrap_or(time) } else { time };
                Date::from_str(day).ok().zip(minute(time)).map(|moment| (moment, true))
            }
        };
        if moment.is_none() {
            self.problem(
                field,
                format!("\"{text}\" is neither a day nor a day and a time"),
                "Write it like \"2026-11-27\" or \"2026-11-27 08:00\".",
            );
        }
        moment
    }

    /// `"17:00-19:00"`: minutes of the day. `"22:00-02:00"` runs past midnight.
    pub(crate) fn hours(&mut self, field: &Field<'_>) -> Option<(u16, u16)> {
        let text = self.text(field)?;
        let hours = text.split_once(['-', '–']).and_then(|(from, to)| minute(from.trim()).zip(minute(to.trim())));
        match hours {
            Some((from, to)) if from != to && from < DAY_MINUTES => Some((from, to)),
            _ => {
                self.problem(field, format!("\"{text}\" is not a span of hours"), "Write it like \"17:00-19:00\".");
                None
            }
        }
    }

    /// `"Mon-Fri"`, `"Sat, Sun"`, `["Tuesday"]`: ISO weekdays, sorted.
    pub(crate) fn weekdays(&mut self, field: &Field<'_>) -> Vec<u8> {
        let days = self.spans(field, 7, weekday, "\"Mon-Fri\" or \"Sat, Sun\"", "weekday");
        days.into_iter().filter_map(|day| u8::try_from(day).ok()).collect()
    }

    /// `"1-7"`, `[1, 15]`: numbers from 1 to a most, sorted.
    pub(crate) fn numbers_to(&mut self, field: &Field<'_>, most: u16, what: &str) -> Vec<u8> {
        let number = move |text: &str| text.parse::<u16>().ok().filter(|number| (1..=most).contains(number));
        let numbers = self.spans(field, most, number, "\"1-7\" or \"1, 15\"", what);
        numbers.into_iter().filter_map(|number| u8::try_from(number).ok()).collect()
    }

    /// Single values and spans of them, which may run over the end: Sat-Mon.
    fn spans(
        &mut self,
        field: &Field<'_>,
        most: u16,
        value: impl Fn(&str) -> Option<u16>,
        example: &str,
        what: &str,
    ) -> Vec<u16> {
        let mut found = Vec::new();
        for text in self.texts(field) {
            for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                let ends = match part.split_once(['-', '–']) {
                    Some((from, to)) => value(from.trim()).zip(value(to.trim())),
                    None => value(part).map(|day| (day, day)),
                };
                match ends {
                    Some((from, to)) if from <= to => found.extend(from..=to),
                    Some((from, to)) => found.extend((from..=most).chain(1..=to)),
                    None => {
                        self.problem(field, format!("\"{part}\" is not a {what}"), format!("Write it like {example}."))
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Digits and at most one point.
fn plain_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && text.starts_with(|first: char| first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit());
    if is_plain { Decimal::from_str_exact(text).ok() } else { None }
}

/// `17:30` as a minute of the day; `24:00` is its end.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let is_number = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { digits.parse::<u16>().ok() } else { None }
    };
    let (hour, minute) = (number(hour)?, number(minute).filter(|minute| *minute < 60)?);
    Some(hour * 60 + minute).filter(|minute| *minute <= DAY_MINUTES)
}

/// A weekday's name, or its first three letters.
fn weekday(text: &str) -> Option<u16> {
    let text = text.to_lowercase();
    let position =
        WEEKDAYS.iter().position(|name| *name == text || name.get(..3) == Some(text.trim_end_matches('.')))?;
    u16::try_from(position + 1).ok()
}
