//! Scripts that mean harm, or are merely mad. Each must end as an error or do nothing, soon, and the register goes on.
//!
//! A stack that overflows or memory that runs out would end this test program, so passing means that neither happened;
//! the tests' threads have the usual 2 MiB of stack.

use crate::fixture::{load, number, propose, rule, snapshot};
use pos_api::port::FailureKind;
use pos_domain::pricing::proposal::Stage;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A run may take 100 ms by its deadline; the rest is for slow machines that build at the same time.
const PATIENCE: Duration = Duration::from_millis(2_000);

const SHELF: &[&str] = &["2 ALE 5.90 draught", "1 CRISPS 1.80 snack", "3 NOVEL 12.00 paperback"];

/// Bodies of `fn discount(basket)`; the functions some need stand after a closing brace of their own.
fn bodies() -> Vec<(&'static str, String)> {
    let nested =
        |open: &str, close: &str, count: usize| format!("let x = {}1{};", open.repeat(count), close.repeat(count));
    let mut bodies: Vec<(&'static str, String)> = [
        ("a loop without end", "loop { }"),
        ("a loop that counts", "let x = 0; loop { x += 1; }"),
        ("a while loop", "while true { }"),
        ("a do loop", "let x = 0; do { x += 1; } while x >= 0;"),
        ("a range of everything", "for i in 0..9223372036854775807 { }"),
        ("an inclusive range of everything", "for i in -9223372036854775807..=9223372036854775807 { }"),
        ("loops in loops", "for a in 0..1000 { for b in 0..1000 { for c in 0..1000 { } } }"),
        ("recursion", "discount(basket);"),
        ("mutual recursion", "a(basket); } fn a(x) { b(x) } fn b(x) { a(x)"),
        ("recursion in brackets", "f(1); } fn f(n) { (((((((((((((((1 + f(n + 1))))))))))))))))"),
        (
            "recursion in blocks",
            "f(1); } fn f(n) { if true { if true { if true { if true { if true { return 1 + f(n + 1); } } } } }",
        ),
        ("recursion twice", "f(60); } fn f(n) { if n < 1 { return 0; } f(n - 1) + f(n - 1)"),
        ("recursion with lists", "f([1]); } fn f(n) { f([n, n])"),
        ("recursion as method", "basket.f(); } fn f() { this.f()"),
        ("text that doubles", "let s = \"x\"; loop { s += s; }"),
        ("text that doubles by plus", "let s = \"x\"; loop { s = s + s; }"),
        ("text in text", "let s = \"x\"; loop { s = `${s}${s}`; }"),
        (
            "a long replace",
            "let s = \"aaaaaaaaaaaaaaaaaaaa\"; loop { s = s.replace(\"a\", \"aaaaaaaaaaaaaaaaaaaa\"); }",
        ),
        ("replace of nothing", "\"abc\".replace(\"\", \"x\");"),
        ("upper case that grows", "let s = \"ßßßßßßßßßßßßßßß\"; loop { s = s.to_upper() + s; }"),
        ("a list that grows", "let a = []; loop { a.push(1); }"),
        ("a list that doubles", "let a = [1]; loop { a = [a, a]; }"),
        ("a list in a list", "let a = []; loop { a = [a]; }"),
        ("a list pushed into itself", "let a = []; loop { a.push(a); }"),
        ("a list put into itself", "let a = [0]; loop { a[0] = a; }"),
        ("a map in a map", "let m = #{}; loop { m = #{ m: m }; }"),
        ("a map put into itself", "let m = #{ m: 0 }; loop { m.m = m; }"),
        ("a map that grows", "let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; }"),
        ("lists of long text", "let s = \"x\"; for i in 0..11 { s += s; } let a = []; loop { a.push(s); }"),
        ("a deep list shown", "let a = []; for i in 0..400 { a = [a]; } print(a); throw a;"),
        ("a deep list thrown", "let a = []; for i in 0..400 { a = [a]; } throw a;"),
        (
            "a deep list compared",
            "let a = []; for i in 0..400 { a = [a]; } if a == a { } if a in [a] { } switch a { 1 => 2, _ => 3 }",
        ),
        ("a deep list returned", "let a = []; for i in 0..900 { a = [a]; } a"),
        ("a flood of print", "loop { print(\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"); }"),
        ("a flood of debug", "loop { debug(basket.items); }"),
        ("a flood of hints", "loop { basket.hint(\"buy more\"); }"),
        ("a flood of offers", "loop { basket.items.percent_off(1); }"),
        ("a flood of offers on items", "loop { for item in basket.items { item.amount_off(0.01); } }"),
        ("an offer renamed without end", "let offer = basket.items.free(); loop { offer.called(\"x\"); }"),
        ("an offer with codes without end", "let offer = basket.items.free(); loop { offer.uses_code(\"x\"); }"),
        ("parts without end", "let deal = basket.items.buy(1); loop { deal = deal.plus(1, basket.items); }"),
        ("sleep", "sleep(1000);"),
        ("sleep as a method", "1000.sleep();"),
        ("eval", "eval(\"loop { }\");"),
        ("import", "import \"/etc/passwd\" as p;"),
        ("import in a function", "import \"x\" as x; x::run();"),
        ("a function by name", "let f = Fn(\"discount\"); f.call(basket);"),
        ("a closure", "let f = || 1; f.call();"),
        ("a curried function", "let f = Fn(\"discount\").curry(basket);"),
        ("the clock", "timestamp();"),
        ("chance", "rand();"),
        ("exit", "exit(1);"),
        ("a write to the basket", "basket.total = 0;"),
        ("a write to a price", "for item in basket.items { item.price = 0; }"),
        ("a write to a tag", "for item in basket.items { item.tags.push(\"free\"); }"),
        ("a negative discount", "basket.order.amount_off(-100);"),
        ("more than all", "basket.items.percent_off(1000);"),
        ("a negative price", "basket.items.fixed_price(-5);"),
        ("a huge amount", "basket.order.amount_off(79228162514264337593543950335.0);"),
        ("overflow of whole numbers", "let x = 9223372036854775807; x += 1;"),
        ("overflow of decimals", "let x = 79228162514264337593543950335.0; x *= x;"),
        ("negation of the least number", "let x = -9223372036854775807 - 1; x = -x;"),
        ("the least number divided", "let x = (-9223372036854775807 - 1) / -1; x = x.abs();"),
        ("remainder of the least number", "let x = (-9223372036854775807 - 1) % -1;"),
        ("division by zero", "let x = 1 / 0;"),
        ("decimal division by zero", "let x = 1.0 / 0;"),
        ("remainder by zero", "let x = 1 % 0; let y = 1.5 % 0;"),
        ("shifts", "let x = 1 << 1000; let y = 1 >> -1000; let z = 1 << 9223372036854775807;"),
        ("powers", "let x = 2 ** 1000000;"),
        ("small decimals divided", "let x = 1.0; loop { x = x / 3; }"),
        ("small decimals multiplied", "let x = 1.1; loop { x = x * x; }"),
        ("rounding to absurd places", "let x = 1.5.round(9223372036854775807); x = 1.5.round(-5);"),
        ("groups of nothing", "basket.items.groups_of(0).cheapest(0).free();"),
        ("groups of everything", "basket.items.groups_of(9223372036854775807).cheapest(1).free();"),
        ("priority beyond", "basket.items.free().priority(9223372036854775807);"),
        ("a thrown map", "throw #{ a: 1 };"),
        ("a caught end", "loop { try { loop { } } catch { } }"),
        ("a caught overflow", "loop { try { discount(basket); } catch (e) { print(e); } }"),
        ("many variables", "let a = 0; loop { let b = 1; let c = 2; }"),
        ("shadowing without end", "for i in 0..100000 { let a = [i]; let a = [a]; let a = [a]; }"),
        ("an index far out", "let a = [1]; a[9223372036854775807]; a[-9223372036854775807];"),
        ("a text index far out", "let a = \"x\"; a[9223372036854775807];"),
        ("bits of a number", "let x = 5; x[70] = true;"),
        ("a range of a text", "let a = \"hello\"; a[0..99999999];"),
        ("a this without owner", "this.x = 1;"),
        ("a global constant", "global::X;"),
        ("a wild namespace", "std::process::exit(1);"),
        ("unicode", "let ünï = 1; \"\\u{202e}\".to_upper(); basket.hint(\"\\u{0}\\u{7}\");"),
        ("a label with control letters", "basket.items.free().called(\"\\x1b[2J\\n\\n\");"),
    ]
    .into_iter()
    .map(|(name, body)| (name, body.to_owned()))
    .collect();
    bodies.extend([
        ("deep brackets", nested("(", ")", 5_000)),
        ("deep lists", nested("[", "]", 5_000)),
        ("deep blocks", nested("{", "}", 5_000)),
        ("deep maps", nested("#{a:", "}", 2_500)),
        ("deep minus", nested("- ", "", 5_000)),
        ("deep not", format!("let x = {}true;", "!".repeat(10_000))),
        ("a long sum", format!("let x = 1{};", " + 1".repeat(3_000))),
        ("a long and", format!("let x = true{};", " && true".repeat(1_500))),
        ("a long chain of facts", format!("basket{};", ".items".repeat(2_500))),
        ("a long chain of words", format!("basket.items{};", ".tagged(\"a\")".repeat(1_200))),
        ("a long chain of unknown", format!("let m = #{{}}; m{};", ".a".repeat(7_000))),
        ("a long chain of places", format!("let a = [1]; a{};", "[0]".repeat(5_000))),
        ("many else", format!("if false {{ }}{}", " else if false { }".repeat(800))),
        ("deep ifs", format!("{}{}", "if true { ".repeat(1_000), "} ".repeat(1_000))),
        ("deep switch", format!("{}{}", "switch 1 { 1 => ".repeat(700), "}".repeat(700))),
        ("deep calls", format!("let x = {}1{};", "min(1, ".repeat(1_800), ")".repeat(1_800))),
        ("deep templates", format!("let x = {}1{};", "`${".repeat(3_000), "}`".repeat(3_000))),
        (
            "many functions",
            format!("}} {} fn z() {{", (0..400).map(|n| format!("fn f{n}() {{ }}\n")).collect::<String>()),
        ),
        ("many variables at once", (0..900).map(|n| format!("let v{n} = {n}; ")).collect()),
        ("a long text", format!("let x = \"{}\";", "x".repeat(10_000))),
        ("a long name", format!("let {} = 1;", "x".repeat(15_000))),
        ("a large list", format!("let x = [{}];", "1,".repeat(7_000))),
        ("a file too large", format!("// {}", "x".repeat(20_000))),
        ("a comment without end", "/* ".to_owned()),
        ("comments in comments", "/*".repeat(5_000)),
        ("quotes without end", "\"".repeat(4_999)),
    ]);
    bodies
}

