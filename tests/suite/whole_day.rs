//! A whole day through `pos kernel --stdio`, with people, cards, gift cards, lay-aways, approvals and a crash in the middle;
//! looked at from outside afterwards, in the exported journal and at the bank, by sums of this file's own.

use pos_devices::terminal::{Fault, Simulator, TerminalServer};
use pos_money::Decimal;
use pos_tests::program::{Register, init, run};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

const PEN: &str = "4006381333931";

/// Set the shop up: a terminal, gift cards, and a till that is counted blind.
fn set_up(data: &Path, terminal: &TerminalServer) {
    init(data).unwrap();
    let add = |file: &str, text: &str| {
        let path = data.join(file);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(path, format!("{before}\n{text}\n")).unwrap();
    };
    add("devices.toml", &format!("[terminal]\nkind = \"tcp\"\naddress = \"{}\"", terminal.address()));
    add("shop.toml", "[credit]\ngift_card_max = \"500\"\n\n[till]\nblind = true");
}

fn log_on(register: &mut Register, who: &str) {
    register.must(json!({ "command": "log_on", "badge": format!("BADGE-{who}-1") })).unwrap();
}

/// The one basket that is being rung.
fn basket(register: &mut Register) -> Value {
    register.must(json!({ "command": "get_basket" })).unwrap()["basket"].clone()
}

fn complete(register: &mut Register) -> (u64, Value) {
    let basket = basket(register);
    let reply = register.must(json!({ "command": "complete", "basket": basket })).unwrap();
    (reply["number"].as_u64().unwrap(), reply["view"].clone())
}

fn pens(register: &mut Register, count: u64) {
    register.must(json!({ "command": "sell_item", "scan": PEN, "quantity": count })).unwrap();
}

/// One of fifty transactions.
fn transact(register: &mut Register, turn: u64, sold: &mut Vec<u64>, orders: &mut Vec<u64>) {
    match turn % 10 {
        0..=2 => {
            pens(register, turn % 4 + 1);
            register.must(json!({ "command": "sell_item", "scan": "2001", "quantity": "0.482" })).unwrap();
            register.must(json!({ "command": "tender_cash", "amount": "50" })).unwrap();
            sold.push(complete(register).0);
        }
        3 => {
            pens(register, 6);
            register.must(json!({ "command": "tender_card", "amount": "10.00" })).unwrap();
            register.must(json!({ "command": "tender_cash", "amount": "5.00" })).unwrap();
            complete(register);
        }
        4 => {
            let receipt = sold.remove(0);
            register
                .must(
                    json!({ "command": "return_item", "receipt": receipt, "line": 1, "quantity": 1, "reason": "gift" }),
                )
                .unwrap();
            complete(register);
        }
        5 => {
            let card = format!("70{}", turn % 3);
            register.must(json!({ "command": "sell_gift_card", "card": card, "amount": "30.00" })).unwrap();
            register.must(json!({ "command": "tender_card" })).unwrap();
            complete(register);
            pens(register, 4);
            let paid = json!({ "command": "tender_credit", "credit": "gift-card", "holder": card });
            register.must(paid).unwrap();
            complete(register);
        }
        6 => {
            let amount = json!({ "command": "pay_out", "amount": "4.20", "reason": "stamps" });
            let refused = register.send(amount.clone()).unwrap();
            // A cashier may not: a manager lets them, once.
            assert_eq!(refused["refused"]["code"], "approval_needed", "{refused}");
            let asked = &refused["refused"]["approval"];
            let approve = json!({
                "command": "approve", "who": { "badge": "BADGE-ann-1" }, "act": asked["act"], "amount": asked["amount"],
            });
            register.must(approve).unwrap();
            register.must(amount).unwrap();
        }
        7 => {
            pens(register, 8);
            register.must(json!({ "command": "set_customer", "customer": "K7" })).unwrap();
            let basket = basket(register);
            let placed =
                register.must(json!({ "command": "place_order", "basket": basket, "kind": "lay-away" })).unwrap();
            let order = placed["number"].as_u64().unwrap();
            register.must(json!({ "command": "pay_deposit", "order": order, "amount": "5.00" })).unwrap();
            register.must(json!({ "command": "tender_cash" })).unwrap();
            complete(register);
            orders.push(order);
        }
        8 => {
            let order = orders.remove(0);
            register.must(json!({ "command": "take_order", "order": order })).unwrap();
            let paid = json!({ "command": "tender_credit", "credit": "deposit", "holder": order.to_string() });
            register.must(paid).unwrap();
            register.must(json!({ "command": "tender_cash" })).unwrap();
            complete(register);
        }
        _ => {
            pens(register, 1);
            let basket = basket(register);
            register.must(json!({ "command": "cancel", "basket": basket })).unwrap();
            register.must(json!({ "command": "drop_to_safe", "amount": "20.00", "reason": "" })).unwrap();
        }
    }
}

