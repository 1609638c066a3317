//! The program as other programs see it: JSON lines, exit statuses, messages.

use pos_tests::program::{self, pos};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

/// A register that must answer.
struct Register(program::Register);

impl Register {
    fn start(data: &Path) -> Register {
        Register(program::Register::start(data).unwrap())
    }

    fn raw(&mut self, line: &str) -> Value {
        self.0.raw(line).unwrap()
    }

    fn send(&mut self, command: Value) -> Value {
        self.0.send(command).unwrap()
    }

    fn end(self) {
        self.0.end().unwrap();
    }
}

fn init(data: &Path) {
    program::init(data).unwrap();
}

fn run(arguments: &[&str], data: Option<&Path>) -> Output {
    let mut command = pos().unwrap();
    command.args(arguments);
    if let Some(data) = data {
        command.arg(data);
    }
    command.output().unwrap()
}

#[test]
fn a_program_sells_over_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    init(&data);
    let mut register = Register::start(&data);
    let opened = register.send(json!({ "command": "open_basket" }));
    let basket = opened["basket"].clone();
    assert!(basket.is_string(), "{opened}");
    let line =
        register.send(json!({ "command": "sell_item", "basket": basket, "scan": "4006381333931", "quantity": "3" }));
    assert_eq!(line["view"]["total"], "7.50");
    let weighed = register.send(json!({ "command": "sell_item", "basket": basket, "scan": "0.482*2001" }));
    assert_eq!(weighed["view"]["lines"][1]["gross"], "1.44");
    let set = register.send(json!({ "command": "set_quantity", "basket": basket, "line": 1, "quantity": 2 }));
    assert_eq!(set["view"]["total"], "6.44");
    assert_eq!(register.send(json!({ "command": "void_line", "basket": basket, "line": 2 }))["view"]["total"], "5.00");
    assert_eq!(register.send(json!({ "command": "price_lines", "basket": basket }))["view"]["total"], "5.00");

    let short = register.send(json!({ "command": "tender_cash", "basket": basket, "amount": "3.00" }));
    assert_eq!(short["view"]["due"], "2.00");
    let refused = register.send(json!({ "command": "complete", "basket": basket }));
    assert_eq!(refused["refused"]["code"], "tender_too_small");
    assert!(refused["refused"]["next"].is_string());
    register.send(json!({ "command": "tender_cash", "basket": basket, "amount": 5 }));

    let sold = register.send(json!({ "command": "complete", "basket": basket }));
    assert_eq!((&sold["number"], &sold["view"]["change"]), (&json!(1), &json!("3.00")));
    // The same id again is the same answer, and nothing is sold twice.
    let id = sold["command_id"].clone();
    let again = register.raw(&json!({ "command_id": id, "command": "complete", "basket": basket }).to_string());
    assert_eq!(again, sold);
    let reused = register.raw(&json!({ "command_id": id, "command": "x_report" }).to_string());
    assert_eq!(reused["refused"]["code"], "command_id_reused");

    let copy = register.send(json!({ "command": "get_receipt", "number": 1 }));
    let text = copy["receipt"]["text"].as_str().unwrap();
    for word in ["Black box", "1 Main Street", "XX1", "R7", "COPY 1", "Pen", "TOTAL EUR", "Change", "+0"] {
        assert!(text.contains(word), "{word} is not on the receipt:\n{text}");
    }
    assert!(sold["receipt"]["text"].as_str().unwrap().contains("ORIGINAL"));
    assert_eq!(register.send(json!({ "command": "x_report" }))["report"]["sales"], 1);
    assert_eq!(register.send(json!({ "command": "verify" }))["verification"]["verified"], true);
    register.end();
}

