//! From an address to the jurisdictions that levy there.
//!
//! Each place of the table is one key of a sorted map; an address is looked up from the most specific key to the least:
//! `10128` as `10128`, `1012`, … `1`, then the city, the region, the country, everywhere else. So an address costs a
//! dozen look-ups, whether the table has ten places or forty thousand, and it is looked up once per basket.

use crate::settings::{Home, Place};
use pos_plugin_sdk::prelude::*;
use std::collections::BTreeMap;

/// An address, spelt as keys are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) country: String,
    pub(crate) region: String,
    postal_code: String,
    city: String,
}

impl Address {
    pub(crate) fn of_home(home: &Home) -> Address {
        let Home { country, region, postal_code, city, stack: _ } = home;
        Address::spelt(country, region, postal_code, city)
    }

    pub(crate) fn of_destination(destination: &Destination) -> Address {
        let Destination { country, region, postal_code, city } = destination;
        Address::spelt(country, region, postal_code, city)
    }

    fn spelt(country: &str, region: &str, postal_code: &str, city: &str) -> Address {
        let country = upper(country);
        let region = region_key(&country, region);
        Address { country, region, postal_code: postal_key(postal_code), city: city_key(city) }
    }
}

/// How errors name an address: `US-NY 10128 New York`.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Address { country, region, postal_code, city } = self;
        write!(f, "{country}")?;
        for (mark, part) in [("-", region), (" ", postal_code), (" ", city)] {
            if !part.is_empty() {
                write!(f, "{mark}{part}")?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Whole,
    City(String),
    PostalCode(String),
}

/// Country, region, part of it; an empty country or region means any.
type Key = (String, String, Part);

/// The places of a table by key.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<Key, usize>);

impl Places {
    /// Takes up a place. An error names the index of the place that has the same key.
    pub(crate) fn insert(&mut self, index: usize, place: &Place, home: &Address) -> Result<(), usize> {
        if place.home_region && home.region.is_empty() {
            // Nowhere, until the owner says where the store is.
            return Ok(());
        }
        let country = place.country.as_deref().map(upper).unwrap_or_default();
        let region = match &place.region {
            None if place.home_region => home.region.clone(),
            None => String::new(),
            Some(region) => region_key(&country, region),
        };
        let parts: Vec<Part> = match &place.city {
            Some(city) => vec![Part::City(city_key(city))],
            None if place.postal_codes.is_empty() => vec![Part::Whole],
            None => place.postal_codes.iter().map(|code| Part::PostalCode(postal_key(code))).collect(),
        };
        for part in parts {
            if let Some(other) = self.0.insert((country.clone(), region.clone(), part), index) {
                return Err(other);
            }
        }
        Ok(())
    }

    /// The place of an address, by its index in the table.
    pub(crate) fn find(&self, address: &Address) -> Option<usize> {
        let Address { country, region, postal_code, city } = address;
        let at = |region: &str, part: Part| self.0.get(&(country.clone(), region.to_owned(), part)).copied();
        let in_region_or_any = |part: Part| at(region, part.clone()).or_else(|| at("", part));
        let ends = postal_code.char_indices().map(|(start, letter)| start + letter.len_utf8());
        ends.rev()
            .find_map(|end| in_region_or_any(Part::PostalCode(postal_code[..end].to_owned())))
            .or_else(|| if city.is_empty() { None } else { in_region_or_any(Part::City(city.clone())) })
            .or_else(|| in_region_or_any(Part::Whole))
            .or_else(|| self.0.get(&(String::new(), String::new(), Part::Whole)).copied())
    }
}

fn upper(text: &str) -> String {
    text.trim().to_ascii_uppercase()
}

/// A region without its country: `US-NY` is `NY` in the US.
pub(crate) fn region_key(country: &str, region: &str) -> String {
    let region = upper(region);
    let short = region.strip_prefix(country).and_then(|rest| rest.strip_prefix('-'));
    short.map_or(region.clone(), str::to_owned)
}

fn postal_key(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

fn city_key(city: &str) -> String {
    city.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
