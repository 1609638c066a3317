//! `2 x Pale ale @ 5.90 #draught in:Drinks/Beer`: a line of a basket in a line of text.
//!
//! Quantity (`2`, `0.482 kg`), `x`, name, `@`, price of one unit; then, in any order: `#tag`, `in:Department/Part`, `id:SKU`,
//! `key=value` for a fact about the line, and `locked`, `gift-card`, `deposit`, `no-offers`.

use pos_domain::basket::Line;
use pos_domain::catalogue::Item;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::proposal::{Attr, AttrValue, LineKind};
use pos_money::{Decimal, Quantity, Unit, UnitPrice};
use std::str::FromStr;
use std::sync::Arc;

/// A line from its text; the error says how to write it.
pub(super) fn parse_line(text: &str, number: LineNumber) -> Result<Line, String> {
    let wanted = |what: &str| format!("{what} in \"{text}\"; write it like \"2 x Pale ale @ 5.90 #draught\"");
    let (quantity, rest) = text.split_once(" x ").ok_or_else(|| wanted("no quantity"))?;
    let (name, rest) = rest.rsplit_once(" @ ").ok_or_else(|| wanted("no price"))?;
    let quantity = parse_quantity(quantity).ok_or_else(|| wanted("no quantity that can be sold"))?;
    let mut words = rest.split_whitespace();
    let price = words.next().and_then(|price| Decimal::from_str(price).ok()).ok_or_else(|| wanted("no price"))?;
    let name: Arc<str> = name.trim().into();
    let price = UnitPrice::per(price, quantity.unit);
    let mut item = Item {
        id: name.clone(),
        name,
        codes: Vec::new(),
        price,
        unit: quantity.unit,
        departments: vec!["General".into()],
        tags: Vec::new(),
        tax_class: "standard".into(),
        cost: None,
        reorder: None,
        discountable: true,
        deposit: Default::default(),
    };
    let (mut kind, mut price_locked, mut attrs) = (LineKind::Sale, false, Vec::new());
    for word in words {
        if let Some(tag) = word.strip_prefix('#') {
            item.tags.push(tag.into());
        } else if let Some(departments) = word.strip_prefix("in:") {
            item.departments = departments.split('/').map(Into::into).collect();
        } else if let Some(id) = word.strip_prefix("id:") {
            item.id = id.into();
        } else if let Some((key, value)) = word.split_once('=') {
            attrs.push(Attr { key: key.into(), value: attr_value(value) });
        } else {
            match word {
                "locked" => price_locked = true,
                "gift-card" => kind = LineKind::GiftCard,
                "deposit" => kind = LineKind::Deposit,
                "no-offers" => item.discountable = false,
                _ => return Err(wanted(&format!("\"{word}\" is not understood"))),
            }
        }
    }
    Ok(Line { price, price_locked, attrs: attrs.into(), ..Line::new(number, kind, Arc::new(item), quantity) })
}

fn parse_quantity(text: &str) -> Option<Quantity> {
    let (value, unit) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let quantity = Quantity::new(Decimal::from_str(value).ok()?, Unit::from_text(unit)?);
    (!quantity.value.is_zero()).then_some(quantity)
}

fn attr_value(text: &str) -> AttrValue {
    match (text, Decimal::from_str(text)) {
        ("true", _) => AttrValue::Flag(true),
        ("false", _) => AttrValue::Flag(false),
        (_, Ok(number)) => AttrValue::Number(number),
        _ => AttrValue::Text(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_everything_they_carry() {
        let line =
            parse_line("0.482 kg x Bananas @ loose @ 2.99 #fruit in:Food/Fresh id:PLU-4011 size=XL off=0.50 locked", 3)
                .unwrap();
        assert_eq!(&*line.item.name, "Bananas @ loose");
        assert_eq!((&*line.item.id, line.number, line.price_locked), ("PLU-4011", 3, true));
        assert_eq!(line.quantity, Quantity::new(Decimal::new(482, 3), Unit::Kg));
        assert_eq!(line.price, UnitPrice::per(Decimal::new(299, 2), Unit::Kg));
        assert_eq!(line.item.departments.join("/"), "Food/Fresh");
        assert_eq!(line.attrs[1].value, AttrValue::Number(Decimal::new(50, 2)));
    }

    #[test]
    fn what_is_not_a_line_is_refused_with_the_right_form() {
        for text in [
            "",
            "ale @ 5",
            "2 x ale",
            "two x ale @ 5",
            "0 x ale @ 5",
            "2 x ale @ dear",
            "2 x ale @ 5 what",
            "1 stone x ale @ 5",
        ] {
            let problem = parse_line(text, 1).unwrap_err();
            assert!(problem.contains("write it like"), "{problem}");
        }
    }
}
