//! What a scanned or typed code means, before the catalogue is asked.
//!
//! An entry is `code` or `quantity*code` (`3*4006381333931`, `0.482*2001`). A code of 8, 12, 13 or 14 digits is a GTIN
//! and must have a right check digit; shorter numbers are PLUs; GS1 in-store codes (02, 20–29) may carry a weight or a
//! price by the shop's table of patterns.

use crate::refusal::Refusal;
use crate::shop::{Embedded, EmbeddedCode};
use pos_money::Decimal;
use std::str::FromStr;

/// Longest code accepted, in characters.
pub const CODE_LENGTH_MAX: usize = 80;

/// An entry taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Quantity typed before the code.
    pub quantity: Option<Decimal>,
    /// The code.
    pub code: String,
}

/// What a code says by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Codes to look up, most specific first.
    pub keys: Vec<String>,
    /// Weight or count carried by the code.
    pub quantity: Option<Decimal>,
    /// Price of the whole piece carried by the code, in major units.
    pub price: Option<Decimal>,
}

/// Takes `3*code` (or `3×code`, `3xCODE` is a code) apart.
pub fn parse_entry(text: &str) -> Result<Entry, Refusal> {
    let text = text.trim();
    let malformed = |problem: &str| Err(Refusal::Malformed { problem: problem.to_owned() });
    if text.is_empty() {
        return malformed("The entry is empty.");
    }
    if text.chars().count() > CODE_LENGTH_MAX {
        return malformed(&format!("The code is longer than {CODE_LENGTH_MAX} characters."));
    }
    if let Some(bad) = text.chars().find(|character| character.is_control()) {
        return malformed(&format!("The code contains the control character U+{:04X}.", u32::from(bad)));
    }
    let Some((quantity, code)) = text.split_once(['*', '×']) else {
        return Ok(Entry { quantity: None, code: text.to_owned() });
    };
    let (quantity, code) = (quantity.trim(), code.trim());
    let Ok(value) = Decimal::from_str(&quantity.replace(',', ".")) else {
        return malformed(&format!("\"{quantity}\" before × is not a number."));
    };
    if code.is_empty() {
        return malformed("There is no code after ×.");
    }
    Ok(Entry { quantity: Some(value), code: code.to_owned() })
}

/// What the code says; a GTIN with a wrong check digit is refused unless `is_on_file` knows the code as it stands
/// (shops do print codes of their own).
pub fn interpret(code: &str, patterns: &[EmbeddedCode], is_on_file: impl Fn(&str) -> bool) -> Result<Meaning, Refusal> {
    let plain = |keys: Vec<String>| Meaning { keys, quantity: None, price: None };
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !matches!(code.len(), 8 | 12 | 13 | 14) || is_on_file(code) {
        return Ok(plain(vec![code.to_owned()]));
    }
    let (body, found) = code.split_at(code.len() - 1);
    let expected = check_digit(body);
    if !found.starts_with(expected) {
        let found = found.chars().next().unwrap_or(' ');
        return Err(Refusal::CheckDigitWrong { code: code.to_owned(), expected, found });
    }
    if code.len() == 13
        && let Some(pattern) = patterns.iter().find(|pattern| code.starts_with(&pattern.prefix))
        && let Some(meaning) = embedded(body, pattern)
    {
        return Ok(meaning);
    }
    Ok(plain(gtin_forms(code)))
}

/// Article number and figure of an in-store code, whose check digit has been cut off.
fn embedded(body: &str, pattern: &EmbeddedCode) -> Option<Meaning> {
    let rest = body.strip_prefix(pattern.prefix.as_str())?;
    let item = rest.get(..usize::from(pattern.item_digits))?;
    let figure = rest.get(usize::from(pattern.item_digits)..)?;
    let figure = Decimal::try_from_i128_with_scale(figure.parse::<i128>().ok()?, u32::from(pattern.decimals)).ok()?;
    let trimmed = item.trim_start_matches('0');
    // The article is on file under the full pattern code ("28" + number), or under its PLU with or without zeros.
    let mut keys = vec![format!("{}{item}", pattern.prefix), item.to_owned()];
    if trimmed != item && !trimmed.is_empty() {
        keys.push(trimmed.to_owned());
    }
    let (quantity, price) = match pattern.carries {
        Embedded::Quantity => (Some(figure), None),
        Embedded::Price => (None, Some(figure)),
    };
    Some(Meaning { keys, quantity, price })
}

/// A GTIN as printed, and the other lengths the same number is printed with: UPC-A 012345678905 is EAN-13
/// 0012345678905 is GTIN-14 00012345678905.
pub fn gtin_forms(code: &str) -> Vec<String> {
    let mut forms = vec![code.to_owned()];
    let significant = code.trim_start_matches('0');
    for length in [8, 12, 13, 14] {
        if length != code.len() && significant.len() <= length {
            forms.push(format!("{significant:0>length$}"));
        }
    }
    forms
}

/// GS1 modulo-10 check digit of the digits before it.
pub fn check_digit(body: &str) -> char {
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(index, byte)| u32::from(byte.wrapping_sub(b'0')) * if index % 2 == 0 { 3 } else { 1 })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight_in_store() -> Vec<EmbeddedCode> {
        vec![
            EmbeddedCode { prefix: "28".into(), item_digits: 5, carries: Embedded::Quantity, decimals: 3 },
            EmbeddedCode { prefix: "29".into(), item_digits: 5, carries: Embedded::Price, decimals: 2 },
        ]
    }

    fn with_check_digit(body: &str) -> String {
        format!("{body}{}", check_digit(body))
    }

    #[test]
    fn entries_are_taken_apart() {
        let entry = parse_entry(" 3*4006381333931 ").unwrap();
        assert_eq!((entry.quantity, entry.code.as_str()), (Some(Decimal::from(3)), "4006381333931"));
        assert_eq!(parse_entry("0,482×2001").unwrap().quantity, Some(Decimal::new(482, 3)));
        assert_eq!(parse_entry("2001").unwrap().quantity, None);
        for bad in ["", "  ", "3*", "x*4006381333931", "a\u{1b}b", &"9".repeat(81)] {
            assert_eq!(parse_entry(bad).map_err(|refusal| refusal.code()), Err("malformed"), "{bad:?}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_refused_unless_the_code_is_on_file() {
        assert_eq!(check_digit("400638133393"), '1');
        let refusal = interpret("4006381333932", &[], |_| false).unwrap_err();
        assert_eq!(refusal, Refusal::CheckDigitWrong { code: "4006381333932".into(), expected: '1', found: '2' });
        assert!(interpret("4006381333932", &[], |_| true).is_ok());
        assert!(interpret("ABC-12345678", &[], |_| false).is_ok());
    }

    #[test]
    fn in_store_codes_carry_weight_or_price() {
        let code = with_check_digit("280200100482");
        let meaning = interpret(&code, &weight_in_store(), |_| false).unwrap();
        assert_eq!(meaning.keys, ["2802001", "02001", "2001"]);
        assert_eq!((meaning.quantity, meaning.price), (Some(Decimal::new(482, 3)), None));
        let code = with_check_digit("290200100482");
        let meaning = interpret(&code, &weight_in_store(), |_| false).unwrap();
        assert_eq!((meaning.quantity, meaning.price), (None, Some(Decimal::new(482, 2))));
    }

    #[test]
    fn one_gtin_in_all_its_lengths() {
        assert_eq!(gtin_forms("012345678905"), ["012345678905", "0012345678905", "00012345678905"]);
        assert_eq!(gtin_forms("4006381333931"), ["4006381333931", "04006381333931"]);
    }
}
