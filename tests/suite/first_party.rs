//! The plugins on board, as components in the host: they answer what their libraries answer natively, far inside their
//! limits: of 20 million units of fuel 200 lines use up about 1.2 million each. `cargo test --workspace --test suite --
//! first_party --nocapture` prints their sizes and how long loading takes.
//!
//! Both sides get the same baskets, invented from the words of the plugins' examples, the same for the same seed.

#![expect(clippy::print_stdout, reason = "sizes and times are printed for whoever asks with --nocapture")]

use pos_api::diagnostic::Diagnostic;
use pos_api::port::{Extension, ExtensionLoader, ExtensionSource, FailureKind};
use pos_cli::offers::OffersLoader;
use pos_domain::catalogue::Item;
use pos_domain::pricing::proposal as host;
use pos_domain::time::LocalTime;
use pos_money::{Currency, Decimal, Money, Quantity, Unit, UnitPrice};
use pos_plugin_sdk::prelude as native;
use pos_plugin_sdk::prelude::{DiscountHook, Plugin, TaxHook};
use pos_wasm::{ComponentLoader, HostOptions, Limits};
use promotions::Offers;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock};
use std::time::Instant;
use tax_table::TaxTable;

const PROMOTIONS: &str = "org.pos-kernel.promotions";
const TAX_TABLE: &str = "org.pos-kernel.tax-table";
const EXAMPLE: &str = include_str!("../../plugins/promotions/example.toml");

static HOST: LazyLock<ComponentLoader> = LazyLock::new(|| ComponentLoader::new(HostOptions::default()).unwrap());

/// A plugin of the bundle under a configuration.
fn source(id: &str, file: &str, configuration: &str) -> ExtensionSource {
    let plugin = bundle::plugin(id).unwrap();
    ExtensionSource {
        file: file.into(),
        manifest: plugin.manifest.to_owned(),
        code: plugin.component.into(),
        configuration: configuration.to_owned(),
    }
}

/// A plugin of the bundle, with so much fuel for a call.
fn component(id: &str, configuration: &str, fuel: u64) -> Arc<dyn Extension> {
    let mut source = source(id, id, configuration);
    source.manifest += &format!("\n[limits]\nfuel = {fuel}\n");
    let begun = Instant::now();
    let loaded = HOST.load(&source).unwrap_or_else(|diagnostic| panic!("{diagnostic}"));
    println!("{id}: {} KiB, loaded in {:.0?}", source.code.len() / 1024, begun.elapsed());
    loaded
}

/// Why a configuration is not taken into use.
fn refused(loader: &dyn ExtensionLoader, source: &ExtensionSource) -> Diagnostic {
    let begun = Instant::now();
    let diagnostic = *loader.load(source).map(drop).unwrap_err();
    println!("refused in {:.0?}: {}", begun.elapsed(), diagnostic.problem);
    diagnostic
}

/// Numbers that look random (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// What a line may be: article, tag, department, price.
const GOODS: [(&str, &str, &str, i64); 22] = [
    ("ALE", "draught", "drinks", 590),
    ("NACHOS", "snack", "food", 350),
    ("SANDALS", "", "shoes", 4_900),
    ("SUNHAT", "clearance", "wear", 1_900),
    ("NUTS", "", "food", 1_490),
    ("4006381333931", "", "drinks", 49),
    ("BOOK-A", "paperback", "books", 1_000),
    ("BOOK-B", "paperback", "books", 800),
    ("ESPRESSO", "", "coffee", 250),
    ("YOGHURT", "yoghurt", "food", 89),
    ("EGG", "", "food", 39),
    ("PIZZA", "pizza", "food", 690),
    ("COLA", "soft-drink", "drinks", 250),
    ("SALSA", "salsa", "food", 299),
    ("CHIPS", "chips", "food", 199),
    ("SOUP", "starter", "kitchen", 590),
    ("PASTA", "main-course", "kitchen", 1_190),
    ("RED", "", "wine", 1_250),
    ("SCREW", "", "screws", 12),
    ("SOCKS", "socks", "wear", 450),
    ("UMBRELLA", "", "wear", 1_590),
    ("TOBACCO", "tobacco", "kiosk", 800),
];
const MOMENTS: [(&str, u16); 5] =
    [("2026-11-18", 1050), ("2026-11-07", 700), ("2026-10-13", 720), ("2026-07-15", 930), ("2026-11-21", 75)];

