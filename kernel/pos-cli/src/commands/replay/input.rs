//! The file: JSON lines, a basket each.

use anyhow::Context;
use jiff::civil::DateTime;
use pos_domain::catalogue::Item;
use pos_money::{Decimal, Money, Quantity, Unit, UnitPrice};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A basket of the file.
#[derive(Debug, Deserialize)]
pub(super) struct BasketRow {
    pub(super) basket: String,
    #[serde(deserialize_with = "civil")]
    pub(super) ts: DateTime,
    pub(super) lines: Vec<LineRow>,
}

/// A line of a basket.
#[derive(Debug, Deserialize)]
pub(super) struct LineRow {
    pub(super) product: String,
    department: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    qty: i64,
    sales_cents: i64,
    #[serde(default)]
    pub(super) retail_disc_cents: i64,
    #[serde(default)]
    pub(super) coupon_disc_cents: i64,
    #[serde(default)]
    pub(super) coupon_match_cents: i64,
}

impl LineRow {
    /// What the shelf said for the whole line.
    pub(super) fn shelf_cents(&self) -> i64 {
        self.sales_cents + self.retail_disc_cents + self.coupon_match_cents
    }

    /// Pieces rung: a quantity of 0 in the data is one piece.
    pub(super) fn pieces(&self) -> Decimal {
        Decimal::from(self.qty.max(1))
    }
}

fn civil<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.replacen(' ', "T", 1).parse().map_err(serde::de::Error::custom)
}

/// The baskets in the order of the file.
pub(super) fn baskets(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<BasketRow>>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let name = path.display().to_string();
    Ok(BufReader::with_capacity(1 << 20, file).lines().enumerate().filter_map(move |(index, line)| {
        let place = || format!("{name}, line {}", index + 1);
        match line.with_context(place) {
            Ok(text) if text.trim().is_empty() => None,
            Ok(text) => Some(serde_json::from_str(&text).with_context(place)),
            Err(error) => Some(Err(error)),
        }
    }))
}

/// Every article of the file, from a first reading.
pub(super) struct Catalogue {
    pub(super) items: Vec<Item>,
    pub(super) baskets: u64,
    pub(super) first_time: DateTime,
}

impl Catalogue {
    pub(super) fn read(path: &Path) -> anyhow::Result<Catalogue> {
        let mut items: BTreeMap<String, Item> = BTreeMap::new();
        let mut count = 0;
        let mut first_time = None;
        for basket in baskets(path)? {
            let basket = basket?;
            count += 1;
            first_time.get_or_insert(basket.ts);
            for line in basket.lines {
                if !items.contains_key(&line.product) {
                    items.insert(line.product.clone(), article(&line));
                }
            }
        }
        let first_time = first_time.with_context(|| format!("{} holds no basket", path.display()))?;
        Ok(Catalogue { items: items.into_values().collect(), baskets: count, first_time })
    }
}

/// An article as its first line shows it.
fn article(line: &LineRow) -> Item {
    let name = line.kind.clone().unwrap_or_else(|| format!("Article {}", line.product));
    Item {
        id: line.product.as_str().into(),
        name: name.into(),
        codes: vec![line.product.as_str().into()],
        price: UnitPrice {
            value: Decimal::new(Money::from_minor(line.shelf_cents()).minor(), 2),
            per: Quantity::new(line.pieces(), Unit::Each),
        },
        unit: Unit::Each,
        departments: vec![line.department.as_deref().unwrap_or("UNKNOWN").into()],
        tags: Vec::new(),
        tax_class: "zero".into(),
        cost: None,
        reorder: None,
        discountable: true,
        deposit: Default::default(),
    }
}
