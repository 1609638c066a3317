//! The entry: one buffer for codes, quantities, amounts and searches.
//!
//! Digits make a code or an amount, `3×` in front is a quantity, a letter makes it a search. It is fed by the input
//! plugin, so it never needs the focus; tapped, it becomes an ordinary text field over the same text.

use pos_money::Decimal;
use std::str::FromStr;

/// Longest entry in characters.
const LENGTH_MAX: usize = 80;

/// What has been typed so far.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    text: String,
    /// A measured article was tapped and waits for its weight.
    pub weighing: Option<Weighing>,
}

/// An article waiting for its measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighing {
    /// Its code.
    pub code: String,
    /// Its name.
    pub label: String,
}

/// What the buffer means when it is confirmed.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// Nothing typed.
    Empty,
    /// `3×`: a quantity for the next article or the selected line.
    Quantity(Decimal),
    /// `20.50`: an amount or a weight, never a code.
    Number(Decimal),
    /// `2001`, `3×2001`: as the kernel reads it (`3*2001`).
    Code(String),
    /// `olive oil`.
    Search,
}

impl Entry {
    /// As typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is typed and nothing waited for.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.weighing.is_none()
    }

    /// Whether it is a search.
    pub fn is_search(&self) -> bool {
        self.text.chars().any(char::is_alphabetic)
    }

    /// Types one character; what cannot be part of an entry is dropped. After a quantity a minus makes it one of empties:
    /// `3×-` is `-3×`.
    pub fn push(&mut self, character: char) {
        if matches!(character, '-' | '\u{2212}') && self.text.ends_with('×') {
            match self.text.strip_prefix('-') {
                Some(plain) => self.text = plain.to_owned(),
                None => self.text.insert(0, '-'),
            }
            return;
        }
        let character = match character {
            '*' => '×',
            ',' if !self.is_search() => '.',
            other => other,
        };
        let fits = match character {
            '×' => !self.text.is_empty() && !self.text.contains('×') && !self.is_search(),
            '.' if !self.is_search() => !self.text.rsplit('×').next().unwrap_or_default().contains('.'),
            ' ' => !self.text.is_empty(),
            other => !other.is_control(),
        };
        if fits && self.text.chars().count() < LENGTH_MAX {
            self.text.push(character);
        }
    }

    /// Takes the last character back.
    pub fn pop(&mut self) {
        self.text.pop();
    }

    /// Replaces the text: it was edited as a text field.
    pub fn set(&mut self, text: &str) {
        self.text.clear();
        for character in text.chars() {
            self.push(character);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Entry::default();
    }

    /// Forgets what was typed.
    pub fn clear_text(&mut self) {
        self.text.clear();
    }

    /// What it means.
    pub fn meaning(&self) -> Meaning {
        if self.text.is_empty() {
            return Meaning::Empty;
        }
        if self.is_search() {
            return Meaning::Search;
        }
        match self.text.split_once('×') {
            Some((quantity, "")) => signed(quantity).map_or(Meaning::Empty, Meaning::Quantity),
            Some((quantity, code)) => Meaning::Code(format!("{quantity}*{code}")),
            None if self.text.contains('.') => number(&self.text).map_or(Meaning::Empty, Meaning::Number),
            None => Meaning::Code(self.text.clone()),
        }
    }

    /// The typed number, if it is nothing but one: an amount or a weight for the key pressed next.
    pub fn number(&self) -> Option<Decimal> {
        number(&self.text)
    }

    /// The quantity typed for the article that comes next.
    pub fn quantity(&self) -> Option<Decimal> {
        match self.meaning() {
            Meaning::Quantity(quantity) => Some(quantity),
            _ => None,
        }
    }
}

fn signed(text: &str) -> Option<Decimal> {
    match text.strip_prefix('-') {
        Some(plain) => number(plain).map(|value| -value),
        None => number(text),
    }
}

fn number(text: &str) -> Option<Decimal> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let plain = text.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    plain.then(|| Decimal::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, shown: &str, meaning: Meaning) {
        let mut entry = Entry::default();
        typed.chars().for_each(|character| entry.push(character));
        assert_eq!((entry.text(), entry.meaning()), (shown, meaning), "{typed:?}");
    }

    #[test]
    fn an_entry_means_one_thing() {
        let decimal = |text: &str| Decimal::from_str(text).unwrap();
        check("", "", Meaning::Empty);
        check("2001", "2001", Meaning::Code("2001".into()));
        check("3*", "3×", Meaning::Quantity(Decimal::from(3)));
        check("3**2001", "3×2001", Meaning::Code("3*2001".into()));
        check("20*-", "-20×", Meaning::Quantity(Decimal::from(-20)));
        check("20*-9031", "-20×9031", Meaning::Code("-20*9031".into()));
        check("20*--", "20×", Meaning::Quantity(Decimal::from(20)));
        check("0,482*2001", "0.482×2001", Meaning::Code("0.482*2001".into()));
        check("20.5.", "20.5", Meaning::Number(decimal("20.5")));
        check("20.", "20.", Meaning::Number(decimal("20")));
        check("*", "", Meaning::Empty);
        check(".", ".", Meaning::Empty);
        check("olive, virgin", "olive, virgin", Meaning::Search);
        check(" \u{1b}", "", Meaning::Empty);
    }

    #[test]
    fn it_never_grows_without_end() {
        let mut entry = Entry::default();
        (0..1000).for_each(|_| entry.push('9'));
        assert_eq!(entry.text().len(), LENGTH_MAX);
        assert_eq!(entry.number(), None);
    }
}
