//! The printer's side of ESC/POS: bytes in, marks on the paper out.
//!
//! Modes (page, emphasis, size, justification) last until changed or until `ESC @`. Characters gather in a line buffer
//! that a line feed prints; one character more than fits prints it, too. Written from Epson's command reference.

use super::{Cell, Justification, Mark, bars, qr};
use crate::code_page::CodePage;
use crate::profile::{Columns, Cut};

pub(super) fn read(bytes: &[u8], columns: Columns) -> Vec<Mark> {
    let mut printer =
        Printer { input: bytes, at: 0, columns, marks: Vec::new(), line: Vec::new(), modes: Modes::new() };
    while printer.at < bytes.len() {
        let start = printer.at;
        if printer.step().is_none() {
            // The command wants more bytes than there are: a job cut off on its way.
            printer.unknown(start, bytes.len(), "the job ends inside a command");
        }
    }
    printer.print_line_if_any();
    printer.marks
}

/// What `ESC @` resets.
struct Modes {
    page: Option<CodePage>,
    justification: Justification,
    is_bold: bool,
    height: u8,
    width: u8,
    barcode_height_dots: u8,
    barcode_module_dots: u8,
    has_text_below: bool,
    qr_module_dots: u8,
    qr_level: char,
    qr_data: Vec<u8>,
}

impl Modes {
    fn new() -> Modes {
        Modes {
            page: Some(CodePage::Cp437),
            justification: Justification::Left,
            is_bold: false,
            height: 1,
            width: 1,
            barcode_height_dots: 162,
            barcode_module_dots: 3,
            has_text_below: false,
            qr_module_dots: 3,
            qr_level: 'L',
            qr_data: Vec::new(),
        }
    }
}

struct Printer<'a> {
    input: &'a [u8],
    at: usize,
    columns: Columns,
    marks: Vec<Mark>,
    line: Vec<Cell>,
    modes: Modes,
}

