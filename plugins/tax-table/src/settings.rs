//! The table as its owner writes it, key by key; `configuration.schema.json` says the same to a form.
//!
//! Numbers are decimal text ("0.081", "110"), so that no float comes near them. Whatever a table may leave out has the
//! meaning that the smallest table needs: one jurisdiction, taxes on the whole price, no conditions.

use crate::condition::Condition;
use crate::tax::Tax;
use pos_plugin_sdk::prelude::*;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// A whole configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the table is, for people.
    #[serde(default)]
    pub title: String,
    /// The public page its rates were taken from.
    #[serde(default)]
    pub source: String,
    /// The day for which they were looked up.
    #[serde(default)]
    pub date: Option<Date>,
    /// What its owner must know.
    #[serde(default)]
    pub remark: String,
    /// Rates to start from, which are not the whole truth: `check` warns until local ones are added.
    #[serde(default)]
    pub starter: bool,
    /// The name of the table's own jurisdiction, which levies `classes` and `fees`.
    pub jurisdiction: String,
    /// Where and how tax is rounded, unless a jurisdiction says otherwise.
    #[serde(default)]
    pub rounding: Option<RoundingRule>,
    /// Whether prices contain the taxes; absent: as the shop's prices do.
    #[serde(default)]
    pub included: Option<bool>,
    /// For each class its taxes, in the order in which they are levied.
    #[serde(default, deserialize_with = "unique_keys")]
    pub classes: BTreeMap<String, Vec<Tax>>,
    /// The class whose taxes apply to classes that are not listed.
    #[serde(default)]
    pub otherwise: Option<String>,
    /// Levies on every line that fulfils their `when`, before the class's taxes: deposits, bags, recycling.
    #[serde(default)]
    pub fees: Vec<Tax>,
    /// Which lines are taxed as another class than their article's; the first rule that applies decides.
    #[serde(default)]
    pub class_rules: Vec<ClassRule>,
    /// Which taxes are not levied, and why.
    #[serde(default)]
    pub exemptions: Vec<Exemption>,
    /// Further jurisdictions by name.
    #[serde(default, deserialize_with = "unique_keys")]
    pub jurisdictions: BTreeMap<String, Jurisdiction>,
    /// Which jurisdictions levy where.
    #[serde(default)]
    pub places: Vec<Place>,
    /// Where the store is.
    #[serde(default)]
    pub home: Option<Home>,
    /// Whose taxes apply to goods that are sent.
    #[serde(default)]
    pub sourcing: Sourcing,
}

/// Where and how tax is rounded.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoundingRule {
    /// On what sum.
    pub level: TaxLevel,
    /// Which way.
    pub mode: RoundingMode,
    /// In minor units.
    pub increment: i64,
    /// What gives way if included tax does not come out even.
    pub included: IncludedPolicy,
}

impl Default for RoundingRule {
    fn default() -> RoundingRule {
        let Rounding { mode, increment } = Rounding::HALF_UP;
        RoundingRule { level: TaxLevel::default(), mode, increment, included: IncludedPolicy::default() }
    }
}

/// Who levies besides the table's own jurisdiction: a state, a county, a city, a district, another country.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Where its tax is rounded; absent: as the table says.
    #[serde(default)]
    pub rounding: Option<RoundingRule>,
    /// Whether prices contain its taxes; absent: as the table says.
    #[serde(default)]
    pub included: Option<bool>,
    /// For each class its taxes; an empty list levies nothing.
    #[serde(default, deserialize_with = "unique_keys")]
    pub classes: BTreeMap<String, Vec<Tax>>,
    /// The class whose taxes apply to classes that are not listed.
    #[serde(default)]
    pub otherwise: Option<String>,
    /// Levies on every line that fulfils their `when`.
    #[serde(default)]
    pub fees: Vec<Tax>,
}

/// Lines that are taxed as another class than their article's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRule {
    /// Which lines.
    pub when: Condition,
    /// Which of them not.
    #[serde(default)]
    pub unless: Option<Condition>,
    /// As what they are taxed.
    pub class: String,
    /// First day.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub until: Option<Date>,
}

