//! What customers put on the counter: the sensible round amounts above what is due.
//!
//! For each note, the least multiple of it that covers the due: 67.90 with notes of 5, 10, 20, 50, 100 gives 70 (five or
//! ten), 80 (twenties), 100 (fifties, a hundred).

use pos_money::Decimal;

/// At most so many are offered.
pub const QUICK_CASH_MAX: usize = 5;

/// Amounts above `due`, smallest first.
pub fn quick_amounts(due: Decimal, notes: &[Decimal]) -> Vec<Decimal> {
    if due <= Decimal::ZERO {
        return Vec::new();
    }
    let mut amounts: Vec<Decimal> = notes
        .iter()
        .filter(|note| **note > Decimal::ZERO)
        .filter_map(|note| due.checked_div(*note)?.ceil().checked_mul(*note))
        .map(|amount| amount.normalize())
        .filter(|amount| *amount > due)
        .collect();
    amounts.sort();
    amounts.dedup();
    amounts.truncate(QUICK_CASH_MAX);
    amounts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn check(due: &str, expected: &str) {
        let notes: Vec<Decimal> = [5, 10, 20, 50, 100, 200].map(Decimal::from).to_vec();
        let amounts = quick_amounts(Decimal::from_str(due).unwrap(), &notes);
        assert_eq!(amounts.iter().map(Decimal::to_string).collect::<Vec<_>>().join(" "), expected, "due {due}");
    }

    #[test]
    fn round_amounts_above_the_due() {
        check("67.90", "70 80 100 200");
        check("33.02", "35 40 50 100 200");
        check("4.20", "5 10 20 50 100");
        check("20.00", "50 100 200");
        check("437", "440 450 500 600");
        check("0", "");
        check("-3.00", "");
    }

    #[test]
    fn a_note_of_nothing_is_no_note() {
        assert!(quick_amounts(Decimal::ONE, &[Decimal::ZERO, Decimal::NEGATIVE_ONE]).is_empty());
    }
}