impl<'a> Printer<'a> {
    fn next(&mut self) -> Option<u8> {
        let byte = *self.input.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.input.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn unknown(&mut self, start: usize, end: usize, problem: &'static str) {
        self.print_line_if_any();
        self.at = end;
        self.marks.push(Mark::Unknown { at: start, bytes: self.input[start..end].to_vec(), problem });
    }

    /// None: the input ended too early.
    fn step(&mut self) -> Option<()> {
        let start = self.at;
        match self.next()? {
            b'\n' => self.print_line(),
            b'\r' => {}
            0x10 => self.real_time(start)?,
            0x1b => self.escape(start)?,
            0x1c => self.file_separator(start)?,
            0x1d => self.group_separator(start)?,
            byte => match self.modes.page.and_then(|page| page.character(byte)) {
                Some(character) => self.character(character),
                None if self.modes.page.is_none() && byte >= 0x80 => {
                    self.unknown(start, self.at, "character of a code page not known here");
                }
                None => self.unknown(start, self.at, "control byte"),
            },
        }
        Some(())
    }

    fn character(&mut self, character: char) {
        let Modes { is_bold, height, width, .. } = self.modes;
        let cell = Cell { character, is_bold, height, width };
        let used: usize = self.line.iter().map(|cell| cell.columns()).sum();
        if used + cell.columns() > self.columns.count() {
            self.print_line();
        }
        self.line.push(cell);
    }

    fn print_line(&mut self) {
        let cells = std::mem::take(&mut self.line);
        self.marks.push(Mark::Line { cells, justification: self.modes.justification });
    }

    fn print_line_if_any(&mut self) {
        if !self.line.is_empty() {
            self.print_line();
        }
    }

    /// DLE: heard at once by a real printer, in its place here.
    fn real_time(&mut self, start: usize) -> Option<()> {
        match (self.next()?, self.next()?) {
            (0x04, 1..=4) => self.marks.push(Mark::Question),
            (0x14, 1) => {
                let (connector, time) = (self.next()?, self.next()?);
                let (pin, on_ms) = (pin(connector), u16::from(time) * 100);
                self.marks.push(Mark::Pulse { pin, on_ms, off_ms: 0 });
            }
            _ => self.unknown(start, self.at, "unknown real-time command"),
        }
        Some(())
    }

    fn escape(&mut self, start: usize) -> Option<()> {
        match self.next()? {
            b'@' => {
                self.line.clear();
                self.modes = Modes::new();
            }
            b'!' => {
                let mode = self.next()?;
                self.modes.is_bold = mode & 0x08 != 0;
                self.modes.height = if mode & 0x10 != 0 { 2 } else { 1 };
                self.modes.width = if mode & 0x20 != 0 { 2 } else { 1 };
            }
            b'E' | b'G' => self.modes.is_bold = self.next()? & 1 != 0,
            b'J' => {
                let dots = self.next()?;
                self.print_line_if_any();
                self.marks.push(Mark::Space { dots });
            }
            b'R' => {
                if self.next()? != 0 {
                    self.unknown(start, self.at, "character set other than the American");
                }
            }
            b'a' => match self.next()? {
                0 | b'0' => self.modes.justification = Justification::Left,
                1 | b'1' => self.modes.justification = Justification::Center,
                2 | b'2' => self.modes.justification = Justification::Right,
                _ => self.unknown(start, self.at, "justification out of range"),
            },
            b'd' => {
                let lines = self.next()?;
                if self.line.is_empty() {
                    self.marks.push(Mark::Feed { lines });
                } else {
                    self.print_line();
                    self.marks.push(Mark::Feed { lines: lines.saturating_sub(1) });
                }
            }
            b'p' => {
                let (connector, on, off) = (self.next()?, self.next()?, self.next()?);
                let (on_ms, off_ms) = (u16::from(on) * 2, u16::from(off) * 2);
                self.marks.push(Mark::Pulse { pin: pin(connector), on_ms, off_ms });
            }
            b't' => {
                self.modes.page = CodePage::from_number(self.next()?);
                if self.modes.page.is_none() {
                    self.unknown(start, self.at, "code page not known here");
                }
            }
            _ => self.unknown(start, self.at, "unknown command"),
        }
        Some(())
    }

    fn file_separator(&mut self, start: usize) -> Option<()> {
        if self.next()? != b'.' {
            self.unknown(start, self.at, "unknown command");
        }
        Some(())
    }

    fn group_separator(&mut self, start: usize) -> Option<()> {
        match self.next()? {
            b'!' => {
                let size = self.next()?;
                self.modes.height = (size & 0x07) + 1;
                self.modes.width = (size >> 4 & 0x07) + 1;
            }
            b'(' => self.extended(start)?,
            b'H' => self.modes.has_text_below = matches!(self.next()?, 2 | 3 | b'2' | b'3'),
            b'V' => match self.next()? {
                0 | b'0' => self.cut(Cut::Full),
                1 | b'1' => self.cut(Cut::Partial),
                function @ (65 | 66) => {
                    let lines = self.next()? / 30;
                    self.marks.push(Mark::Feed { lines });
                    self.cut(if function == 65 { Cut::Full } else { Cut::Partial });
                }
                _ => self.unknown(start, self.at, "unknown cut"),
            },
            b'h' => self.modes.barcode_height_dots = self.next()?.max(1),
            b'k' => self.barcode(start)?,
            b'r' => match self.next()? {
                1 | 2 | b'1' | b'2' => self.marks.push(Mark::Question),
                _ => self.unknown(start, self.at, "unknown question"),
            },
            b'w' => match self.next()? {
                dots @ 1..=6 => self.modes.barcode_module_dots = dots,
                _ => self.unknown(start, self.at, "barcode width out of range"),
            },
            _ => self.unknown(start, self.at, "unknown command"),
        }
        Some(())
    }

    fn cut(&mut self, cut: Cut) {
        self.print_line_if_any();
        self.marks.push(Mark::Cut(cut));
    }

    /// `GS k`: forms A (ends with NUL) and B (says its length). Only Code 128 is drawn.
    fn barcode(&mut self, start: usize) -> Option<()> {
        let kind = self.next()?;
        if kind <= 6 {
            let length = self.input[self.at..].iter().position(|byte| *byte == 0)?;
            self.take(length + 1)?;
            self.unknown(start, self.at, "barcode of a kind not drawn here");
            return Some(());
        }
        let length = usize::from(self.next()?);
        let data = self.take(length)?;
        if kind != 73 {
            self.unknown(start, self.at, "barcode of a kind not drawn here");
            return Some(());
        }
        let Some((symbols, data)) = bars::read(data) else {
            self.unknown(start, self.at, "data that Code 128 cannot hold");
            return Some(());
        };
        let Modes { barcode_height_dots, barcode_module_dots, has_text_below, justification, .. } = self.modes;
        let width_dots = bars::modules(&symbols) * u32::from(barcode_module_dots);
        if width_dots > self.columns.dots() {
            self.unknown(start, self.at, "barcode wider than the paper");
            return Some(());
        }
        self.print_line_if_any();
        self.marks.push(Mark::Barcode {
            symbols,
            data,
            height_dots: barcode_height_dots,
            module_dots: barcode_module_dots,
            has_text_below,
            justification,
        });
        Some(())
    }

    /// `GS ( k pL pH cn fn …`: two-dimensional codes. Of them, QR.
    fn extended(&mut self, start: usize) -> Option<()> {
        let letter = self.next()?;
        let length = u16::from_le_bytes([self.next()?, self.next()?]);
        let parameters = self.take(usize::from(length))?;
        match (letter, parameters) {
            // Model 2; other models are drawn the same here.
            (b'k', [49, 65, 49..=51, 0]) => {}
            (b'k', [49, 67, dots @ 1..=16]) => self.modes.qr_module_dots = *dots,
            (b'k', [49, 69, level @ 48..=51]) => self.modes.qr_level = ['L', 'M', 'Q', 'H'][usize::from(level - 48)],
            (b'k', [49, 80, 48, data @ ..]) => self.modes.qr_data = data.to_vec(),
            (b'k', [49, 81, 48]) => self.qr(start),
            _ => self.unknown(start, self.at, "unknown command"),
        }
        Some(())
    }

    fn qr(&mut self, start: usize) {
        let Modes { qr_module_dots: module_dots, qr_level: level, justification, .. } = self.modes;
        let data = self.modes.qr_data.clone();
        let Some(drawn) = qr::draw(&data, level) else {
            self.unknown(start, self.at, "data that a QR code cannot hold");
            return;
        };
        if drawn.modules * u32::from(module_dots) > self.columns.dots() {
            self.unknown(start, self.at, "QR code wider than the paper");
            return;
        }
        self.print_line_if_any();
        self.marks.push(Mark::Qr { data, module_dots, level, justification });
    }
}

/// Pin of a drawer connector's number.
fn pin(connector: u8) -> u8 {
    if matches!(connector, 1 | b'1') { 5 } else { 2 }
}

#[cfg(test)]
mod tests {
    use crate::paper::Paper;
    use crate::profile::Columns;

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(Paper::read(bytes, Columns::new(20).unwrap()).to_text(), expected);
    }

