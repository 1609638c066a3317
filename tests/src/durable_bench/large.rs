//! Files with a long life behind them: real sales of the demonstration shop, written again under other days and customers.

use super::sell;
use crate::shop::{Recipe, TestShop, demo_extensions, demo_recipe};
use anyhow::{Context, ensure};
use jiff::civil::{Date, date};
use pos_api::Command;
use pos_api::port::{CommitRequest, OpenShift, Store};
use pos_cli::demo_catalogue;
use pos_domain::catalogue::Item;
use pos_domain::ledger::Entry;
use pos_domain::loyalty::{Earning, Programme};
use pos_domain::shift::Books;
use pos_domain::shop::Shop;
use pos_domain::time::Moment;
use pos_domain::transaction::Transaction;
use pos_money::Money;
use pos_storage::bulk::{self, Day};
use pos_storage::{SqliteStore, StoreOptions};
use std::path::Path;
use std::sync::Arc;

/// Pairs of articles that are sold.
const PAIRS: usize = 40;
/// Sales of a day.
pub const SALES_A_DAY: u64 = 500;
/// Sales of the day that is open.
pub const SALES_TODAY: u64 = 100;
/// Seconds that the shop is open.
const SECONDS_OPEN: u64 = 45_000;
/// The customer of the sales that the others are made from.
const MODEL: &str = "K00000000";
const FIRST_DAY: Date = date(2021, 1, 1);
const MS_A_DAY: i64 = 86_400_000;
/// 2021-01-01 at eight in the morning.
const OPENING_MS: i64 = 1_609_484_400_000;

/// Sales of two lines, to be sold again and again.
pub struct Models {
    /// The shop they are of.
    pub shop: Shop,
    sales: Vec<Transaction>,
}

/// The demonstration shop with a loyalty programme, and no articles where they are on file.
pub fn recipe(with_items: bool) -> anyhow::Result<Recipe> {
    let mut recipe = demo_recipe(demo_extensions()?)?;
    let earn = Earning::default();
    recipe.shop.loyalty = Some(Programme { id: "club".into(), earn, redeem: None });
    if !with_items {
        recipe.items.clear();
    }
    Ok(recipe)
}

/// Codes of articles that are sold by the piece.
pub fn piece_codes(items: &[Item]) -> Vec<String> {
    let pieces = items.iter().filter(|item| !item.unit.is_measured());
    pieces.filter_map(|item| item.codes.first().map(ToString::to_string)).collect()
}

impl Models {
    /// Rings them up.
    pub fn ring_up(folder: &Path) -> anyhow::Result<Models> {
        std::fs::create_dir_all(folder)?;
        let recipe = recipe(true)?;
        let codes = piece_codes(&recipe.items);
        ensure!(codes.len() > 20, "the demonstration shop has too few articles");
        let mut shop = TestShop::open(folder, recipe)?;
        let mut sales = Vec::with_capacity(PAIRS);
        for pair in 0..PAIRS {
            super::accepted(shop.call(Command::SetCustomer { basket: None, customer: Some(MODEL.into()) }))?;
            let first = pair * 3 % (codes.len() - 1);
            sell(&mut shop, &codes[first..first + 2])?;
            let sold = shop.store.transaction(pair as u64 + 1)?.context("a sale just rung up")?;
            sales.push(sold.transaction);
        }
        Ok(Models { shop: shop.kernel.shop().clone(), sales })
    }

    /// Writes them down for another process.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        Ok(std::fs::write(path, serde_json::to_vec(&self.sales)?)?)
    }

    /// Reads what was written down.
    pub fn load(path: &Path) -> anyhow::Result<Models> {
        Ok(Models { shop: demo_catalogue::demo_shop()?, sales: serde_json::from_slice(&std::fs::read(path)?)? })
    }

    /// The books it is written into.
    pub fn books(&self) -> Books {
        Books::of(&self.shop)
    }

    /// The shift of a day.
    pub fn shift(&self, shift: u64, day: u64) -> OpenShift {
        OpenShift {
            shift,
            business_date: FIRST_DAY.saturating_add(jiff::Span::new().days(day.cast_signed())),
            float: Money::from_minor(10_000),
            pieces: Vec::new(),
            cashier: "Maya".into(),
            carried: None,
            opened_at: moment(day, 0),
        }
    }

    /// The sale of a number, in a shift at a time. Without a customer nobody earns points.
    pub fn sale(&self, open: &OpenShift, at: Moment, number: u64, customer: Option<u64>) -> Transaction {
        let mut sale = self.sales[number as usize % self.sales.len()].clone();
        sale.basket = bulk::basket_id(at.unix_ms, number);
        (sale.shift, sale.business_date) = (open.shift, open.business_date);
        (sale.opened_at, sale.completed_at) = (at, at);
        match customer {
            Some(customer) => {
                let id: Arc<str> = format!("K{customer:08}").into();
                for entry in &mut sale.entries {
                    if entry.account.ends_with(MODEL) {
                        entry.account = entry.account.replace(MODEL, &id).into();
                    }
                }
                for moved in &mut sale.lots {
                    moved.account = moved.account.replace(MODEL, &id).into();
                }
                if let Some(points) = &mut sale.points_of {
                    points.customer = id.clone();
                }
                sale.customer = Some(id);
            }
            None => {
                sale.entries.retain(|Entry { unit, .. }| unit.is_none());
                sale.lots.clear();
                (sale.customer, sale.points_of) = (None, None);
            }
        }
        sale
    }

    /// A sale at the till, into the shift that is open: one each second, as their numbers grow.
    pub fn request(&self, open: &OpenShift, day: u64, number: u64) -> CommitRequest {
        let opening = moment(day, 0);
        let at = Moment { unix_ms: opening.unix_ms + 1000 * (number % SECONDS_OPEN).cast_signed(), ..opening };
        let transaction = self.sale(open, at, number, None);
        CommitRequest { transaction, open_shift: Some(open.clone()), floors: Vec::new() }
    }

    /// Makes a file with so many days of sales, each of a customer of its own, and a day that is open. Answers its shift.
    pub fn live(&self, path: &Path, days: u64, last_day: u64) -> anyhow::Result<OpenShift> {
        let store = SqliteStore::open(path, StoreOptions::new(self.shop.currency))?;
        store.upsert_items(demo_catalogue::demo_items()?)?;
        drop(store);
        let day = |index: u64| {
            let (is_last, day) = (index == days, last_day - days + index);
            let open = self.shift(index + 1, day);
            let numbers = (0..if is_last { SALES_TODAY } else { SALES_A_DAY }).map(|sale| index * SALES_A_DAY + sale);
            let at = |number| moment(day, 1 + number % SALES_A_DAY);
            let sales = numbers.map(|number| self.sale(&open, at(number), number, Some(number))).collect();
            Day { open, sales, closes: !is_last }
        };
        let mut told = 0;
        bulk::live(path, &self.books(), (0..=days).map(day), &mut |sold| {
            if sold - told >= 50_000 {
                told = sold;
                eprint!("\r  {sold} sales ");
            }
        })?;
        if told > 0 {
            eprintln!();
        }
        Ok(self.shift(days + 1, last_day))
    }
}

/// The minute of a day's sales.
fn moment(day: u64, minute: u64) -> Moment {
    let minutes = 60_000 * minute.cast_signed();
    Moment { unix_ms: OPENING_MS + day.cast_signed() * MS_A_DAY + minutes, offset_seconds: 3600 }
}
