//! The demo shop: a Swiss corner grocery with a bar, its articles and its quick keys.
//!
//! The articles come from `demo_catalogue.csv` through the same import that reads a customer's file. Their GTINs begin
//! with 952, which GS1 keeps for demonstrations, so that no demo code is ever a real product's; the one exception is
//! 4006381333931, a pen that lies on many desks and scans. Weighed goods have PLUs from 2001 on, and can be labelled in
//! the shop: 28 02011 00482 and a check digit are 0.482 kg of tomatoes.

use crate::catalog_import::{self, ImportError, ImportOptions, ImportReport};
use crate::quick_keys::{self, QuickKeyPage};
use pos_domain::catalogue::Item;
use pos_domain::pricing::Policy;
use pos_domain::shop::{Embedded, EmbeddedCode, Shop, TaxFallback};
use pos_money::{Currency, Decimal, MoneyError, Rounding};

const CATALOGUE: &str = include_str!("demo_catalogue.csv");

/// Codes on the first page of keys, row by row.
const FAVOURITES: [&str; 30] = [
    "2001",          // Apples, Gala
    "2004",          // Bananas
    "3001",          // Lemon
    "4001",          // Baguette
    "4011",          // Butter roll
    "4016",          // Croissant
    "9529059973529", // Milk 1 l
    "8001",          // Espresso
    "8011",          // Pale ale 0.5 l
    "9520921943978", // Water, still 1.5 l
    "2032",          // Olives, marinated
    "2031",          // Feta
    "9001",          // Paper bag
    "9003",          // Gift wrap
    "9002",          // Carrier bag, cotton
    "7001",          // Newspaper
    "9520399494101", // Paperback: The Long Aisle
    "9011",          // Stamps, 10 letters
    "9013",          // Parcel S
    "9021",          // Key copy
    "9523420388240", // Eggs 10
    "2011",          // Tomatoes, vine
    "2013",          // Potatoes
    "2016",          // Onions
    "9522875888152", // T-shirt, cotton M
    "9521998546581", // Socks, pair
    "9526233375124", // Umbrella
    "4041",          // Ham sandwich
    "8003",          // Cappuccino
    "9031",          // Deposit, bottle
];

/// The articles. The catalogue is part of the program: an error is the program's own.
pub fn demo_items() -> Result<Vec<Item>, ImportError> {
    let ImportReport { good, .. } = catalog_import::import(CATALOGUE.as_bytes(), &ImportOptions::default())?;
    Ok(good)
}

/// The settings of the shop.
pub fn demo_shop() -> Result<Shop, MoneyError> {
    Ok(Shop {
        name: "Corner Grocery".to_owned(),
        address: vec!["Lindenstrasse 12".to_owned(), "79539 Lörrach".to_owned()],
        tax_number: "DE 123 456 788".to_owned(),
        currency: Currency::from_code("EUR")?,
        zone: "Europe/Berlin".into(),
        store: "S1".into(),
        register: "R1".into(),
        cashier: "Maya".to_owned(),
        languages: vec!["en".to_owned(), "de".to_owned()],
        prices_include_tax: true,
        cash_rounding: Rounding::HALF_UP,
        quantity_max: Decimal::from(9_999),
        float: Decimal::new(20_000, 2),
        policy: Policy::default(),
        manual: Default::default(),
        returns: Default::default(),
        till: Default::default(),
        payments: Default::default(),
        credit: Default::default(),
        stock: Default::default(),
        roles: Default::default(),
        loyalty: None,
        tax_fallback: Some(TaxFallback { code: "VAT19".to_owned(), rate: Decimal::new(19, 2) }),
        embedded_codes: vec![EmbeddedCode {
            prefix: "28".to_owned(),
            item_digits: 5,
            carries: Embedded::Quantity,
            decimals: 3,
        }],
        notes: [10, 20, 50, 100, 200].map(Decimal::from).to_vec(),
        receipt_footer: vec![
            "Thank you for shopping at the corner.".to_owned(),
            "Exchange within 14 days with this receipt.".to_owned(),
        ],
    })
}