#[test]
fn bad_input_is_answered_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    init(&data);
    let mut register = Register::start(&data);
    let basket = register.send(json!({ "command": "sell_item", "scan": "4006381333931" }))["basket"].clone();
    for (scan, quantity, code) in [
        ("4006381333932", None, "check_digit_wrong"),
        ("12345", None, "item_not_on_file"),
        ("4006381333931", Some("0"), "quantity_must_be_positive"),
        ("4006381333931", Some("-1"), "quantity_must_be_positive"),
        ("4006381333931", Some("99999999999999999999"), "quantity_too_large"),
        ("4006381333931", Some("1.5"), "quantity_must_be_whole"),
        ("2001", None, "quantity_missing"),
        ("x*2001", None, "malformed"),
        ("", None, "malformed"),
        ("\u{1b}@4006381333931", None, "malformed"),
    ] {
        let mut command = json!({ "command": "sell_item", "basket": basket, "scan": scan });
        if let Some(quantity) = quantity {
            command["quantity"] = json!(quantity);
        }
        assert_eq!(register.send(command)["refused"]["code"], code, "{scan:?} {quantity:?}");
    }
    for line in ["", "{}", "[]", "{\"command_id\":\"x\"}", "not json", "{\"command_id\":\"x\",\"command\":\"fly\"}"] {
        if !line.is_empty() {
            assert_eq!(register.raw(line)["refused"]["code"], "malformed", "{line}");
        }
    }
    assert_eq!(
        register.send(json!({ "command": "void_line", "basket": basket, "line": 9 }))["refused"]["code"],
        "line_not_found"
    );
    assert_eq!(register.send(json!({ "command": "get_receipt", "number": 5 }))["refused"]["code"], "receipt_not_found");
    let view = register.send(json!({ "command": "get_basket", "basket": basket }));
    assert_eq!((&view["view"]["total"], view["view"]["lines"].as_array().unwrap().len()), (&json!("2.50"), 1));

    // A second process is refused while the first has the folder.
    let second = run(&["journal", "verify", "--data"], Some(&data));
    assert_eq!(second.status.code(), Some(1));
    let message = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(message.contains(data.to_str().unwrap()), "{message}");
    register.end();
}

#[test]
fn an_open_basket_survives_the_end_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    init(&data);
    let mut register = Register::start(&data);
    let basket = register.send(json!({ "command": "sell_item", "scan": "2*4006381333931" }))["basket"].clone();
    register.send(json!({ "command": "sell_item", "basket": basket, "scan": "0.5*2001" }));
    let undone = json!({ "command_id": "undo-1", "command": "undo", "basket": basket }).to_string();
    assert_eq!(register.raw(&undone)["view"]["total"], "5.00");
    register.end();
    let mut register = Register::start(&data);
    // The same id is the same command, over a restart too: nothing is undone twice.
    assert_eq!(register.raw(&undone)["view"]["total"], "5.00");
    let view = register.send(json!({ "command": "get_basket" }));
    assert_eq!((&view["basket"], &view["view"]["total"]), (&basket, &json!("5.00")));
    register.send(json!({ "command": "tender_cash" }));
    assert_eq!(register.send(json!({ "command": "complete" }))["number"], 1);
    register.end();
}

#[test]
fn a_csv_with_bad_rows_names_them_and_keeps_the_good_ones() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    init(&data);
    let csv = folder.path().join("bad.csv");
    std::fs::write(
        &csv,
        "id,name,gtin,price\nA,Good,,1.00\nB,Bad price,,one\nC,Bad code,4006381333932,2.00\nD,Also good,,3.00\n",
    )
    .unwrap();
    let output = run(&["catalog", "import", csv.to_str().unwrap(), "--data"], Some(&data));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{text}");
    for word in ["3", "price", "4", "gtin"] {
        assert!(text.contains(word), "{word} is not named:\n{text}");
    }
    let found = run(&["catalog", "find", "good", "--json", "--data"], Some(&data));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 2, "{found}");
}

