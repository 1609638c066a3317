//! What single settings mean.

use super::*;

fn check(settings: &str, basket: &Basket, expected: &[&str]) {
    assert_eq!(told(&offer(settings), basket), expected, "{settings}");
}

/// Three things: 2 x A at 4.00, 1 x B at 6.00, both tagged `t`.
fn three() -> Basket {
    basket().sell("A", 2, "4.00").tagged("t").sell("B", 1, "6.00").tagged("t")
}

/// Cents that a deal with forced picks gives away over single pieces: slots fill in order, set by set.
fn forced_saving(deal: &Deal, mut cents: Vec<i64>) -> i64 {
    cents.sort_unstable();
    let size: usize = deal.slots.iter().map(|slot| usize::try_from(slot.count.countable_pieces()).unwrap()).sum();
    let mut saving = 0;
    while cents.len() >= size {
        for slot in &deal.slots {
            for _ in 0..slot.count.countable_pieces() {
                let piece = if slot.pick == Pick::Cheapest { cents.remove(0) } else { cents.pop().unwrap() };
                saving += if slot.effect == Some(Effect::RateOff(Rate::ONE)) { piece } else { 0 };
            }
        }
    }
    saving
}

/// The readings of "3 for 2" over 10, 9, 8, 3, 2, 1, with the figures that the readings document.
#[test]
fn each_reading_of_three_for_two_gives_away_what_it_says() {
    let cents = vec![1000, 900, 800, 300, 200, 100];
    let mut basket = basket();
    for (index, price) in ["10.00", "9.00", "8.00", "3.00", "2.00", "1.00"].iter().enumerate() {
        basket = basket.sell(&format!("P{index}"), 1, price).tagged("t");
    }
    let deal = |pick: &str| {
        let offers =
            offer(&format!("items = {{ tag = \"t\" }}\ngroups_of = 3\nreduced = 1\nfree = true\npick = \"{pick}\""));
        let said = [Stage::Line, Stage::Shop].map(|stage| offers.propose_for(stage, &basket).candidates);
        let (stage, candidate) = said.iter().enumerate().find_map(|(at, list)| Some((at, list.first()?))).unwrap();
        let Shape::Deal(deal) = candidate.shape.clone() else { panic!("{candidate:?}") };
        (stage, deal)
    };
    for (pick, stage, saving) in
        [("cheapest of each set", 1, 900), ("dearest of each set", 0, 1300), ("cheapest of all", 1, 300)]
    {
        let (asked, deal) = deal(pick);
        assert_eq!((asked, forced_saving(&deal, cents.clone())), (stage, saving), "{pick}");
    }
    // The customer puts 10 and 9 into the free places; any assignment is the kernel's to find.
    let (stage, deal) = deal("as the customer would choose");
    assert_eq!(stage, 0);
    assert!(deal.slots.iter().all(|slot| slot.pick == Pick::BestForCustomer && slot.pool.len() == 6));
}

