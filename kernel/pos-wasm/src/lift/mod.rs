//! From a plugin's answer to what the kernel may look at: every line exists, every number is exact and in its range,
//! every text is within its limit and can be printed.
//!
//! The first thing that is wrong ends the reading, and the whole answer is thrown away: half an answer is a price
//! nobody meant. Whether an offer applies, what it is worth and how it is shared is for the kernel to decide; here it
//! only has to make sense.

mod discount;
mod tax;

pub(crate) use discount::proposal;
pub(crate) use tax::assessment;

use crate::contract::types;
use pos_domain::ids::LineNumber;
use pos_domain::pricing::proposal::{Attr, AttrValue, Message, Notice, Severity, Snapshot, SnapshotLine};
use pos_money::{Decimal, Money, Quantity, Rate, Unit, UnitPrice};
use std::collections::VecDeque;
use std::sync::Arc;

/// A value, or what is wrong with it.
type Lifted<T> = Result<T, String>;

/// Texts that are looked for before a new one is kept: 100 lines of VAT name two jurisdictions and three codes.
const REPEATED_MAX: usize = 16;
/// Decimal places of the contract.
const SCALE_MAX: u32 = 9;

/// Reads one answer against the basket it was given for.
struct Reader<'a> {
    snapshot: &'a Snapshot,
    /// Line numbers with their place in the snapshot, in order of number.
    places: Vec<(LineNumber, usize)>,
    /// Texts that were said last. What is said again is neither kept nor counted again: the reason of an exemption stands
    /// on each of 300 lines.
    said: VecDeque<Arc<str>>,
    text_bytes_left: usize,
    text_bytes_max: usize,
}

impl<'a> Reader<'a> {
    fn new(snapshot: &'a Snapshot, text_bytes_max: usize) -> Self {
        let mut places: Vec<_> = snapshot.lines.iter().enumerate().map(|(place, line)| (line.id, place)).collect();
        places.sort_unstable();
        let said = VecDeque::with_capacity(REPEATED_MAX);
        Reader { snapshot, places, said, text_bytes_left: text_bytes_max, text_bytes_max }
    }

    /// The line of a number.
    fn line(&self, number: LineNumber) -> Lifted<&'a SnapshotLine> {
        let found = self.places.binary_search_by_key(&number, |(known, _)| *known).ok();
        let place = found.and_then(|found| self.places.get(found));
        place
            .and_then(|(_, place)| self.snapshot.lines.get(*place))
            .ok_or_else(|| format!("it names line {number}, which is not in the basket"))
    }

    /// Lines that all exist, each named once.
    fn lines(&self, numbers: Vec<LineNumber>) -> Lifted<Vec<LineNumber>> {
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find_map(|pair| (pair[0] == pair[1]).then_some(pair[0])) {
            return Err(format!("it names line {twice} twice in one list"));
        }
        for number in &numbers {
            self.line(*number)?;
        }
        Ok(numbers)
    }

    /// A text that fits what is left, and that a printer and a screen can take: a label with an escape sequence in it
    /// could otherwise open the cash drawer.
    fn text(&mut self, text: String, what: &str) -> Lifted<Arc<str>> {
        if let Some(known) = self.said.iter().find(|known| ***known == *text) {
            return Ok(Arc::clone(known));
        }
        if text.chars().any(char::is_control) {
            return Err(format!("{what} has control characters in it"));
        }
        match self.text_bytes_left.checked_sub(text.len()) {
            Some(left) => self.text_bytes_left = left,
            None => return Err(format!("its texts are longer than {} bytes in all", self.text_bytes_max)),
        }
        if self.said.len() == REPEATED_MAX {
            self.said.pop_front();
        }
        let text: Arc<str> = text.into();
        self.said.push_back(Arc::clone(&text));
        Ok(text)
    }

    fn texts(&mut self, texts: Vec<String>, what: &str) -> Lifted<Vec<Arc<str>>> {
        texts.into_iter().map(|text| self.text(text, what)).collect()
    }

    fn message(&mut self, message: types::Message) -> Lifted<Message> {
        let types::Message { key, text, args } = message;
        Ok(Message {
            key: self.text(key, "a message's key")?,
            text: self.text(text, "a message")?,
            args: self.attrs(args)?,
        })
    }

    fn messages(&mut self, messages: Vec<types::Message>) -> Lifted<Vec<Message>> {
        messages.into_iter().map(|message| self.message(message)).collect()
    }

    fn attrs(&mut self, attrs: Vec<types::AttrResult>) -> Lifted<Vec<Attr>> {
        attrs.into_iter().map(|attr| self.attr(attr)).collect()
    }

    fn attr(&mut self, attr: types::AttrResult) -> Lifted<Attr> {
        let types::AttrResult { key, value } = attr;
        let value = match value {
            types::AttrValueResult::Text(text) => AttrValue::Text(self.text(text, "an attribute")?),
            types::AttrValueResult::Integer(integer) => AttrValue::Integer(integer),
            types::AttrValueResult::Number(number) => AttrValue::Number(decimal(number, "an attribute")?),
            types::AttrValueResult::Flag(flag) => AttrValue::Flag(flag),
            types::AttrValueResult::Texts(texts) => AttrValue::Texts(self.texts(texts, "an attribute")?),
        };
        Ok(Attr { key: self.text(key, "an attribute's key")?, value })
    }

    fn notice(&mut self, notice: types::Notice) -> Lifted<Notice> {
        let types::Notice { severity, message, lines } = notice;
        let severity = match severity {
            types::Severity::Info => Severity::Info,
            types::Severity::Warning => Severity::Warning,
            types::Severity::Block => Severity::Block,
        };
        Ok(Notice { severity, message: self.message(message)?, lines: self.lines(lines)? })
    }
}

