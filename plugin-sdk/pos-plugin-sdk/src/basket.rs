//! The basket as a plugin sees it: an immutable snapshot, with only the fields filled that its manifest asks for.

use crate::bindings::pos::plugin::types as wire;
use crate::date::Date;
use crate::discount::Portion;
use crate::message::HookError;
use crate::wire::{decimal, decimal_into_wire, each, quantity, unit_price};
use pos_money::{Decimal, Money, MoneyError, Quantity, Rounding, UnitPrice};
use std::str::FromStr;

#[cfg(test)]
mod to_wire;

/// A line's number: 1, 2, 3 … in order of arrival, never used twice in a basket.
pub type LineId = u32;

/// The transaction being rung up.
#[derive(Clone, Debug, PartialEq)]
pub struct Basket {
    /// Of all amounts.
    pub currency: Currency,
    /// Prices and nets contain the included taxes.
    pub prices_include_tax: bool,
    /// The store's id.
    pub store: String,
    /// The register's id; filled if the manifest wants `register`.
    pub register: Option<String>,
    /// Who serves; filled if the manifest wants `cashier`.
    pub cashier: Option<String>,
    /// The basket's id; filled if the manifest wants `basket_id`.
    pub id: Option<String>,
    /// Civil time at the store, fixed when the basket was opened.
    pub now: LocalTime,
    /// The trading day, which people open and close; after midnight it may still be yesterday's.
    pub business_date: Date,
    /// Who buys, if known.
    pub customer: Option<Customer>,
    /// Coupon and voucher codes scanned.
    pub codes: Vec<String>,
    /// The lines by number; voided ones are left out.
    pub lines: Vec<Line>,
    /// Facts about the whole basket.
    pub attrs: Vec<Attr>,
}

impl Basket {
    /// The line of a number.
    pub fn line(&self, id: LineId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// Lines an offer may lower. The kernel leaves out articles that are never discounted by itself.
    pub fn discountable_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.is_discountable())
    }

    /// Sum of what earlier stages left of the discountable lines.
    pub fn discountable_net(&self) -> Result<Money, HookError> {
        Money::sum(self.discountable_lines().map(|line| line.net)).map_err(HookError::from)
    }

    /// Whether a coupon or voucher code was scanned.
    pub fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|scanned| scanned == code)
    }

    pub(crate) fn from_wire(basket: wire::Basket) -> Result<Basket, HookError> {
        let wire::Basket {
            currency,
            prices_include_tax,
            store,
            register,
            cashier,
            id,
            now,
            business_date,
            customer,
            codes,
            lines,
            attrs,
        } = basket;
        Ok(Basket {
            currency: Currency { code: currency.code, exponent: currency.exponent },
            prices_include_tax,
            store,
            register,
            cashier,
            id,
            now: LocalTime::from_wire(now)?,
            business_date: day(&business_date)?,
            customer: customer.map(Customer::from_wire).transpose()?,
            codes,
            lines: each(lines, Line::from_wire)?,
            attrs: each(attrs, Attr::from_wire)?,
        })
    }
}

/// The basket's currency: its ISO 4217 code and number of minor-unit digits (USD 2, JPY 0, BHD 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// Three letters.
    pub code: String,
    /// Decimal places of the minor unit.
    pub exponent: u8,
}

impl Currency {
    /// Major units to money by a named rounding: 1.005 EUR half-up is 1.01.
    pub fn round(&self, major: Decimal, rounding: Rounding) -> Result<Money, HookError> {
        rounding.round_to_minor(major, u32::from(self.exponent)).map_err(HookError::from)
    }

    /// The amount in major units: 1298 cents are 12.98.
    pub fn to_decimal(&self, amount: Money) -> Decimal {
        Decimal::try_new(amount.minor(), u32::from(self.exponent)).unwrap_or_else(|_| Decimal::from(amount.minor()))
    }
}

impl From<MoneyError> for HookError {
    fn from(error: MoneyError) -> HookError {
        HookError::invalid_input(error.to_string())
    }
}

/// Civil time at the store, to the minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// The calendar day.
    pub date: Date,
    /// Minutes since midnight, 0 to 1439.
    pub minute_of_day: u16,
    /// ISO 8601 weekday: 1 Monday to 7 Sunday.
    pub weekday: u8,
    /// IANA name of the zone.
    pub zone: String,
}

impl LocalTime {
    fn from_wire(now: wire::LocalTime) -> Result<LocalTime, HookError> {
        let wire::LocalTime { date, minute_of_day, weekday, tz } = now;
        Ok(LocalTime { date: day(&date)?, minute_of_day, weekday, zone: tz })
    }
}

fn day(text: &str) -> Result<Date, HookError> {
    Date::from_str(text).map_err(|error| HookError::invalid_input(error.to_string()))
}

/// What a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineKind {
    /// Goods or services sold.
    #[default]
    Sale,
    /// Goods taken back.
    Return,
    /// A gift card sold or loaded.
    GiftCard,
    /// A container deposit.
    Deposit,
    /// A fee.
    Fee,
    /// A text without a price.
    Note,
}

/// A line of the basket.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number.
    pub id: LineId,
    /// What it is.
    pub kind: LineKind,
    /// The article's id.
    pub item: String,
    /// The article's name; filled if the manifest wants `names`.
    pub name: Option<String>,
    /// Departments from the root to the leaf.
    pub departments: Vec<String>,
    /// The article's tags.
    pub tags: Vec<String>,
    /// How much; negative on returns.
    pub quantity: Quantity,
    /// Regular price.
    pub price: UnitPrice,
    /// Quantity times price, before discounts.
    pub gross: Money,
    /// Gross minus what earlier stages took off.
    pub net: Money,
    /// Mapped to rates by the tax plugin.
    pub tax_class: String,
    /// A manual override or locked price: offers may not touch it.
    pub price_locked: bool,
    /// On returns: the sold line.
    pub origin_line: Option<String>,
    /// Facts about the line.
    pub attrs: Vec<Attr>,
}