/// The quick keys of the demo's articles: favourites, then a page for each department.
pub fn quick_key_pages(items: &[Item]) -> Vec<QuickKeyPage> {
    quick_keys::pages(items, &FAVOURITES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init;
    use crate::quick_keys::KEYS_MAX;
    use pos_domain::scan::{check_digit, interpret};
    use pos_money::Unit;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    #[test]
    fn every_row_is_an_article() {
        let report = catalog_import::import(CATALOGUE.as_bytes(), &ImportOptions::default()).unwrap();
        assert_eq!(report.errors, []);
        assert_eq!(report.rows, 304);
        let count = |matches: &dyn Fn(&Item) -> bool| report.good.iter().filter(|item| matches(item)).count();
        let departments: BTreeSet<&str> = report.good.iter().map(Item::department).collect();
        assert_eq!(departments.len(), 8, "{departments:?}");
        assert_eq!(count(&|item| item.unit == Unit::Kg), 37);
        let mut tags = BTreeMap::new();
        for tag in report.good.iter().flat_map(|item| &item.tags) {
            *tags.entry(&**tag).or_insert(0) += 1;
        }
        assert_eq!(
            tags.into_iter().collect::<Vec<_>>(),
            [("alcohol", 22), ("clearance", 6), ("draught", 10), ("organic", 14), ("paperback", 14)]
        );
        for class in ["standard", "reduced", "lodging", "zero"] {
            assert!(count(&|item| &*item.tax_class == class) > 0, "{class}");
        }
    }

    #[test]
    fn codes_are_gtins_of_the_demonstration_range_or_plus() {
        let items = demo_items().unwrap();
        let mut pens = 0;
        for code in items.iter().flat_map(|item| &item.codes) {
            pens += usize::from(&**code == "4006381333931");
            match code.len() {
                4 => assert!(code.parse::<u16>().is_ok(), "{code}"),
                13 => {
                    assert!(code.starts_with("952") || &**code == "4006381333931", "{code}");
                    assert_eq!(code.chars().last(), Some(check_digit(&code[..12])), "{code}");
                }
                _ => panic!("{code}"),
            }
        }
        assert_eq!(pens, 1);
        // Weighed goods have a PLU: only that fits into the codes printed in the shop.
        assert!(items.iter().filter(|item| item.unit == Unit::Kg).all(|item| item.codes[0].len() == 4));
    }

    #[test]
    fn a_label_printed_in_the_shop_carries_its_weight() {
        let meaning = interpret("2802011004828", &demo_shop().unwrap().embedded_codes, |_| false);
        let meaning = meaning.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(meaning.quantity, Some(Decimal::new(482, 3)));
        let items = demo_items().unwrap();
        let found = items.iter().find(|item| item.codes.iter().any(|code| meaning.keys.contains(&code.to_string())));
        assert_eq!(found.map(|item| &*item.name), Some("Tomatoes, vine"));
    }

    #[test]
    fn the_shop_is_one_that_a_register_accepts() {
        let shop = demo_shop().unwrap();
        assert_eq!(init::check(&shop), []);
        assert_eq!(init::from_toml(Path::new("shop.toml"), &init::to_toml(&shop)), Ok(shop));
    }

    #[test]
    fn pages_of_keys_are_full_and_sell_what_they_say() {
        let items = demo_items().unwrap();
        let pages = quick_key_pages(&items);
        let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        assert_eq!(
            names,
            ["Favourites", "Fruit", "Bakery", "Dairy", "Pantry", "Drinks", "Books", "Household", "Services"]
        );
        assert_eq!(pages[0].keys.len(), KEYS_MAX);
        assert_eq!(
            (pages[0].keys[0].label.as_str(), pages[0].keys[8].label.as_str()),
            ("Apples, Gala", "Pale ale 0.5 l")
        );
        for key in pages.iter().flat_map(|page| &page.keys) {
            assert!(items.iter().any(|item| item.codes.iter().any(|code| **code == *key.code)), "{key:?}");
        }
        assert_eq!(quick_keys::from_toml(Path::new("quick_keys.toml"), &quick_keys::to_toml(&pages)), Ok(pages));
    }
}
