//! Tables to begin with, each with its source and the day for which it was looked up. Native only: a component carries
//! the table of its shop and no other.
//!
//! Reduced rates ascend: `reduced` is the lowest of 5 % or more, `reduced-2` the next, `super-reduced` lies below 5 %;
//! `parking` is the rate that the EU calls so; `zero` levies nothing and `exempt` says so on the receipt. Which article
//! belongs to which class is for the shop to say. Rates and their first days stand as they were legislated on the
//! table's date; a starter is a beginning, not advice, so check it against its source before use.

/// A table to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Starter {
    /// ISO 3166-1 code in lower case: `de`, `us`.
    pub id: &'static str,
    /// For people: `Germany: VAT`.
    pub title: &'static str,
    /// The day for which the rates were looked up.
    pub date: &'static str,
    /// The public page they come from.
    pub source: &'static str,
    /// The configuration itself.
    pub json: &'static str,
}

/// All tables by id.
pub fn tables() -> &'static [Starter] {
    TABLES
}

/// The table of an id.
pub fn table(id: &str) -> Option<&'static Starter> {
    TABLES.iter().find(|starter| starter.id == id)
}

macro_rules! starters {
    ($($id:literal, $title:literal, $date:literal, $source:ident;)+) => {
        &[$(Starter {
            id: $id,
            title: $title,
            date: $date,
            source: $source,
            json: include_str!(concat!("../starter/", $id, ".json")),
        }),+]
    };
}

// Where the rates come from.
const EU: &str = "https://europa.eu/youreurope/business/taxation/vat/vat-rules-rates/index_en.htm";
const AU: &str = "https://www.ato.gov.au/businesses-and-organisations/gst-excise-and-indirect-taxes/gst";
const CA: &str = "https://www.canada.ca/en/revenue-agency/services/tax/businesses/topics/gst-hst-businesses/charge-collect-which-rate.html";
const CH: &str = "https://www.estv.admin.ch/estv/en/home/value-added-tax/vat-rates-switzerland.html";
const UK: &str = "https://www.gov.uk/vat-rates";
const IN: &str = "https://cbic-gst.gov.in/gst-goods-services-rates.html";
const JP: &str = "https://www.nta.go.jp/english/taxes/consumption_tax/";
const NO: &str = "https://www.skatteetaten.no/en/rates/value-added-tax/";
const NZ: &str = "https://www.ird.govt.nz/gst";
const US: &str = "https://taxadmin.org/sales-taxes/";

/// What stands here in short also stands in the files; a test compares the two.
const TABLES: &[Starter] = starters! {
    "at", "Austria: VAT", "2026-07-01", EU;
    "au", "Australia: GST", "2026-01-01", AU;
    "be", "Belgium: VAT", "2026-01-01", EU;
    "bg", "Bulgaria: VAT", "2026-01-01", EU;
    "ca", "Canada: GST, HST, PST, QST", "2026-01-01", CA;
    "ch", "Switzerland: VAT", "2026-01-01", CH;
    "cy", "Cyprus: VAT", "2026-01-01", EU;
    "cz", "Czechia: VAT", "2026-01-01", EU;
    "de", "Germany: VAT", "2026-01-01", EU;
    "dk", "Denmark: VAT", "2026-01-01", EU;
    "ee", "Estonia: VAT", "2026-01-01", EU;
    "es", "Spain: VAT", "2026-01-01", EU;
    "fi", "Finland: VAT", "2026-01-01", EU;
    "fr", "France: VAT", "2026-01-01", EU;
    "gb", "United Kingdom: VAT", "2026-01-01", UK;
    "gr", "Greece: VAT", "2026-01-01", EU;
    "hr", "Croatia: VAT", "2026-01-01", EU;
    "hu", "Hungary: VAT", "2026-01-01", EU;
    "ie", "Ireland: VAT", "2026-01-01", EU;
    "in", "India: GST", "2025-09-22", IN;
    "it", "Italy: VAT", "2026-01-01", EU;
    "jp", "Japan: Consumption tax", "2026-01-01", JP;
    "lt", "Lithuania: VAT", "2026-01-01", EU;
    "lu", "Luxembourg: VAT", "2026-01-01", EU;
    "lv", "Latvia: VAT", "2026-01-01", EU;
    "mt", "Malta: VAT", "2026-01-01", EU;
    "nl", "Netherlands: VAT", "2026-01-01", EU;
    "no", "Norway: VAT", "2026-01-01", NO;
    "nz", "New Zealand: GST", "2026-01-01", NZ;
    "pl", "Poland: VAT", "2026-01-01", EU;
    "pt", "Portugal: VAT", "2026-01-01", EU;
    "ro", "Romania: VAT", "2026-01-01", EU;
    "se", "Sweden: VAT", "2026-04-01", EU;
    "si", "Slovenia: VAT", "2026-01-01", EU;
    "sk", "Slovakia: VAT", "2026-01-01", EU;
    "us", "United States: state sales tax", "2026-01-01", US;
};
