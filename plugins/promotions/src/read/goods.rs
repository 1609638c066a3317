//! Selections of goods: `items = { department = "garden", except = { tag = "seeds" } }`.

use super::{Field, Reader, Table};
use crate::node::Value;
use crate::selector::{Goods, Selector};
use crate::symbols::{Kind, Symbol, gtin};
use pos_plugin_sdk::prelude::LineKind;

const EXAMPLE: &str = "{ tag = \"draught\" }";
/// Selections within selections; beyond, nobody could read them.
const DEPTH_MAX: u32 = 8;
/// Conditions that all uses of lists may come to: twenty lists, each of the one before twice, would be a million.
const CONDITIONS_COPIED_MAX: usize = 100_000;

impl Reader {
    /// `"all"`, or a table of conditions, all of which a line must fulfil. `kind = "fee"` means fees instead of articles.
    pub(crate) fn goods(&mut self, field: &Field<'_>) -> Option<Goods> {
        if is_all(field) {
            return Some(Goods::everything());
        }
        let mut table = self.table(field, EXAMPLE)?;
        let kind = table.take("kind");
        let kind = kind.map_or(Some(LineKind::Sale), |kind| {
            self.choice(&kind, &[("article", LineKind::Sale), ("fee", LineKind::Fee)])
        });
        let may_be_empty = kind == Some(LineKind::Fee);
        let selector = self.conditions_on_line(table, may_be_empty, 0)?;
        if selector.contradicts_itself() {
            self.problem(field, "it leaves out everything that it selects", "Change the selection or its exceptions.");
            return None;
        }
        Some(Goods::new(selector, kind?, &self.symbols))
    }

    /// A selection without a kind of line, as in `except`, `any`, `all` and `[list.NAME]`.
    pub(crate) fn selector(&mut self, field: &Field<'_>, depth: u32) -> Option<Selector> {
        if is_all(field) {
            return Some(Selector::Everything);
        }
        if depth > DEPTH_MAX {
            self.problem(
                field,
                "there are too many selections within selections",
                "Give parts of it a name under [list].",
            );
            return None;
        }
        let table = self.table(field, EXAMPLE)?;
        self.conditions_on_line(table, false, depth)
    }

    fn conditions_on_line(&mut self, mut table: Table<'_>, may_be_empty: bool, depth: u32) -> Option<Selector> {
        let before = self.problems.len();
        let mut all = Vec::new();
        for (key, kind) in [("item", Kind::Item), ("department", Kind::Department), ("tag", Kind::Tag)] {
            if let Some(field) = table.take(key) {
                let words = self.texts(&field);
                all.push(one_of(words.iter().map(|word| self.symbols.intern(kind, word))));
            }
        }
        if let Some(field) = table.take("all_tags") {
            let tags = self.texts(&field);
            all.extend(tags.iter().map(|tag| one_of([self.symbols.intern(Kind::Tag, tag)])));
        }
        if let Some(field) = table.take("gtin") {
            all.push(self.gtins(&field));
        }
        if let Some(field) = table.take("attribute")
            && let Some(attributes) = self.table(&field, "{ brand = \"Acme\" }")
        {
            for (key, value) in attributes.fields() {
                let values = self.attribute_values(&value);
                all.push(one_of(values.iter().map(|value| self.symbols.intern_attribute(key, value))));
            }
        }
        if let Some(field) = table.take("price") {
            all.extend(self.price_range(&field));
        }
        if let Some(field) = table.take("list") {
            let names = self.texts(&field);
            let known: Vec<Selector> = names.iter().filter_map(|name| self.list(&field, name)).collect();
            all.push(Selector::Any(known));
        }
        for key in ["any", "all"] {
            if let Some(field) = table.take(key) {
                let parts = self.selectors(&field, depth + 1);
                all.push(if key == "any" { Selector::Any(parts) } else { Selector::All(parts) });
            }
        }
        if let Some(field) = table.take("except") {
            let shut_out = self.selectors(&field, depth + 1).into_iter();
            all.extend(shut_out.map(|selector| Selector::Except(Box::new(selector))));
        }
        let (place, spot) = (table.place.clone(), table.spot);
        self.finish(table);
        if all.is_empty() && !may_be_empty && self.problems.len() == before {
            self.problem_at(
                &place,
                spot,
                "the selection says nothing",
                "Write which goods are meant, or items = \"all\".",
            );
        }
        if self.problems.len() > before {
            return None;
        }
        let only = if all.len() == 1 { all.pop() } else { None };
        Some(only.unwrap_or(if all.is_empty() { Selector::Everything } else { Selector::All(all) }))
    }

    fn selectors(&mut self, field: &Field<'_>, depth: u32) -> Vec<Selector> {
        let items = self.filled_list(field);
        items.iter().filter_map(|item| self.selector(item, depth)).collect()
    }

    fn gtins(&mut self, field: &Field<'_>) -> Selector {
        let mut symbols = Vec::new();
        for text in self.texts(field) {
            match gtin(&text) {
                Some(gtin) => symbols.push(self.symbols.intern(Kind::Gtin, &gtin)),
                None => self.problem(
                    field,
                    format!("\"{text}\" is not a GTIN"),
                    "Write its 8 to 14 digits; for an article number use item.",
                ),
            }
        }
        one_of(symbols)
    }

    fn price_range(&mut self, field: &Field<'_>) -> Option<Selector> {
        let mut table = self.table(field, "{ from = \"5.00\", to = \"20.00\" }")?;
        let from = table.take("from").and_then(|field| self.amount(&field));
        let to = table.take("to").and_then(|field| self.amount(&field));
        self.finish(table);
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            self.problem(field, format!("no price lies from {from} to {to}"), "Write the lower price first.");
        }
        Some(Selector::Price { from, to })
    }

    fn list(&mut self, field: &Field<'_>, name: &str) -> Option<Selector> {
        let size = self.lists.get(name).map(Selector::size);
        if size.is_none() {
            let names: Vec<&str> = self.lists.keys().map(String::as_str).collect();
            let what_to_do = match crate::problem::nearest(name, names.iter().copied()) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("Add [list.{name}] at the beginning of the file."),
            };
            self.problem(field, format!("there is no list \"{name}\""), what_to_do);
        }
        // Counted before anything is copied.
        self.conditions_copied = self.conditions_copied.saturating_add(size?);
        if self.conditions_copied > CONDITIONS_COPIED_MAX {
            self.problem(
                field,
                format!("lists that use lists come to more than {CONDITIONS_COPIED_MAX} conditions"),
                "Give the goods a tag in the catalogue, and write the tag.",
            );
            return None;
        }
        self.lists.get(name).cloned()
    }

    /// `[list.NAME]`: selections with a name. A list may use those before it in the alphabet.
    pub(crate) fn named_lists(&mut self, field: &Field<'_>) {
        let Some(table) = self.table(field, "{ summer = { tag = \"summer\" } }") else { return };
        let mut lists: Vec<_> = table.fields().collect();
        lists.sort_by_key(|(name, _)| *name);
        for (name, field) in lists {
            if let Some(selector) = self.selector(&field, 0) {
                self.lists.insert(name.to_owned(), selector);
            }
        }
    }
}

fn is_all(field: &Field<'_>) -> bool {
    matches!(&field.node.value, Value::Text(text) if text == "all")
}

fn one_of(symbols: impl IntoIterator<Item = Symbol>) -> Selector {
    let mut symbols: Vec<Symbol> = symbols.into_iter().collect();
    symbols.sort_unstable();
    symbols.dedup();
    Selector::OneOf(symbols)
}