#[test]
fn nothing_a_script_does_stops_the_register() {
    let basket = snapshot(SHELF);
    let mut slowest = (Duration::ZERO, "");
    let bodies = bodies();
    assert!(bodies.len() > 100, "{}", bodies.len());
    for (name, body) in &bodies {
        let started = Instant::now();
        let loaded = load(&format!("fn discount(basket) {{\n{body}\n}}"));
        let load_time = started.elapsed();
        match loaded {
            Err(diagnostic) => assert!(!diagnostic.problem.is_empty(), "{name}"),
            Ok(script) => {
                let started = Instant::now();
                let outcome = propose(&script, &basket);
                assert!(started.elapsed() < PATIENCE, "{name}: a run took {:?}", started.elapsed());
                if let Ok(proposals) = outcome {
                    for (stage, proposal) in proposals {
                        assert!(
                            proposal.candidates.len() <= 500 && proposal.near_misses.len() <= 520,
                            "{name} {stage:?}"
                        );
                    }
                }
            }
        }
        assert!(load_time < PATIENCE, "{name}: loading took {load_time:?}");
        slowest = slowest.max((load_time, *name));
    }
    println!("{} scripts; the slowest to load, \"{}\", took {:?}", bodies.len(), slowest.1, slowest.0);
}

#[test]
fn raw_garbage_is_refused() {
    for text in [
        "\0\0\0",
        "fn fn fn",
        "}{",
        "fn discount(basket) { ` }",
        "#!/bin/sh\nrm -rf /",
        "\u{feff}",
        "fn discount(basket, b) {}",
        "fn discount(basket) {} fn discount(basket) {}",
    ] {
        assert!(load(text).is_err(), "{text:?} was loaded");
    }
    // A mark of byte order, as some editors write it, is no garbage.
    assert!(load("\u{feff}fn discount(basket) { }").is_ok());
}