/// A number of the contract: at most nine decimal places.
fn decimal(wire: types::Decimal, what: &str) -> Lifted<Decimal> {
    let types::Decimal { coefficient, scale } = wire;
    let scale = u32::from(scale);
    if scale > SCALE_MAX {
        return Err(format!("{what} has {scale} decimal places, {SCALE_MAX} are allowed"));
    }
    Ok(Decimal::from_i128_with_scale(i128::from(coefficient), scale))
}

/// An amount that is not below zero.
fn amount(minor: i64, what: &str) -> Lifted<Money> {
    if minor < 0 {
        return Err(format!("{what} is below zero ({minor} minor units)"));
    }
    Ok(Money::from_minor(minor))
}

/// A fraction from zero to `most`.
fn rate(wire: types::Rate, most: Decimal, what: &str) -> Lifted<Rate> {
    let fraction = decimal(wire, what)?;
    if fraction.is_sign_negative() && !fraction.is_zero() || fraction > most {
        return Err(format!("{what} is {fraction}; it has to be a fraction from 0 to {most}"));
    }
    Ok(Rate::from_fraction(fraction))
}

/// A quantity above zero.
fn quantity(wire: types::Quantity, what: &str) -> Lifted<Quantity> {
    let quantity = signed_quantity(wire, what)?;
    if quantity.value <= Decimal::ZERO {
        return Err(format!("{what} is {quantity}; it has to be above zero"));
    }
    Ok(quantity)
}

fn signed_quantity(wire: types::Quantity, what: &str) -> Lifted<Quantity> {
    let types::Quantity { value, uom } = wire;
    let unit = match uom {
        types::Uom::Each => Unit::Each,
        types::Uom::Kg => Unit::Kg,
        types::Uom::G => Unit::G,
        types::Uom::L => Unit::L,
        types::Uom::Ml => Unit::Ml,
        types::Uom::M => Unit::M,
        types::Uom::Cm => Unit::Cm,
        types::Uom::M2 => Unit::M2,
        types::Uom::Hour => Unit::Hour,
        types::Uom::Other => Unit::Other,
    };
    Ok(Quantity::new(decimal(value, what)?, unit))
}

/// A price of zero or more, per a quantity above zero.
fn unit_price(wire: types::UnitPrice, what: &str) -> Lifted<UnitPrice> {
    let types::UnitPrice { value, per } = wire;
    let value = decimal(value, what)?;
    if value < Decimal::ZERO {
        return Err(format!("{what} is {value}; it has to be zero or more"));
    }
    Ok(UnitPrice { value, per: quantity(per, what)? })
}
