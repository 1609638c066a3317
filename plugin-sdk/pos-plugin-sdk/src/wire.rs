//! Numbers on their way through the contract: `{coefficient, scale}` on the wire, exact decimals to the author.
//!
//! The wire holds up to nine decimal places and 64 bits of coefficient. What does not fit is an error that names the
//! value, never a rounded number.

use crate::bindings::pos::plugin::types as wire;
use crate::message::HookError;
use pos_money::{Decimal, Quantity, Unit, UnitPrice};

/// Decimal places the contract carries at most.
const SCALE_MAX: u32 = 9;

pub(crate) fn decimal(wire: wire::Decimal) -> Result<Decimal, HookError> {
    let wire::Decimal { coefficient, scale } = wire;
    Decimal::try_new(coefficient, u32::from(scale))
        .map_err(|_| HookError::invalid_input(format!("{coefficient} with {scale} decimal places cannot be read")))
}

pub(crate) fn decimal_into_wire(value: Decimal) -> Result<wire::Decimal, HookError> {
    let short = if value.scale() > SCALE_MAX { value.normalize() } else { value };
    match (i64::try_from(short.mantissa()), u8::try_from(short.scale())) {
        (Ok(coefficient), Ok(scale)) if short.scale() <= SCALE_MAX => Ok(wire::Decimal { coefficient, scale }),
        _ => Err(HookError::invalid_input(format!(
            "{value} cannot be handed to the kernel, which takes at most {SCALE_MAX} decimal places and 18 digits; round it first"
        ))),
    }
}

pub(crate) fn quantity(wire: wire::Quantity) -> Result<Quantity, HookError> {
    let unit = match wire.uom {
        wire::Uom::Each => Unit::Each,
        wire::Uom::Kg => Unit::Kg,
        wire::Uom::G => Unit::G,
        wire::Uom::L => Unit::L,
        wire::Uom::Ml => Unit::Ml,
        wire::Uom::M => Unit::M,
        wire::Uom::Cm => Unit::Cm,
        wire::Uom::M2 => Unit::M2,
        wire::Uom::Hour => Unit::Hour,
        wire::Uom::Other => Unit::Other,
    };
    Ok(Quantity { value: decimal(wire.value)?, unit })
}

pub(crate) fn quantity_into_wire(quantity: Quantity) -> Result<wire::Quantity, HookError> {
    let uom = match quantity.unit {
        Unit::Each => wire::Uom::Each,
        Unit::Kg => wire::Uom::Kg,
        Unit::G => wire::Uom::G,
        Unit::L => wire::Uom::L,
        Unit::Ml => wire::Uom::Ml,
        Unit::M => wire::Uom::M,
        Unit::Cm => wire::Uom::Cm,
        Unit::M2 => wire::Uom::M2,
        Unit::Hour => wire::Uom::Hour,
        Unit::Other => wire::Uom::Other,
    };
    Ok(wire::Quantity { value: decimal_into_wire(quantity.value)?, uom })
}

pub(crate) fn unit_price(wire: wire::UnitPrice) -> Result<UnitPrice, HookError> {
    Ok(UnitPrice { value: decimal(wire.value)?, per: quantity(wire.per)? })
}

pub(crate) fn unit_price_into_wire(price: UnitPrice) -> Result<wire::UnitPrice, HookError> {
    Ok(wire::UnitPrice { value: decimal_into_wire(price.value)?, per: quantity_into_wire(price.per)? })
}

/// Converts a list, element by element.
pub(crate) fn each<A, B>(
    list: Vec<A>,
    mut convert: impl FnMut(A) -> Result<B, HookError>,
) -> Result<Vec<B>, HookError> {
    // Made at its full length: growing it step by step would move every line several times.
    let mut converted = Vec::with_capacity(list.len());
    for element in list {
        converted.push(convert(element)?);
    }
    Ok(converted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    fn check(text: &str, expected: Option<(i64, u8)>) {
        let value = Decimal::from_str(text).unwrap();
        let wire = decimal_into_wire(value).ok();
        assert_eq!(wire.map(|wire| (wire.coefficient, wire.scale)), expected, "{text}");
        if let Some(wire) = wire {
            assert_eq!(decimal(wire), Ok(value));
        }
    }

    #[test]
    fn decimals_cross_the_boundary_exactly_or_not_at_all() {
        check("1.459", Some((1459, 3)));
        check("-0.08875", Some((-8875, 5)));
        check("0.100000000000", Some((1, 1)));
        check("0.1234567891", None);
        check("9223372036854775807", Some((i64::MAX, 0)));
        check("9223372036854775808", None);
        check("0.20", Some((20, 2)));
    }

    #[test]
    fn a_scale_beyond_reading_is_an_error() {
        assert!(decimal(wire::Decimal { coefficient: 1, scale: 29 }).is_err());
        assert!(decimal(wire::Decimal { coefficient: i64::MIN, scale: 28 }).is_ok());
    }

    #[test]
    fn every_unit_comes_back_as_itself() {
        for unit in
            [Unit::Each, Unit::Kg, Unit::G, Unit::L, Unit::Ml, Unit::M, Unit::Cm, Unit::M2, Unit::Hour, Unit::Other]
        {
            let price = UnitPrice::per(Decimal::new(1459, 3), unit);
            assert_eq!(unit_price_into_wire(price).and_then(unit_price), Ok(price));
        }
    }
}