/// A basket of so many lines, in the words of the example and in the given tax classes.
fn basket(seed: u64, lines: u32, currency: &str, classes: &[&str]) -> Arc<host::Snapshot> {
    let mut dice = Dice(seed);
    let (day, minute_of_day) = dice.one_of(&MOMENTS);
    let date: jiff::civil::Date = day.parse().unwrap();
    let weekday = u8::try_from(date.weekday().to_monday_one_offset()).unwrap();
    let customer = host::CustomerFacts {
        id: "c-7".into(),
        groups: vec![dice.one_of(&["staff", "student", "trade"]).into()],
        age: Some(24),
        birthday_in_days: Some(3),
        points: 120,
        tier: Some(dice.one_of(&["gold", "silver"]).into()),
        tax_exempt: None,
        attrs: vec![host::Attr { key: "purchases".into(), value: host::AttrValue::Integer(0) }],
    };
    let channel = host::AttrValue::Text(dice.one_of(&["web", "counter"]).into());
    Arc::new(host::Snapshot {
        currency: Currency::from_code(currency).unwrap(),
        prices_include_tax: true,
        store: dice.one_of(&["CAMPUS", "HIGH-STREET"]).into(),
        register: dice.one_of(&["1", "9"]).into(),
        cashier: "Maya".into(),
        id: "basket-7".into(),
        now: LocalTime { date, minute_of_day, weekday, zone: "Europe/Berlin".into() },
        business_date: date,
        customer: (dice.below(2) == 0).then(|| Arc::new(customer)),
        codes: [&["SPRING"][..], &["SOCKS-1", "SOCKS-2"], &[]][dice.below(3)]
            .iter()
            .map(|code| (*code).into())
            .collect(),
        lines: (1..=lines).map(|id| line(id, &mut dice, classes)).collect(),
        attrs: vec![host::Attr { key: "channel".into(), value: channel }],
    })
}

fn line(id: u32, dice: &mut Dice, classes: &[&str]) -> host::SnapshotLine {
    let (item, tag, department, cents) = dice.one_of(&GOODS);
    let is_weighed = item == "NUTS";
    let (unit, quantity) = match is_weighed {
        true => (Unit::Kg, Quantity::new(Decimal::new(482, 3), Unit::Kg)),
        false => (Unit::Each, Quantity::pieces(1 + i64::try_from(dice.below(7)).unwrap())),
    };
    let price = UnitPrice { value: Decimal::new(cents, 2), per: Quantity::new(Decimal::ONE, unit) };
    let gross = pos_money::Rounding::HALF_UP.round_to_minor(price.extend(quantity).unwrap(), 2).unwrap();
    let item = Item {
        id: item.into(),
        name: item.into(),
        codes: Vec::new(),
        price,
        unit,
        departments: vec!["all".into(), department.into()],
        tags: Some(tag).filter(|tag| !tag.is_empty()).map(Into::into).into_iter().collect(),
        tax_class: dice.one_of(classes).into(),
        cost: None,
        reorder: None,
        discountable: true,
        deposit: Default::default(),
    };
    host::SnapshotLine {
        id,
        kind: dice.one_of(&[host::LineKind::Sale, host::LineKind::Sale, host::LineKind::Sale, host::LineKind::Fee]),
        item: Arc::new(item),
        quantity,
        price,
        gross,
        net: gross,
        price_locked: dice.below(20) == 0,
        attrs: Arc::new([]),
    }
}

