//! For whom an offer is: groups, tier, age, birthday, first purchase, attributes.

use crate::view::spelled;
use pos_plugin_sdk::prelude::*;

/// All that is said must hold. Without a known customer only `known = false` and `except_groups` can.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CustomerRule {
    /// One of these groups; empty: any.
    pub(crate) groups: Vec<String>,
    /// All of these.
    pub(crate) all_groups: Vec<String>,
    /// None of these.
    pub(crate) except_groups: Vec<String>,
    /// One of these loyalty tiers; empty: any.
    pub(crate) tiers: Vec<String>,
    /// In years, both included.
    pub(crate) age: Option<(u8, u8)>,
    /// So many days before or after the birthday.
    pub(crate) birthday_within_days: Option<u16>,
    /// Whether it is the first purchase, by the attribute [`PURCHASES`].
    pub(crate) first_purchase: Option<bool>,
    /// Whether there is a customer at all.
    pub(crate) known: Option<bool>,
    /// Loyalty points, at least.
    pub(crate) points_min: Option<i64>,
    /// Facts about the customer: key, and the values that will do.
    pub(crate) attributes: Vec<(String, Vec<String>)>,
}

/// Attribute of a customer: how many purchases there were before this one.
pub(crate) const PURCHASES: &str = "purchases";

/// Days of a year, for birthdays just past: 29 February is at most a day off.
const YEAR_DAYS: u16 = 365;

impl CustomerRule {
    pub(crate) fn holds(&self, customer: Option<&Customer>) -> bool {
        let CustomerRule {
            groups,
            all_groups,
            except_groups,
            tiers,
            age,
            birthday_within_days,
            first_purchase,
            known,
            points_min,
            attributes,
        } = self;
        let Some(customer) = customer else {
            let only_unknown =
                CustomerRule { except_groups: except_groups.clone(), known: *known, ..CustomerRule::default() };
            return *known != Some(true) && *self == only_unknown;
        };
        let is_in = |group: &String| customer.is_in_group(group);
        *known != Some(false)
            && (groups.is_empty() || groups.iter().any(is_in))
            && all_groups.iter().all(is_in)
            && !except_groups.iter().any(is_in)
            && (tiers.is_empty() || customer.tier.as_ref().is_some_and(|tier| tiers.contains(tier)))
            && age.is_none_or(|(from, to)| customer.age.is_some_and(|age| from <= age && age <= to))
            && birthday_within_days.is_none_or(|days| {
                customer.birthday_in_days.is_some_and(|away| away <= days || away >= YEAR_DAYS.saturating_sub(days))
            })
            && first_purchase
                .is_none_or(|first| amount(&customer.attrs, PURCHASES).is_some_and(|count| first == count.is_zero()))
            && points_min.is_none_or(|least| customer.points >= least)
            && attributes.iter().all(|(key, values)| has_one(&customer.attrs, key, values))
    }
}

/// Whether an attribute has one of the values.
pub(crate) fn has_one(attrs: &[Attr], key: &str, values: &[String]) -> bool {
    Attr::find(attrs, key).is_some_and(|value| spelled(value).iter().any(|own| values.contains(own)))
}

/// An attribute that is a number.
pub(crate) fn amount(attrs: &[Attr], key: &str) -> Option<Decimal> {
    match Attr::find(attrs, key)? {
        AttrValue::Integer(number) => Some(Decimal::from(*number)),
        AttrValue::Number(number) => Some(*number),
        AttrValue::Text(_) | AttrValue::Flag(_) | AttrValue::Texts(_) => None,
    }
}
