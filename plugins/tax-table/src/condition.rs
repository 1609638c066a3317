//! Conditions: on which sales and lines a rule applies.
//!
//! All that a condition names must hold; of a list, one entry is enough. `{"tag": ["draught"], "attr": {"serving":
//! ["eat-in"]}}` is a draught drink consumed here. Words are compared letter by letter; a trailing `*` stands for any
//! rest, so `["*"]` is "there is one" and `["DE*"]` a German tax number.
//!
//! What is the same for all lines of a basket (customer, destination) is decided once per basket, the rest per line.

use pos_plugin_sdk::prelude::*;
use serde::Deserialize;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Words of which one must match.
pub type Words = Vec<String>;

/// What must hold. Absent keys do not matter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// The line's tax class.
    pub class: Option<Words>,
    /// A tag of the article.
    pub tag: Option<Words>,
    /// A department of the article, at any level.
    pub department: Option<Words>,
    /// The article's id.
    pub item: Option<Words>,
    /// What the line is.
    pub kind: Option<Vec<Kind>>,
    /// Attributes of the line, or of the basket where the line has none of that name.
    pub attr: BTreeMap<String, Words>,
    /// The price of one piece after discounts, in major units and the shop's price terms. A weighed line is one piece.
    pub unit_price: Option<PriceRange>,
    /// The customer.
    pub customer: Option<CustomerCondition>,
    /// Where the goods go: ISO 3166-1 code. Over the counter: the store's own.
    pub country: Option<Words>,
    /// Where the goods go: the region without its country.
    pub region: Option<Words>,
}

/// Bounds of a price.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriceRange {
    /// At least.
    pub from: Option<Decimal>,
    /// More than.
    pub above: Option<Decimal>,
    /// At most.
    pub up_to: Option<Decimal>,
    /// Less than.
    pub below: Option<Decimal>,
}

/// What must hold of the customer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomerCondition {
    /// A group.
    pub group: Option<Words>,
    /// The id of an exemption certificate or tax number.
    pub certificate: Option<Words>,
    /// Attributes.
    pub attr: BTreeMap<String, Words>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Goods or services sold.
    Sale,
    /// Goods taken back.
    Return,
    /// A gift card sold or loaded.
    GiftCard,
    /// A container deposit.
    Deposit,
    /// A fee.
    Fee,
    /// A text.
    Note,
}

impl Kind {
    fn is(self, kind: LineKind) -> bool {
        match self {
            Kind::Sale => kind == LineKind::Sale,
            Kind::Return => kind == LineKind::Return,
            Kind::GiftCard => kind == LineKind::GiftCard,
            Kind::Deposit => kind == LineKind::Deposit,
            Kind::Fee => kind == LineKind::Fee,
            Kind::Note => kind == LineKind::Note,
        }
    }
}

/// What conditions see of a basket.
pub(crate) struct Sale<'a> {
    pub(crate) basket: &'a Basket,
    pub(crate) country: &'a str,
    pub(crate) region: &'a str,
}

/// What conditions see of a line.
pub(crate) struct Sold<'a> {
    pub(crate) line: &'a Line,
    pub(crate) class: &'a str,
    pub(crate) price: PiecePrice,
}

/// The price of one piece as a fraction, since 10.00 over 3 pieces has no last digit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PiecePrice {
    net: Decimal,
    /// Counted only when a condition asks: most tables have none on prices.
    quantity: Quantity,
}

impl PiecePrice {
    /// Of a line, by magnitude: a return is worth what was sold.
    pub(crate) fn of(net: Decimal, quantity: Quantity) -> PiecePrice {
        PiecePrice { net: net.abs(), quantity }
    }

    /// Compares with an amount a piece. An amount whose product is beyond all numbers is greater.
    pub(crate) fn compare(self, amount: Decimal) -> Ordering {
        amount.checked_mul(pieces(self.quantity)).map_or(Ordering::Less, |product| self.net.cmp(&product))
    }
}

/// How many pieces a line is, at least one; a weighed line is one.
pub(crate) fn pieces(quantity: Quantity) -> Decimal {
    Decimal::from(quantity.countable_pieces().unsigned_abs().max(1))
}

impl Condition {
    /// Whether what concerns the basket holds.
    pub(crate) fn may_hold(&self, sale: &Sale<'_>) -> bool {
        let destination = one_of(&self.country, [sale.country]) && one_of(&self.region, [sale.region]);
        destination
            && self.customer.as_ref().is_none_or(|wanted| {
                sale.basket.customer.as_ref().is_some_and(|customer| {
                    one_of(&wanted.group, customer.groups.iter().map(String::as_str))
                        && one_of(&wanted.certificate, customer.tax_exempt.as_deref())
                        && wanted.attr.iter().all(|(key, words)| {
                            Attr::find(&customer.attrs, key).is_some_and(|value| value_is_one_of(words, value))
                        })
                })
            })
    }

