//! "Did you mean": the known word nearest to a misspelt one.

/// The known name most like a misspelt one, if one is like enough to be meant.
pub(crate) fn nearest<'a>(misspelt: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (misspelt.chars().count() / 3).clamp(1, 3);
    let scored = known.map(|name| (distance(misspelt, name), name)).filter(|(distance, _)| *distance <= allowed);
    scored.min().map(|(_, name)| name)
}

/// Letters to insert, drop, replace or swap to make one word of the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().take(64).collect(), right.chars().take(64).collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut this = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let mut least = replaced.min(last[column + 1] + 1).min(this[column] + 1);
            if row > 0 && column > 0 && *letter == right[column - 1] && left[row - 1] == *other {
                least = least.min(before_last[column - 1] + 1);
            }
            this.push(least);
        }
        before_last = std::mem::replace(&mut last, this);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Kind, names};

    #[test]
    fn suggestions_are_near_or_none() {
        let table = [
            (Kind::Items, "taged", Some("tagged")),
            (Kind::Items, "tagget", Some("tagged")),
            (Kind::Items, "percentoff", Some("percent_off")),
            (Kind::Items, "precent_off", Some("percent_off")),
            (Kind::Basket, "itmes", Some("items")),
            (Kind::Now, "betwen", Some("between")),
            (Kind::Offer, "caled", Some("called")),
            (Kind::Items, "frobnicate", None),
            (Kind::Items, "", None),
        ];
        for (kind, misspelt, expected) in table {
            assert_eq!(nearest(misspelt, names(kind)), expected, "{misspelt}");
        }
    }
}
