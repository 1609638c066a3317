//! Balances of any number of accounts in a few bytes: two lists of postings have the same print if they add up to the same for
//! each account, and another one if they do not, but for one chance in 2^100 (and for sums that are 2^61 minor units apart).
//!
//! A check that kept a sum for each of a million customers would hold more memory than the register beside it. Each account is
//! two numbers below a prime, drawn anew for every check; its postings are multiplied by them and added up. What is equal then
//! is equal account by account, whatever the order; where it is not, the sums are taken by name after all.

use xxhash_rust::xxh3::Xxh3;

/// 2^61 - 1.
const PRIME: u128 = (1 << 61) - 1;

/// The debits and credits of accounts by unit, each of them twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Print {
    debits: [u128; 2],
    credits: [u128; 2],
}

impl Print {
    /// Adds what was posted, or what is stored, for an account.
    pub(super) fn add(&mut self, drawn: u64, account: &str, unit: &str, debit: i64, credit: i64) {
        let mut hasher = Xxh3::with_seed(drawn);
        for text in [account, unit] {
            hasher.update(&text.len().to_le_bytes());
            hasher.update(text.as_bytes());
        }
        let numbers = hasher.digest128();
        for (place, number) in [numbers % PRIME, (numbers >> 64) % PRIME].into_iter().enumerate() {
            let added = |sum: u128, amount: i64| (sum + number * residue(amount)) % PRIME;
            self.debits[place] = added(self.debits[place], debit);
            self.credits[place] = added(self.credits[place], credit);
        }
    }
}

fn residue(amount: i64) -> u128 {
    let magnitude = u128::from(amount.unsigned_abs()) % PRIME;
    if amount < 0 && magnitude > 0 { PRIME - magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(postings: &[(&str, &str, i64, i64)]) -> Print {
        let mut print = Print::default();
        for (account, unit, debit, credit) in postings {
            print.add(7, account, unit, *debit, *credit);
        }
        print
    }

    #[test]
    fn postings_and_their_sums_have_one_print() {
        let postings =
            [("till", "", 500, 0), ("sales", "", 0, 420), ("till", "", 250, 100), ("sales", "", -3, i64::MAX)];
        let sums = [("sales", "", -3, i64::MAX), ("sales", "", 0, 420), ("till", "", 750, 100)];
        assert_eq!(print(&postings), print(&sums));
        assert_eq!(print(&[]), Print::default());
    }

    #[test]
    fn whatever_else_is_stored_has_another() {
        let so = print(&[("till", "", 750, 100), ("sales", "", 0, 650)]);
        for other in [
            vec![("till", "", 751, 100), ("sales", "", 0, 650)],
            vec![("till", "", 750, 100), ("sales", "", 0, 649)],
            vec![("till", "", 100, 750), ("sales", "", 0, 650)],
            vec![("till", "", 750, 100)],
            vec![("sales", "", 750, 100), ("till", "", 0, 650)],
            vec![("til", "l", 750, 100), ("sales", "", 0, 650)],
            vec![("till", "", 750, 100), ("sales", "", 0, 650), ("safe", "", 1, 0)],
            vec![("till", "", 750, 100), ("sales", "", 0, 650), ("safe", "", i64::MIN, 0)],
        ] {
            assert_ne!(print(&other), so, "{other:?}");
        }
    }
}
