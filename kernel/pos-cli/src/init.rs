//! A shop of one's own: from flags, from a TOML file, or asked for one by one.
//!
//! What flags and file leave open is asked, if there is somebody to ask; otherwise everything missing or wrong is listed
//! at once, so that a script is mended in one go. Start reading at [`shop`].

mod check;
mod interview;
mod shop_toml;

pub use check::{Wrong, check};
pub use interview::{Prompt, Question, Terminal};
pub use shop_toml::{from_toml, read_shop, to_toml, write_shop};

use crate::toml_file::{self, TomlFileError};
use pos_domain::pricing::Policy;
use pos_domain::shop::{Shop, TaxFallback};
use pos_money::{Currency, Decimal, Rate, Rounding, RoundingMode};
use serde::Deserialize;
use std::fmt;
use std::path::Path;

const REGISTER_DEFAULT: &str = "R1";
const STORE_DEFAULT: &str = "S1";
const CASHIER_DEFAULT: &str = "Cashier";
const LANGUAGE_DEFAULT: &str = "en";

/// What is known of the shop to be made. As flags, or as a file: `name = "Corner Grocery"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// Name of the shop, as printed on receipts
    #[arg(long)]
    pub name: Option<String>,
    /// Address line; repeat it for each line
    #[arg(long)]
    pub address: Option<Vec<String>>,
    /// Tax number of the seller; empty if there is none
    #[arg(long)]
    pub tax_number: Option<String>,
    /// Currency by its ISO 4217 code, like CHF
    #[arg(long)]
    pub currency: Option<String>,
    /// Time zone, like Europe/Zurich
    #[arg(long)]
    pub zone: Option<String>,
    /// Id of this register, like R1
    #[arg(long)]
    pub register: Option<String>,
    /// Languages, like en,de; the first is the default
    #[arg(long, value_delimiter = ',')]
    pub languages: Option<Vec<String>>,
    /// Id of the store, like S1
    #[arg(long)]
    pub store: Option<String>,
    /// Cashier named on receipts until people log on
    #[arg(long)]
    pub cashier: Option<String>,
    /// Whether shelf prices contain the tax: true or false
    #[arg(long)]
    pub prices_include_tax: Option<bool>,
    /// Money in the till when a shift opens
    #[arg(long)]
    pub float: Option<Decimal>,
    /// Rate in per cent used when no tax plugin answers, like 8.1; without it sales wait for the plugin
    #[arg(long)]
    pub tax_fallback_percent: Option<Decimal>,
}

impl Answers {
    /// Reads a file of answers.
    pub fn from_toml(file: &Path, text: &str) -> Result<Answers, TomlFileError> {
        toml_file::parse(file, text)
    }

    /// These answers, and `others` where these say nothing.
    pub fn or(self, others: Answers) -> Answers {
        Answers {
            name: self.name.or(others.name),
            address: self.address.or(others.address),
            tax_number: self.tax_number.or(others.tax_number),
            currency: self.currency.or(others.currency),
            zone: self.zone.or(others.zone),
            register: self.register.or(others.register),
            languages: self.languages.or(others.languages),
            store: self.store.or(others.store),
            cashier: self.cashier.or(others.cashier),
            prices_include_tax: self.prices_include_tax.or(others.prices_include_tax),
            float: self.float.or(others.float),
            tax_fallback_percent: self.tax_fallback_percent.or(others.tax_fallback_percent),
        }
    }
}

/// Why there is no shop yet.
#[derive(Debug)]
pub enum InitError {
    /// Answers that are missing or cannot be used.
    Answers {
        /// Settings nobody answered.
        missing: Vec<&'static str>,
        /// Answers that cannot be used.
        wrong: Vec<Wrong>,
    },
    /// The questions could not be asked.
    Unanswered(std::io::Error),
}

impl std::error::Error for InitError {}

impl From<std::io::Error> for InitError {
    fn from(error: std::io::Error) -> Self {
        InitError::Unanswered(error)
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = |key: &str| format!("--{}", key.replace('_', "-"));
        match self {
            InitError::Unanswered(error) => {
                write!(f, "The questions could not be asked: {error}. Give the answers as flags.")
            }
            InitError::Answers { missing, wrong } => {
                write!(f, "The shop cannot be set up yet.")?;
                for Wrong { key, problem } in wrong {
                    write!(f, "\n  {}: {problem}", flag(key))?;
                }
                for key in missing {
                    write!(f, "\n  {} is missing.", flag(key))?;
                }
                write!(
                    f,
                    "\nGive the answers as flags or in a TOML file, or run the command on a terminal to be asked."
                )
            }
        }
    }
}

/// The shop that the answers describe; what they leave open is asked, if there is somebody to ask.
pub fn shop(mut answers: Answers, prompt: Option<&mut dyn Prompt>) -> Result<Shop, InitError> {
    if let Some(prompt) = prompt {
        interview::complete(&mut answers, prompt)?;
    }
    compose(answers)
}

