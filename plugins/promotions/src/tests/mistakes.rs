//! What a manager reads when a file does not hold: where, what, and what to do.

use super::*;
use proptest::prelude::*;

/// The problems of one offer's settings, which begin on line 3 of the file.
fn problems(settings: &str) -> Vec<String> {
    let toml = format!("[[offer]]\nid = \"x\"\n{settings}\nlabel = \"X\"");
    Offers::from_toml(&toml).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn check(settings: &str, expected: &str) {
    assert_eq!(problems(settings), [expected], "{settings}");
}

#[test]
fn a_problem_says_where_what_and_what_to_do() {
    check(
        "items = { tag = \"t\" }\npercent_of = \"10 %\"\nfree = true",
        "line 4, column 1: offer \"x\", percent_of: there is no setting \"percent_of\". Did you mean \"percent_off\"?",
    );
    check(
        "items = { tags = \"t\" }\nfree = true",
        "line 3, column 11: offer \"x\", items.tags: there is no setting \"tags\". Did you mean \"tag\"?",
    );
    check(
        "items = \"all\"\npercent_off = 10",
        "line 4, column 15: offer \"x\", percent_off: 10 does not say whether it is a percentage or a fraction. Write it like \"10 %\".",
    );
    check(
        "items = \"all\"\npercent_off = \"10\"",
        "line 4, column 15: offer \"x\", percent_off: \"10\" does not say whether it is a percentage or a fraction. Write \"10 %\", or a fraction below 1.",
    );
    check(
        "items = \"all\"\npercent_off = \"150 %\"",
        "line 4, column 15: offer \"x\", percent_off: \"150 %\" is not above 0 % and up to 100 %. Write a percentage in this range.",
    );
    check(
        "items = \"all\"\namount_off = 0.5",
        "line 4, column 14: offer \"x\", amount_off: 0.5 stands without quotation marks, so it would not be exact. Write \"0.5\".",
    );
    check(
        "items = \"all\"\namount_off = \"1,50\"",
        "line 4, column 14: offer \"x\", amount_off: \"1,50\" is not a number that can be used here. Write it like \"5.00\": digits, a point, nothing else, not below zero.",
    );
    check(
        "items = \"all\"\nfree = true\ntimes = { weekdays = \"Mon-Fry\" }",
        "line 5, column 22: offer \"x\", times.weekdays: \"Mon-Fry\" is not a weekday. Write it like \"Mon-Fri\" or \"Sat, Sun\".",
    );
    check(
        "items = \"all\"\nfree = true\nmode = \"combine\"",
        "line 5, column 8: offer \"x\", mode: \"combine\" is not known here. Did you mean \"combines\"?",
    );
    check(
        "items = { list = \"sumer\" }\nfree = true",
        "line 3, column 18: offer \"x\", items.list: there is no list \"sumer\". Add [list.sumer] at the beginning of the file.",
    );
    check(
        "free = true",
        "line 1, column 1: offer \"x\": it must be about exactly one thing. Write one of: items (goods), buy and get (sets), order = true (everything), or gift.",
    );
}

#[test]
fn every_kind_of_mistake_is_found() {
    for (settings, place, what) in [
        (
            "items = \"all\"\nfree = true\npercent_off = \"5 %\"",
            "offer \"x\"",
            "percent_off and free exclude each other",
        ),
        ("items = \"all\"", "offer \"x\"", "it does not say what happens to the price"),
        ("items = \"all\"\nfor_price = 5", "offer \"x\"", "for_price has no meaning here"),
        ("order = true\nfixed_price = 5", "offer \"x\"", "fixed_price has no meaning here"),
        ("items = \"all\"\namount_off = 0", "offer \"x\", amount_off", "the amount is zero"),
        ("items = \"all\"\nfree = false", "offer \"x\", free", "free = false does nothing"),
        ("items = \"all\"\nfree = true\nper = \"kg\"", "offer \"x\", per", "per belongs to fixed_price"),
        ("items = \"all\"\nfixed_price = 1\nper = \"bag\"", "offer \"x\", per", "\"bag\" is not a unit"),
        ("items = {}\nfree = true", "offer \"x\", items", "the selection says nothing"),
        ("items = { tag = [] }\nfree = true", "offer \"x\", items.tag", "the list is empty"),
        ("items = { any = [] }\nfree = true", "offer \"x\", items.any", "the list is empty"),
        ("items = { gtin = \"123\" }\nfree = true", "offer \"x\", items.gtin", "\"123\" is not a GTIN"),
        (
            "items = { price = { from = 9, to = 5 } }\nfree = true",
            "offer \"x\", items.price",
            "no price lies from 9 to 5",
        ),
        (
            "items = { tag = \"a\", except = { tag = [\"a\", \"b\"] } }\nfree = true",
            "offer \"x\", items",
            "it leaves out everything",
        ),
        (
            "items = \"all\"\ngroups_of = 2\nreduced = 3\nfree = true",
            "offer \"x\", reduced",
            "a group of 2 has no 3 pieces",
        ),
        ("items = \"all\"\ngroups_of = 0\nfree = true", "offer \"x\", groups_of", "0 is not a whole number from 1"),
        (
            "items = \"all\"\nreduced = 1\nfree = true",
            "offer \"x\", reduced",
            "reduced has no meaning for this kind of offer",
        ),
        (
            "order = true\npieces_max = 1\nfree = true",
            "offer \"x\", pieces_max",
            "pieces_max has no meaning for this kind of offer",
        ),
        (
            "items = \"all\"\npieces_max = 1\namount_off = 1\nspread = \"across\"",
            "offer \"x\", spread",
            "with pieces_max an amount is taken off each piece",
        ),
        ("items = \"all\"\nfree = true\nspread = \"across\"", "offer \"x\", spread", "only an amount can be spread"),
        ("buy = { count = 2 }\nfor_price = 5", "offer \"x\", buy", "it does not say which goods"),
        (
            "buy = { items = \"all\" }\nget = { items = { tag = \"a\" }, free = true }\npick = \"cheapest of each set\"",
            "offer \"x\", pick",
            "the cheapest or dearest of a set",
        ),
        (
            "buy = { items = \"all\" }\nget = { items = { tag = \"a\" }, free = true }\nsame_article = true",
            "offer \"x\"",
            "with same_article all parts",
        ),
        (
            "items = \"all\"\ntiers = [{ pieces = 3, free = true }, { pieces = 3, free = true }]",
            "offer \"x\", tiers",
            "the step at 3 does not come after",
        ),
        ("items = \"all\"\ntiers = []", "offer \"x\", tiers", "there are no steps"),
        (
            "items = \"all\"\ntiers = [{ free = true }]",
            "offer \"x\", tiers, entry 1",
            "a step begins at exactly one threshold",
        ),
        (
            "items = \"all\"\nfree = true\ntiers = [{ pieces = 3, free = true }]",
            "offer \"x\"",
            "what happens to the price stands in the steps",
        ),
        (
            "order = true\ntiers = [{ pieces = 3, free = true }]",
            "offer \"x\", tiers",
            "steps of the whole order are counted in money",
        ),
        ("gift = { items = [] }\nspend = 5", "offer \"x\", gift.items", "the list is empty"),
        ("gift = { count = 2 }\nspend = 5", "offer \"x\", gift", "it does not say what is given"),
        ("gift = { items = \"MUG\" }", "offer \"x\"", "everybody would get the gift"),
        ("gift = { items = \"MUG\" }\ncodes = \"A\"", "offer \"x\"", "a gift cannot use up codes"),
        ("items = \"all\"\nfree = true\ncodes = \"\"", "offer \"x\", codes", "the text is empty"),
        ("items = \"all\"\nfree = true\ncodes = \"TEN OFF\"", "offer \"x\", codes", "nobody can scan or type the code"),
        (
            "items = \"all\"\nfree = true\ncodes_used = \"never\"",
            "offer \"x\", codes_used",
            "there are no codes to use",
        ),
        (
            "items = \"all\"\nfree = true\ncodes = \"A\"\ncodes_used = \"per set\"",
            "offer \"x\"",
            "codes_used = \"per set\" counts the sets",
        ),
        ("items = \"all\"\nfree = true\nsets_max = 2", "offer \"x\"", "sets_max counts the sets"),
        ("items = \"all\"\nfree = true\nfrom = \"2026-02-30\"", "offer \"x\", from", "\"2026-02-30\" is neither a day"),
        (
            "items = \"all\"\nfree = true\nfrom = \"2026-03-02\"\nuntil = \"2026-03-01\"",
            "offer \"x\", until",
            "it ends before it begins",
        ),
        (
            "items = \"all\"\nfree = true\ntimes = { hours = \"17-19\" }",
            "offer \"x\", times.hours",
            "\"17-19\" is not a span of hours",
        ),
        ("items = \"all\"\nfree = true\ncustomer = {}", "offer \"x\", customer", "it says nothing about the customer"),
        (
            "items = \"all\"\nfree = true\ncustomer = { age = \"30-20\" }",
            "offer \"x\", customer.age",
            "\"30-20\" is not a span of ages",
        ),
        ("items = \"all\"\nfree = true\nspend = {}", "offer \"x\", spend", "it does not say how much"),
        (
            "order = true\nfree = true\nspend = { at_least = 5, repeats = true }",
            "offer \"x\"",
            "spend.repeats multiplies an amount",
        ),
        (
            "order = true\namount_off = 1\nspend = { at_least = 5, below = 5 }",
            "offer \"x\", spend",
            "no amount is at least 5 and below 5",
        ),
        (
            "order = true\namount_off = 1\nspend = { at_least = 5, basis = \"payable\", on = \"all\" }",
            "offer \"x\", spend",
            "only the price is known here",
        ),
        (
            "items = \"all\"\nfree = true\nlimits = { uses = 0 }",
            "offer \"x\", limits.uses",
            "0 is not a whole number from 1",
        ),
        (
            "items = \"all\"\nfree = true\nquota = { amount = 5 }",
            "offer \"x\", quota",
            "a quota needs an amount and the fact",
        ),
        (
            "items = \"all\"\nfree = true\naccept = \"return\"",
            "offer \"x\", accept",
            "there is no warning \"return\" to accept",
        ),
    ] {
        let found = problems(settings);
        assert_eq!(found.len(), 1, "{settings}: {found:?}");
        assert!(found[0].contains(&format!(": {place}: {what}")), "{settings}: {found:?}");
    }
}

#[test]
fn a_set_has_eight_parts_at_most() {
    let parts = |count: usize| vec!["{ items = { tag = \"t\" } }"; count].join(", ");
    for settings in ["for_price = 5", "gift = { items = \"MUG\" }"] {
        assert_eq!(problems(&format!("buy = [{}]\n{settings}", parts(8))), [""; 0]);
        let found = problems(&format!("buy = [{}]\n{settings}", parts(40)));
        assert!(found.len() == 1 && found[0].contains("a set has more than 8 parts"), "{found:?}");
    }
}

#[test]
fn problems_of_the_whole_file_are_found() {
    let problems = |toml: &str| -> Vec<String> {
        Offers::from_toml(toml).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    };
    let one = "[[offer]]\nid = \"x\"\nlabel = \"X\"\nitems = \"all\"\nfree = true\n";
    assert_eq!(
        problems(&format!("{one}{one}")),
        [
            "line 6, column 1: offer, entry 2: offer number 1 has the id \"x\" too. Give each offer an id of its own: limits and reports go by it."
        ]
    );
    assert_eq!(
        problems(&format!("curency = \"EUR\"\n{one}")),
        ["line 1, column 1: curency: there is no setting \"curency\". Did you mean \"currency\"?"]
    );
    assert_eq!(
        problems("currency = \"JPY\"\n[[offer]]\nid = \"x\"\nlabel = \"X\"\nitems = \"all\"\namount_off = \"0.50\""),
        [
            "line 6, column 14: offer \"x\", amount_off: JPY has no amount of 0.50. Write it with 0 decimal places at most."
        ]
    );
    let told = problems("[[offer]\nid = \"x\"");
    assert!(told[0].starts_with("line 1, column 9: the file: this cannot be read: "), "{told:?}");
    // All at once, in the order of the file.
    let many = problems("[[offer]]\nid = \"a b\"\nitems = { tga = \"t\" }\nmoed = \"x\"\n[[offer]]\nlabel = 5");
    let lines: Vec<&str> = many.iter().filter_map(|problem| problem.split(',').next()).collect();
    assert_eq!(lines, ["line 1", "line 2", "line 3", "line 4", "line 5", "line 5", "line 6"], "{many:#?}");
}

#[test]
fn the_kernel_is_told_the_same_without_lines() {
    let error = Offers::configure(r#"{"offer": [{"id": "x", "label": "X", "items": {"tga": "t"}, "free": true}]}"#)
        .unwrap_err();
    assert_eq!(error.text(), "offer \"x\", items.tga: there is no setting \"tga\". Did you mean \"tag\"?");
    let error = Offers::configure(r#"{"offer": [{"id": "x", "amount_off": 0.5}]}"#).unwrap_err();
    assert!(error.text().contains("write amounts as text: \"5.00\""), "{}", error.text());
    let error = Offers::configure(r#"{"offer": [{"id": "x", "id": "x", "label": "X", "items": "all", "free": true}]}"#)
        .unwrap_err();
    assert_eq!(error.text(), "offer \"x\", id: the setting stands here twice. Remove one of them.");
    let many: Vec<_> = (0..9).map(|_| serde_json::json!({})).collect();
    let error = Offers::configure(&serde_json::json!({"offer": many}).to_string()).unwrap_err();
    assert_eq!(error.text().lines().count(), 6);
    assert!(error.text().ends_with("… and 22 more problems"), "{}", error.text());
}

proptest! {
    /// Whatever stands in the file, it is read or refused with words, and never more.
    #[test]
    fn no_text_brings_the_reader_down(at in 0..EXAMPLE.len(), cut in 0_usize..12, put in "[\\[\\]{}\"=,.0-9a-z\n%-]{0,6}") {
        let start = EXAMPLE.floor_char_boundary(at);
        let end = EXAMPLE.floor_char_boundary((at + cut).min(EXAMPLE.len()));
        let changed = format!("{}{put}{}", &EXAMPLE[..start], &EXAMPLE[end.max(start)..]);
        match Offers::from_toml(&changed) {
            Ok(offers) => {
                let basket = basket().sell("ALE", 3, "5.90").tagged("draught").tagged("paperback");
                prop_assert!(told(&offers, &basket).len() < 100);
                crate::check(&offers, basket.now.date);
            }
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
    }
}

/// What could only hurt at the till, or before: each refused by its name.
#[test]
fn hostile_files_are_refused_by_name() {
    let refused = |toml: &str, expected: &str| {
        let problems = crate::toml_to_json(toml).expect_err(expected);
        assert!(problems.iter().any(|problem| problem.to_string().contains(expected)), "{expected}: {}", problems[0]);
    };
    let with = |settings: &str| format!("[[offer]]\nid = \"x\"\n{settings}\n");
    let all = "items = \"all\"\nfree = true";
    // A printer would take it for a command, and the kernel would throw every answer away.
    refused(
        &with(&format!("label = \"Happy\\u001b hour\"\n{all}")),
        "label: the text has a line break, a tab or another",
    );
    refused(
        &with(&format!("label = \"X\"\nreceipt = \"\"\"two\nlines\"\"\"\n{all}")),
        "receipt: the text has a line break",
    );
    refused(
        &with(&format!("label = \"X\"\ntranslations = {{ de = \"a\\tb\" }}\n{all}")),
        "translations.de: the text has",
    );
    refused(
        &with(&format!("label = \"{}\"\n{all}", "l".repeat(201))),
        "label: the text has 201 letters. Write 200 at most.",
    );
    let ten_thousand: String = (0..10_001).map(|_| "[[offer]]\n").collect();
    refused(&ten_thousand, "there are 10001 offers. Keep 10000 at most");
    // Each list is the one before twice: a million million conditions in forty lines.
    let mut lists = String::from("[list.a00]\ntag = \"t\"\n");
    for number in 1..40 {
        lists +=
            &format!("[list.a{number:02}]\nany = [{{ list = \"a{0:02}\" }}, {{ list = \"a{0:02}\" }}]\n", number - 1);
    }
    refused(&lists, "lists that use lists come to more than 100000 conditions");
    let deep = format!("items = {{ {}tag = \"t\"{} }}", "any = [{ ".repeat(30), " }]".repeat(30));
    refused(&with(&format!("label = \"X\"\n{deep}\nfree = true")), "too many selections within selections");
    refused(&format!("x = {}{}", "[".repeat(5_000), "]".repeat(5_000)), "the file: this cannot be read");
    refused(&with("label = \"X\"\nitems = \"all\"\namount_off = \"99999999999999999999\""), "amount_off");
    refused(&with("label = \"X\"\nitems = \"all\"\ngroups_of = 4000000000\nfor_price = 1"), "groups_of");
    refused(
        &with("label = \"X\"\nitems = \"all\"\ngroups_of = 3\nreduced = 3\nfree = true"),
        "nothing has to be bought",
    );
    refused("[[offer]]\nid = \"x\"\nid = \"x\"\n", "the file: this cannot be read");
    // Read without fault, and too long for a register.
    let article = |number: usize| format!("\"ARTICLE-{number:08}\"");
    let many = (0..70_000).map(article).collect::<Vec<_>>().join(",");
    refused(&with(&format!("label = \"X\"\nitems = {{ item = [{many}] }}\nfree = true")), "a register takes 512 KiB");
}

#[test]
fn a_note_for_colleagues_may_be_long() {
    let note = format!("note = \"\"\"\n{}\n\"\"\"", "as long as they like\n".repeat(50));
    assert_eq!(offer(&format!("items = \"all\"\nfree = true\n{note}")).count(), 1);
}
