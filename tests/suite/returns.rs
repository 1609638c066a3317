//! Sold, taken back and exchanged at random until nothing is left sold: everything is back at zero.

use pos_domain::loyalty::{Earning, Programme, Redemption, RewardKind};
use pos_domain::pricing::manual::{ManualCap, ManualRules};
use pos_money::{Decimal, Rounding};
use pos_tests::returns_lab::run;
use pos_tests::scenario::shop_settings;
use pos_tests::shop::{Recipe, items_of, root, script, tax_table};

fn recipe(increment: i64, redeem: RewardKind) -> Recipe {
    let suite = root().join("tests/suite");
    let mut shop = shop_settings().unwrap();
    shop.cash_rounding = Rounding { increment, ..Rounding::HALF_UP };
    shop.manual = ManualRules { roles: [("cashier".into(), ManualCap::default())].into(), ..ManualRules::default() };
    shop.loyalty = Some(Programme {
        id: "club".into(),
        earn: Earning { points: Decimal::from(3), ..Earning::default() },
        redeem: Some(Redemption { kind: redeem, points: 7, value: Decimal::ONE }),
    });
    let vat = std::fs::read_to_string(suite.join("fixture/vat.json")).unwrap();
    let mut extensions = vec![tax_table(Some(&vat)).unwrap()];
    for name in ["three_for_two", "spend_and_save"] {
        extensions.push(script(&root().join("scripts").join(format!("{name}.rhai"))).unwrap());
    }
    let items = items_of(&suite.join("fixture/catalog.csv"), shop.currency).unwrap();
    Recipe { shop, extensions, now: "2026-03-02T10:00:00".parse().unwrap(), items }
}

#[test]
fn whatever_was_sold_and_came_back_leaves_nothing() {
    for (seed, increment, redeem) in
        [(1, 1, RewardKind::Tender), (2, 5, RewardKind::Tender), (3, 10, RewardKind::Discount)]
    {
        let folder = tempfile::tempdir().unwrap();
        let outcome = run(recipe(increment, redeem), folder.path(), 40, seed).unwrap();
        assert!(outcome.violations.is_empty(), "seed {seed}, coins of {increment}: {}", outcome.told());
        assert!(outcome.sales == 40 && outcome.exchanges > 5, "{}", outcome.told());
    }
}