#[test]
fn one_setting_changes_one_thing() {
    let three = three();
    for (settings, expected) in [
        ("items = \"all\"\npercent_off = \"0.125\"", "Line x: 12.5 % off on 2*1 1*2"),
        ("items = \"all\"\namount_off = 1", "Line x: 100 off on 2*1 1*2 each unit"),
        ("items = \"all\"\namount_off = \"1.50\"\nspread = \"each line\"", "Line x: 150 off on 2*1 1*2 each line"),
        ("items = \"all\"\namount_off = \"1.50\"\nspread = \"across\"", "Line x: 150 off on 2*1 1*2"),
        ("items = { price = { from = 5 } }\nfree = true\nstage = \"shop\"", "Shop x: 100 % off on 1*2"),
        ("items = { item = \"A\" }\nfixed_price = \"2.999\"", "Line x: at 2.999 per 1 on 2*1"),
        ("groups_of = 3\nitems = \"all\"\npercent_off = \"10 %\"", "Line x: 3 of [1, 2] = 10 % off"),
        ("groups_of = 2\nitems = \"all\"\nfor_price = 7\nsets_max = 1", "Line x: 2 of [1, 2] = for 700, 1 times"),
        ("buy = { items = { item = \"A\" } }\nget = { free = true }", "Line x: 1 of [1] + 1 of [1] 100 % off"),
        ("order = true\npercent_off = \"10 %\"\nup_to = \"3.00\"", "Order x: 10 % off on the order, up to 300"),
        (
            "order = true\namount_off = 1\nspend = { at_least = 20, basis = \"net of tax\" }",
            "Order x: 100 off on the order, from 2000 NetOfTax",
        ),
        (
            "order = true\ntiers = [{ spend = 10, percent_off = \"5 %\" }, { spend = 40, percent_off = \"9 %\" }]",
            "Order x: 5 % off on the order, from 1000 Price",
        ),
        (
            "items = { item = \"A\" }\npercent_off = \"5 %\"\nspend = 14\nhints = false",
            "Order x: 5 % off on 2*1, from 1400 Price",
        ),
        (
            "items = { item = \"A\" }\namount_off = 1\nspend = { at_least = 8, on = { item = \"A\" } }\nlimits = { uses = 3 }",
            "Order x: 100 off on 2*1 each unit, limits Some(3) None None",
        ),
        ("items = { tag = \"t\" }\ntiers = [{ pieces = 2, for_price = 7 }]", "Line x: at 7 per 2 on 2*1 1*2"),
        (
            "items = { tag = \"t\" }\ntiers = [{ pieces = 2, percent_off = \"5 %\" }, { pieces = 3, amount_off = \"0.50\" }]\nsteps = \"each step\"",
            "Line x: 1 dearest of [1, 2] + 1 dearest of [1, 2] 5 % off + 1 dearest of [1, 2] 50 off, 1 times",
        ),
        (
            "gift = { items = \"MUG\", count = 2, fixed_price = 1 }\nbuy = { items = \"all\" }",
            "x: 6 x MUG added, at 1 per 1",
        ),
        ("gift = { items = \"MUG\", ask = true }\nspend = 14\nsets_max = 1", "x: 1 x MUG offered, 100 % off"),
    ] {
        check(settings, &three, &[expected]);
    }
}

#[test]
fn conditions_that_do_not_hold_say_nothing() {
    let three = three();
    for condition in [
        "from = \"2026-11-19\"",
        "until = \"2026-11-17\"",
        "until = \"2026-11-18 17:30\"",
        "from = 2026-11-18T17:31:00",
        "not_on = \"2026-11-18\"",
        "times = { weekdays = \"Thu-Tue\" }",
        "times = [{ hours = \"17:31-19:00\" }, { hours = \"12:00-17:30\" }]",
        "times = { days_of_month = [1, \"19-17\"], dates = \"2026-11-18\", months = \"12-10\" }",
        "stores = [\"2\"]",
        "registers = \"1\"",
        "customer = { groups = \"staff\" }",
        "customer = { known = true }",
        "codes = \"SPRING\"",
        "with = { count = 3, items = { item = \"A\" } }",
        "spend = { at_least = \"14.01\", measured = \"before offers\" }\nhints = false",
        "spend = { at_least = 5, below = 14 }",
        "basket = { channel = [\"web\", \"app\"] }",
        "enabled = false",
    ] {
        check(&format!("items = \"all\"\nfree = true\n{condition}"), &three, &[]);
    }
    let offers =
        Offers::from_toml("currency = \"CHF\"\n[[offer]]\nid = \"x\"\nlabel = \"X\"\nitems = \"all\"\nfree = true")
            .unwrap();
    assert_eq!(told(&offers, &three), [""; 0]);
}

