//! Exact numbers: decimal text to rational and back, without a binary float on the way.
//!
//! Why text: a JSON number `0.1` is taken through its shortest text, so it means one tenth here as it does on the shelf. 2/3 has no
//! decimal text; it is printed with twelve decimals, and the exact value stays available in Rust.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};
use serde_json::Value;

/// An exact number.
pub type Rational = BigRational;

/// Decimals printed for a number that has no finite decimal text.
const DECIMALS_MAX: u32 = 12;
/// Longer numbers are not amounts: `1e999999999` must not fill the memory.
const DIGITS_MAX: usize = 60;

/// A whole number as a rational.
pub fn whole(value: i64) -> Rational {
    Rational::from_integer(BigInt::from(value))
}

/// 10 to the power of `exponent`.
pub fn power_of_ten(exponent: u32) -> Rational {
    Rational::from_integer(Pow::pow(BigInt::from(10), exponent))
}

/// Reads `-12.50`, `.5`, `1e-7`; `None` for anything else.
pub fn parse(text: &str) -> Option<Rational> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{before}{after}");
    if all.is_empty() || all.len() > DIGITS_MAX || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let magnitude = Rational::from_integer(all.parse::<BigInt>().ok()?);
    let scale = i64::from(exponent) - i64::try_from(after.len()).ok()?;
    let power = power_of_ten(u32::try_from(scale.unsigned_abs()).ok().filter(|power| *power as usize <= DIGITS_MAX)?);
    let value = if scale < 0 { magnitude / power } else { magnitude * power };
    Some(if negative { -value } else { value })
}

/// A decimal given as JSON text or JSON number.
pub fn from_json(value: &Value) -> Option<Rational> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => parse(&number.to_string()),
        _ => None,
    }
}

/// Decimal text with at least `decimals` decimals; more only where the value needs them, twelve at most. Never `-0`.
pub fn text(value: &Rational, decimals: u32) -> String {
    let most = decimals.max(DECIMALS_MAX);
    let scaled = (value.abs() * power_of_ten(most)).round().to_integer();
    let width = most as usize + 1;
    let padded = format!("{scaled:0>width$}");
    let (before, after) = padded.split_at(padded.len() - most as usize);
    let keep = after.trim_end_matches('0').len().max(decimals as usize);
    let sign = if value.is_negative() && !scaled.is_zero() { "-" } else { "" };
    if keep == 0 { format!("{sign}{before}") } else { format!("{sign}{before}.{}", &after[..keep]) }
}

/// The value as a piece count, if it is one.
pub fn to_count(value: &Rational) -> Option<u32> {
    value.is_integer().then(|| value.to_integer().to_u32()).flatten()
}

/// 1.
pub fn one() -> Rational {
    Rational::one()
}

/// 0.
pub fn zero() -> Rational {
    Rational::zero()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_number_mean_the_same() {
        for (given, printed) in [
            ("1.50", "1.50"),
            ("-0.00", "0.00"),
            ("0.125", "0.125"),
            ("1e-3", "0.001"),
            ("-7", "-7.00"),
            (".5", "0.50"),
        ] {
            assert_eq!(text(&parse(given).unwrap(), 2), printed);
        }
        assert_eq!(from_json(&serde_json::json!(0.1)), parse("0.1"));
        assert_eq!(from_json(&serde_json::json!(1000.0)), Some(whole(1000)));
        assert_eq!(text(&whole(7), 0), "7");
        assert_eq!(text(&Rational::new(BigInt::from(-2), BigInt::from(3)), 2), "-0.666666666667");
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for wrong in ["", "-", ".", "1,5", "1.2.3", "NaN", "1e999999999", "0x10", "1e", "--1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(from_json(&serde_json::json!(true)), None);
    }
}
