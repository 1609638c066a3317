//! Codes, prices and units as cells hold them.

use super::ImportOptions;
use super::mapping::Field;
use super::number::{self, DecimalMark};
use super::problem::Problem;
use pos_domain::catalogue::DepositOf;
use pos_domain::scan::{CODE_LENGTH_MAX, check_digit};
use pos_money::{Decimal, Quantity, Unit, UnitPrice};

/// Containers that one piece may come in: more than any crate holds.
const DEPOSITS_MAX: u32 = 999;

/// The parts of a list: separated by spaces, commas, semicolons or bars.
pub(super) fn split(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(|character: char| character.is_whitespace() || matches!(character, '|' | ',' | ';'))
        .filter(|part| !part.is_empty())
}

/// Deposits of a piece, each with how many: `20 x PFAND-8 + CRATE`. None if it does not say that.
pub(super) fn deposits(cell: &str) -> Option<Vec<DepositOf>> {
    let mut deposits: Vec<DepositOf> = Vec::new();
    for part in cell.split(['+', '|', ',', ';']) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let (count, item) = match *words.as_slice() {
            [item] => (1, item),
            [count, "x" | "X" | "×", item] => (count.parse().ok()?, item),
            _ => return None,
        };
        let known = deposits.iter().any(|known| &*known.item == item);
        if known || !(1..=DEPOSITS_MAX).contains(&count) || code(item).is_err() {
            return None;
        }
        deposits.push(DepositOf { item: item.into(), count });
    }
    Some(deposits)
}

/// A code that can be scanned or typed.
pub(super) fn code(code: &str) -> Result<String, Problem> {
    // Spreadsheets are made to keep digits as text by ="…" or a leading apostrophe.
    let code = code.trim_start_matches(['=', '\'']).trim_matches('"');
    let length = code.chars().count();
    if length > CODE_LENGTH_MAX {
        return Err(Problem::TooLong { length, most: CODE_LENGTH_MAX });
    }
    if let Some(character) = code
        .chars()
        .find(|character| character.is_control() || character.is_whitespace() || matches!(character, '*' | '×'))
    {
        return Err(Problem::CodeCharacter { code: code.to_owned(), character });
    }
    let shortened = code.to_ascii_uppercase().split_once("E+").is_some_and(|(before, after)| {
        let figures = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        figures(before) && figures(after)
    });
    if shortened {
        return Err(Problem::CodeShortened { code: code.to_owned() });
    }
    if is_gtin(code) {
        let (body, last) = code.split_at(code.len() - 1);
        let (expected, found) = (check_digit(body), last.chars().next().unwrap_or(' '));
        if expected != found {
            return Err(Problem::CheckDigitWrong { code: code.to_owned(), found, expected });
        }
    }
    Ok(code.to_owned())
}

fn is_gtin(code: &str) -> bool {
    matches!(code.len(), 8 | 12 | 13 | 14) && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// The form under which two codes are the same: UPC-A 012345678905 and EAN-13 0012345678905 scan to one article.
pub(super) fn canonical_code(code: &str) -> String {
    if is_gtin(code) { format!("{code:0>14}") } else { code.to_owned() }
}

/// `2.49`, `1.90/100 g`, `12.98/3`.
pub(super) fn unit_price(
    text: &str,
    field: Field,
    unit: Option<Unit>,
    mark: Option<DecimalMark>,
    options: &ImportOptions,
) -> Result<UnitPrice, Problem> {
    let (amount, per) = match text.split_once('/') {
        Some((amount, per)) => (amount, Some(per)),
        None => (text, None),
    };
    let amount = number::parse(amount, mark)?;
    if let (Some(found), Some(expected)) = (amount.currency, options.currency)
        && found != expected
    {
        return Err(Problem::OtherCurrency { found, expected });
    }
    if amount.value.is_sign_negative() && !amount.value.is_zero() {
        return Err(Problem::NegativeAmount(field));
    }
    let per = match per {
        Some(per) => per_quantity(per)?,
        None => Quantity::new(Decimal::ONE, unit.unwrap_or_default()),
    };
    if let Some(unit) = unit
        && per.in_unit(unit).is_err()
    {
        let word = |unit: Unit| if unit == Unit::Each { "piece" } else { unit.symbol() };
        return Err(Problem::UnitsDiffer { per: word(per.unit), unit: word(unit) });
    }
    Ok(UnitPrice { value: amount.value, per })
}

/// `kg`, `100 g`, `3`.
fn per_quantity(text: &str) -> Result<Quantity, Problem> {
    let text = text.trim();
    let figures = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit = self::unit(&text[figures.len()..]).ok_or(Problem::NotAPer)?;
    let value = if figures.is_empty() { Decimal::ONE } else { figures.parse().map_err(|_| Problem::NotAPer)? };
    if text.is_empty() || value <= Decimal::ZERO {
        return Err(Problem::NotAPer);
    }
    Ok(Quantity::new(value, unit))
}

/// A unit by its symbol or its name in the languages of the header names.
pub(super) fn unit(text: &str) -> Option<Unit> {
    Unit::from_text(text).or_else(|| {
        Some(match text.trim().trim_end_matches('.').to_lowercase().as_str() {
            "pce" | "pces" | "pieces" | "stk" | "stck" | "stück" | "pièce" | "pièces" | "pz" | "pezzo" => Unit::Each,
            "kilo" | "kilogram" | "kilogramm" | "kilogramme" => Unit::Kg,
            "gram" | "gramm" | "gramme" | "gr" => Unit::G,
            "lt" | "ltr" | "litre" | "liter" | "litro" => Unit::L,
            "metre" | "meter" | "mètre" | "metro" => Unit::M,
            "std" | "stunde" | "heure" | "ora" => Unit::Hour,
            _ => return None,
        })
    })
}
