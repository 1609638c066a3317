//! Articles from a CSV file: whatever the spreadsheet made of it, the good rows are kept and the others named.
//!
//! ```text
//! Art.-Nr.;Bezeichnung;EAN;VK-Preis;Warengruppe
//! 4711;Pale ale 0,5 l;9520123456788;5,90;Drinks > Beer      kept: 5.90, departments Drinks > Beer
//! 4712;Lager 0,5 l;9520123456787;5,50;Drinks > Beer         row 3, column "EAN": wrong check digit, 7 instead of 8
//! ```
//!
//! Delimiter, encoding, decimal mark and columns are found by themselves; [`preview`] shows what was found, and
//! [`Mapping`] overrules it. A row with an error is left out whole and every cell that is wrong is listed: an article
//! half right at the register is worse than one missing there. Start reading at [`import`].

mod article;
mod cells;
mod columns;
mod mapping;
mod number;
mod problem;
mod report;
mod text;
mod value;

pub use columns::MappedColumn;
pub use mapping::{Field, Mapping, MappingError};
pub use number::DecimalMark;
pub use problem::{ImportError, Problem, RowError};
pub use report::{ImportPreview, ImportReport, Layout};
pub use text::Encoding;

use article::Articles;
use columns::Columns;
use pos_domain::catalogue::Item;
use pos_money::Currency;
use std::collections::BTreeMap;
use std::io::Read;
use text::{Row, Rows};

/// Rows a preview reads.
pub const PREVIEW_ROWS: u64 = 200;
/// Articles shown as a sample.
const SAMPLE_ITEMS: usize = 5;

/// What the owner says about a file; by default nothing, and everything is found.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Columns by name.
    pub mapping: Mapping,
    /// The shop's currency: amounts marked with another one are refused.
    pub currency: Option<Currency>,
    /// The decimal mark, for files that do not show it.
    pub decimal: Option<DecimalMark>,
    /// Tax classes by what the file says: `8.1` is `standard`.
    pub tax_classes: BTreeMap<String, String>,
}

impl ImportOptions {
    /// Nothing but the shop's currency.
    pub fn new(currency: Currency) -> ImportOptions {
        ImportOptions { currency: Some(currency), ..ImportOptions::default() }
    }

    /// Columns named by `FIELD=COLUMN` pairs.
    pub fn with_map<T: AsRef<str>>(self, pairs: &[T]) -> Result<ImportOptions, MappingError> {
        Ok(ImportOptions { mapping: Mapping::parse(pairs)?, ..self })
    }

    /// Tax classes named by `TEXT=CLASS` pairs: `8.1=standard`.
    pub fn with_tax_classes<T: AsRef<str>>(mut self, pairs: &[T]) -> Result<ImportOptions, MappingError> {
        for pair in pairs {
            let no_pair = || MappingError::NoTaxClass { pair: pair.as_ref().to_owned() };
            let (text, class) = pair.as_ref().split_once('=').ok_or_else(no_pair)?;
            let (text, class) = (text.trim(), class.trim());
            if text.is_empty() || class.is_empty() {
                return Err(no_pair());
            }
            self.tax_classes.insert(text.to_owned(), class.to_owned());
        }
        Ok(self)
    }
}

/// Reads the first rows and says how the file was understood. Nothing is kept.
pub fn preview(reader: impl Read, options: &ImportOptions) -> Result<ImportPreview, ImportError> {
    let ImportReport { layout, rows, good, errors, sample, deposits: _ } = read(reader, options, PREVIEW_ROWS)?;
    Ok(ImportPreview { layout, rows, good: good.len(), errors, sample })
}

/// Reads the whole file. The caller stores [`ImportReport::good`], and reports [`ImportReport::errors`].
pub fn import(reader: impl Read, options: &ImportOptions) -> Result<ImportReport, ImportError> {
    read(reader, options, u64::MAX)
}

fn read(reader: impl Read, options: &ImportOptions, rows_max: u64) -> Result<ImportReport, ImportError> {
    let (mut rows, sample) = Rows::open(reader)?;
    let header = rows.next()?.ok_or(ImportError::Empty)?;
    let columns = Columns::resolve(header.cells, &options.mapping)?;
    let missing = columns.missing();
    if !missing.is_empty() {
        return Err(ImportError::ColumnsMissing { missing, columns: columns.headers });
    }
    let mark = options.decimal.or_else(|| decimal_mark(&columns, &sample, rows.delimiter));
    let mapped = columns.view();
    let mut articles = Articles::new(columns, options, mark);
    let (mut count, mut good, mut errors) = (0, Vec::new(), Vec::new());
    while count < rows_max
        && let Some(row) = rows.next()?
    {
        count += 1;
        match articles.read(&row) {
            Ok(item) => good.push(item),
            Err(problems) => errors.extend(problems),
        }
    }
    let layout = Layout { delimiter: rows.delimiter, encoding: rows.encoding, decimal: mark, columns: mapped };
    let sample: Vec<Item> = good.iter().take(SAMPLE_ITEMS).cloned().collect();
    let deposits = articles.deposits();
    let mut report = ImportReport { layout, rows: count, good, errors, sample, deposits };
    // What is not in the file may be on file already.
    report.check_deposits(|_| true);
    Ok(report)
}

/// The mark the sample's prices prove. Where they prove none, a comma between the cells stands for the point; with
/// another delimiter both marks are possible. Where they contradict each other, nothing is proved.
fn decimal_mark(columns: &Columns, sample: &[Row], delimiter: char) -> Option<DecimalMark> {
    let amounts = sample.iter().skip(1).flat_map(|row| {
        let cells = columns.of(Field::Price).chain(columns.of(Field::Cost)).collect::<Vec<_>>();
        cells.into_iter().filter_map(|column| row.cells.get(column))
    });
    let mut proved: Vec<DecimalMark> = amounts.filter_map(|amount| number::evidence(amount)).collect();
    proved.dedup();
    match proved.as_slice() {
        [] => (delimiter == ',').then_some(DecimalMark::Point),
        [first, rest @ ..] => rest.iter().all(|mark| mark == first).then_some(*first),
    }
}

#[cfg(test)]
mod tests;
