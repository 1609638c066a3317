//! The header of a file matched with the fields of an article.

use super::mapping::{Field, Mapping, plain};
use super::problem::ImportError;
use pos_money::Currency;
use serde::Serialize;

/// Where each field is in a row, found from the header.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// The header as written.
    pub(super) headers: Vec<String>,
    /// Field and column, by column.
    found: Vec<(Field, usize)>,
}

impl Columns {
    /// Matches the header: what the owner says first, then names, most telling first.
    pub(super) fn resolve(headers: Vec<String>, mapping: &Mapping) -> Result<Columns, ImportError> {
        let mut columns = Columns { headers, found: Vec::new() };
        for (&field, name) in &mapping.columns {
            match columns.position(name) {
                Some(index) => columns.found.push((field, index)),
                None => {
                    return Err(ImportError::UnknownColumn { field, column: name.clone(), columns: columns.headers });
                }
            }
        }
        let named: Vec<Vec<String>> = columns.headers.iter().map(|header| spellings(header)).collect();
        for field in Field::ALL.into_iter().filter(|field| !mapping.columns.contains_key(field)) {
            for synonym in field.synonyms() {
                for (index, spellings) in named.iter().enumerate() {
                    let is_free = !columns.found.iter().any(|(_, taken)| *taken == index);
                    if is_free
                        && spellings.iter().any(|spelling| *spelling == synonym)
                        && (field.is_list() || !columns.has(field))
                    {
                        columns.found.push((field, index));
                    }
                }
            }
        }
        columns.found.sort_by_key(|(_, index)| *index);
        Ok(columns)
    }

    fn position(&self, name: &str) -> Option<usize> {
        if let Some(number) = name.strip_prefix('#') {
            return number.parse::<usize>().ok()?.checked_sub(1).filter(|index| *index < self.headers.len());
        }
        let exact = self.headers.iter().position(|header| header == name);
        exact.or_else(|| self.headers.iter().position(|header| plain(header) == plain(name)))
    }

    /// Columns that hold a field.
    pub(super) fn of(&self, field: Field) -> impl Iterator<Item = usize> + '_ {
        self.found.iter().filter(move |(found, _)| *found == field).map(|(_, index)| *index)
    }

    /// Whether any column holds it.
    pub(super) fn has(&self, field: Field) -> bool {
        self.of(field).next().is_some()
    }

    /// How many columns have a meaning.
    pub(super) fn recognised(&self) -> usize {
        self.found.len()
    }

    /// Fields an article cannot do without and that no column holds.
    pub(super) fn missing(&self) -> Vec<Field> {
        let mut missing: Vec<Field> =
            [Field::Name, Field::Price].into_iter().filter(|field| !self.has(*field)).collect();
        if !self.has(Field::Id) && !self.has(Field::Code) {
            missing.push(Field::Code);
        }
        missing
    }

    /// What was found, as data.
    pub(super) fn view(&self) -> Vec<MappedColumn> {
        let mapped = |(index, header): (usize, &String)| MappedColumn {
            column: header.clone(),
            fields: self.found.iter().filter(|(_, found)| *found == index).map(|(field, _)| *field).collect(),
        };
        self.headers.iter().enumerate().map(mapped).collect()
    }
}

/// A column of the file and what it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappedColumn {
    /// As its header names it.
    pub column: String,
    /// What it holds; empty: it was left out.
    pub fields: Vec<Field>,
}

/// Ways to read a header: whole, without a remark in brackets or a currency, without a trailing number (`EAN 2`).
fn spellings(header: &str) -> Vec<String> {
    let before = header.split(['(', '[']).next().unwrap_or_default();
    let words =
        before.split(|character: char| !character.is_alphanumeric()).filter(|word| Currency::from_code(word).is_err());
    let bare = plain(&words.collect::<String>());
    let numberless = bare.trim_end_matches(|character: char| character.is_ascii_digit()).to_owned();
    let mut spellings = vec![plain(header), bare, numberless];
    spellings.retain(|spelling| !spelling.is_empty());
    spellings.dedup();
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, mapping: &[&str], expected: &str) {
        let headers = header.split(';').map(str::to_owned).collect();
        let answer = match Mapping::parse(mapping) {
            Err(error) => error.to_string(),
            Ok(mapping) => match Columns::resolve(headers, &mapping) {
                Err(error) => error.to_string(),
                Ok(columns) => {
                    let name = |column: MappedColumn| column.fields.first().map_or("-", |field| field.name());
                    columns.view().into_iter().map(name).collect::<Vec<_>>().join(" ")
                }
            },
        };
        assert_eq!(answer, expected, "{header}");
    }

    #[test]
    fn usual_names_are_recognised() {
        check("id;name;gtin;price", &[], "id name code price");
        check("SKU;Description;EAN 1;EAN 2;Price (CHF);VAT", &[], "id name code code price tax_class");
        check(
            "Art.-Nr.;Bezeichnung;Strichcode;VK-Preis CHF;MwSt;Warengruppe",
            &[],
            "id name code price tax_class department",
        );
        check("Category;Subcategory;Product;Code;Unit price", &[], "department department name code price");
        check("Référence;Désignation;Code-barres;Prix;TVA", &[], "- name code price tax_class");
        check("name;Name;price;Colour", &[], "name - price -");
    }

    #[test]
    fn the_owner_has_the_last_word() {
        check("a;b;c", &["name=a", "price=#3", "ean=B"], "name code price");
        check("id;name;old price;price", &["price=old price"], "id name price -");
        check("id;name", &["price=Preis"], "There is no column \"Preis\" for price. The columns are \"id\", \"name\".");
        check("id;name", &["price=#3"], "There is no column \"#3\" for price. The columns are \"id\", \"name\".");
        check(
            "id",
            &["price"],
            "\"price\" is not a mapping. Write FIELD=COLUMN, for example price=VK-Preis or price=#3.",
        );
        check(
            "id",
            &["colour=red"],
            "Articles have no field \"colour\". Fields are id, name, code, price, unit, department, tags, tax_class, cost, discountable, reorder_point, reorder_quantity, supplier, deposit.",
        );
        check("id", &["price=a", "price=b"], "price is mapped twice. Name one column for it.");
    }
}