#[test]
fn a_whole_day_adds_up_from_outside() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    let bank = Simulator::default();
    let mut asked = 0;
    // Now and then an answer is lost.
    let terminal = TerminalServer::start(bank.clone(), move |_| {
        asked += 1;
        if asked % 7 == 3 { Fault::LosesAnswer } else { Fault::None }
    })
    .unwrap();
    set_up(&data, &terminal);
    let mut register = Register::start(&data).unwrap();
    for (id, role) in [("ann", "manager"), ("ben", "cashier")] {
        let person = json!({ "command": "set_person", "id": id, "role": role, "badge": format!("BADGE-{id}-1") });
        if id == "ben" {
            log_on(&mut register, "ann");
        }
        register.must(person).unwrap();
    }
    log_on(&mut register, "ben");
    register.must(json!({ "command": "open_shift", "float": "150.00" })).unwrap();
    let (mut sold, mut orders) = (Vec::new(), Vec::new());
    for turn in 0..25 {
        transact(&mut register, turn, &mut sold, &mut orders);
    }
    // A card is being charged when the program is killed.
    pens(&mut register, 3);
    let card = register.numbered(json!({ "command": "tender_card" })).to_string();
    let heard = bank.payments().len();
    register.write(&card).unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    while bank.payments().len() == heard && Instant::now() < patience {
        std::thread::yield_now();
    }
    // The terminal has heard of it; whether the register has heard of that nobody knows.
    register.kill().unwrap();
    let mut register = Register::start(&data).unwrap();
    register.call_commands("d");
    log_on(&mut register, "ben");
    let basket = register.must(json!({ "command": "list_baskets" })).unwrap()["baskets"][0]["id"].clone();
    assert!(basket.is_string(), "the basket is still there");
    let mut view = json!(null);
    for _ in 0..20 {
        view = register.must(json!({ "command": "check_payment", "basket": basket })).unwrap()["view"].clone();
        let waits = |payment: &Value| payment["awaited"] == json!(true);
        if !view["payments"].as_array().is_some_and(|all| all.iter().any(waits)) {
            break;
        }
    }
    if view["due"] != "0.00" {
        register.must(json!({ "command": "tender_cash", "basket": basket })).unwrap();
    }
    register.must(json!({ "command": "complete", "basket": basket })).unwrap();
    for turn in 25..50 {
        transact(&mut register, turn, &mut sold, &mut orders);
    }
    // Blind: nobody tells what should be in it before it is counted; the first count is wrong.
    let told = register.must(json!({ "command": "x_report" })).unwrap();
    assert!(told["report"]["tenders"].is_null(), "{told}");
    let count = |amount: &str| json!({ "command": "count_till", "counts": [{ "amount": amount }] });
    let first = register.must(count("1.00")).unwrap();
    assert_eq!(first["count"]["state"], "recount");
    let second = register.must(count("100.00")).unwrap();
    assert_eq!(second["count"]["state"], "differs", "{second}");
    let z = register.must(json!({ "command": "close_shift", "reason": "wrong change" })).unwrap();
    register.end().unwrap();
    look(&data, &bank, &z["report"]);
}

