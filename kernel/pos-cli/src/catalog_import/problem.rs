//! What can be wrong with a row, and with a file: named, with what to do about it.

use super::mapping::Field;
use pos_money::Currency;
use serde::{Serialize, Serializer};
use std::fmt;

/// What is wrong with a cell. The text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Required and empty.
    #[error("The cell is empty. Enter the article's {}.", .0.noun())]
    Missing(Field),
    /// No code and no id.
    #[error("The row has neither an id nor a code. Enter one of them.")]
    NothingToSellBy,
    /// Not a number.
    #[error("This is not an amount. Write it like 12.50.")]
    NotAnAmount,
    /// `1.459` in a file that does not show which mark it uses.
    #[error("This can mean a fraction or thousands. Say which mark the file uses: --decimal . or --decimal ,")]
    AmbiguousAmount,
    /// Below zero.
    #[error("An amount below zero cannot be an article's {}. Enter zero or more.", .0.noun())]
    NegativeAmount(Field),
    /// More digits than a price has.
    #[error("The amount has {decimals} decimal places. Round it to at most {most}.")]
    TooManyDecimals {
        /// Found.
        decimals: usize,
        /// Allowed.
        most: usize,
    },
    /// Beyond what a price can be.
    #[error("The amount is too large. A price has at most nine digits before the decimal mark.")]
    AmountTooLarge,
    /// Another currency than the shop's.
    #[error("The amount is in {found}, the shop sells in {expected}. Convert it.")]
    OtherCurrency {
        /// In the file.
        found: Currency,
        /// The shop's.
        expected: Currency,
    },
    /// `2.40/box`.
    #[error("What follows the / is not a quantity. Write it like 1.90/100 g or 12.98/3.")]
    NotAPer,
    /// A price per litre of something sold by the kilogram.
    #[error("The price is per {per}, the article is sold by {unit}. Use one measure for both.")]
    UnitsDiffer {
        /// The price's.
        per: &'static str,
        /// The article's.
        unit: &'static str,
    },
    /// Not a unit of measure.
    #[error("This is not a known unit. Use each, kg, g, l, ml, m, cm, m2, hour or other.")]
    UnknownUnit,
    /// The check digit does not fit.
    #[error(
        "Code {code} has a wrong check digit: {found} instead of {expected}. Compare it with the digits below the bars."
    )]
    CheckDigitWrong {
        /// The code.
        code: String,
        /// The digit found.
        found: char,
        /// The digit that would fit.
        expected: char,
    },
    /// `4.00638E+12`.
    #[error("A spreadsheet has shortened the code {code}. Format its column as text, and export again.")]
    CodeShortened {
        /// As found.
        code: String,
    },
    /// A character that no code can be sold by.
    #[error(
        "Code {code} contains {character:?}, which cannot be typed at the register. Use letters, digits and - . _ /"
    )]
    CodeCharacter {
        /// The code.
        code: String,
        /// The character.
        character: char,
    },
    /// Too much text.
    #[error("The text has {length} characters. Shorten it to at most {most}.")]
    TooLong {
        /// Found.
        length: usize,
        /// Allowed.
        most: usize,
    },
    /// A line break, a tab, an escape.
    #[error(
        "The text contains a line break or another control character. Remove it; a quotation mark may have been left open."
    )]
    ControlCharacter,
    /// A path of departments too deep.
    #[error("The article is {depth} departments deep. Use at most {most}.")]
    TooDeep {
        /// Found.
        depth: usize,
        /// Allowed.
        most: usize,
    },
    /// A rate where a class is needed.
    #[error("{rate} is a rate, not a tax class. Say which class it means: --tax-class {rate}=standard")]
    TaxRate {
        /// As found.
        rate: String,
    },
    /// Neither yes nor no.
    #[error("This is neither yes nor no. Write one of them, or leave the cell empty for yes.")]
    NotYesOrNo,
    /// `20 PFAND`.
    #[error("This names no deposit. Write a deposit article's id, like PFAND-25 or 20 x PFAND-8 + CRATE, or itself.")]
    NotADeposit,
    /// A deposit by weight.
    #[error("What is sold by {unit} has no deposit a piece. Leave the cell empty, or sell it by the piece.")]
    DepositOnMeasured {
        /// Symbol of the unit.
        unit: &'static str,
    },
    /// A deposit that cannot be charged.
    #[error("{deposit} is not on file as a deposit. Give it a row with \"itself\" in its column for deposits.")]
    DepositUnknown {
        /// Its id.
        deposit: String,
    },
    /// The same id twice.
    #[error("Row {row} has the same id already. Give each article an id of its own.")]
    DuplicateId {
        /// The row that has it.
        row: u64,
    },
    /// The same code twice.
    #[error("Row {row} has the code {code} already. A code can sell one article only.")]
    DuplicateCode {
        /// The code.
        code: String,
        /// The row that has it.
        row: u64,
    },
    /// An unquoted delimiter, most likely.
    #[error(
        "The row has {cells} cells, the first row has {columns}. Put texts that contain the delimiter in quotation marks."
    )]
    TooManyCells {
        /// In this row.
        cells: usize,
        /// In the header.
        columns: usize,
    },
}

