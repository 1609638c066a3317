//! The same snapshot gives the same proposal: whoever asked before, in whatever order, on whatever thread.

use crate::fixture::{LOADER, load_named, rule, snapshot};
use pos_api::port::{ExtensionLoader, ExtensionSource};
use pos_domain::pricing::proposal::{Snapshot, Stage};
use pos_rhai::ScriptLoader;
use std::sync::Arc;

const RULE: &str = "let seen = []; let by_tag = #{};
    for item in basket.items {
        for tag in item.tags { by_tag[tag] = item.id; }
        seen.push(item.id);
        if item.quantity > 1 { item.percent_off(5).called(`Many ${item.id}`); }
    }
    basket.items.tagged(\"paperback\").groups_of(3).cheapest(1).free().called(\"3 for 2\");
    basket.order.percent_off(1).called(`${by_tag} ${seen}`);
    basket.hint(`${basket.total / 3}`);";

fn baskets() -> Vec<Arc<Snapshot>> {
    let shelf =
        ["2 ALE 5.90 draught", "1 CRISPS 1.80 snack food", "3 NOVEL 12.00 paperback", "7 EMMA 8.50 paperback classic"];
    let mut baskets = Vec::new();
    for from in 0..shelf.len() {
        for to in from..=shelf.len() {
            baskets.push(Arc::new(snapshot(&shelf[from..to])));
        }
    }
    baskets
}

fn answers(script: &Arc<dyn pos_api::port::Extension>, baskets: &[Arc<Snapshot>]) -> Vec<String> {
    let ask = |basket: &Arc<Snapshot>| {
        Stage::ALL.map(|stage| serde_json::to_string(&script.propose(stage, basket).unwrap()).unwrap())
    };
    baskets.iter().map(|basket| ask(basket).join("\n")).collect()
}

#[test]
fn the_same_basket_gets_the_same_answer() {
    let script = rule(RULE);
    let baskets = baskets();
    let first = answers(&script, &baskets);
    assert_eq!(first, answers(&script, &baskets), "asked again");
    let mut shuffled: Vec<usize> = (0..baskets.len()).collect();
    shuffled.sort_by_key(|index| (index * 7) % 11);
    for index in shuffled {
        assert_eq!(answers(&script, &baskets[index..=index])[0], first[index], "other neighbours");
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(answers(&script, &baskets), first, "another thread"));
        }
    });
    let source = ExtensionSource {
        file: "scripts/rule.rhai".into(),
        manifest: String::new(),
        code: format!("// Rule: a test.\nfn discount(basket) {{\n{RULE}\n}}\n").as_bytes().into(),
        configuration: "{}".into(),
    };
    let Ok(again) = ScriptLoader::new().load(&source) else { panic!("not loaded") };
    assert_eq!(answers(&again, &baskets), first, "another interpreter");
    assert_eq!(again.about(), script.about());
}

#[test]
fn a_failure_leaves_nothing_behind_for_the_next_basket() {
    let script = rule("basket.items.percent_off(10); if basket.items.count > 500 { basket.items.percent_off(200); }");
    let (good, bad) = (Arc::new(snapshot(&["2 ALE 5.90 draught"])), Arc::new(snapshot(&["501 ALE 5.90 draught"])));
    let first = script.propose(Stage::Line, &good);
    assert!(first.is_ok());
    for _ in 0..3 {
        assert!(script.propose(Stage::Line, &bad).is_err());
        assert_eq!(script.propose(Stage::Line, &good), first);
    }
}

#[test]
fn a_script_says_who_it_is() {
    let text = "// Happy hour: 20 % off.\nfn discount(basket) { basket.items.percent_off(20); }";
    let Ok(script) = load_named("/shop/scripts/happy_hour.rhai", text) else { panic!("not loaded") };
    let about = script.about();
    assert_eq!((&*about.id, &*about.name), ("happy_hour", "Happy hour"));
    assert_eq!((about.version.len(), about.content_hash.len()), (8, 64));
    assert!(about.content_hash.starts_with(&*about.version) && !about.assesses_tax);
    assert_eq!(about.runtime, LOADER.runtime());
    let Ok(changed) = load_named("happy_hour.rhai", &text.replace("20", "25")) else { panic!("not loaded") };
    assert_ne!(changed.about().content_hash, about.content_hash);
}