    #[test]
    fn lines_stand_where_they_were_sent_and_wrap_at_the_edge() {
        check(b"left\n\x1ba\x01mid\n\x1ba\x02right\n", "left\n        mid\n               right\n");
        check(b"01234567890123456789ab\n", "01234567890123456789\nab\n");
        check(b"\x1d!\x11wide\n", "w i d e\n");
        check(b"not printed\x1b@last\x1bd\x02\x1dV\x00", "last\n~~~~~~~ cut ~~~~~~~~\n");
    }

    #[test]
    fn pages_change_what_a_byte_says() {
        check(b"\x84 \x1bt\x13\x84 \xd5 \x1bt\x10\xe4 \x80\n", "ä ä € ä €\n");
        check(b"\x1bt\x08\n", "[code page not known here at byte 0: 1B 74 08]\n\n");
    }

    #[test]
    fn what_is_not_known_is_a_mark() {
        check(b"a\x1bzb\n", "a\n[unknown command at byte 1: 1B 7A]\nb\n");
        check(b"\x07\n", "[control byte at byte 0: 07]\n\n");
        check(b"\x1dk\x02400\0", "[barcode of a kind not drawn here at byte 0: 1D 6B 02 34 30 30 00]\n");
        check(b"\x1dk\x49\x02AB", "[data that Code 128 cannot hold at byte 0: 1D 6B 49 02 41 42]\n");
        check(b"text\x1d(k\x04\0", "text\n[the job ends inside a command at byte 4: 1D 28 6B 04 00]\n");
    }

    #[test]
    fn the_drawer_is_not_on_the_paper() {
        check(b"\x1bp\x01\x3c\x78", "[drawer pulse: pin 5, 120 ms on, 240 ms off]\n");
        check(b"\x10\x14\x01\x00\x02", "[drawer pulse: pin 2, 200 ms on, 0 ms off]\n");
        check(b"\x10\x04\x01\x1dr\x01a\n", "a\n");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        // Every pair of bytes after every introducer, with too little and with enough behind it.
        for lead in [0x10, 0x1b, 0x1c, 0x1d] {
            for second in 0..=255 {
                for third in 0..=255 {
                    for tail in [&b""[..], b"\x02\x00\x31\x50\x30ab"] {
                        let bytes = [&[lead, second, third], tail].concat();
                        Paper::read(&bytes, Columns::default()).to_text();
                    }
                }
            }
        }
    }
}
