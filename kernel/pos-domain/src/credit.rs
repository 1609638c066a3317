//! Money that is taken for later: gift cards, store credit, accounts of customers, deposits on orders.
//!
//! Each is an account of the ledger under the name of whoever holds it (`gift-card:7001`, `receivable:K1`), and its balance is
//! the sum of its entries. Money goes onto it by a line of a basket ([`prepaid`]) and comes off as a tender. What holds it back
//! from running out is looked at inside the commit ([`crate::ledger::floors`]): no two registers of one book can spend it twice.

use crate::catalogue::Item;
use crate::refusal::Refusal;
use crate::tender::TenderKind;
use pos_money::{Decimal, Unit, UnitPrice};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Vouchers that were taxed when they were sold.
const VOUCHER: &str = "voucher:";
/// Most characters of a gift card's number, or of an account's name.
const HOLDER_CHARS_MAX: usize = 64;

/// What the house says about money that is owed: `[credit]` in `shop.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CreditRules {
    /// Most that a gift card may hold, in major units; without it gift cards are not sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift_card_max: Option<Decimal>,
    /// Tax class of gift cards that buy one kind of goods only: they are taxed when they are sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_purpose_class: Option<Arc<str>>,
    /// Most that a customer may owe, in major units; without it nobody buys on account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_max: Option<Decimal>,
}

impl CreditRules {
    /// Nothing was decided.
    pub fn is_default(&self) -> bool {
        *self == CreditRules::default()
    }
}

/// Checks the name of whoever holds something, as scanned or typed.
pub fn holder(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    let fits = (1..=HOLDER_CHARS_MAX).contains(&text.chars().count())
        && text.chars().all(|letter| !letter.is_control() && letter != ':');
    if fits {
        return Ok(text);
    }
    let problem = format!("A card's number or a customer's id has 1 to {HOLDER_CHARS_MAX} characters, and no colon.");
    Err(Refusal::Malformed { problem })
}

/// What a basket's line is of when money is taken for later. Its id is the account it goes to.
pub fn prepaid(kind: TenderKind, holder: &str, amount: Decimal, tax_class: &str) -> Item {
    let name = match kind {
        TenderKind::GiftCard => format!("Gift card {}", shown(holder)),
        TenderKind::OnAccount => format!("Payment on account {holder}"),
        TenderKind::Deposit => format!("Deposit on order {holder}"),
        _ => format!("{} {holder}", kind.label()),
    };
    Item {
        id: kind.account(Some(holder)).into(),
        name: name.into(),
        codes: Vec::new(),
        price: UnitPrice::each(amount),
        unit: Unit::Each,
        departments: vec![kind.label().into()],
        tags: Vec::new(),
        tax_class: tax_class.into(),
        cost: None,
        reorder: None,
        discountable: false,
        deposit: Default::default(),
    }
}

/// Where a voucher that was taxed when it was sold is kept: what it is worth without tax.
pub fn voucher_account(card: &str) -> String {
    format!("{VOUCHER}{card}")
}

/// Whether a line's article is such a voucher.
pub fn is_voucher(item: &Item) -> bool {
    item.id.starts_with(VOUCHER)
}

/// A number of which only the end is shown: `…7001`.
pub fn shown(holder: &str) -> String {
    let digits: Vec<char> = holder.chars().collect();
    match digits.len() {
        0..=4 => holder.to_owned(),
        length => format!("\u{2026}{}", digits[length - 4..].iter().collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_name_an_account_is_refused() {
        assert_eq!(holder(" 7001 "), Ok("7001"));
        for wrong in ["", " ", "a:b", "a\u{7}b", &"9".repeat(65)] {
            assert!(matches!(holder(wrong), Err(Refusal::Malformed { .. })), "{wrong}");
        }
    }

    #[test]
    fn only_the_end_of_a_number_is_shown() {
        assert_eq!((shown("7001").as_str(), shown("600000007001").as_str()), ("7001", "\u{2026}7001"));
    }
}