/// The shop of complete answers. All that is missing is listed, and all that is wrong.
fn compose(answers: Answers) -> Result<Shop, InitError> {
    let Answers {
        name,
        address,
        tax_number,
        currency,
        zone,
        register,
        languages,
        store,
        cashier,
        prices_include_tax,
        float,
        tax_fallback_percent,
    } = answers;
    let mut findings = Findings::default();
    let name = findings.need("name", name);
    let address = findings.need("address", address);
    let tax_number = findings.need("tax_number", tax_number);
    let currency = findings.read("currency", currency, check::currency);
    let zone = findings.read("zone", zone, check::zone).unwrap_or_default();
    let tax_fallback = tax_fallback_percent.and_then(|percent| findings.fallback(percent));
    let Some(currency) = currency else { return Err(findings.into()) };
    let habits = Habits::of(currency);
    let or = |given: Option<String>, default: &str| given.unwrap_or_else(|| default.to_owned()).trim().to_owned();
    let shop = Shop {
        name: name.trim().to_owned(),
        address,
        tax_number: tax_number.trim().to_owned(),
        currency,
        zone,
        store: or(store, STORE_DEFAULT).into(),
        register: or(register, REGISTER_DEFAULT).into(),
        cashier: or(cashier, CASHIER_DEFAULT),
        languages: languages.unwrap_or_else(|| vec![LANGUAGE_DEFAULT.to_owned()]),
        prices_include_tax: prices_include_tax.unwrap_or(habits.prices_include_tax),
        cash_rounding: habits.cash_rounding,
        quantity_max: Decimal::from(9_999),
        float: float.unwrap_or_default(),
        tax_fallback,
        policy: Policy::default(),
        manual: Default::default(),
        returns: Default::default(),
        till: Default::default(),
        payments: Default::default(),
        credit: Default::default(),
        stock: Default::default(),
        roles: Default::default(),
        loyalty: None,
        embedded_codes: Vec::new(),
        notes: habits.notes,
        receipt_footer: Vec::new(),
    };
    findings.check(&shop);
    if findings.is_empty() { Ok(shop) } else { Err(findings.into()) }
}

#[derive(Default)]
struct Findings {
    missing: Vec<&'static str>,
    wrong: Vec<Wrong>,
}

impl Findings {
    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.wrong.is_empty()
    }

    fn need<T: Default>(&mut self, key: &'static str, answer: Option<T>) -> T {
        if answer.is_none() {
            self.missing.push(key);
        }
        answer.unwrap_or_default()
    }

    fn read<T>(&mut self, key: &'static str, answer: Option<String>, read: fn(&str) -> Result<T, String>) -> Option<T> {
        if answer.is_none() {
            self.missing.push(key);
        }
        read(&answer?).map_err(|problem| self.wrong.push(Wrong { key: key.to_owned(), problem })).ok()
    }

    fn fallback(&mut self, percent: Decimal) -> Option<TaxFallback> {
        match Rate::from_percent(percent) {
            Ok(rate) if check::fraction(rate.fraction()).is_ok() => {
                Some(TaxFallback { code: "VAT".to_owned(), rate: rate.fraction() })
            }
            _ => {
                let problem = format!("{percent} is not a rate in per cent. Use 0 to less than 100, like 8.1.");
                self.wrong.push(Wrong { key: "tax_fallback_percent".to_owned(), problem });
                None
            }
        }
    }

    /// Adds what is wrong with the shop, but for keys that have been named.
    fn check(&mut self, shop: &Shop) {
        for wrong in check(shop) {
            let is_named =
                self.missing.contains(&wrong.key.as_str()) || self.wrong.iter().any(|known| known.key == wrong.key);
            if !is_named {
                self.wrong.push(wrong);
            }
        }
    }
}

impl From<Findings> for InitError {
    fn from(Findings { missing, wrong }: Findings) -> Self {
        InitError::Answers { missing, wrong }
    }
}

/// What is usual where a currency is used: a start that the owner changes in `shop.toml`.
struct Habits {
    prices_include_tax: bool,
    cash_rounding: Rounding,
    notes: Vec<Decimal>,
}

impl Habits {
    fn of(currency: Currency) -> Habits {
        let increment = match currency.code() {
            "CHF" | "AUD" | "CAD" => 5,
            "NZD" => 10,
            "DKK" => 50,
            "NOK" | "SEK" | "CZK" => 100,
            "HUF" => 500,
            _ => 1,
        };
        let notes: &[i64] = match currency.code() {
            "CHF" => &[10, 20, 50, 100, 200],
            "EUR" | "USD" | "AUD" | "CAD" => &[5, 10, 20, 50, 100],
            "GBP" => &[5, 10, 20, 50],
            "DKK" | "NOK" | "SEK" => &[50, 100, 200, 500],
            "JPY" => &[1_000, 5_000, 10_000],
            _ => &[],
        };
        Habits {
            prices_include_tax: !matches!(currency.code(), "USD" | "CAD"),
            cash_rounding: Rounding { mode: RoundingMode::HalfUp, increment },
            notes: notes.iter().copied().map(Decimal::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
