//! What the demo shop sells.

use crate::config::{QuickKey, QuickKeyPage};
use crate::theme::EdgeColour;
use pos_api::view::ItemView;
use pos_money::Decimal;
use std::str::FromStr;

/// An article of the demo shop.
#[derive(Clone, Copy, Debug)]
pub struct Article {
    /// Sells it.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its department.
    pub department: &'static str,
    /// Price for one piece or unit.
    pub price: &'static str,
    /// `kg`, or empty for pieces.
    pub unit: &'static str,
}

const fn article(
    code: &'static str,
    name: &'static str,
    department: &'static str,
    price: &'static str,
    unit: &'static str,
) -> Article {
    Article { code, name, department, price, unit }
}

/// All of them.
pub const ARTICLES: [Article; 40] = [
    article("4006381333931", "Highlighter, yellow", "Household", "1.49", ""),
    article("4000417025005", "Coffee beans 250 g", "Grocery", "6.49", ""),
    article("9780141036144", "Paperback — The Long Aisle", "Books", "8.00", ""),
    article("2001", "Tomatoes, vine", "Fruit", "2.99", "kg"),
    article("2002", "Apple, Gala", "Fruit", "2.49", "kg"),
    article("2003", "Banana", "Fruit", "1.79", "kg"),
    article("2004", "Lemon", "Fruit", "0.45", ""),
    article("2005", "Potatoes", "Fruit", "1.49", "kg"),
    article("2006", "Onions", "Fruit", "1.19", "kg"),
    article("2007", "Pears", "Fruit", "2.99", "kg"),
    article("2008", "Grapes, white", "Fruit", "3.49", "kg"),
    article("3001", "Baguette", "Bakery", "1.20", ""),
    article("3002", "Butter roll", "Bakery", "0.65", ""),
    article("3003", "Croissant", "Bakery", "1.35", ""),
    article("3004", "Rye bread 750 g", "Bakery", "3.10", ""),
    article("3005", "Cheese pretzel", "Bakery", "1.80", ""),
    article("4001", "Milk 1 l", "Drinks", "1.29", ""),
    article("4002", "Espresso", "Drinks", "2.20", ""),
    article("4003", "Pale ale 0.5 l", "Drinks", "5.90", ""),
    article("4004", "Water 1.5 l", "Drinks", "0.89", ""),
    article("4005", "Apple juice 1 l", "Drinks", "1.99", ""),
    article("5001", "Olives", "Deli", "14.90", "kg"),
    article("5002", "Feta", "Deli", "11.20", "kg"),
    article("5003", "Ham, cooked", "Deli", "18.90", "kg"),
    article("5004", "Eggs 10", "Deli", "3.29", ""),
    article("6001", "Newspaper", "Books", "3.40", ""),
    article("6002", "Paperback", "Books", "8.00", ""),
    article("6003", "Stamps 10", "Books", "8.50", ""),
    article("6004", "Greeting card", "Books", "2.95", ""),
    article("7001", "T-shirt M, blue", "Clothing", "19.90", ""),
    article("7002", "Socks", "Clothing", "4.90", ""),
    article("7003", "Umbrella", "Clothing", "12.00", ""),
    article("8001", "Paper bag", "Services", "0.20", ""),
    article("8002", "Gift wrap", "Services", "2.00", ""),
    article("8003", "Parcel S", "Services", "4.90", ""),
    article("8004", "Key copy", "Services", "6.00", ""),
    article("8005", "Deposit bottle", "Services", "0.25", ""),
    article("4000417025012", "Olive oil 0.5 l", "Grocery", "7.99", ""),
    article("4000417025029", "Spaghetti 500 g", "Grocery", "1.19", ""),
    article("4000417025036", "Dish soap", "Household", "1.95", ""),
];

impl Article {
    /// The article of a code.
    pub fn of(code: &str) -> Option<&'static Article> {
        ARTICLES.iter().find(|article| article.code == code)
    }

    /// Its price.
    pub fn unit_price(&self) -> Decimal {
        Decimal::from_str(self.price).unwrap_or_default()
    }

    /// Sold by weight.
    pub fn measured(&self) -> bool {
        !self.unit.is_empty()
    }

    pub(super) fn view(&self) -> ItemView {
        ItemView {
            id: self.code.into(),
            name: self.name.into(),
            code: self.code.into(),
            department: self.department.into(),
            price: self.unit_price(),
            price_per: self.unit.into(),
            measured: self.measured(),
            deposit: false,
        }
    }

    fn key(&self) -> QuickKey {
        QuickKey {
            label: self.name.into(),
            price: if self.measured() { format!("{} / {}", self.price, self.unit) } else { self.price.into() },
            code: self.code.into(),
            edge: edge(self.department),
            measured: self.measured(),
        }
    }
}

fn edge(department: &str) -> EdgeColour {
    match department {
        "Fruit" => EdgeColour::Green,
        "Bakery" => EdgeColour::Amber,
        "Drinks" => EdgeColour::Sky,
        "Deli" => EdgeColour::Pink,
        "Books" => EdgeColour::Violet,
        "Clothing" => EdgeColour::Red,
        _ => EdgeColour::Grey,
    }
}

/// Pages of quick keys: the favourites, then the departments.
pub fn quick_keys() -> Vec<QuickKeyPage> {
    const FAVOURITES: [&str; 30] = [
        "2002", "2003", "2004", "3001", "3002", "3003", "4001", "4002", "4003", "4004", "5001", "5002", "8001", "8002",
        "8003", "6001", "6002", "6003", "8004", "8005", "5004", "2001", "2005", "2006", "7001", "7002", "7003", "3004",
        "4005", "6004",
    ];
    let favourites = FAVOURITES.iter().filter_map(|code| Article::of(code)).map(Article::key).collect();
    let mut pages = vec![QuickKeyPage { name: "Favourites".into(), keys: favourites }];
    for department in ["Fruit", "Bakery", "Drinks", "Deli", "Books", "Clothing", "Services"] {
        let of_department = ARTICLES.iter().filter(|article| article.department == department);
        pages.push(QuickKeyPage { name: department.into(), keys: of_department.map(Article::key).collect() });
    }
    pages
}