#[test]
fn the_demonstration_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let output = run(&["demo", "--headless", "--json", "--data"], Some(&data));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let demo: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(demo["journal"]["verified"], true);
    assert!(demo["sales"].as_u64().unwrap() >= 25, "{demo}");
    let cents = |key: &str| demo[key].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    assert_eq!(cents("total"), cents("tendered") - cents("change"));
    assert_eq!(cents("total"), cents("gross") - cents("discount"));
    let of = |runtime: &str| -> Vec<&Value> {
        demo["extensions"].as_array().unwrap().iter().filter(|one| one["runtime"] == runtime).collect()
    };
    assert_eq!((of("component").len(), of("rhai").len()), (1, 3));
    let positive = |one: &Value, key: &str| !one[key].as_str().unwrap().trim_start_matches(['0', '.']).is_empty();
    assert!(of("rhai").iter().all(|one| one["calls"].as_u64() > Some(0) && positive(one, "discount")), "{demo}");
    assert!(of("component").iter().all(|one| one["calls"].as_u64() > Some(0) && positive(one, "tax")), "{demo}");
}

#[test]
fn the_schema_describes_every_command() {
    let output = run(&["api", "schema"], None);
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = schema.to_string();
    for command in [
        "open_basket",
        "sell_item",
        "set_quantity",
        "void_line",
        "price_lines",
        "tender_cash",
        "complete",
        "cancel",
        "get_basket",
        "get_receipt",
        "x_report",
        "verify",
    ] {
        assert!(text.contains(&format!("\"const\":\"{command}\"")), "{command} is not in the schema");
    }
}

/// Text of standard output, after checking the exit status.
fn check_status(output: &Output, status: i32) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(status), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

const OFFERS: &str = "\
[[offer]]
id = \"pens\"
label = \"3 for 2 on pens\"
items = { item = \"PEN\" }
groups_of = 3
reduced = 1
free = true
";

#[test]
fn offers_in_a_file_are_sold_by() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    init(&data);
    let file = data.join("config/offers.toml");
    std::fs::write(&file, OFFERS).unwrap();
    let mut register = Register::start(&data);
    let sold = register.send(json!({ "command": "sell_item", "scan": "3*4006381333931" }));
    assert_eq!(sold["view"]["total"], "5.00", "{sold}");
    register.end();

    // A mistake while the register is off: the shop opens, and says what is wrong and where.
    std::fs::write(&file, OFFERS.replace("groups_of", "group_of")).unwrap();
    let output = run(&["rules", "--data"], Some(&data));
    let text = check_status(&output, 1);
    for word in ["config/offers.toml", "  5 | group_of = 3", "groups_of"] {
        assert!(text.contains(word), "{word} is not said:\n{text}");
    }
}

#[test]
fn a_file_of_offers_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offers.toml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, OFFERS).unwrap();
    let text = check_status(&run(&["offers", "check", path], None), 0);
    assert!(text.ends_with("offers.toml: no errors, no warnings\n"), "{text}");

    std::fs::write(
        &file,
        OFFERS.replace("items = { item = \"PEN\" }", "items = \"all\"").replace("groups_of = 3\nreduced = 1\n", ""),
    )
    .unwrap();
    let text = check_status(&run(&["offers", "check", path], None), 0);
    assert!(text.contains("warning: ") && text.contains("[accept = [\"unbounded\"]]"), "{text}");

    std::fs::write(&file, OFFERS.replace("groups_of", "group_of").replace("label", "lable")).unwrap();
    let text = check_status(&run(&["offers", "check", path, "--json"], None), 1);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert!(found["errors"].as_u64() >= Some(2) && found["offers"].is_null(), "{found}");
    let mistyped = &found["findings"].as_array().unwrap().iter().find(|one| one["line"] == 3).unwrap();
    assert_eq!((&mistyped["severity"], &mistyped["offer"]), (&json!("error"), &json!("pens")));
    assert!(mistyped["what_to_do"].as_str().unwrap().contains("\"label\""), "{found}");

    let absent = run(&["offers", "check", folder.path().join("none.toml").to_str().unwrap()], None);
    check_status(&absent, 1);
    assert!(String::from_utf8_lossy(&absent.stderr).contains("none.toml cannot be read"));
}

