//! Time of a call, printed: `cargo test --release -p pos-rhai --test it bench -- --nocapture`.
//!
//! No threshold: those belong to the bench program, which runs on a quiet machine.

use crate::fixture::{load_named, snapshot};
use std::sync::Arc;
use std::time::Instant;

const CALLS: u32 = 2_000;

#[test]
fn bench_prints_the_time_of_a_call() {
    let shelf = [
        "2 ALE 5.90 draught beer",
        "1 CRISPS 1.80 snack",
        "3 NOVEL 12.00 paperback books",
        "1 SOAP 2.00 care",
        "6 JUICE 1.00 drink",
    ];
    let started = Instant::now();
    let loader = pos_rhai::ScriptLoader::new();
    println!("building the interpreter: {:?}", started.elapsed());
    drop(loader);
    let own = "fn discount(basket) { half(basket.items); } fn half(items) { items.percent_off(50); }";
    let mut scripts = vec![("a rule with a function of its own".to_owned(), own.to_owned())];
    for name in ["happy_hour", "three_for_two", "spend_and_save", "replay/loyalty_card"] {
        let path = format!("{}/../../scripts/{name}.rhai", env!("CARGO_MANIFEST_DIR"));
        scripts.push((name.to_owned(), std::fs::read_to_string(path).unwrap()));
    }
    for (name, text) in scripts {
        let started = Instant::now();
        let script = load_named(&format!("{name}.rhai"), &text).unwrap_or_else(|diagnostic| panic!("{diagnostic}"));
        let loading = started.elapsed();
        let stage = script.about().discount_stages[0];
        for lines in [10, 100] {
            let texts: Vec<&str> = shelf.iter().copied().cycle().take(lines).collect();
            let mut basket = snapshot(&texts);
            for line in &mut basket.lines {
                line.attrs = Arc::new([crate::fixture::attr("retail-discount", crate::fixture::number("0.50"))]);
            }
            let basket = Arc::new(basket);
            let mut best = std::time::Duration::MAX;
            for _ in 0..5 {
                let started = Instant::now();
                for _ in 0..CALLS / 5 {
                    assert!(script.propose(stage, &basket).is_ok());
                }
                best = best.min(started.elapsed() / (CALLS / 5));
            }
            println!("{name}, {lines} lines: {best:?} a call (loaded in {loading:?})");
        }
    }
}
