//! A paper simulator: what a printer would make of the bytes it gets.
//!
//! [`Paper::read`] follows Epson's ESC/POS reference and shares nothing with the encoder but the character tables, so that
//! one checks the other. A command it does not know is a mark on the paper, never skipped in silence. The paper can be
//! read as text, as a customer would ([`Paper::to_text`]), and as a picture ([`Paper::to_png`]):
//!
//! ```
//! use pos_devices::paper::Paper;
//! use pos_devices::profile::Columns;
//!
//! let paper = Paper::read(b"\x1b@\x1ba\x01Corner Shop\n\x1bp\x00\x3c\x78", Columns::new(21).unwrap());
//! assert_eq!(paper.to_text(), "     Corner Shop\n[drawer pulse: pin 2, 120 ms on, 240 ms off]\n");
//! ```

mod bars;
mod canvas;
mod decoder;
mod drawing;
mod qr;

use crate::profile::{Columns, Cut};
use pos_domain::receipt::{Align, Block, Style};

/// Paper as it comes out of a printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its width.
    pub columns: Columns,
    /// Top to bottom.
    pub marks: Vec<Mark>,
}

/// Why there is no picture of a paper.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// A picture of it would be too large.
    #[error("The paper is {length_dots} dots long; a picture holds {length_dots_max}. Draw it in parts.")]
    TooLong {
        /// Its length.
        length_dots: u32,
        /// What is drawn at most.
        length_dots_max: u32,
    },
    /// A font or the file format failed.
    #[error("The paper could not be drawn: {problem}")]
    Failed {
        /// What the library said.
        problem: String,
    },
}

/// Where a line or a code stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Justification {
    /// Left edge.
    #[default]
    Left,
    /// Middle.
    Center,
    /// Right edge.
    Right,
}

/// One character as printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Which.
    pub character: char,
    /// Heavier.
    pub is_bold: bool,
    /// Times the height.
    pub height: u8,
    /// Times the width.
    pub width: u8,
}

/// Something a command left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A line of characters.
    Line {
        /// The characters.
        cells: Vec<Cell>,
        /// Where.
        justification: Justification,
    },
    /// Empty lines fed at once.
    Feed {
        /// How many.
        lines: u8,
    },
    /// Paper fed by the dot.
    Space {
        /// How many.
        dots: u8,
    },
    /// Code 128.
    Barcode {
        /// Symbol values with start and check, without the stop.
        symbols: Vec<u8>,
        /// What they say.
        data: String,
        /// Height of the bars.
        height_dots: u8,
        /// Width of a module.
        module_dots: u8,
        /// The text stands below.
        has_text_below: bool,
        /// Where.
        justification: Justification,
    },
    /// A QR code.
    Qr {
        /// What it says.
        data: Vec<u8>,
        /// Width of a module.
        module_dots: u8,
        /// `L`, `M`, `Q` or `H`.
        level: char,
        /// Where.
        justification: Justification,
    },
    /// The knife.
    Cut(Cut),
    /// A pulse to the drawer: nothing on the paper.
    Pulse {
        /// Pin 2 or 5.
        pin: u8,
        /// Length.
        on_ms: u16,
        /// Least time to the next; a real-time pulse has none of its own.
        off_ms: u16,
    },
    /// The printer would have answered a question here.
    Question,
    /// Something this simulator, or any printer, does not understand.
    Unknown {
        /// Offset of its first byte.
        at: usize,
        /// Its bytes, as far as its length is known.
        bytes: Vec<u8>,
        /// What is wrong.
        problem: &'static str,
    },
}

impl Cell {
    fn columns(self) -> usize {
        usize::from(self.width)
    }
}

impl Paper {
    /// What a printer with that many columns makes of a job, or of several.
    pub fn read(bytes: &[u8], columns: Columns) -> Paper {
        Paper { columns, marks: decoder::read(bytes, columns) }
    }

    /// What was not understood; empty for a good job.
    pub fn problems(&self) -> Vec<String> {
        self.marks.iter().filter(|mark| matches!(mark, Mark::Unknown { .. })).map(|mark| self.mark_text(mark)).collect()
    }

    /// The paper's lines as a customer reads them; cuts, drawer pulses and what was not understood between brackets
    /// or tildes. Paper fed just before a cut is the margin, not empty lines.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for (index, mark) in self.marks.iter().enumerate() {
            let is_margin =
                matches!(mark, Mark::Feed { .. }) && matches!(self.marks.get(index + 1), Some(Mark::Cut(_)) | None);
            if !is_margin {
                out.push_str(&self.mark_text(mark));
            }
        }
        out
    }

    /// The paper as a picture, cut where it was cut, at two pixels a dot.
    pub fn to_png(&self) -> Result<Vec<u8>, PaperError> {
        drawing::draw(self)
    }

    fn mark_text(&self, mark: &Mark) -> String {
        let columns = self.columns.count();
        match mark {
            Mark::Line { cells, justification } => {
                let mut line = " ".repeat(self.indent_columns(cells, *justification));
                for cell in cells {
                    line.push(cell.character);
                    line.extend(std::iter::repeat_n(' ', cell.columns().saturating_sub(1)));
                }
                format!("{}\n", line.trim_end())
            }
            Mark::Feed { lines } => "\n".repeat(usize::from(*lines)),
            Mark::Barcode { data, .. } => self.code_text(format!("|| {data} ||")),
            Mark::Qr { data, .. } => self.code_text(format!("[QR {}]", String::from_utf8_lossy(data))),
            Mark::Cut(Cut::Partial) => format!("{:~^columns$}\n", " partial cut "),
            Mark::Cut(Cut::Full) => format!("{:~^columns$}\n", " cut "),
            Mark::Space { .. } | Mark::Cut(Cut::None) | Mark::Question => String::new(),
            Mark::Pulse { pin, on_ms, off_ms } => {
                format!("[drawer pulse: pin {pin}, {on_ms} ms on, {off_ms} ms off]\n")
            }
            Mark::Unknown { at, bytes, problem } => {
                let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                format!("[{problem} at byte {at}: {}]\n", bytes.join(" "))
            }
        }
    }

    /// A code in words, in the same form as in a receipt's own text.
    fn code_text(&self, text: String) -> String {
        let words = Block::Text { text, align: Align::Center, style: Style::Normal };
        let lines = words.lay_out(self.columns.count());
        lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    fn indent_columns(&self, cells: &[Cell], justification: Justification) -> usize {
        let width: usize = cells.iter().map(|cell| cell.columns()).sum();
        let free = self.columns.count().saturating_sub(width);
        match justification {
            Justification::Left => 0,
            Justification::Center => free / 2,
            Justification::Right => free,
        }
    }
}