#[test]
fn a_table_of_taxes_is_begun_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let list = check_status(&run(&["tax", "starter", "--list"], None), 0);
    assert_eq!(list.lines().count(), 36, "{list}");
    assert!(list.contains("de  Germany: VAT"), "{list}");
    assert_eq!(check_status(&run(&["tax", "starter"], None), 0), list);
    let unknown = run(&["tax", "starter", "xx"], None);
    assert_eq!(check_status(&unknown, 1), "");
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("pos tax starter --list"));

    // The table goes to standard output alone, where it came from does not.
    let begun = run(&["tax", "starter", "US"], None);
    let table: Value = serde_json::from_str(&check_status(&begun, 0)).unwrap();
    assert!(String::from_utf8_lossy(&begun.stderr).contains(table["source"].as_str().unwrap()));
    let file = folder.path().join("us.json");
    std::fs::write(&file, &begun.stdout).unwrap();
    let text = check_status(&run(&["tax", "check", file.to_str().unwrap()], None), 0);
    for word in ["warning at starter", "county, city and district rates", "warning at home", "no errors"] {
        assert!(text.contains(word), "{word} is not said:\n{text}");
    }

    // A shop's own table, while the shop is open.
    let data = folder.path().join("shop");
    init(&data);
    let text = check_status(&run(&["tax", "check", "--data"], Some(&data)), 0);
    assert!(text.contains("the built-in table: no errors"), "{text}");
    let wrong = check_status(&run(&["tax", "starter", "de"], None), 0).replace("\"0.19\"", "\"19\"");
    std::fs::write(data.join("config/org.pos-kernel.tax-table.json"), wrong).unwrap();
    let register = Register::start(&data);
    let text = check_status(&run(&["tax", "check", "--json", "--data"], Some(&data)), 1);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert!(found["findings"][0]["what_to_do"].as_str().unwrap().contains("8.1 % is written"), "{found}");
    register.end();
}

fn sell_a_pen(register: &mut Register) -> Value {
    register.send(json!({ "command": "sell_item", "scan": "4006381333931" }));
    register.send(json!({ "command": "tender_cash" }));
    register.send(json!({ "command": "complete" }))["number"].clone()
}

#[test]
fn a_backup_of_a_register_that_sells_becomes_a_shop_again() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copies, again) = (folder.path().join("shop"), folder.path().join("copies"), folder.path().join("again"));
    init(&data);
    let mut register = Register::start(&data);
    assert_eq!([sell_a_pen(&mut register), sell_a_pen(&mut register)], [1, 2]);
    let output = run(&["backup", "--json", "--to", copies.to_str().unwrap(), "--data"], Some(&data));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["verified"], &told["last_number"], &told["records"]), (&json!(true), &json!(2), &json!(3)));
    let backup = told["folder"].as_str().unwrap().to_owned();
    assert_eq!(sell_a_pen(&mut register), 3);
    register.end();

    // A shop is not overwritten by its backup.
    let refused = run(&["restore", "--from", &backup, "--data"], Some(&data));
    assert!(!refused.status.success());
    let restored = run(&["restore", "--from", &backup, "--data"], Some(&again));
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert!(String::from_utf8_lossy(&restored.stderr).contains("after number 2"));
    let mut register = Register::start(&again);
    assert_eq!(register.send(json!({ "command": "x_report" }))["report"]["sales"], 2);
    assert_eq!(sell_a_pen(&mut register), 3);
    assert_eq!(register.send(json!({ "command": "verify" }))["verification"]["verified"], true);
    register.end();

    // One byte of a record: the backup is not used, and no shop is made of it.
    let database = Path::new(&backup).join("pos.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let pen = b"\"name\":\"Pen\"";
    let place = bytes.windows(pen.len()).rposition(|part| part == pen).unwrap();
    bytes[place + 8] = b'p';
    std::fs::write(&database, bytes).unwrap();
    let third = folder.path().join("third");
    let refused = run(&["restore", "--from", &backup, "--data"], Some(&third));
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does NOT verify"), "{refused:?}");
    assert!(!third.exists());
}

