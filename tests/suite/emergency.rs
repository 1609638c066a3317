//! The register's disk fails for good in the middle of a day: sales for cash go on, on another disk, and are all there later.

use pos_api::{Amount, Command, Reply};
use pos_storage::disk::{Disk, Failure, Fault, NAME};
use pos_storage::{SqliteStore, StoreOptions};
use pos_tests::shop::{TestShop, demo_extensions, demo_recipe};
use pos_tests::world::lock;
use std::path::Path;

const CODE: &str = "4006381333931";

fn open(disk: &Disk, second: &Path) -> TestShop {
    let recipe = demo_recipe(demo_extensions().unwrap()).unwrap();
    let options = StoreOptions {
        vfs: Some(NAME.to_owned()),
        emergency: Some(second.to_owned()),
        ..StoreOptions::new(recipe.shop.currency)
    };
    TestShop::open_with(SqliteStore::open(disk.path(), options).unwrap(), recipe).unwrap()
}

fn refused(reply: &Reply) -> Option<&str> {
    reply.refused.as_ref().map(|refused| refused.code.as_str())
}

/// Sells for cash, pressing again where the register says so; answers the receipt's number.
fn sell(shop: &mut TestShop, code: &str) -> u64 {
    let open = shop.scan(code);
    assert_eq!(refused(&open), None, "{:?}", open.refused);
    let paid = shop.call(Command::TenderCash { basket: None, amount: None });
    assert_eq!(refused(&paid), None, "{:?}", paid.refused);
    let done = (0..3).map(|_| shop.call(Command::Complete { basket: open.basket })).find(|done| done.refused.is_none());
    done.and_then(|done| done.receipt).map_or(0, |receipt| receipt.number)
}

#[test]
fn a_disk_that_fails_stops_nobody_from_paying_in_cash() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(&folder.path().join("pos.db")).unwrap();
    let second = folder.path().join("second.jsonl");
    let mut shop = open(&disk, &second);
    assert_eq!((1..=3).map(|_| sell(&mut shop, CODE)).collect::<Vec<_>>(), [1, 2, 3]);
    disk.fail(Fault { after: 0, failure: Failure::Broken, for_ever: true });
    assert_eq!((4..=9).map(|_| sell(&mut shop, CODE)).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9]);

    let told = std::mem::take(&mut *lock(&shop.alerts));
    assert!(matches!(&told[..], [once] if once.starts_with("The register's disk has failed; ")), "{told:?}");

    // What only the database knows is refused by name, and the basket stays as it is.
    let open_basket = shop.scan(CODE);
    let basket = open_basket.basket;
    for command in [
        Command::TenderCard { basket, amount: None },
        Command::TenderCoupon { basket, amount: Amount(1.into()) },
        Command::SetCustomer { basket, customer: Some("K1".into()) },
        Command::ReturnItem { basket, receipt: 1, line: 1, quantity: None, reason: "worn".into(), waste: false },
        Command::SuspendBasket { basket, note: "later".into() },
        Command::XReport,
        Command::GetReceipt { number: 1 },
        Command::OpenBasket { reference: Some("web-1".into()) },
    ] {
        let reply = shop.call(command.clone());
        assert_eq!(refused(&reply), Some("on_second_disk"), "{command:?}: {:?}", reply.refused);
    }
    assert_eq!(refused(&shop.call(Command::Cancel { basket })), None);
    let last = sell(&mut shop, CODE);
    assert_eq!(last, 11, "the one that was cancelled has a number");
    let TestShop { kernel, store, .. } = shop;
    kernel.finish().unwrap();
    drop(store);

    disk.mend();
    let mut shop = open(&disk, &second);
    assert_eq!(shop.kernel.restarted().unwrap().last.unwrap().number, 11);
    let verified = pos_api::port::Store::verify(&*shop.store, pos_api::port::Scope::WHOLE).unwrap();
    assert_eq!((verified.problems, verified.last_number), (Vec::new(), 11));
    let report = shop.call(Command::XReport).report.unwrap();
    assert_eq!((report.sales, report.cancelled), (10, 1));
    assert_eq!(sell(&mut shop, CODE), 12, "and the database takes sales again");
}
