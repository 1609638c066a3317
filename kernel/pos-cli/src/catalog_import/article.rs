//! From a row to an article, or to everything that is wrong with the row.

use super::ImportOptions;
use super::cells::{Cells, WORD_LENGTH_MAX};
use super::columns::Columns;
use super::mapping::Field;
use super::number::DecimalMark;
use super::problem::{Problem, RowError};
use super::text::Row;
use super::value::canonical_code;
use pos_domain::catalogue::Item;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Longest name, in characters: three lines of a narrow receipt.
const NAME_LENGTH_MAX: usize = 120;

/// Makes articles of rows, and remembers the ids and codes it has given out.
pub(super) struct Articles<'o> {
    columns: Columns,
    options: &'o ImportOptions,
    mark: Option<DecimalMark>,
    words: Words,
    ids: HashMap<Arc<str>, u64>,
    codes: HashMap<String, u64>,
    /// Deposits that articles name.
    deposits: Vec<DepositNamed>,
}

/// A deposit that a row names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DepositNamed {
    /// The article.
    pub(super) article: Arc<str>,
    /// The deposit.
    pub(super) deposit: Arc<str>,
    /// What is wrong with the cell if there is no such deposit.
    pub(super) error: RowError,
}

impl<'o> Articles<'o> {
    pub(super) fn new(columns: Columns, options: &'o ImportOptions, mark: Option<DecimalMark>) -> Self {
        Articles {
            columns,
            options,
            mark,
            words: Words::default(),
            ids: HashMap::new(),
            codes: HashMap::new(),
            deposits: Vec::new(),
        }
    }

    /// The row's article. A row with an error claims neither its id nor its codes.
    pub(super) fn read(&mut self, row: &Row) -> Result<Item, Vec<RowError>> {
        let mut cells = Cells::new(row, &self.columns);
        let surplus = row.cells.iter().skip(cells.columns.headers.len()).position(|cell| !cell.trim().is_empty());
        if let Some(index) = surplus {
            // The other cells have moved out of place: what they seem to get wrong would only mislead.
            let columns = cells.columns.headers.len();
            cells.refuse(columns + index, Problem::TooManyCells { cells: row.cells.len(), columns });
            return Err(cells.errors);
        }
        let name = cells.required(Field::Name, NAME_LENGTH_MAX).to_owned();
        let unit = cells.unit();
        let price = cells.price(Field::Price, unit, self.mark, self.options);
        let cost = cells.price(Field::Cost, unit, self.mark, self.options);
        let tax_class = cells.tax_class(self.options).to_owned();
        let departments = cells.departments();
        let tags = cells.words(Field::Tags);
        let discountable = cells.yes_or_no(Field::Discountable);
        let deposit = cells.deposit();
        let measured = unit.or(price.map(|price| price.per.unit)).filter(|unit| unit.is_measured());
        if let Some(unit) = measured.filter(|_| !deposit.is_none()) {
            cells.refuse(cells.column(Field::Deposit), Problem::DepositOnMeasured { unit: unit.symbol() });
        }
        let reorder = cells.reorder(self.mark);
        let mut codes = cells.codes();
        let id = cells.text(Field::Id, WORD_LENGTH_MAX).map(|(_, text)| text.to_owned());
        let id = match (id, codes.first()) {
            (Some(id), Some(_)) => id,
            // Without a code an article is sold by its id, which therefore has to be one.
            (Some(id), None) => {
                let column = cells.column(Field::Id);
                codes.extend(cells.checked_code(column, &id));
                id
            }
            (None, Some((_, code))) => code.clone(),
            (None, None) => {
                let column = cells.column(if cells.columns.has(Field::Code) { Field::Code } else { Field::Id });
                // A code that was refused has said so already.
                if cells.is_empty(Field::Code) {
                    cells.refuse(column, Problem::NothingToSellBy);
                }
                String::new()
            }
        };
        if let Some(&row) = self.ids.get(id.as_str()) {
            cells.refuse(cells.column(Field::Id), Problem::DuplicateId { row });
        }
        for (column, code) in &codes {
            if let Some(&row) = self.codes.get(&canonical_code(code)) {
                cells.refuse(*column, Problem::DuplicateCode { code: code.clone(), row });
            }
        }
        let column = cells.column(Field::Deposit);
        let named = deposit.of().iter().map(|of| {
            let error = cells.error(column, Problem::DepositUnknown { deposit: of.item.to_string() });
            DepositNamed { article: id.as_str().into(), deposit: of.item.clone(), error }
        });
        let named: Vec<DepositNamed> = named.collect();
        let errors = cells.errors;
        let (Some(price), true) = (price, errors.is_empty()) else {
            return Err(errors);
        };
        let id: Arc<str> = id.into();
        self.deposits.extend(named);
        self.ids.insert(Arc::clone(&id), row.number);
        self.codes.extend(codes.iter().map(|(_, code)| (canonical_code(code), row.number)));
        Ok(Item {
            id,
            name: name.into(),
            codes: codes.into_iter().map(|(_, code)| code.into()).collect(),
            unit: unit.unwrap_or(price.per.unit),
            price,
            departments: self.words.all(departments),
            tags: self.words.all(tags),
            tax_class: self.words.shared(&tax_class),
            cost,
            reorder,
            discountable,
            deposit,
        })
    }
}

impl Articles<'_> {
    /// Deposits that the articles name.
    pub(super) fn deposits(self) -> Vec<DepositNamed> {
        self.deposits
    }
}

/// Texts that many articles have in common, each kept once.
#[derive(Default)]
struct Words(HashSet<Arc<str>>);

impl Words {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(word) = self.0.get(text) {
            return Arc::clone(word);
        }
        let word: Arc<str> = text.into();
        self.0.insert(Arc::clone(&word));
        word
    }

    fn all(&mut self, texts: Vec<&str>) -> Vec<Arc<str>> {
        texts.into_iter().map(|text| self.shared(text)).collect()
    }
}
