//! Currencies and their minor units: ISO 4217, `data/iso4217.json` (the file names its source and date).

use crate::number::{Rational, one, power_of_ten};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static TABLE: LazyLock<BTreeMap<String, u32>> = LazyLock::new(|| {
    let file: Value = serde_json::from_str(include_str!("../data/iso4217.json")).unwrap_or_default();
    let Some(currencies) = file["currencies"].as_object() else { return BTreeMap::new() };
    currencies.iter().filter_map(|(code, entry)| Some((code.clone(), entry["minor"].as_str()?.parse().ok()?))).collect()
});

/// A currency of ISO 4217 that has minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// `EUR`.
    pub code: String,
    /// Decimals of its minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
    pub exponent: u32,
}

impl Currency {
    /// The currency of that code.
    pub fn of(code: &str) -> Option<Self> {
        TABLE.get(code).map(|exponent| Self { code: code.to_owned(), exponent: *exponent })
    }

    /// The smallest amount: 0.01 for EUR.
    pub fn minor_unit(&self) -> Rational {
        one() / power_of_ten(self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_follow_the_standard() {
        for (code, exponent) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("CHF", 2)] {
            assert_eq!(Currency::of(code).unwrap().exponent, exponent, "{code}");
        }
        // Gold has a code but no minor unit: nobody pays with it.
        assert_eq!(Currency::of("XAU"), None);
        assert!(TABLE.len() > 150);
    }
}
