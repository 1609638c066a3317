//! The cells of one row, read field by field; what is wrong is collected, so that a row is mended in one go.

use super::ImportOptions;
use super::columns::Columns;
use super::mapping::Field;
use super::number::{self, DecimalMark};
use super::problem::{Problem, RowError};
use super::text::Row;
use super::value;
use pos_domain::catalogue::Deposit;
use pos_domain::stock::Reorder;
use pos_money::{Decimal, Unit, UnitPrice};

/// Longest id, tag, department or class, in characters.
pub(super) const WORD_LENGTH_MAX: usize = 60;
/// Longest excerpt of a cell in a message.
const EXCERPT_LENGTH_MAX: usize = 60;
/// Longest list of deposits, in characters.
const DEPOSIT_LENGTH_MAX: usize = 200;
const DEPARTMENT_DEPTH_MAX: usize = 8;
/// The class of an article in a file without a column for it.
const TAX_CLASS_DEFAULT: &str = "standard";

/// The cells of one row, and what is wrong with them.
pub(super) struct Cells<'r> {
    row: &'r Row,
    pub(super) columns: &'r Columns,
    pub(super) errors: Vec<RowError>,
}

impl<'r> Cells<'r> {
    pub(super) fn new(row: &'r Row, columns: &'r Columns) -> Self {
        Cells { row, columns, errors: Vec::new() }
    }

