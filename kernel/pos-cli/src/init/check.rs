//! What a shop's settings must hold, said the same way whether they come from flags, questions or `shop.toml`.

use jiff::tz::TimeZone;
use pos_domain::payment::OfflineRules;
use pos_domain::people::{Act, Role};
use pos_domain::pricing::manual::ManualCap;
use pos_domain::shop::{EmbeddedCode, Shop, TaxFallback};
use pos_money::{Currency, Decimal, Rounding};
use std::sync::Arc;

const LINE_LENGTH_MAX: usize = 60;
const LINES_MAX: usize = 8;
const ID_LENGTH_MAX: usize = 16;
/// Digits of an EAN-13 without its check digit.
const EMBEDDED_DIGITS: usize = 12;
const ZONES_SUGGESTED: usize = 3;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its key in `shop.toml`: `tax_fallback.rate`.
    pub key: String,
    /// What is wrong and what to do.
    pub problem: String,
}

/// Everything wrong with a shop's settings, in the order of the file.
pub fn check(shop: &Shop) -> Vec<Wrong> {
    let Shop {
        name,
        address,
        tax_number,
        currency,
        zone: zone_name,
        store,
        register,
        cashier,
        languages: tags,
        prices_include_tax: _,
        cash_rounding,
        quantity_max,
        float,
        tax_fallback,
        // Every policy is a possible one.
        policy: _,
        manual,
        returns,
        till,
        payments,
        credit,
        stock,
        roles,
        loyalty,
        embedded_codes,
        notes,
        receipt_footer,
    } = shop;
    let mut wrong = Vec::new();
    let mut note = |key: &str, answer: Result<(), String>| {
        if let Err(problem) = answer {
            wrong.push(Wrong { key: key.to_owned(), problem });
        }
    };
    note("name", line(name).map(drop));
    note("address", lines(address, 1));
    note("tax_number", text(tax_number));
    note("zone", zone(zone_name).map(drop));
    note("store", id(store).map(drop));
    note("register", id(register).map(drop));
    note("cashier", line(cashier).map(drop));
    note("languages", self::languages(tags));
    note("cash_rounding.increment", increment(*cash_rounding));
    note("quantity_max", above_zero(*quantity_max));
    note("float", amount(*float, *currency));
    if let Some(TaxFallback { code, rate }) = tax_fallback {
        note("tax_fallback.code", line(code).map(drop));
        note("tax_fallback.rate", fraction(*rate));
    }
    for (role, ManualCap { rate_max, amount_max }) in &manual.roles {
        note(&format!("manual.roles.{role}.rate_max"), rate_max.map_or(Ok(()), share));
        note(&format!("manual.roles.{role}.amount_max"), amount_max.map_or(Ok(()), |most| amount(most, *currency)));
    }
    if let Some(limits) = &returns.no_receipt {
        let limit = |most: Option<Decimal>| most.map_or(Ok(()), |most| amount(most, *currency));
        note("returns.no_receipt.amount_max", limit(limits.amount_max));
        note("returns.no_receipt.day_amount_max", limit(limits.day_amount_max));
    }
    for (name, Role { may, refund_max, paid_out_max }) in &roles.0 {
        let limit = |most: Option<Decimal>| most.map_or(Ok(()), |most| amount(most, *currency));
        note(&format!("roles.{name}.refund_max"), limit(*refund_max));
        note(&format!("roles.{name}.paid_out_max"), limit(*paid_out_max));
        let needless = may.contains(&Act::ChangePrices) && !manual.roles.contains_key(name);
        let problem = || Err(format!("Say how far this role may change prices: [manual.roles.{name}]."));
        // The roles to begin with name it for shops that say so later.
        note(&format!("roles.{name}.may"), if needless && !roles.is_default() { problem() } else { Ok(()) });
    }
    note("till.paid_out_max", till.paid_out_max.map_or(Ok(()), |most| amount(most, *currency)));
    if let Some(OfflineRules { amount_max, sum_max, .. }) = &payments.offline {
        note("payments.offline.amount_max", amount(*amount_max, *currency));
        note("payments.offline.sum_max", amount(*sum_max, *currency));
    }
    for (name, most) in [("gift_card_max", credit.gift_card_max), ("account_max", credit.account_max)] {
        note(&format!("credit.{name}"), most.map_or(Ok(()), |most| amount(most, *currency)));
    }
    for (index, name) in stock.locations.iter().enumerate() {
        let twice = stock.locations[..index].contains(name) || *name == stock.sells_from;
        let named =
            line(name).map(drop).and_then(|()| if twice { Err("This is there twice.".to_owned()) } else { Ok(()) });
        note(&format!("stock.locations.{index}"), named);
    }
    note("stock.sells_from", text(&stock.sells_from));
    note("till.tolerance", amount(till.tolerance, *currency));
    for (index, value) in till.denominations.iter().enumerate() {
        note(&format!("till.denominations.{index}"), above_zero(*value).and_then(|()| amount(*value, *currency)));
    }
    for (index, foreign) in till.foreign.iter().enumerate() {
        let twice = till.foreign[..index].iter().any(|earlier| earlier.currency == foreign.currency);
        let named = match () {
            () if foreign.currency == *currency => Err("This is the shop's own currency.".to_owned()),
            () if twice => Err("This is there twice.".to_owned()),
            () => above_zero(foreign.rate),
        };
        note(&format!("till.foreign.{index}"), named);
    }
    if let Some(programme) = loyalty {
        note("loyalty", programme.check());
    }
    for (index, pattern) in embedded_codes.iter().enumerate() {
        let is_known = embedded_codes[..index].iter().any(|earlier| earlier.prefix == pattern.prefix);
        note(&format!("embedded_codes.{index}.prefix"), embedded_prefix(pattern, is_known));
        note(&format!("embedded_codes.{index}.item_digits"), embedded_digits(pattern));
    }
    for (index, value) in notes.iter().enumerate() {
        note(&format!("notes.{index}"), above_zero(*value).and_then(|()| amount(*value, *currency)));
    }
    note("receipt_footer", lines(receipt_footer, 0));
    wrong
}