    /// Whether what concerns the line holds too.
    pub(crate) fn holds(&self, sale: &Sale<'_>, sold: &Sold<'_>) -> bool {
        let Sold { line, class, price } = sold;
        self.may_hold(sale)
            && one_of(&self.class, [*class])
            && one_of(&self.tag, line.tags.iter().map(String::as_str))
            && one_of(&self.department, line.departments.iter().map(String::as_str))
            && one_of(&self.item, [line.item.as_str()])
            && self.kind.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| kind.is(line.kind)))
            && self.attr.iter().all(|(key, words)| {
                let value = line.attr(key).or_else(|| Attr::find(&sale.basket.attrs, key));
                value.is_some_and(|value| value_is_one_of(words, value))
            })
            && self.unit_price.is_none_or(|range| range.contains(*price))
    }

    /// Whether it says anything at all.
    pub(crate) fn is_empty(&self) -> bool {
        let Condition { class, tag, department, item, kind, attr, unit_price, customer, country, region } = self;
        let lists = [class, tag, department, item, country, region];
        lists.into_iter().all(Option::is_none)
            && kind.is_none()
            && attr.is_empty()
            && unit_price.is_none()
            && customer.is_none()
    }

    /// Lists by key in which nothing can match, because nothing stands in them.
    pub(crate) fn empty_lists(&self) -> Vec<String> {
        let Condition { class, tag, department, item, kind, attr, unit_price: _, customer, country, region } = self;
        let named = [
            ("class", class),
            ("tag", tag),
            ("department", department),
            ("item", item),
            ("country", country),
            ("region", region),
        ];
        let empty = |words: &Option<Words>| words.as_ref().is_some_and(Vec::is_empty);
        let mut found: Vec<String> =
            named.into_iter().filter(|(_, words)| empty(words)).map(|(key, _)| key.to_owned()).collect();
        found.extend(kind.as_ref().filter(|kinds| kinds.is_empty()).map(|_| "kind".to_owned()));
        found.extend(attr.iter().filter(|(_, words)| words.is_empty()).map(|(key, _)| format!("attr.{key}")));
        if let Some(CustomerCondition { group, certificate, attr }) = customer {
            let named = [("customer.group", group), ("customer.certificate", certificate)];
            found.extend(named.into_iter().filter(|(_, words)| empty(words)).map(|(key, _)| key.to_owned()));
            found.extend(
                attr.iter().filter(|(_, words)| words.is_empty()).map(|(key, _)| format!("customer.attr.{key}")),
            );
        }
        found
    }
}

impl PriceRange {
    fn contains(self, price: PiecePrice) -> bool {
        let PriceRange { from, above, up_to, below } = self;
        from.is_none_or(|bound| price.compare(bound).is_ge())
            && above.is_none_or(|bound| price.compare(bound).is_gt())
            && up_to.is_none_or(|bound| price.compare(bound).is_le())
            && below.is_none_or(|bound| price.compare(bound).is_lt())
    }
}

/// Whether a rule with these conditions can apply to a basket; `unless` is only known per line.
pub(crate) fn may_apply(when: Option<&Condition>, sale: &Sale<'_>) -> bool {
    when.is_none_or(|when| when.may_hold(sale))
}

/// Whether a rule with these conditions applies to a line.
pub(crate) fn applies(when: Option<&Condition>, unless: Option<&Condition>, sale: &Sale<'_>, sold: &Sold<'_>) -> bool {
    when.is_none_or(|when| when.holds(sale, sold)) && !unless.is_some_and(|unless| unless.holds(sale, sold))
}

fn one_of<'a>(wanted: &Option<Words>, found: impl IntoIterator<Item = &'a str>) -> bool {
    match wanted {
        None => true,
        Some(wanted) => found.into_iter().any(|found| wanted.iter().any(|word| matches(word, found))),
    }
}

fn value_is_one_of(words: &[String], value: &AttrValue) -> bool {
    let any = |text: &str| words.iter().any(|word| matches(word, text));
    match value {
        AttrValue::Text(text) => any(text),
        AttrValue::Integer(integer) => any(&integer.to_string()),
        AttrValue::Number(number) => any(&number.normalize().to_string()),
        AttrValue::Flag(flag) => any(if *flag { "true" } else { "false" }),
        AttrValue::Texts(texts) => texts.iter().any(|text| any(text)),
    }
}

/// Letter by letter; `AB*` matches whatever begins with AB.
fn matches(word: &str, found: &str) -> bool {
    word.strip_suffix('*').map_or(word == found, |start| found.starts_with(start))
}