fn failure(body: &str) -> pos_api::port::ExtensionFailure {
    // The condition keeps the rehearsal from seeing what the till will see.
    let script = rule(&format!("if basket.items.where_attr(\"evil\", 666).count > 0 {{\n{body}\n}}"));
    let mut basket = snapshot(SHELF);
    basket.lines[0].attrs = Arc::new([crate::fixture::attr("evil", number("666"))]);
    propose(&script, &basket).unwrap_err()
}

#[test]
fn what_fails_at_the_till_says_how_and_where() {
    for (body, kind, line) in [
        ("let x = 0;\nloop { x += 1; }", FailureKind::OutOfFuel, 5),
        ("loop { }", FailureKind::OutOfFuel, 4),
        ("let a = [1]; loop { a = [a, a]; }", FailureKind::OutOfMemory, 4),
        ("let s = \"x\"; loop { s += s; }", FailureKind::OutOfMemory, 4),
        ("loop { basket.items.percent_off(1); }", FailureKind::InvalidOutput, 4),
        ("basket.items.percent_off(101);", FailureKind::Trap, 4),
        ("discount(basket);", FailureKind::OutOfMemory, 4),
    ] {
        // A machine that is busy enough meets the deadline first, now and then.
        let not_late = |failure: &pos_api::port::ExtensionFailure| failure.kind != FailureKind::Deadline;
        let failure = (0..20).map(|_| failure(body)).find(not_late).unwrap();
        assert_eq!(failure.kind, kind, "{body}: {failure}");
        let diagnostic = failure.diagnostic.unwrap();
        assert_eq!(diagnostic.line, line, "{body}: {diagnostic}");
        assert!(diagnostic.consequence.contains("cashiers see \"Rule unavailable\""), "{diagnostic}");
    }
}

