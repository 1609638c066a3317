//! The catalogue: found by code, by the beginnings of words, by department; hostile queries find nothing.

use super::*;
use pos_domain::catalogue::Item;
use std::sync::Arc;

fn named(id: &str, name: &str, codes: &[&str], departments: &[&str], tags: &[&str]) -> Item {
    let texts = |texts: &[&str]| texts.iter().map(|text| Arc::from(*text)).collect::<Vec<Arc<str>>>();
    Item {
        id: id.into(),
        name: name.into(),
        codes: texts(codes),
        departments: texts(departments),
        tags: texts(tags),
        ..fixture::item(1)
    }
}

fn stocked() -> (Folder, SqliteStore) {
    let folder = Folder::new();
    let store = folder.open();
    store
        .upsert_items(vec![
            named("A1", "Grüner Tee 20 Beutel", &["4006381333931", "2001"], &["Drinks", "Tea"], &["vegan"]),
            named("A2", "Gruyère am Stück", &["2802"], &["Cheese"], &[]),
            named("A3", "Teelicht", &["300"], &["Household"], &["wax"]),
            named("A4", "Straßenkarte O'Neill \"XL\"", &["40-A"], &["Books"], &["map"]),
            named("A5", "Kaffee", &["2001999"], &["Drinks", "Coffee"], &["draught"]),
        ])
        .unwrap();
    (folder, store)
}

fn found(store: &SqliteStore, text: &str) -> Vec<String> {
    store.find_items(text, 20).unwrap().iter().map(|item| item.id.to_string()).collect()
}

#[test]
fn every_word_is_the_beginning_of_a_word() {
    let (_folder, store) = stocked();
    assert_eq!(found(&store, "gru tee"), ["A1"]);
    assert_eq!(found(&store, "GRÜNER"), ["A1"]);
    assert_eq!(found(&store, "gruner"), ["A1"]);
    assert_eq!(found(&store, "gruyere stuck"), ["A2"]);
    assert_eq!(found(&store, "o'neill"), ["A4"]);
    assert_eq!(found(&store, "drinks"), ["A5", "A1"]);
    assert_eq!(found(&store, "draught"), ["A5"]);
    assert_eq!(found(&store, "tee zucker"), Vec::<String>::new());
}

#[test]
fn names_come_before_departments_and_exact_codes_before_all() {
    let (_folder, store) = stocked();
    store.upsert_items(vec![named("A6", "Kanne", &["77"], &["Kaffee"], &[])]).unwrap();
    assert_eq!(found(&store, "kaffee"), ["A5", "A6"]);
    assert_eq!(found(&store, "2001"), ["A1", "A5"]);
    assert_eq!(found(&store, " 40-A "), ["A4"]);
    assert_eq!(store.find_items("2001", 1).unwrap().len(), 1);
}

#[test]
fn hostile_queries_find_nothing_and_break_nothing() {
    let (_folder, store) = stocked();
    for text in [
        "",
        " ",
        "\"",
        "\"\"",
        "'",
        "*",
        "\"*",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "tee OR kaffee",
        "name:tee",
        "-tee",
        "(tee",
        "tee)",
        "^tee",
        "{a b}:tee",
        "tee +kaffee",
        "\0",
        "tee\0",
        "\u{1b}[2J",
        "%",
        "_",
        ";DROP TABLE item;",
        "\u{301}",
        "½ ² ①",
        "\u{202e}",
        &"\"".repeat(999),
        &"a ".repeat(9999),
        &"ß".repeat(9999),
    ] {
        store.find_items(text, 20).unwrap();
        store.item_by_code(text).unwrap();
    }
    // Words that are operators elsewhere are words here.
    assert_eq!(found(&store, "tee OR kaffee"), Vec::<String>::new());
    assert_eq!(found(&store, "tee\0"), ["A3", "A1"]);
    assert_eq!(store.item_count(), Ok(5));
}

#[test]
fn an_article_is_replaced_by_its_id() {
    let (_folder, store) = stocked();
    let tea = store.item_by_code("2001").unwrap().unwrap();
    assert_eq!((&*tea.id, tea.department()), ("A1", "Drinks"));
    store.upsert_items(vec![named("A1", "Schwarztee", &["2002"], &["Drinks"], &[])]).unwrap();
    assert_eq!(store.item_by_code("2001"), Ok(None));
    assert_eq!(&*store.item_by_code("2002").unwrap().unwrap().name, "Schwarztee");
    assert_eq!(found(&store, "grüner"), Vec::<String>::new());
    assert_eq!(found(&store, "schwarz"), ["A1"]);
    assert_eq!(store.item_count(), Ok(5));
}

#[test]
fn a_code_sells_one_article() {
    let (_folder, store) = stocked();
    let refused = store.upsert_items(vec![
        named("A7", "Salz", &["555"], &["Food"], &[]),
        named("A8", "Zucker", &["2001"], &["Food"], &[]),
    ]);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "code 2001 of article A8 already sells article A1; give each article codes of its own"
    );
    assert_eq!(store.item_by_code("555"), Ok(None), "all or nothing");
    // Two articles may swap their codes, and one may list a code twice.
    store
        .upsert_items(vec![
            named("A1", "Grüner Tee", &["300", "300"], &["Drinks"], &[]),
            named("A3", "Teelicht", &["2001"], &["Household"], &[]),
        ])
        .unwrap();
    assert_eq!(&*store.item_by_code("300").unwrap().unwrap().id, "A1");
    assert_eq!(&*store.item_by_code("2001").unwrap().unwrap().id, "A3");
}

#[test]
fn quick_keys_read_by_department_and_page() {
    let (_folder, store) = stocked();
    let departments = store.departments().unwrap();
    assert_eq!(
        departments.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
        ["Books", "Cheese", "Drinks", "Household"]
    );
    let ids = |items: Vec<Arc<Item>>| items.iter().map(|item| item.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(store.items_in_department("Drinks", 9).unwrap()), ["A1", "A5"]);
    assert_eq!(ids(store.items_page(None, 2).unwrap()), ["A1", "A2"]);
    assert_eq!(ids(store.items_page(Some("A2"), 9).unwrap()), ["A3", "A4", "A5"]);
}