/// A line of text that is there and fits on paper.
pub(super) fn line(value: &str) -> Result<String, String> {
    let value = value.trim();
    if value.is_empty() {
        return Err("This is empty. Enter a text.".to_owned());
    }
    text(value)?;
    Ok(value.to_owned())
}

/// A text that may be empty.
pub(super) fn text(value: &str) -> Result<(), String> {
    let length = value.chars().count();
    if length > LINE_LENGTH_MAX {
        return Err(format!("The text has {length} characters. Shorten it to at most {LINE_LENGTH_MAX}."));
    }
    if value.chars().any(char::is_control) {
        return Err("The text contains a control character. Remove it.".to_owned());
    }
    Ok(())
}

pub(super) fn lines(values: &[String], least: usize) -> Result<(), String> {
    if values.len() < least {
        return Err("This is empty. Enter at least one line.".to_owned());
    }
    if values.len() > LINES_MAX {
        return Err(format!("There are {} lines. Use at most {LINES_MAX}.", values.len()));
    }
    values.iter().try_for_each(|value| line(value).map(drop))
}

/// A currency by its three letters.
pub(super) fn currency(code: &str) -> Result<Currency, String> {
    let code = code.trim();
    Currency::from_code(code).map_err(|_| {
        let word = code.to_lowercase();
        let named = |currency: &Currency| word.len() > 2 && currency.name().to_lowercase().contains(&word);
        match Currency::all().find(named) {
            Some(currency) => {
                format!("\"{code}\" is not a currency code of ISO 4217. Is it {currency} ({})?", currency.name())
            }
            None => format!("\"{code}\" is not a currency code of ISO 4217. Use three letters, like CHF or EUR."),
        }
    })
}

/// A zone of the IANA database, as it spells it.
pub(super) fn zone(name: &str) -> Result<Arc<str>, String> {
    let name = name.trim();
    if let Ok(zone) = TimeZone::get(name)
        && let Some(spelled) = zone.iana_name()
    {
        return Ok(spelled.into());
    }
    let database = jiff::tz::db();
    if database.is_definitively_empty() {
        return Err("This machine has no time-zone database. Install the package \"tzdata\" and try again.".to_owned());
    }
    let place = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted = place(name).replace(' ', "_");
    let mut near: Vec<String> =
        database.available().map(|zone| zone.to_string()).filter(|zone| place(zone) == wanted).collect();
    near.truncate(ZONES_SUGGESTED);
    let next = if near.is_empty() {
        "Use region and city, like Europe/Zurich.".to_owned()
    } else {
        format!("Is it {}?", near.join(" or "))
    };
    Err(format!("\"{name}\" is not a time zone of the IANA database. {next}"))
}