/// The basket as the plugin's library sees it, with the register if its manifest wants it.
fn lowered(basket: &host::Snapshot, wants_register: bool) -> native::Basket {
    let day = |date: jiff::civil::Date| date.to_string().parse::<native::Date>().unwrap();
    let words = |texts: &[Arc<str>]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let attrs = |attrs: &[host::Attr]| attrs.iter().map(lowered_attr).collect::<Vec<_>>();
    native::Basket {
        currency: native::Currency { code: basket.currency.code().to_owned(), exponent: basket.currency.exponent() },
        prices_include_tax: basket.prices_include_tax,
        store: basket.store.to_string(),
        register: wants_register.then(|| basket.register.to_string()),
        cashier: None,
        id: None,
        now: native::LocalTime {
            date: day(basket.now.date),
            minute_of_day: basket.now.minute_of_day,
            weekday: basket.now.weekday,
            zone: basket.now.zone.to_string(),
        },
        business_date: day(basket.business_date),
        customer: basket.customer.as_ref().map(|customer| native::Customer {
            id: customer.id.to_string(),
            groups: words(&customer.groups),
            age: customer.age,
            birthday_in_days: customer.birthday_in_days,
            points: customer.points,
            tier: customer.tier.as_ref().map(|tier| tier.to_string()),
            tax_exempt: None,
            attrs: attrs(&customer.attrs),
        }),
        codes: words(&basket.codes),
        lines: basket
            .lines
            .iter()
            .map(|line| native::Line {
                id: line.id,
                kind: match line.kind {
                    host::LineKind::Fee => native::LineKind::Fee,
                    _ => native::LineKind::Sale,
                },
                item: line.item.id.to_string(),
                name: None,
                departments: words(&line.item.departments),
                tags: words(&line.item.tags),
                quantity: line.quantity,
                price: line.price,
                gross: line.gross,
                net: line.net,
                tax_class: line.item.tax_class.to_string(),
                price_locked: line.price_locked,
                origin_line: None,
                attrs: Vec::new(),
            })
            .collect(),
        attrs: attrs(&basket.attrs),
    }
}

fn lowered_attr(attr: &host::Attr) -> native::Attr {
    let value = match &attr.value {
        host::AttrValue::Text(text) => native::AttrValue::Text(text.to_string()),
        host::AttrValue::Integer(integer) => native::AttrValue::Integer(*integer),
        other => panic!("no basket here has {other:?}"),
    };
    native::Attr { key: attr.key.to_string(), value }
}

/// Both sides have the same types under the same names, but for a quantity's: what they print can be compared.
fn assert_same(of_host: &impl Debug, of_library: &impl Debug, what: &str) {
    let printed = |text: String| text.replace("quantity: ", "qty: ");
    assert_eq!(printed(format!("{of_host:#?}")), printed(format!("{of_library:#?}")), "{what}");
}

const STAGES: [(host::Stage, native::Stage); 3] = [
    (host::Stage::Line, native::Stage::Line),
    (host::Stage::Shop, native::Stage::Shop),
    (host::Stage::Order, native::Stage::Order),
];

#[test]
fn promotions_propose_the_same_in_the_host() {
    let json = promotions::toml_to_json(EXAMPLE).unwrap();
    let offers = Offers::configure(&json).unwrap();
    // Measured: 115,000 units for 10 lines, 1,182,000 at most for 200. A quarter of the host's 20 million is enough.
    let plugin = component(PROMOTIONS, &json, Limits::default().fuel / 4);
    let mut candidates = 0;
    for seed in 0..60 {
        let lines = [0, 1, 2, 5, 10, 30, 100, 200][usize::try_from(seed % 8).unwrap()];
        let snapshot = basket(seed, lines, "EUR", &["standard"]);
        let lowered = lowered(&snapshot, true);
        for (of_host, of_library) in STAGES {
            let proposed = plugin.propose(of_host, &snapshot).unwrap();
            candidates += proposed.candidates.len();
            assert_same(&proposed, &offers.propose(of_library, &lowered).unwrap(), &format!("basket {seed}"));
        }
    }
    assert!(candidates > 300, "{candidates} candidates compare little");
}

/// A starter table of a store in a place.
fn starter(id: &str, home: Option<serde_json::Value>) -> String {
    let mut table: serde_json::Value = serde_json::from_str(tax_table::starter::table(id).unwrap().json).unwrap();
    if let Some(home) = home {
        table["home"] = home;
    }
    table.to_string()
}