/// Taxes that are not levied.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// Printed on the receipt.
    pub reason: String,
    /// For which sales and lines; absent: all.
    #[serde(default)]
    pub when: Option<Condition>,
    /// For which not.
    #[serde(default)]
    pub unless: Option<Condition>,
    /// Whose taxes; none: everybody's.
    #[serde(default)]
    pub jurisdictions: Vec<String>,
    /// Which taxes; none: all but fixed amounts a unit, which must be named.
    #[serde(default)]
    pub codes: Vec<String>,
    /// First day.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub until: Option<Date>,
}

/// A place and who levies there. The most specific place wins: the longest postal code, then city, region, country.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// ISO 3166-1 code; absent: everywhere else.
    #[serde(default)]
    pub country: Option<String>,
    /// State, province or canton, without the country.
    #[serde(default)]
    pub region: Option<String>,
    /// The store's own region, whichever that is.
    #[serde(default)]
    pub home_region: bool,
    /// A town of the region.
    #[serde(default)]
    pub city: Option<String>,
    /// How postal codes of the place begin.
    #[serde(default)]
    pub postal_codes: Vec<String>,
    /// Who levies, in this order: state, county, city, district.
    pub stack: Vec<String>,
}

/// Where the store is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Home {
    /// ISO 3166-1 code.
    pub country: String,
    /// State, province or canton, without the country.
    pub region: String,
    /// Postal code.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// Who levies, if it does not follow from `places`.
    pub stack: Vec<String>,
}

/// Whose taxes apply to goods that are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sourcing {
    /// The store's, wherever they go.
    #[default]
    Origin,
    /// Those of the place they go to.
    Destination,
    /// The store's within its own region, those of the destination elsewhere.
    OriginInRegion,
}

impl Settings {
    /// All jurisdictions: the table's own first, the others by name. The place is what errors call them.
    pub(crate) fn all_jurisdictions(&self) -> Vec<Listed<'_>> {
        let own = Listed {
            place: String::new(),
            id: &self.jurisdiction,
            rounding: None,
            included: None,
            classes: &self.classes,
            otherwise: self.otherwise.as_deref(),
            fees: &self.fees,
        };
        let others = self.jurisdictions.iter().map(|(id, jurisdiction)| Listed {
            place: format!("jurisdictions.{id}."),
            id,
            rounding: jurisdiction.rounding,
            included: jurisdiction.included,
            classes: &jurisdiction.classes,
            otherwise: jurisdiction.otherwise.as_deref(),
            fees: &jurisdiction.fees,
        });
        std::iter::once(own).chain(others).collect()
    }
}

/// A jurisdiction of a table, wherever it is written.
#[derive(Clone)]
pub(crate) struct Listed<'a> {
    /// What its keys begin with in errors: nothing, or `jurisdictions.US-NY.`.
    pub(crate) place: String,
    pub(crate) id: &'a str,
    pub(crate) rounding: Option<RoundingRule>,
    pub(crate) included: Option<bool>,
    pub(crate) classes: &'a BTreeMap<String, Vec<Tax>>,
    pub(crate) otherwise: Option<&'a str>,
    pub(crate) fees: &'a [Tax],
}

/// A tax where it is written: its class (none for fees), its place (`classes.standard[0]`), itself.
pub(crate) type Written<'a> = (Option<&'a str>, String, &'a Tax);

impl<'a> Listed<'a> {
    /// Every tax, those of classes first.
    pub(crate) fn taxes(&self) -> impl Iterator<Item = Written<'a>> {
        let start = self.place.clone();
        let of_classes = self.classes.iter().flat_map(move |(class, taxes)| {
            let start = format!("{start}classes.{class}");
            taxes.iter().enumerate().map(move |(index, tax)| (Some(class.as_str()), format!("{start}[{index}]"), tax))
        });
        let start = self.place.clone();
        let fees = self.fees.iter().enumerate().map(move |(index, tax)| (None, format!("{start}fees[{index}]"), tax));
        of_classes.chain(fees)
    }
}

/// A map in which a key stands once: JSON would let the second silently replace the first.
fn unique_keys<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<BTreeMap<String, T>, D::Error> {
    struct Unique<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Unique<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = entries.next_entry::<String, T>()? {
                if map.contains_key(&key) {
                    return Err(A::Error::custom(format!("\"{key}\" stands there twice; join the two or rename one")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }
    input.deserialize_map(Unique(PhantomData))
}
