//! What is wrong with a file of offers, in words for the person who wrote it.

use std::fmt;

/// Something that keeps the offers from being used: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, from 1; none if it was not read from a text file.
    pub line: Option<u32>,
    /// Column in the line, from 1.
    pub column: Option<u32>,
    /// The offer and the setting: `offer "happy-hour", items.tag`.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub what_to_do: String,
}

/// `line 12, column 9: offer "happy-hour", percent_of: there is no setting "percent_of". Did you mean "percent_off"?`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { line, column, place, what, what_to_do } = self;
        match (line, column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            (None, _) => {}
        }
        write!(f, "{place}: {what}. {what_to_do}")
    }
}

/// The known word that was probably meant: at most a third of its letters differ.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase().replace(['-', ' '], "_");
    known
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.replace(['-', ' '], "_")), candidate))
        .filter(|(distance, candidate)| distance * 3 <= candidate.chars().count().max(word.chars().count()))
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters to insert, leave out, replace or swap with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().take(64).collect(), other.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (row, letter) in one.iter().enumerate() {
        let last = rows.last().cloned().unwrap_or_default();
        let mut costs = vec![row + 1];
        for (column, opposite) in other.iter().enumerate() {
            let replaced = last.get(column).copied().unwrap_or(0) + usize::from(letter != opposite);
            let left_out = last.get(column + 1).copied().unwrap_or(0) + 1;
            let inserted = costs.last().copied().unwrap_or(0) + 1;
            let mut cost = replaced.min(left_out).min(inserted);
            let swapped =
                row > 0 && column > 0 && one.get(row - 1) == Some(opposite) && other.get(column - 1) == Some(letter);
            if swapped && let Some(before) = rows.len().checked_sub(2).and_then(|index| rows.get(index)) {
                cost = cost.min(before.get(column - 1).copied().unwrap_or(0) + 1);
            }
            costs.push(cost);
        }
        rows.push(costs);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_if_it_is_near() {
        let known = ["percent_off", "amount_off", "items", "tag"];
        for (word, expected) in [
            ("percent_of", Some("percent_off")),
            ("Percent-off", Some("percent_off")),
            ("itmes", Some("items")),
            ("tags", Some("tag")),
            ("weather", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