#[test]
fn taxes_are_assessed_the_same_in_the_host() {
    let new_york = serde_json::json!({ "country": "US", "region": "NY" });
    for (id, currency, home, classes) in [
        ("de", "EUR", None, &["standard", "reduced", "exempt"][..]),
        ("us", "USD", Some(new_york), &["standard", "zero"][..]),
    ] {
        let configuration = starter(id, home);
        let table = TaxTable::configure(&configuration).unwrap();
        // Measured: 80,000 units for 10 lines, 1,176,000 at most for 200 with one tax a line.
        let plugin = component(TAX_TABLE, &configuration, Limits::default().fuel / 4);
        for seed in 0..24 {
            let lines = [0, 1, 2, 5, 10, 30, 100, 200][usize::try_from(seed % 8).unwrap()];
            let snapshot = basket(seed, lines, currency, classes);
            let taxables = |line: &host::SnapshotLine| host::Taxable {
                line: line.id,
                net: line.net,
                tax_class: Arc::clone(&line.item.tax_class),
            };
            let input = host::TaxInput {
                taxables: snapshot.lines.iter().map(taxables).collect(),
                basket: Arc::clone(&snapshot),
            };
            let assessed = plugin.assess(&input).unwrap();
            let expected = table.assess(&pos_plugin_sdk::testing::tax_input(lowered(&snapshot, false))).unwrap();
            let what = format!("{id}, basket {seed}");
            assert!(assessed.components.len() >= snapshot.lines.len(), "{what}");
            assert_same(&assessed.components, &expected.components, &what);
            assert_same(&assessed.receipt_notes, &expected.receipt_notes, &what);
            let rounding = |one: &native::TaxRounding| {
                let increment = Money::from_minor(one.rounding.increment);
                format!("{:?} {:?} {increment:?} {:?}", one.level, one.rounding.mode, one.included)
            };
            let of_host = |one: &host::TaxRounding| {
                format!("{:?} {:?} {:?} {:?}", one.level, one.mode, one.increment, one.included)
            };
            let roundings: Vec<String> = assessed.rounding.iter().map(of_host).collect();
            assert_eq!(roundings, expected.rounding.iter().map(rounding).collect::<Vec<_>>(), "{what}");
        }
        // A class without a rate is refused in the same words.
        let snapshot = basket(1, 1, currency, &["unheard-of"]);
        let input = host::TaxInput {
            taxables: vec![host::Taxable { line: 1, net: snapshot.lines[0].net, tax_class: "unheard-of".into() }],
            basket: Arc::clone(&snapshot),
        };
        let refused = plugin.assess(&input).unwrap_err();
        let expected = table.assess(&pos_plugin_sdk::testing::tax_input(lowered(&snapshot, false))).unwrap_err();
        assert_eq!(refused.kind, FailureKind::Refused);
        assert!(refused.message.contains(expected.text()), "{refused} / {}", expected.text());
    }
}

/// Articles that the catalogue never lowers are neither pieces of a deal nor money towards a threshold.
#[test]
fn what_is_never_discounted_earns_nothing() {
    let json = promotions::toml_to_json(EXAMPLE).unwrap();
    let plugin = component(PROMOTIONS, &json, Limits::default().fuel / 4);
    let said = |discountable: bool| {
        let mut snapshot = (*basket(5, 30, "EUR", &["standard"])).clone();
        for line in &mut snapshot.lines {
            line.item = Arc::new(Item { discountable, ..(*line.item).clone() });
        }
        let snapshot = Arc::new(snapshot);
        let proposals = STAGES.map(|(stage, _)| plugin.propose(stage, &snapshot).unwrap());
        proposals.iter().map(|one| one.grants.len() + one.near_misses.len() + one.candidates.len()).sum::<usize>()
    };
    let (of_some, of_none) = (said(true), said(false));
    assert!(of_some > 5, "{of_some}");
    // "10 off 100" is proposed whatever is in the basket: the kernel knows what is left to count.
    assert!(of_none <= 3, "{of_none}");
}

fn taxed(snapshot: &Arc<host::Snapshot>) -> host::TaxInput {
    let taxable = |line: &host::SnapshotLine| host::Taxable {
        line: line.id,
        net: line.net,
        tax_class: Arc::clone(&line.item.tax_class),
    };
    host::TaxInput { taxables: snapshot.lines.iter().map(taxable).collect(), basket: Arc::clone(snapshot) }
}

/// A reason of 200 letters stands on each of 200 lines: 40 KB of text of which 200 bytes are told apart.
#[test]
fn a_long_reason_on_every_line_does_not_block_a_sale() {
    let mut table: serde_json::Value = serde_json::from_str(tax_table::starter::table("de").unwrap().json).unwrap();
    let reason = "Steuerfrei ".repeat(18);
    table["exemptions"] = serde_json::json!([{"reason": reason.trim(), "until": "2030-12-31"}]);
    let two = serde_json::json!({"code": "CITY", "rate": "0.01"});
    table["classes"]["standard"].as_array_mut().unwrap().push(two);
    let plugin = component(TAX_TABLE, &table.to_string(), Limits::default().fuel / 4);
    let assessed = plugin.assess(&taxed(&basket(3, 200, "EUR", &["standard"]))).unwrap();
    assert_eq!(assessed.components.len(), 400);
    assert!(assessed.components.iter().all(|component| component.exempt.is_some()));
}