#[test]
fn conditions_that_hold_let_it_be_said() {
    let mut three = three();
    three.register = Some("7".into());
    three.codes = vec!["B-2".into(), "A-9".into()];
    three.attrs.push(Attr { key: "tables".into(), value: AttrValue::Number(Decimal::new(400, 2)) });
    three.customer = Some(Customer {
        id: "c".into(),
        groups: vec!["staff".into(), "trade".into()],
        age: Some(65),
        birthday_in_days: Some(3),
        points: 100,
        tier: Some("gold".into()),
        tax_exempt: None,
        attrs: vec![Attr::text("plan", "A"), Attr { key: "purchases".into(), value: AttrValue::Integer(3) }],
    });
    for condition in [
        "from = \"2026-11-18\"\nuntil = \"2026-11-18\"",
        "from = \"2026-11-18 17:30\"\nuntil = \"2026-11-18 17:31\"",
        "times = { weekdays = \"Sat-Wed\", hours = \"17:30-17:31\", months = [11], days_of_month = 18 }",
        "times = { hours = \"12:00-02:00\" }",
        "registers = [7]",
        "customer = { all_groups = [\"staff\", \"trade\"], except_groups = \"press\", age = \"65-\", points = 100 }",
        "customer = { tiers = \"gold\", birthday_within_days = 3, first_purchase = false, attributes = { plan = [\"A\", \"B\"] } }",
        "with = [{ count = 2, items = { item = \"A\" } }, { items = { item = \"B\" } }]",
        "spend = { at_least = 14, below = \"14.01\", measured = \"before offers\" }",
        "basket = { tables = 4 }",
    ] {
        check(
            &format!("items = {{ item = \"B\" }}\nfree = true\nstage = \"line\"\n{condition}"),
            &three,
            &["Line x: 100 % off on 1*2"],
        );
    }
    for (condition, used) in [("", ", uses A-9"), ("\ncodes_used = \"never\"", "")] {
        let settings = format!("order = true\npercent_off = \"5 %\"\ncode_prefixes = [\"A-\", \"B-\"]{condition}");
        check(&settings, &three, &[&format!("Order x: 5 % off on the order{used}")]);
    }
}

#[test]
fn hours_past_midnight_belong_to_the_evening() {
    let settings = "items = \"all\"\nfree = true\ntimes = { weekdays = \"Fri\", hours = \"22:00-02:00\" }";
    for (now, is_on) in [
        ("2026-11-20 21:59", false),
        ("2026-11-20 22:00", true),
        ("2026-11-21 01:59", true),
        ("2026-11-21 02:00", false),
        ("2026-11-20 01:00", false),
        ("2026-11-21 22:00", false),
    ] {
        let basket = testing::basket("EUR", now).sell("A", 1, "4.00");
        assert_eq!(!told(&offer(settings), &basket).is_empty(), is_on, "{now}");
        // The same by trading day, which is still Friday's after midnight.
        let mut bar = basket.clone();
        if bar.now.minute_of_day < 600 {
            bar.business_date = crate::calendar::day_before(bar.now.date).unwrap();
        }
        let by_trading_day = format!("{settings}\ntrading_day = true");
        assert_eq!(!told(&offer(&by_trading_day), &bar).is_empty(), is_on, "{now}, trading day");
    }
}

#[test]
fn hints_are_said_when_one_piece_is_missing() {
    let menu = "buy = [{ count = 2, items = { tag = \"t\" } }, { items = { item = \"B\" } }]\nfor_price = 10";
    check(menu, &basket().sell("A", 2, "4.00").tagged("t"), &["x: 1 more for X"]);
    check(menu, &basket().sell("A", 1, "4.00").tagged("t"), &[]);
    // B serves either part, so three pieces are one set, and nothing is missing.
    check(menu, &three(), &["Line x: 2 of [1, 2] + 1 of [2] = for 1000"]);
    check(&format!("{menu}\nhints = false"), &basket().sell("A", 2, "4.00").tagged("t"), &[]);
    check(
        &format!("{menu}\nsets_max = 1"),
        &three().sell("B", 2, "6.00").tagged("t"),
        &["Line x: 2 of [1, 2, 3] + 1 of [2, 3] = for 1000, 1 times"],
    );
}

