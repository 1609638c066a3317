//! Absurd amounts are refused by name before they reach the books.

use pos_api::{Amount, Command};
use pos_money::Decimal;
use pos_tests::shop::{TestShop, demo_recipe, tax_table};

#[test]
fn a_tender_beyond_what_the_books_can_sum_is_refused_and_the_sale_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = demo_recipe(vec![tax_table(None).unwrap()]).unwrap();
    let mut shop = TestShop::open(folder.path(), recipe).unwrap();
    shop.scan("4006381333931");
    let mut tender = |amount| shop.call(Command::TenderCash { basket: None, amount: Some(Amount(amount)) });
    let most = Decimal::from(10_000_000_000_000_i64);
    assert_eq!(tender(most + Decimal::new(1, 2)).refused.unwrap().code, "amount_too_large");
    assert!(tender(most).refused.is_none(), "the cap itself is given change for");
    assert_eq!(shop.call(Command::Complete { basket: None }).number, Some(1));
    assert_eq!(shop.call(Command::XReport).report.unwrap().sales, 1);
}