/// What a command writes where somebody says is written over nothing, and not among the shop's files; what cannot be
/// written counts no copy.
#[test]
fn a_command_writes_over_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("shop");
    init(&data);
    let mut register = Register::start(&data);
    register.send(json!({ "command": "sell_item", "scan": "4006381333931" }));
    register.send(json!({ "command": "tender_cash" }));
    assert_eq!(register.send(json!({ "command": "complete" }))["number"], 1);
    register.end();
    let mine = folder.path().join("mine.txt");
    std::fs::write(&mine, "mine").unwrap();
    let write = |what: &[&str], to: &Path| run(&[what, &[to.to_str().unwrap(), "--data"]].concat(), Some(&data));
    let commands: [&[&str]; 3] = [&["journal", "export", "--out"], &["receipt", "1", "--png"], &["shift", "hand-over"]];
    for command in commands {
        for (place, why) in [
            (mine.clone(), "not written over"),
            (data.join("pos.db"), "not written over"),
            (data.join("x"), "shop's own folder"),
        ] {
            let refused = write(command, &place);
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(!refused.status.success() && said.contains(why), "{command:?}: {said}");
        }
    }
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
    let picture = folder.path().join("receipt.png");
    let copy = write(&["receipt", "1", "--json", "--png"], &picture);
    let copy: Value = serde_json::from_slice(&copy.stdout).unwrap();
    assert_eq!(copy["receipt"]["copy"], 1, "none was counted before");
    assert!(std::fs::read(picture).unwrap().starts_with(b"\x89PNG"));
    let out = folder.path().join("journal.jsonl");
    assert!(write(&["journal", "export", "--out"], &out).status.success());
    // Shown, records are the lines of an export.
    let shown = run(&["journal", "show", "--from", "1", "--count", "99", "--json", "--data"], Some(&data));
    let (shown, exported) = (String::from_utf8(shown.stdout).unwrap(), std::fs::read_to_string(out).unwrap());
    assert_eq!(exported.lines().count(), shown.lines().count() + 1);
    assert!(exported.starts_with(&shown));
    let beyond = run(&["journal", "show", "--from", "9999", "--data"], Some(&data));
    assert!(String::from_utf8_lossy(&beyond.stderr).contains("the journal ends with record 2"));
    assert!(
        std::fs::read_dir(folder.path()).unwrap().all(|file| !file
            .unwrap()
            .path()
            .to_string_lossy()
            .ends_with(".part"))
    );
}

/// A new shop says whose tax rates it begins with, and begins with those of the country that is named.
#[test]
fn a_new_shop_says_whose_taxes_it_charges() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, more: &[&str]| {
        let data = folder.path().join(name);
        let answers = [
            "init",
            "--no-input",
            "--name",
            "A shop",
            "--address",
            "1 Main Street",
            "--tax-number",
            "",
            "--currency",
            "EUR",
            "--zone",
            "Europe/Berlin",
            "--languages",
            "en",
        ];
        let done = run(&[&answers, more, &["--data"]].concat(), Some(&data));
        let is_done = done.status.success();
        let said = [done.stdout, done.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        (is_done, said, data)
    };
    let (done, said, data) = made("built-in", &[]);
    assert!(done && said.contains("Tax rates: Switzerland; another country's with --country"), "{said}");
    assert!(!data.join("config/org.pos-kernel.tax-table.json").exists());
    let (done, said, data) = made("german", &["--country", "DE"]);
    assert!(done && said.contains("Tax rates: Germany"), "{said}");
    let starter = run(&["tax", "starter", "de"], None);
    assert_eq!(std::fs::read(data.join("config/org.pos-kernel.tax-table.json")).unwrap(), starter.stdout);
    let (done, said, data) = made("nowhere", &["--country", "xx"]);
    assert!(!done && said.contains("pos tax starter --list") && !data.exists(), "{said}");
}