/// 200 offers on everything and a basket of 400 lines: what is said stays within what the host takes.
#[test]
fn many_offers_on_everything_are_still_heard() {
    let toml: String = (0..200)
        .map(|number| {
            format!(
                "[[offer]]\nid = \"everything-{number:03}\"\nlabel = \"{number} % off everything, today and tomorrow\"\n\
                 items = \"all\"\npercent_off = \"{} %\"\ntranslations = {{ de = \"{number} % auf alles\" }}\n",
                1 + number % 99
            )
        })
        .collect();
    let plugin = component(PROMOTIONS, &promotions::toml_to_json(&toml).unwrap(), Limits::default().fuel);
    let said = plugin.propose(host::Stage::Line, &basket(1, 400, "EUR", &["standard"])).unwrap();
    assert_eq!(said.candidates.len(), 200);
}

/// A shop with thousands of offers starts, and its calls stay cheap.
#[test]
fn thousands_of_offers_can_be_loaded() {
    let toml: String = (0..3_500)
        .map(|number| {
            format!(
                "[[offer]]\nid = \"o{number}\"\nlabel = \"Offer number {number}\"\nitems = {{ tag = \"t{number}\" }}\n\
                 groups_of = 3\nreduced = 1\nfree = true\n"
            )
        })
        .collect();
    let plugin = component(PROMOTIONS, &promotions::toml_to_json(&toml).unwrap(), Limits::default().fuel);
    let said = plugin.propose(host::Stage::Shop, &basket(1, 100, "EUR", &["standard"])).unwrap();
    assert_eq!(said.candidates.len(), 0);
}

/// Whatever a shop's files contain, a mistake is named with its line, and nothing takes seconds to be refused.
#[test]
fn mistakes_in_the_shops_files_are_shown_at_their_line() {
    let loader = OffersLoader::new(Arc::new(HOST.clone()));
    let offers = |toml: &str| refused(&loader, &source(PROMOTIONS, "config/offers.toml", toml));
    let shown =
        offers("currency = \"EUR\"\n[[offer]]\nid = \"x\"\nlabel = \"X\"\nitems = \"all\"\npercent_of = \"5 %\"\n");
    assert_eq!((shown.line, shown.column, shown.source_text.as_str()), (6, 1, "percent_of = \"5 %\""), "{shown}");
    assert!(shown.action.contains("percent_off"), "{shown}");

    let table = |json: &str| refused(&*HOST, &source(TAX_TABLE, "config/org.pos-kernel.tax-table.json", json));
    let shown = table(
        "{\n  \"jurisdiction\": \"XX\",\n  \"classes\": {\n    \"standard\": [\n      { \"code\": \"A\", \"rate\": \"19\" }\n    ]\n  }\n}\n",
    );
    assert_eq!((shown.line, shown.column, shown.length), (5, 30, 4), "{shown}");
    assert!(shown.problem.contains("19 is not a fraction between 0 and 1; 8.1 % is written \"0.081\""), "{shown}");
    let shown = table("{\n  \"jurisdiction\": \"XX\",\n  \"clases\": {}\n}\n");
    assert_eq!(shown.line, 3, "{shown}");
    assert!(shown.problem.contains("unknown field `clases`"), "{shown}");
    let shown =
        table("{\n  \"jurisdiction\": \"X\\u001bX\", \"classes\": {\"a\": [{\"code\": \"A\", \"rate\": \"0\"}]}\n}\n");
    assert!(shown.line == 2 && shown.problem.contains("jurisdiction: has a line break or another control"), "{shown}");
    let deep = format!("{{\"jurisdiction\": {}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let shown = table(&deep);
    assert!(shown.line == 1 && shown.problem.contains("jurisdiction: invalid type: sequence"), "{shown}");
    let rate = |number: usize| format!("{{\"code\": \"A\", \"rate\": \"0.1\", \"from\": \"{}-01-01\"}}", 1000 + number);
    let rates: Vec<String> = (0..9_000).map(rate).collect();
    let many = format!("{{\"jurisdiction\": \"X\", \"classes\": {{\"a\": [{}]}}}}", rates.join(","));
    println!("{}", table(&many));
}