fn minor(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// Everything that must hold, from the exported journal alone.
fn look(data: &Path, bank: &Simulator, z: &Value) {
    let folder = data.to_str().unwrap();
    let verified = run(&["journal", "verify", "--json", "--data", folder]).unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let exported = run(&["journal", "export", "--data", folder]).unwrap().stdout;
    let outside = pos_verify::verify(exported.as_slice(), &pos_verify::Trust::default()).unwrap();
    assert!(outside.is_verified(), "{:?}", outside.problems);
    let (mut numbers, mut kinds) = (0, BTreeMap::<String, u64>::new());
    let (mut accounts, mut stock) = (BTreeMap::<String, i64>::new(), BTreeMap::<String, Decimal>::new());
    let (mut turnover, mut tax, mut paid_by) = (0, 0, BTreeMap::<String, u32>::new());
    for line in exported.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let record: Value = serde_json::from_slice(line).unwrap();
        let Some(body) = record.get("body") else { continue };
        if let Some(number) = record["number"].as_u64() {
            numbers += 1;
            assert_eq!(number, numbers, "numbers have no gap");
        }
        let kind = body["kind"].as_str().unwrap().to_owned();
        let transaction = &body["transaction"];
        for content in [transaction, &body["shift"], &body["closing"]] {
            let mut sums: BTreeMap<String, i64> = BTreeMap::new();
            for entry in content["entries"].as_array().into_iter().flatten() {
                let (debit, credit) = (minor(&entry["debit"]), minor(&entry["credit"]));
                *sums.entry(entry["unit"].to_string()).or_default() += debit - credit;
                *accounts.entry(entry["account"].as_str().unwrap().to_owned()).or_default() += debit - credit;
            }
            assert!(sums.values().all(|sum| *sum == 0), "{kind} does not balance: {sums:?}");
        }
        for movement in transaction["movements"].as_array().into_iter().flatten() {
            let value: Decimal = movement["quantity"]["value"].as_str().unwrap().parse().unwrap();
            *stock.entry(movement["item"].as_str().unwrap().to_owned()).or_default() += value;
        }
        if matches!(kind.as_str(), "sale" | "return" | "exchange") {
            turnover += minor(&transaction["total"]);
            tax += minor(&transaction["total_tax"]);
            for payment in transaction["payments"].as_array().into_iter().flatten() {
                if payment["state"].get("approved").is_some() {
                    *paid_by.entry(payment["intent"]["id"].as_str().unwrap().to_owned()).or_default() += 1;
                }
            }
        }
        *kinds.entry(kind).or_default() += 1;
    }
    for kind in
        ["sale", "return", "cancelled", "order", "paid-out", "tender-pickup", "till-count", "shift-closed", "anchor"]
    {
        assert!(kinds.contains_key(kind), "{kind} is missing: {kinds:?}");
    }
    assert!(numbers > 50, "{kinds:?}");
    let balance = |account: &str| accounts.get(account).copied().unwrap_or_default();
    // The till was emptied; what was missing is named, and the Z report says the same as its transactions.
    assert_eq!(
        (balance("till:cash"), z["total"].as_str().unwrap()),
        (0, Decimal::new(turnover, 2).to_string().as_str())
    );
    assert_eq!(z["tax"].as_str().unwrap(), Decimal::new(tax, 2).to_string());
    assert_ne!(balance("over-short"), 0);
    assert!(accounts.iter().all(|(name, sum)| !name.starts_with("gift-card:") || *sum <= 0), "{accounts:?}");
    assert!(accounts.iter().all(|(name, sum)| !name.starts_with("deposit:") || *sum <= 0), "{accounts:?}");
    // What the bank took is what the books say, each payment in one transaction.
    assert_eq!(balance("card:clearing") + balance("payments-in-doubt"), bank.total().minor());
    assert!(paid_by.values().all(|times| *times == 1) && paid_by.len() >= 10, "{paid_by:?}");
    for id in bank.payments() {
        let (taken, captures) = bank.taken(id);
        assert!(captures <= 1, "{id} was charged {captures} times");
        assert_eq!(taken.is_positive(), paid_by.contains_key(&id.to_string()), "{id}");
    }
    assert!(stock["PEN"] < Decimal::from(-50), "{stock:?}");
}