#[test]
fn an_amount_that_the_currency_does_not_have_costs_that_offer_alone() {
    let toml = "[[offer]]\nid = \"a\"\nlabel = \"A\"\nitems = \"all\"\namount_off = \"0.50\"\n[[offer]]\nid = \"b\"\nlabel = \"B\"\nitems = \"all\"\npercent_off = \"5 %\"";
    let basket = testing::basket("JPY", "2026-11-18 17:30").sell("TEA", 1, "120");
    assert_eq!(told(&offers(toml), &basket), ["Line b: 5 % off on 1*1"]);
    assert_eq!(explain::taken(), ["warn: Offer \"a\" is left out: JPY has no amount of 0.50"]);
    let said = offers(toml).propose_for(Stage::Line, &basket);
    let expected = "Offer \"a\" is left out: JPY has no amount of 0.50. Correct it in the file of offers.";
    assert_eq!(said.notices.iter().map(|notice| notice.message.text.as_str()).collect::<Vec<_>>(), [expected]);
    explain::taken();
}

#[test]
fn words_for_people_travel_with_the_candidate() {
    let offers = offer(
        "receipt = \"XX\"\ntranslations = { fr = \"Ixe\", de = { label = \"Ix\", receipt = \"I\" } }\nitems = \"all\"\nfree = true\ngroup = \"g\"\npriority = -3\nmode = \"combines\"\nbasis = \"payable\"",
    );
    let candidate = offers.propose_for(Stage::Line, &three()).candidates.remove(0);
    assert_eq!((candidate.label.key.as_str(), candidate.label.text.as_str()), ("offer.x", "X"));
    let args: Vec<&str> = candidate.label.args.iter().map(|arg| arg.key.as_str()).collect();
    assert_eq!(args, ["text-de", "receipt-de", "text-fr"]);
    assert_eq!(candidate.attrs, [Attr::text("receipt-text", "XX")]);
    assert_eq!((candidate.mode, candidate.group.as_deref(), candidate.priority), (Mode::Compound, Some("g"), -3));
    assert_eq!(candidate.basis, Basis::Payable);
}

#[test]
fn returns_locked_prices_and_weighed_goods_keep_to_their_rules() {
    let mut basket = three().sell("A", -1, "4.00").tagged("t").sell("LOOSE", 1, "3.00").tagged("t");
    basket.lines[1].price_locked = true;
    basket.lines[2].kind = LineKind::Return;
    basket.lines[3].quantity = Quantity::new(Decimal::new(750, 3), Unit::Kg);
    check("items = \"all\"\nfree = true", &basket, &["Line x: 100 % off on 2*1 0.750 kg*4"]);
    // A weighed line is one piece of a set; a price for a piece says nothing about it.
    check("items = \"all\"\ngroups_of = 3\npercent_off = \"9 %\"", &basket, &["Line x: 3 of [1, 4] = 9 % off"]);
    check("items = \"all\"\nfixed_price = 1", &basket, &["Line x: at 1 per 1 on 2*1"]);
    check("items = \"all\"\nfixed_price = 1\nper = \"g\"", &basket, &["Line x: at 1 per 1 g on 0.750 kg*4"]);
}

#[test]
fn offers_in_another_currency_say_so_once() {
    let offers = offers(
        "currency = \"EUR\"\n[[offer]]\nid = \"a\"\nlabel = \"A\"\nitems = \"all\"\npercent_off = \"5 %\"\n\
         [[offer]]\nid = \"b\"\nlabel = \"B\"\norder = true\namount_off = 5\n",
    );
    let basket = testing::basket("CHF", "2026-11-18 17:30").sell("TEA", 1, "5.00");
    let said = [Stage::Line, Stage::Shop, Stage::Order].map(|stage| offers.propose_for(stage, &basket));
    assert!(said.iter().all(|said| said.candidates.is_empty()));
    let notices: Vec<&str> =
        said.iter().flat_map(|said| &said.notices).map(|notice| notice.message.text.as_str()).collect();
    assert_eq!(
        notices,
        ["The offers are in EUR and this sale is in CHF: none applies. Correct currency in the file of offers."]
    );
}