#[test]
fn the_deepest_rule_that_runs_without_a_stack_of_its_own_fits_on_this_one() {
    let deep = |inner: &str| format!("{}{inner}{}", "(1 + ".repeat(8), ")".repeat(8));
    let wrapped = |inner: &str| format!("if true {{ if true {{ if true {{ return {}; }} }} }}", deep(inner));
    let functions = [("b", "c(x)"), ("c", "d(x)"), ("d", "x.count")]
        .map(|(name, calls)| format!("fn {name}(x) {{ {} }}", wrapped(calls)));
    let script = rule(&format!("{} }}\n{} fn unused() {{", wrapped("b(basket.items)"), functions.join("\n")));
    let worker = std::thread::Builder::new().stack_size(1 << 20);
    let outcome = std::thread::scope(|scope| {
        let run = || propose(&script, &snapshot(SHELF)).map(|proposals| proposals.len());
        worker.spawn_scoped(scope, run).unwrap().join().unwrap()
    });
    assert_eq!(outcome, Ok(1));
}

#[test]
fn operations_decide_and_grow_with_the_basket() {
    // About 320,000 operations: too many for three lines, not for 1,500 lines, which get 1,500,000.
    let script =
        rule("if basket.items.where_attr(\"evil\", 666).count > 0 { let sum = 0; for i in 0..80000 { sum += i; } }");
    let evil: Arc<[_]> = Arc::new([crate::fixture::attr("evil", number("666"))]);
    let mut few = snapshot(SHELF);
    few.lines[0].attrs = evil;
    let mut many = few.clone();
    many.lines = (1..=1_500)
        .map(|number| {
            let mut line = few.lines[0].clone();
            line.id = number;
            line
        })
        .collect();
    let kind = |basket| script.propose(Stage::Line, &Arc::new(basket)).map_err(|failure| failure.kind);
    // A machine that is busy enough meets the deadline first.
    assert!(matches!(kind(few), Err(FailureKind::OutOfFuel | FailureKind::Deadline)));
    assert!(matches!(kind(many), Ok(_) | Err(FailureKind::Deadline)));
}

#[test]
fn a_replayed_basket_of_161_lines_is_within_limits() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/replay/loyalty_card.rhai"))
        .unwrap();
    let script =
        crate::fixture::load_named("loyalty_card.rhai", &text).unwrap_or_else(|diagnostic| panic!("{diagnostic}"));
    let one = snapshot(&["1 CEREAL 4.00 food"]);
    for lines in [161_u32, 250] {
        let mut basket = one.clone();
        basket.lines = (1..=lines)
            .map(|number| {
                let mut line = one.lines[0].clone();
                line.id = number;
                let facts = [("retail-discount", "3.50"), ("coupon-match", "0.50")];
                line.attrs = facts.map(|(key, value)| crate::fixture::attr(key, crate::fixture::number(value))).into();
                line
            })
            .collect();
        let proposal = script.propose(Stage::Line, &Arc::new(basket)).unwrap();
        assert_eq!(proposal.candidates.len(), 2 * lines as usize);
        assert_eq!(&*proposal.candidates[0].id, "loyalty-card-line-1");
    }
}
