//! Why a case has no price: named, at its place, with what to do next.

use pos_domain::Refusal;
use pos_money::MoneyError;
use serde_json::{Value, json};

/// What is wrong with a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable name: `unknown_key`, `tax_unavailable`.
    pub code: &'static str,
    /// Where in the case: `lines[0].taxes[1].rate`; empty for the case as a whole.
    pub place: String,
    /// What is wrong, for people.
    pub message: String,
    /// What to do now, for people.
    pub next: String,
}

impl Problem {
    pub(crate) fn new(
        code: &'static str,
        place: impl Into<String>,
        message: impl Into<String>,
        next: impl Into<String>,
    ) -> Problem {
        Problem { code, place: place.into(), message: message.into(), next: next.into() }
    }

    /// A value of the wrong kind or outside its range.
    pub(crate) fn wrong(place: &str, wanted: &str) -> Problem {
        Problem::new("wrong_value", place, format!("{} must be {wanted}.", named(place)), "Correct the value.")
    }

    /// A key that no one has defined.
    pub(crate) fn unknown_key(place: &str, key: &str, known: &[&str]) -> Problem {
        let next = match closest(key, known) {
            Some(meant) => format!("Did you mean \"{meant}\"?"),
            None => format!("Known here: {}.", known.join(", ")),
        };
        Problem::new("unknown_key", place, format!("There is no key \"{key}\" in {}.", named(place)), next)
    }

    /// A name that is none of the choices.
    pub(crate) fn unknown_choice(place: &str, given: &str, known: &[&str]) -> Problem {
        let next = match closest(given, known) {
            Some(meant) => format!("Did you mean \"{meant}\"?"),
            None => format!("Choose one of {}.", known.join(", ")),
        };
        Problem::new("wrong_value", place, format!("{} cannot be \"{given}\".", named(place)), next)
    }

    /// The refusal in the place of a result.
    pub fn to_json(&self) -> Value {
        let Problem { code, place, message, next } = self;
        json!({ "refused": { "code": code, "place": place, "message": message, "next": next } })
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        // There is no register here, and nobody to call.
        let next = match refusal {
            Refusal::TaxUnavailable { .. } => "Correct the taxes of the lines.",
            _ => refusal.next(),
        };
        Problem::new(refusal.code(), "", refusal.to_string(), next)
    }
}

impl From<MoneyError> for Problem {
    fn from(error: MoneyError) -> Problem {
        Refusal::from(error).into()
    }
}

/// A place as it stands in a sentence.
pub(crate) fn named(place: &str) -> &str {
    if place.is_empty() { "the case" } else { place }
}

/// The known name that was probably meant: at most a third of the letters are different.
fn closest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().map(|name| (distance(given, name), *name)).min()?;
    (near.0 * 3 <= near.1.len().max(given.len())).then_some(near.1)
}

/// Letters to insert, leave out, change or swap with their neighbour (restricted Damerau-Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().take(64).collect(), other.chars().take(64).collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (at, letter) in one.iter().enumerate() {
        let mut row = vec![at + 1];
        for (to, target) in other.iter().enumerate() {
            let changed = rows[at][to] + usize::from(letter != target);
            let mut least = changed.min(rows[at][to + 1] + 1).min(row[to] + 1);
            if at > 0 && to > 0 && *letter == other[to - 1] && one[at - 1] == *target {
                least = least.min(rows[at - 1][to - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let known = ["lines", "policy", "prices_include_tax"];
        assert_eq!(closest("linse", &known), Some("lines"));
        assert_eq!(closest("price_includes_tax", &known), Some("prices_include_tax"));
        assert_eq!(closest("warehouse", &known), None);
        assert_eq!((closest("kgs", &["kg", "g"]), closest("2", &["1"])), (Some("kg"), None));
        assert_eq!(closest("x", &[]), None);
    }
}