/// The id of a store or a register: it becomes part of file names and receipt numbers.
pub(super) fn id(value: &str) -> Result<Arc<str>, String> {
    let value = value.trim();
    let fits = (1..=ID_LENGTH_MAX).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if fits {
        Ok(value.into())
    } else {
        Err(format!("\"{value}\" cannot be an id. Use 1 to {ID_LENGTH_MAX} letters, digits, - or _, like R1."))
    }
}

/// Languages by their tags: `en`, `de-CH`.
pub(super) fn languages(tags: &[String]) -> Result<(), String> {
    if tags.is_empty() {
        return Err("No language is given. Name at least one, like en.".to_owned());
    }
    let is_tag = |tag: &str| {
        let mut parts = tag.split('-');
        let language = parts.next().unwrap_or_default();
        matches!(language.len(), 2 | 3)
            && language.bytes().all(|byte| byte.is_ascii_lowercase())
            && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    for (index, tag) in tags.iter().enumerate() {
        if !is_tag(tag) {
            return Err(format!("\"{tag}\" is not a language. Use a tag of BCP 47, like en or de-CH."));
        }
        if tags[..index].contains(tag) {
            return Err(format!("\"{tag}\" is named twice. Name each language once."));
        }
    }
    Ok(())
}

/// An amount that the shop's currency can express.
fn amount(value: Decimal, currency: Currency) -> Result<(), String> {
    if value.is_sign_negative() && !value.is_zero() {
        return Err(format!("{value} is below zero. Enter zero or more."));
    }
    match currency.exact(value) {
        Ok(_) => Ok(()),
        Err(_) => {
            Err(format!("{value} is not an amount in {currency}. Use at most {} decimal places.", currency.exponent()))
        }
    }
}

/// A rate as a fraction of the price.
pub(super) fn fraction(rate: Decimal) -> Result<(), String> {
    if (Decimal::ZERO..Decimal::ONE).contains(&rate) {
        return Ok(());
    }
    Err(format!("{rate} is not a rate. Write it as a fraction: 0.081 is 8.1 %."))
}

/// A share of a price, all of it included.
fn share(rate: Decimal) -> Result<(), String> {
    if (Decimal::ZERO..=Decimal::ONE).contains(&rate) {
        return Ok(());
    }
    Err(format!("{rate} is not a share of a price. Write it as a fraction: 0.1 is 10 %."))
}

fn above_zero(value: Decimal) -> Result<(), String> {
    if value > Decimal::ZERO { Ok(()) } else { Err(format!("{value} is not above zero. Enter a larger number.")) }
}

fn increment(rounding: Rounding) -> Result<(), String> {
    if (1..=100_000).contains(&rounding.increment) {
        return Ok(());
    }
    Err(format!(
        "{} is not an increment. Count in minor units: 5 rounds to 0.05, 1 rounds nothing.",
        rounding.increment
    ))
}

fn embedded_prefix(pattern: &EmbeddedCode, is_known: bool) -> Result<(), String> {
    let EmbeddedCode { prefix, .. } = pattern;
    if prefix.len() < 2
        || !prefix.bytes().all(|byte| byte.is_ascii_digit())
        || !(prefix.starts_with("02") || prefix.starts_with('2'))
    {
        return Err(format!(
            "\"{prefix}\" is not a prefix of in-store codes. Use 02 or 20 to 29, with more digits if needed."
        ));
    }
    if is_known {
        return Err(format!("The prefix {prefix} is used twice. Each can mean one thing only."));
    }
    Ok(())
}

fn embedded_digits(pattern: &EmbeddedCode) -> Result<(), String> {
    let EmbeddedCode { prefix, item_digits, carries: _, decimals } = pattern;
    let figure = EMBEDDED_DIGITS.saturating_sub(prefix.len() + usize::from(*item_digits));
    if *item_digits == 0 || figure == 0 || usize::from(*decimals) > figure {
        return Err(format!(
            "Prefix, article number and figure share {EMBEDDED_DIGITS} digits. A prefix of {} and {item_digits} for the article leave {figure}, with {decimals} decimals.",
            prefix.len()
        ));
    }
    Ok(())
}
