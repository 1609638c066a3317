//! What an import found, for people and for programs.

use super::article::DepositNamed;
use super::columns::MappedColumn;
use super::number::DecimalMark;
use super::problem::RowError;
use super::text::Encoding;
use pos_domain::catalogue::{Deposit, Item};
use pos_domain::ids::ItemId;
use pos_money::{Decimal, Unit};
use serde::{Serialize, Serializer};
use std::collections::HashMap;
use std::fmt;

/// Errors printed before the rest is only counted.
const ERRORS_SHOWN: usize = 20;

/// How a file was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layout {
    /// Between the cells.
    pub delimiter: char,
    /// Character set.
    pub encoding: Encoding,
    /// Decimal mark; none: the file does not show one, and amounts like `1.459` are refused.
    pub decimal: Option<DecimalMark>,
    /// Columns, in order.
    pub columns: Vec<MappedColumn>,
}

/// What the first rows of a file would become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportPreview {
    /// How it was understood.
    #[serde(flatten)]
    pub layout: Layout,
    /// Rows looked at, without the header.
    pub rows: u64,
    /// How many of them are articles.
    pub good: usize,
    /// What is wrong with the others.
    pub errors: Vec<RowError>,
    /// The first articles.
    pub sample: Vec<Item>,
}

/// What a file became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// How it was understood.
    #[serde(flatten)]
    pub layout: Layout,
    /// Rows read, without the header and blank rows.
    pub rows: u64,
    /// The articles, in the file's order; as data only their number.
    #[serde(serialize_with = "count")]
    pub good: Vec<Item>,
    /// What is wrong with the other rows.
    pub errors: Vec<RowError>,
    /// The first articles.
    pub sample: Vec<Item>,
    /// Deposits that the articles name.
    #[serde(skip)]
    pub(super) deposits: Vec<DepositNamed>,
}

impl ImportReport {
    /// Leaves out articles whose deposits are neither in the file nor on file as deposits.
    pub fn check_deposits(&mut self, on_file: impl Fn(&str) -> bool) {
        let itself = |item: &Item| (item.id.clone(), item.deposit == Deposit::Itself);
        let here: HashMap<ItemId, bool> = self.good.iter().map(itself).collect();
        let is_known =
            |named: &DepositNamed| here.get(&named.deposit).copied().unwrap_or_else(|| on_file(&named.deposit));
        let (known, unknown) = std::mem::take(&mut self.deposits).into_iter().partition(is_known);
        self.deposits = known;
        let unknown: Vec<DepositNamed> = unknown;
        for DepositNamed { article, deposit: _, error } in unknown {
            self.good.retain(|item| item.id != article);
            self.sample.retain(|item| item.id != article);
            self.deposits.retain(|named| named.article != article);
            self.errors.push(error);
        }
        self.errors.sort_by_key(|error| error.row);
    }
}

fn count<S: Serializer>(items: &[Item], serializer: S) -> Result<S::Ok, S::Error> {
    items.len().serialize(serializer)
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Layout { delimiter, encoding, decimal, columns } = self;
        let delimiter = match delimiter {
            '\t' => "tab".to_owned(),
            other => format!("\"{other}\""),
        };
        let decimal = decimal.map_or("decimal mark unknown".to_owned(), |mark| mark.to_string());
        writeln!(f, "{} columns separated by {delimiter}, {encoding}, {decimal}:", columns.len())?;
        for MappedColumn { column, fields } in columns {
            let names = fields.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ");
            writeln!(f, "  {:<13} {column}", if names.is_empty() { "(not used)" } else { &names })?;
        }
        Ok(())
    }
}

impl fmt::Display for ImportPreview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ImportPreview { layout, rows, good, errors, sample } = self;
        write!(f, "{layout}")?;
        if !sample.is_empty() {
            writeln!(f, "First articles:")?;
        }
        for item in sample {
            writeln!(f, "  {}", ItemLine(item))?;
        }
        writeln!(f, "{good} of the first {rows} rows are articles.")?;
        write_errors(f, errors)
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ImportReport { layout: _, rows, good, errors, sample: _, deposits: _ } = self;
        writeln!(f, "{} of {rows} rows are articles.", good.len())?;
        write_errors(f, errors)
    }
}

fn write_errors(f: &mut fmt::Formatter<'_>, errors: &[RowError]) -> fmt::Result {
    // The errors of one row stand together.
    let mut rows: Vec<u64> = errors.iter().map(|error| error.row).collect();
    rows.dedup();
    match rows.len() {
        0 => return Ok(()),
        1 => writeln!(f, "1 row was left out:")?,
        many => writeln!(f, "{many} rows were left out:")?,
    }
    for error in errors.iter().take(ERRORS_SHOWN) {
        writeln!(f, "  {error}")?;
    }
    if let Some(more) = errors.len().checked_sub(ERRORS_SHOWN).filter(|more| *more > 0) {
        writeln!(f, "  and {more} more; --json lists them all.")?;
    }
    Ok(())
}

/// An article in a line: `4711  Pale ale 0.5 l  5.90  Drinks > Beer  standard`.
struct ItemLine<'i>(&'i Item);

impl fmt::Display for ItemLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Item {
            id,
            name,
            codes,
            price,
            unit: _,
            departments,
            tags,
            tax_class,
            cost: _,
            reorder: _,
            discountable: _,
            deposit: _,
        } = self.0;
        let per = match (price.per.value == Decimal::ONE, price.per.unit) {
            (true, Unit::Each) => String::new(),
            (true, unit) => format!("/{}", unit.symbol()),
            (false, _) => format!("/{}", price.per),
        };
        write!(f, "{id}  {name}  {}{per}  {}  {tax_class}", price.value, departments.join(" > "))?;
        if !tags.is_empty() {
            write!(f, "  #{}", tags.join(" #"))?;
        }
        write!(f, "  [{}]", codes.join(" "))
    }
}