impl Line {
    /// Whether offers on the whole order may lower it. An offer that names a fee may lower that, too.
    pub fn is_discountable(&self) -> bool {
        self.kind == LineKind::Sale && !self.price_locked
    }

    /// Whether the article carries a tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|own| own == tag)
    }

    /// Whether the article belongs to a department, at any level.
    pub fn is_in_department(&self, department: &str) -> bool {
        self.departments.iter().any(|own| own == department)
    }

    /// The value of an attribute.
    pub fn attr(&self, key: &str) -> Option<&AttrValue> {
        Attr::find(&self.attrs, key)
    }

    /// All of it, as a portion of an offer.
    pub fn whole(&self) -> Portion {
        Portion { line: self.id, quantity: self.quantity }
    }

    fn from_wire(line: wire::Line) -> Result<Line, HookError> {
        let wire::Line {
            id,
            kind,
            item,
            name,
            departments,
            tags,
            qty,
            price,
            gross,
            net,
            tax_class,
            price_locked,
            origin_line,
            attrs,
        } = line;
        let kind = match kind {
            wire::LineKind::Sale => LineKind::Sale,
            wire::LineKind::Return => LineKind::Return,
            wire::LineKind::GiftCard => LineKind::GiftCard,
            wire::LineKind::Deposit => LineKind::Deposit,
            wire::LineKind::Fee => LineKind::Fee,
            wire::LineKind::Note => LineKind::Note,
        };
        Ok(Line {
            id,
            kind,
            item,
            name,
            departments,
            tags,
            quantity: quantity(qty)?,
            price: unit_price(price)?,
            gross: Money::from_minor(gross),
            net: Money::from_minor(net),
            tax_class,
            price_locked,
            origin_line,
            attrs: each(attrs, Attr::from_wire)?,
        })
    }
}

/// What a plugin may know of the customer; each optional field needs its own grant.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// Opaque; stable for this plugin.
    pub id: String,
    /// Customer groups: `staff`, `trade`.
    pub groups: Vec<String>,
    /// In years.
    pub age: Option<u8>,
    /// Days until the next birthday.
    pub birthday_in_days: Option<u16>,
    /// Loyalty points.
    pub points: i64,
    /// Loyalty tier.
    pub tier: Option<String>,
    /// Id of an exemption certificate.
    pub tax_exempt: Option<String>,
    /// Aggregates the manifest declared, and attributes.
    pub attrs: Vec<Attr>,
}

impl Customer {
    /// Whether the customer belongs to a group.
    pub fn is_in_group(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }

    fn from_wire(customer: wire::Customer) -> Result<Customer, HookError> {
        let wire::Customer { id, groups, age, birthday_in_days, points, tier, tax_exempt, attrs } = customer;
        let attrs = each(attrs, Attr::from_wire)?;
        Ok(Customer { id, groups, age, birthday_in_days, points, tier, tax_exempt, attrs })
    }
}

/// A named fact on an input or output record.
#[derive(Clone, Debug, PartialEq)]
pub struct Attr {
    /// Registered key.
    pub key: String,
    /// Its value.
    pub value: AttrValue,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum AttrValue {
    /// Words.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact number.
    Number(Decimal),
    /// Yes or no.
    Flag(bool),
    /// Several words.
    Texts(Vec<String>),
}

impl Attr {
    /// A fact in words.
    pub fn text(key: impl Into<String>, text: impl Into<String>) -> Attr {
        Attr { key: key.into(), value: AttrValue::Text(text.into()) }
    }

    /// The value of a key in a list.
    pub fn find<'a>(attrs: &'a [Attr], key: &str) -> Option<&'a AttrValue> {
        attrs.iter().find(|attr| attr.key == key).map(|attr| &attr.value)
    }

    pub(crate) fn from_wire(attr: wire::Attr) -> Result<Attr, HookError> {
        let value = match attr.value {
            wire::AttrValue::Text(text) => AttrValue::Text(text),
            wire::AttrValue::Integer(integer) => AttrValue::Integer(integer),
            wire::AttrValue::Number(number) => AttrValue::Number(decimal(number)?),
            wire::AttrValue::Flag(flag) => AttrValue::Flag(flag),
            wire::AttrValue::Texts(texts) => AttrValue::Texts(texts),
        };
        Ok(Attr { key: attr.key, value })
    }

    pub(crate) fn into_wire(self) -> Result<wire::Attr, HookError> {
        let value = match self.value {
            AttrValue::Text(text) => wire::AttrValue::Text(text),
            AttrValue::Integer(integer) => wire::AttrValue::Integer(integer),
            AttrValue::Number(number) => wire::AttrValue::Number(decimal_into_wire(number)?),
            AttrValue::Flag(flag) => wire::AttrValue::Flag(flag),
            AttrValue::Texts(texts) => wire::AttrValue::Texts(texts),
        };
        Ok(wire::Attr { key: self.key, value })
    }

    pub(crate) fn list_into_wire(attrs: Vec<Attr>) -> Result<Vec<wire::Attr>, HookError> {
        each(attrs, Attr::into_wire)
    }
}