    fn cell(&self, column: usize) -> &'r str {
        self.row.cells.get(column).map_or("", |cell| cell.trim())
    }

    /// The column an error about a field belongs to.
    pub(super) fn column(&self, field: Field) -> usize {
        self.columns.of(field).next().unwrap_or(0)
    }

    pub(super) fn is_empty(&self, field: Field) -> bool {
        self.columns.of(field).all(|column| self.cell(column).is_empty())
    }

    pub(super) fn refuse(&mut self, column: usize, problem: Problem) {
        let error = self.error(column, problem);
        self.errors.push(error);
    }

    /// What is wrong with a cell.
    pub(super) fn error(&self, column: usize, problem: Problem) -> RowError {
        let header = self.columns.headers.get(column).map_or("", |header| header.trim());
        let cell = self.cell(column);
        let visible = |character: char| if character.is_control() { ' ' } else { character };
        let mut value: String = cell.chars().take(EXCERPT_LENGTH_MAX).map(visible).collect();
        if cell.chars().count() > EXCERPT_LENGTH_MAX {
            value.push('…');
        }
        RowError {
            row: self.row.number,
            column: if header.is_empty() { format!("#{}", column + 1) } else { header.to_owned() },
            value,
            code: problem.code(),
            problem,
        }
    }

    /// A text that is neither too long nor holds control characters; refused or empty, none.
    pub(super) fn text(&mut self, field: Field, length_max: usize) -> Option<(usize, &'r str)> {
        let column = self.columns.of(field).next()?;
        let cell = self.cell(column);
        let length = cell.chars().count();
        if cell.chars().any(char::is_control) {
            self.refuse(column, Problem::ControlCharacter);
        } else if length > length_max {
            self.refuse(column, Problem::TooLong { length, most: length_max });
        } else if !cell.is_empty() {
            return Some((column, cell));
        }
        None
    }

    pub(super) fn required(&mut self, field: Field, length_max: usize) -> &'r str {
        if self.is_empty(field) {
            self.refuse(self.column(field), Problem::Missing(field));
        }
        self.text(field, length_max).map_or("", |(_, text)| text)
    }

    /// The unit of the unit column; none if it says nothing.
    pub(super) fn unit(&mut self) -> Option<Unit> {
        let (column, text) = self.text(Field::Unit, WORD_LENGTH_MAX)?;
        let unit = value::unit(text);
        if unit.is_none() {
            self.refuse(column, Problem::UnknownUnit);
        }
        unit
    }

    pub(super) fn price(
        &mut self,
        field: Field,
        unit: Option<Unit>,
        mark: Option<DecimalMark>,
        options: &ImportOptions,
    ) -> Option<UnitPrice> {
        let text = if field == Field::Price {
            self.required(field, WORD_LENGTH_MAX)
        } else {
            self.text(field, WORD_LENGTH_MAX)?.1
        };
        if text.is_empty() {
            return None;
        }
        let answer = value::unit_price(text, field, unit, mark, options);
        answer.map_err(|problem| self.refuse(self.column(field), problem)).ok()
    }

    /// When more is wanted, and how much; a point without a quantity is ordered one by one.
    pub(super) fn reorder(&mut self, mark: Option<DecimalMark>) -> Option<Reorder> {
        let mut figure = |field: Field| {
            let (column, text) = self.text(field, WORD_LENGTH_MAX).filter(|(_, text)| !text.is_empty())?;
            let read = number::parse(text, mark).and_then(|amount| match amount.value.is_sign_negative() {
                true => Err(Problem::NegativeAmount(field)),
                false => Ok(amount.value),
            });
            read.map_err(|problem| self.refuse(column, problem)).ok()
        };
        let (point, quantity) = (figure(Field::ReorderPoint), figure(Field::ReorderQuantity));
        let supplier = self.text(Field::Supplier, WORD_LENGTH_MAX).map_or("", |(_, text)| text).into();
        Some(Reorder {
            point: point?,
            quantity: quantity.filter(|more| !more.is_zero()).unwrap_or(Decimal::ONE),
            supplier,
        })
    }

    pub(super) fn tax_class<'o: 'r>(&mut self, options: &'o ImportOptions) -> &'r str {
        if !self.columns.has(Field::TaxClass) {
            return TAX_CLASS_DEFAULT;
        }
        let text = self.required(Field::TaxClass, WORD_LENGTH_MAX);
        let rate = text.trim_end_matches('%').trim().replace(',', ".");
        if let Some(class) = options.tax_classes.get(text).or_else(|| options.tax_classes.get(&rate)) {
            return class;
        }
        if !rate.is_empty() && rate.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            self.refuse(self.column(Field::TaxClass), Problem::TaxRate { rate });
        }
        text
    }

    /// Departments from the root on, over all columns that hold some.
    pub(super) fn departments(&mut self) -> Vec<&'r str> {
        let mut path = Vec::new();
        for column in self.columns.of(Field::Department) {
            let cell = self.cell(column);
            if cell.chars().any(char::is_control) {
                self.refuse(column, Problem::ControlCharacter);
                continue;
            }
            let names = cell.split(['>', '›']).map(str::trim).filter(|name| !name.is_empty());
            for name in names {
                let length = name.chars().count();
                if length > WORD_LENGTH_MAX {
                    self.refuse(column, Problem::TooLong { length, most: WORD_LENGTH_MAX });
                }
                path.push(name);
            }
            if path.len() > DEPARTMENT_DEPTH_MAX {
                self.refuse(column, Problem::TooDeep { depth: path.len(), most: DEPARTMENT_DEPTH_MAX });
            }
        }
        path
    }

    /// Words, separated by spaces, commas, semicolons or bars.
    pub(super) fn words(&mut self, field: Field) -> Vec<&'r str> {
        let mut words = Vec::new();
        for column in self.columns.of(field) {
            for word in value::split(self.cell(column)) {
                let length = word.chars().count();
                if length > WORD_LENGTH_MAX {
                    self.refuse(column, Problem::TooLong { length, most: WORD_LENGTH_MAX });
                } else if word.chars().any(char::is_control) {
                    self.refuse(column, Problem::ControlCharacter);
                } else if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        words
    }

    /// Deposits of a piece: `PFAND-25`, `20 x PFAND-8 + CRATE`; `itself` on a deposit.
    pub(super) fn deposit(&mut self) -> Deposit {
        let Some((column, text)) = self.text(Field::Deposit, DEPOSIT_LENGTH_MAX) else { return Deposit::None };
        if text.eq_ignore_ascii_case("itself") {
            return Deposit::Itself;
        }
        match value::deposits(text) {
            Some(deposits) => Deposit::Of(deposits),
            None => {
                self.refuse(column, Problem::NotADeposit);
                Deposit::None
            }
        }
    }

    pub(super) fn yes_or_no(&mut self, field: Field) -> bool {
        let Some((column, text)) = self.text(field, WORD_LENGTH_MAX) else { return true };
        match text.to_lowercase().as_str() {
            "yes" | "y" | "true" | "1" | "x" | "ja" | "j" | "oui" | "o" | "si" | "sì" => true,
            "no" | "n" | "false" | "0" | "nein" | "non" => false,
            _ => {
                self.refuse(column, Problem::NotYesOrNo);
                true
            }
        }
    }

    /// Codes with the column each is from, without repetitions.
    pub(super) fn codes(&mut self) -> Vec<(usize, String)> {
        let mut codes: Vec<(usize, String)> = Vec::new();
        for column in self.columns.of(Field::Code) {
            for code in value::split(self.cell(column)) {
                if !codes.iter().any(|(_, known)| known == code) {
                    codes.extend(self.checked_code(column, code));
                }
            }
        }
        codes
    }

    /// A code that can be scanned or typed, or none and an error.
    pub(super) fn checked_code(&mut self, column: usize, code: &str) -> Option<(usize, String)> {
        match value::code(code) {
            Ok(code) => Some((column, code)),
            Err(problem) => {
                self.refuse(column, problem);
                None
            }
        }
    }
}
