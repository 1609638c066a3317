//! What a printer model can do: how wide its paper, which characters, what it cuts and draws.

use crate::code_page::CodePage;
use serde::{Deserialize, Serialize};

/// Dots of one character of font A, across; the paper's printable width is `columns` times this.
pub const COLUMN_DOTS: u32 = 12;

/// Characters on a line in font A: 42 or 48 on 80 mm paper, 32 on 58 mm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Columns(u8);

impl Columns {
    /// Narrower paper could not hold a price beside a word.
    pub const MIN: u8 = 16;
    /// Wider paper is no receipt printer's.
    pub const MAX: u8 = 96;

    /// From [`MIN`](Self::MIN) to [`MAX`](Self::MAX).
    pub fn new(columns: u8) -> Option<Columns> {
        (Columns::MIN..=Columns::MAX).contains(&columns).then_some(Columns(columns))
    }

    /// The number.
    pub fn count(self) -> usize {
        usize::from(self.0)
    }

    /// Printable dots across.
    pub fn dots(self) -> u32 {
        u32::from(self.0) * COLUMN_DOTS
    }
}

impl Default for Columns {
    fn default() -> Self {
        Columns(42)
    }
}

impl TryFrom<u8> for Columns {
    type Error = String;

    fn try_from(columns: u8) -> Result<Self, String> {
        let (min, max) = (Columns::MIN, Columns::MAX);
        Columns::new(columns).ok_or_else(|| format!("columns = {columns} is not between {min} and {max}; 42 fits most"))
    }
}

impl From<Columns> for u8 {
    fn from(columns: Columns) -> u8 {
        columns.0
    }
}

/// How the printer's knife cuts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// All but a corner, so that the receipt does not fall.
    #[default]
    Partial,
    /// Through.
    Full,
    /// No knife: the paper is torn off.
    None,
}

/// A printer model. The defaults fit an 80 mm printer of the Epson TM family and most that follow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrinterProfile {
    /// Name for people: `Epson TM-T20III`.
    pub name: String,
    /// Characters on a line.
    pub columns: Columns,
    /// Its characters.
    pub code_page: CodePage,
    /// Its knife.
    pub cut: Cut,
    /// Lines between print head and knife, fed before the cut.
    pub feed_lines: u8,
    /// Draws QR codes (`GS ( k`); if not, their text is printed.
    pub has_qr: bool,
    /// Draws Code 128 (`GS k`); if not, its text is printed.
    pub has_barcode: bool,
    /// Starts in a two-byte mode (Chinese, Japanese models) that `FS .` has to end before a page's upper half prints.
    pub cancel_kanji: bool,
}

impl Default for PrinterProfile {
    fn default() -> Self {
        PrinterProfile {
            name: "ESC/POS".to_owned(),
            columns: Columns::default(),
            code_page: CodePage::default(),
            cut: Cut::default(),
            feed_lines: 4,
            has_qr: true,
            has_barcode: true,
            cancel_kanji: false,
        }
    }
}
