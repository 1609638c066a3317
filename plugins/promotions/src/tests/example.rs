//! Each offer of the example on a basket that earns it.

use super::*;

fn customer(change: impl FnOnce(&mut Customer)) -> Option<Customer> {
    let mut customer = Customer {
        id: "c".into(),
        groups: Vec::new(),
        age: None,
        birthday_in_days: None,
        points: 0,
        tier: None,
        tax_exempt: None,
        attrs: Vec::new(),
    };
    change(&mut customer);
    Some(customer)
}

/// A fact that is a number.
fn fact(key: &str, number: i64) -> Attr {
    Attr { key: key.into(), value: AttrValue::Integer(number) }
}

/// A basket at a moment, changed.
fn at(now: &str, change: impl FnOnce(Basket) -> Basket) -> Basket {
    change(testing::basket("EUR", now))
}

fn in_department(mut basket: Basket, department: &str) -> Basket {
    if let Some(line) = basket.lines.last_mut() {
        line.departments.push(department.into());
    }
    basket
}

const WEDNESDAY: &str = "2026-11-18 17:30";

#[test]
fn every_offer_of_the_example_is_earned_by_its_basket() {
    let offers = offers(EXAMPLE);
    let mut left: BTreeSet<&str> = offers.ids().collect();
    let mut check = |id: &str, basket: Basket, expected: &[&str]| {
        let said: Vec<String> = told(&offers, &basket)
            .into_iter()
            .filter(|said| {
                said.contains(&format!(" {id}:"))
                    || said.contains(&format!(" {id}/"))
                    || said.starts_with(&format!("{id}:"))
            })
            .collect();
        assert_eq!(said, expected, "{id}");
        left.remove(id);
    };
    let ale = at(WEDNESDAY, |basket| basket.sell("ALE", 2, "5.90").tagged("draught").sell("CRISPS", 1, "1.80"));
    check("happy-hour", ale, &["Line happy-hour: 20 % off on 2*1"]);
    let mut night = at("2026-11-21 01:15", |basket| basket.sell("NACHOS", 1, "3.50").tagged("snack"));
    night.business_date = "2026-11-20".parse().unwrap();
    check("late-snacks", night, &["Line late-snacks: 30 off on 1*1 each unit"]);
    let summer = at("2026-08-15 23:59", |basket| {
        basket.sell("SANDALS", 1, "49.00").sell("SUNHAT", 1, "19.00").tagged("clearance").sell("BOOTS", 1, "99.00")
    });
    check("summer-sale", summer.clone(), &["Line summer-sale: 30 % off on 1*1"]);
    check("clearance", summer, &["Line clearance: at 4.99 per 1 on 1*2"]);
    let mut nuts = at("2026-11-07 10:00", |basket| basket.sell("NUTS", 1, "14.90"));
    nuts.lines[0].quantity = Quantity::new(Decimal::new(482, 3), Unit::Kg);
    check("nuts-by-weight", nuts, &["Line nuts-by-weight: at 12.90 per 1 kg on 0.482 kg*1"]);
    let water = at(WEDNESDAY, |basket| basket.sell("4006381333931", 9, "0.49"));
    check("water-six", water, &["Line water-six: 1 of [1] at 0.39 per 1, 6 times"]);
    let books = at(WEDNESDAY, |basket| {
        basket.sell("BOOK-A", 1, "10.00").tagged("paperback").sell("BOOK-B", 4, "9.00").tagged("paperback")
    });
    check(
        "paperbacks-3-for-2",
        books,
        &[
            "Shop paperbacks-3-for-2: 2 dearest of [1, 2] + 1 dearest of [1, 2] 100 % off",
            "paperbacks-3-for-2: 1 more for 3 for 2 on paperbacks",
        ],
    );
    let coffee = at(WEDNESDAY, |basket| {
        let basket = in_department(basket.sell("ESPRESSO", 2, "2.40"), "coffee");
        in_department(basket.sell("LATTE", 1, "3.60"), "coffee")
    });
    check(
        "second-coffee",
        coffee,
        &[
            "Shop second-coffee/ESPRESSO: 1 dearest of [1] + 1 dearest of [1] 50 % off",
            "Shop second-coffee/LATTE: 1 dearest of [2] + 1 dearest of [2] 50 % off",
            "second-coffee: 1 more for Second coffee half price",
        ],
    );
    let yoghurts = at(WEDNESDAY, |basket| basket.sell("YOGHURT", 4, "0.79").tagged("yoghurt"));
    check("yoghurt-3-for-2", yoghurts, &["Line yoghurt-3-for-2: 3 of [1] = for 200"]);
    let eggs = at(WEDNESDAY, |basket| basket.sell("EGG", 7, "0.40"));
    check("eggs", eggs, &["Line eggs: at 1.99 per 6 on 7*1"]);
    let pizza = at(WEDNESDAY, |basket| {
        basket.sell("PIZZA", 3, "9.00").tagged("pizza").sell("COLA", 1, "2.50").tagged("soft-drink")
    });
    check("pizza-drink", pizza, &["Line pizza-drink: 2 of [1] + 1 of [2] at 1.00 per 1, 4 times"]);
    let dip = at(WEDNESDAY, |basket| {
        basket.sell("SALSA", 1, "3.00").tagged("salsa").sell("CHIPS", 2, "2.00").tagged("chips")
    });
    check(
        "salsa-chips",
        dip,
        &["Line salsa-chips: 1 of [1] + 1 of [2] = 100 off", "salsa-chips: 1 more for Salsa and chips"],
    );
    let lunch = at("2026-11-18 12:00", |basket| {
        let basket = basket.sell("SOUP", 1, "5.00").tagged("starter").sell("STEW", 1, "11.00").tagged("main-course");
        basket.sell("ALE", 1, "5.90").tagged("draught")
    });
    check("lunch-menu", lunch, &["Line lunch-menu: 1 of [1] + 1 of [2] + 1 of [3] = for 1490"]);
    let wine = at(WEDNESDAY, |basket| {
        let basket = in_department(basket.sell("RED", 4, "8.00"), "wine");
        let mut basket = in_department(basket.sell("GRAND", 9, "48.00"), "wine");
        basket.lines[1].attrs.push(Attr::text("producer", "Reserve"));
        in_department(basket.sell("WHITE", 1, "7.00"), "wine")
    });
    check("wine-tiers", wine, &["Line wine-tiers: 5 % off on 4*1 1*3", "wine-tiers: 1 more for Wine by the case"]);
    let screws = at(WEDNESDAY, |basket| {
        let basket = in_department(basket.sell("M4", 100, "0.12"), "screws");
        in_department(basket.sell("M5", 12, "0.12"), "screws")
    });
    check(
        "screw-breaks",
        screws,
        &["Line screw-breaks/M4: at 7.00 per 100 on 100*1", "Line screw-breaks/M5: at 0.09 per 1 on 12*2"],
    );
    let mut cloth = at(WEDNESDAY, |basket| in_department(basket.sell("LINEN", 1, "20.00"), "cloth"));
    cloth.lines[0].quantity = Quantity::new(Decimal::new(520, 0), Unit::Cm);
    check("cloth", cloth, &["Line cloth: 10 % off on 520 cm*1"]);
    // 5 % of the 50.00 between 50 and 100, and 10 % of the 20.00 above.
    let cosmetics = at(WEDNESDAY, |basket| in_department(basket.sell("CREAM", 2, "60.00"), "cosmetics"));
    check("cosmetics-steps", cosmetics, &["Line cosmetics-steps: 450 off on 2*1"]);
    let goods = |now: &str, price: &str| at(now, |basket| basket.sell("THING", 1, price));
    check(
        "ten-off-hundred",
        goods(WEDNESDAY, "95.80"),
        &[
            "Order ten-off-hundred: 1000 off on the order, from 10000 Price left",
            "ten-off-hundred: Spend 4.20 EUR more for 10 off 100",
        ],
    );
    check(
        "autumn-bonus",
        goods("2026-10-31 20:00", "60.00"),
        &["Order autumn-bonus: 400 off on the order, up to 1000"],
    );
    let umbrella = at(WEDNESDAY, |basket| basket.sell("UMBRELLA", 2, "15.00").sell("THING", 1, "60.00"));
    check("umbrella", umbrella, &["Order umbrella: 1 of [1] at 5.00 per 1, 1 times"]);
    check("free-mug", goods(WEDNESDAY, "160.00"), &["free-mug: 1 x MUG-RED or MUG-BLUE offered, 100 % off"]);
    let mut web = at(WEDNESDAY, |basket| basket.sell("THING", 1, "50.00").sell("POST", 1, "4.90").tagged("delivery"));
    web.lines[1].kind = LineKind::Fee;
    web.attrs.push(Attr::text("channel", "web"));
    check("free-delivery", web, &["Order free-delivery: 100 % off on 1*2, from 5000 Price"]);
    let mut staff = at(WEDNESDAY, |basket| basket.sell("THING", 1, "50.00").sell("OLD", 1, "9.00").tagged("clearance"));
    staff.customer = customer(|customer| {
        customer.groups.push("staff".into());
        customer.attrs.push(fact("staff-discount-this-month", 180));
    });
    check("staff", staff, &["Line staff: 25 % off on 1*1, up to 2000"]);
    let mut student = goods("2026-11-17 12:00", "50.00");
    student.store = "CAMPUS".into();
    student.customer = customer(|customer| {
        customer.groups.push("student".into());
        customer.age = Some(30);
    });
    check("students", student, &["Line students: 10 % off on 1*1"]);
    let mut birthday = goods(WEDNESDAY, "50.00");
    birthday.customer = customer(|customer| {
        customer.tier = Some("gold".into());
        customer.birthday_in_days = Some(360);
    });
    check("birthday", birthday, &["Order birthday: 15 % off on the order, limits None Some(1) None"]);
    let mut first = goods(WEDNESDAY, "29.00");
    first.customer = customer(|customer| customer.attrs.push(fact("purchases", 0)));
    check(
        "welcome",
        first,
        &["Order welcome: 500 off on the order, from 3000 Price", "welcome: Spend 1.00 EUR more for Welcome"],
    );
    let mut shoes = at(WEDNESDAY, |basket| in_department(basket.sell("BOOTS", 1, "99.00"), "shoes"));
    shoes.codes = vec!["OTHER".into(), "SPRING".into()];
    check(
        "spring-code",
        shoes,
        &["Line spring-code: 15 % off on 1*1, limits Some(500) Some(1) Some(200000), uses SPRING"],
    );
    let mut socks = at(WEDNESDAY, |basket| basket.sell("SOCKS", 7, "4.00").tagged("socks"));
    socks.codes = vec!["SOCKS-2".into(), "SOCKS-1".into(), "SOCKS-3".into()];
    check("socks-code", socks, &["Line socks-code: 3 of [1] = for 900, 3 times, uses SOCKS-1 SOCKS-2"]);
    let mut machine = at(WEDNESDAY, |basket| {
        basket.sell("MACHINE", 1, "199.00").tagged("coffee-machine").sell("BEANS", 4, "12.00").tagged("beans")
    });
    machine.register = Some("2".into());
    check("beans-with-machine", machine, &["Line beans-with-machine: 1 of [2] 50 % off, 2 times"]);
    check("black-friday", goods("2026-11-27 10:00", "50.00"), &[]);
    assert_eq!(left, BTreeSet::new());
}