impl Problem {
    /// Stable name for programs and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::Missing(_) => "missing",
            Problem::NothingToSellBy => "nothing_to_sell_by",
            Problem::NotAnAmount => "not_an_amount",
            Problem::AmbiguousAmount => "ambiguous_amount",
            Problem::NegativeAmount(_) => "negative_amount",
            Problem::TooManyDecimals { .. } => "too_many_decimals",
            Problem::AmountTooLarge => "amount_too_large",
            Problem::OtherCurrency { .. } => "other_currency",
            Problem::NotAPer => "not_a_per",
            Problem::UnitsDiffer { .. } => "units_differ",
            Problem::UnknownUnit => "unknown_unit",
            Problem::CheckDigitWrong { .. } => "check_digit_wrong",
            Problem::CodeShortened { .. } => "code_shortened",
            Problem::CodeCharacter { .. } => "code_character",
            Problem::TooLong { .. } => "too_long",
            Problem::ControlCharacter => "control_character",
            Problem::TooDeep { .. } => "too_deep",
            Problem::TaxRate { .. } => "tax_rate",
            Problem::NotYesOrNo => "not_yes_or_no",
            Problem::NotADeposit => "not_a_deposit",
            Problem::DepositOnMeasured { .. } => "deposit_on_measured",
            Problem::DepositUnknown { .. } => "deposit_unknown",
            Problem::DuplicateId { .. } => "duplicate_id",
            Problem::DuplicateCode { .. } => "duplicate_code",
            Problem::TooManyCells { .. } => "too_many_cells",
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One thing wrong with one cell. The row it is in was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// Row as a spreadsheet numbers it: the header is row 1.
    pub row: u64,
    /// Column as its header names it.
    pub column: String,
    /// What the cell holds, shortened.
    pub value: String,
    /// Stable name of the problem.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub problem: Problem,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RowError { row, column, value, code: _, problem } = self;
        write!(f, "Row {row}, column \"{column}\"")?;
        if !value.is_empty() {
            write!(f, ", \"{value}\"")?;
        }
        write!(f, ": {problem}")
    }
}

/// Why a file could not be read at all. Nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Nothing in it.
    #[error("The file is empty. Its first row must name the columns, at least name and price.")]
    Empty,
    /// A workbook, not a CSV.
    #[error("The file is a spreadsheet workbook, not CSV. Save it as \"CSV UTF-8\" and import that file.")]
    Workbook,
    /// UTF-16.
    #[error("The file is written in UTF-16. Save it as \"CSV UTF-8\" and import that file.")]
    Utf16,
    /// Columns that were not recognised.
    #[error("No column was recognised as {}. The columns are {}. Name it with --map, for example --map {}=\"{}\".",
        names(.missing), quoted(.columns), .missing.first().map_or("name", |field| field.name()), .columns.first().map_or("COLUMN", String::as_str))]
    ColumnsMissing {
        /// Fields without a column.
        missing: Vec<Field>,
        /// The header.
        columns: Vec<String>,
    },
    /// A mapping to a column that is not there.
    #[error("There is no column \"{column}\" for {}. The columns are {}.", .field.name(), quoted(.columns))]
    UnknownColumn {
        /// The field that was mapped.
        field: Field,
        /// The column named.
        column: String,
        /// The header.
        columns: Vec<String>,
    },
    /// The file could not be read to its end.
    #[error("The file could not be read: {0}. Check it and try again; nothing was imported.")]
    Unreadable(#[from] std::io::Error),
}

impl From<csv::Error> for ImportError {
    fn from(error: csv::Error) -> Self {
        ImportError::Unreadable(std::io::Error::from(error))
    }
}

fn names(fields: &[Field]) -> String {
    let name = |field: &Field| if *field == Field::Code { "id or code" } else { field.name() };
    fields.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn quoted(columns: &[String]) -> String {
    columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
}