#[test]
fn the_example_is_clean_and_means_the_same_as_json() {
    assert_eq!(crate::check_toml(EXAMPLE, "2026-06-01".parse().unwrap()), []);
    let json = crate::toml_to_json(EXAMPLE).unwrap();
    let mut read = Offers::configure(&json).unwrap();
    let mut written = offers(EXAMPLE);
    assert!((25..=35).contains(&written.count()), "{}", written.count());
    for offer in written.offers.iter_mut().chain(&mut read.offers) {
        offer.spot = None;
    }
    // Words are numbered as they are met, and tables keep another order in JSON: what counts is what is said.
    let basket = basket().sell("ALE", 2, "5.90").tagged("draught").sell("BOOK", 3, "9.00").tagged("paperback");
    assert_eq!(told(&read, &basket), told(&written, &basket));
    assert!(read.ids().eq(written.ids()));
}

#[test]
fn a_shop_without_offers_starts() {
    let empty = Offers::configure(include_str!("../../configuration.default.json")).unwrap();
    assert_eq!(told(&empty, &basket().sell("THING", 1, "5.00")), [""; 0]);
}

#[test]
fn the_manifest_asks_for_all_that_offers_can_say() {
    let manifest: toml::Table = include_str!("../../plugin.toml").parse().unwrap();
    assert_eq!(manifest["hooks"]["discount"]["stages"].as_array().map(Vec::len), Some(3));
    assert_eq!(manifest["wants"]["register"].as_bool(), Some(true));
}

/// Files in the guide are read like any other, and the guide leaves no setting out.
#[test]
fn the_guide_is_true_and_complete() {
    const GUIDE: &str = include_str!("../../GUIDE.md");
    let files: Vec<&str> = GUIDE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!files.is_empty());
    for file in files {
        assert_eq!(crate::check_toml(file, "2026-06-01".parse().unwrap()), []);
    }
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../configuration.schema.json")).unwrap();
    for record in ["offer", "goods", "step", "times", "customer", "spend"] {
        let definition = &schema["$defs"][record];
        let table = if definition["properties"].is_object() { definition } else { &definition["anyOf"][1] };
        for key in table["properties"].as_object().unwrap().keys() {
            let is_named = GUIDE.contains(&format!("`{key}")) || GUIDE.contains(&format!("{key} ="));
            assert!(is_named, "{record}: the guide does not name {key}");
        }
    }
}
