//! A receipt as the bytes of a print job, in ESC/POS.
//!
//! [`encode`] lays every block out on the profile's columns itself, so that paper and [`Receipt::to_text`] agree line by
//! line; the printer only centres, emphasises, stretches and draws codes. `GS !` doubles the height of large texts and
//! never the width, so a large line holds as many characters as any other.
//!
//! Texts pass [`CodePage::printable`](crate::code_page::CodePage::printable) first. Nothing that a catalogue, a
//! customer or an extension wrote can become a command: `Milk ESC p` prints as `Milk p`.

mod code128;
pub(crate) mod command;

use crate::profile::PrinterProfile;
use pos_domain::receipt::{Align, Block, Receipt, Style};
use qrcode::{EcLevel, QrCode};

/// Height of a barcode's bars: 8 mm on the usual 203 dots an inch.
const BARCODE_HEIGHT_DOTS: u8 = 64;
/// Bright modules a scanner wants on either side of a barcode.
const BARCODE_QUIET_MODULES: u32 = 10;
/// Between a barcode and what stands above and below it.
const BARCODE_SPACE_DOTS: u8 = 12;
/// Bright modules a camera wants on either side of a QR code.
const QR_QUIET_MODULES: u32 = 4;
/// A QR code should be about this wide: 25 mm.
const QR_WIDTH_DOTS: u32 = 200;

/// The whole job: initialise, print, feed, cut.
pub fn encode(receipt: &Receipt, profile: &PrinterProfile) -> Vec<u8> {
    let mut job = Job::begin(profile);
    for block in &receipt.blocks {
        job.block(block);
    }
    job.end()
}

struct Job<'a> {
    profile: &'a PrinterProfile,
    bytes: Vec<u8>,
    align: Align,
    style: Style,
}

impl<'a> Job<'a> {
    fn begin(profile: &'a PrinterProfile) -> Self {
        let mut bytes = command::INITIALIZE.to_vec();
        if profile.cancel_kanji {
            bytes.extend(command::CANCEL_KANJI);
        }
        bytes.extend(command::CHARACTER_SET_USA);
        bytes.extend(command::code_page(profile.code_page.number()));
        Job { profile, bytes, align: Align::Left, style: Style::Normal }
    }

    fn end(mut self) -> Vec<u8> {
        self.look(Align::Left, Style::Normal);
        self.bytes.extend(command::feed(self.profile.feed_lines));
        self.bytes.extend(command::cut(self.profile.cut));
        self.bytes
    }

    fn block(&mut self, block: &Block) {
        let block = self.printable(block);
        match block {
            Block::Text { text, align, style } => self.text(text, align, style),
            Block::Barcode { data } => self.barcode(&data),
            Block::Qr { data } => self.qr(&data),
            Block::Pair { style, .. } => self.lines(&block, Align::Left, style),
            Block::Row { .. } | Block::Rule | Block::Blank => self.lines(&block, Align::Left, Style::Normal),
        }
    }

    /// The block in the page's characters. A figure or a cell cannot hold a line break, a text can.
    fn printable(&self, block: &Block) -> Block {
        let page = self.profile.code_page;
        let one_line = |text: &String| page.printable(text).replace('\n', " ");
        match block {
            Block::Text { text, align, style } => {
                Block::Text { text: page.printable(text), align: *align, style: *style }
            }
            Block::Pair { left, right, style, indent } => {
                Block::Pair { left: page.printable(left), right: one_line(right), style: *style, indent: *indent }
            }
            Block::Row { cells } => Block::Row { cells: cells.iter().map(one_line).collect() },
            Block::Rule | Block::Blank | Block::Barcode { .. } | Block::Qr { .. } => block.clone(),
        }
    }

    fn text(&mut self, text: String, align: Align, style: Style) {
        // Laid out from the left: the printer centres to the dot, blanks only to the column.
        self.lines(&Block::Text { text, align: Align::Left, style }, align, style);
    }

    fn lines(&mut self, block: &Block, align: Align, style: Style) {
        self.look(align, style);
        for line in block.lay_out(self.profile.columns.count()) {
            // Blanks at the end of a centred line count for its middle.
            let line = if align == Align::Left { line.trim_end() } else { &line };
            self.bytes.extend(line.chars().map(|character| self.profile.code_page.byte(character).unwrap_or(b'?')));
            self.bytes.push(command::LINE_FEED);
        }
    }

    fn look(&mut self, align: Align, style: Style) {
        if self.align != align {
            self.align = align;
            self.bytes.extend(command::justify(align == Align::Center));
        }
        let [was_bold, was_tall] = [self.style != Style::Normal, self.style == Style::Large];
        let [bold, tall] = [style != Style::Normal, style == Style::Large];
        self.style = style;
        if bold != was_bold {
            self.bytes.extend(command::emphasize(bold));
        }
        if tall != was_tall {
            self.bytes.extend(command::double_height(tall));
        }
    }

    /// Code 128 with its text below, or the text alone where the printer cannot draw it or the paper is too narrow.
    fn barcode(&mut self, data: &str) {
        let drawn = self.profile.has_barcode.then(|| self.barcode_commands(data)).flatten();
        self.code(drawn, data);
    }

    fn barcode_commands(&self, data: &str) -> Option<Vec<u8>> {
        let code = code128::encode(data)?;
        let modules = code.modules + 2 * BARCODE_QUIET_MODULES;
        // Epson's printers draw modules of two dots and more.
        let module_dots = [3, 2].into_iter().find(|dots| modules * u32::from(*dots) <= self.profile.columns.dots())?;
        let mut bytes = command::barcode_height(BARCODE_HEIGHT_DOTS).to_vec();
        bytes.extend(command::barcode_module(module_dots));
        bytes.extend(command::BARCODE_TEXT_BELOW);
        bytes.extend(command::code_128(&code.data)?);
        Some(spaced(bytes, BARCODE_SPACE_DOTS))
    }

    /// A QR code, or its text where the printer cannot draw it or the paper is too narrow.
    fn qr(&mut self, data: &str) {
        // Line ends belong to some payloads (payment slips); every other control is somebody's mistake or worse.
        let data: String = data.chars().filter(|found| !found.is_control() || matches!(found, '\n' | '\r')).collect();
        let drawn = self.profile.has_qr.then(|| self.qr_commands(&data)).flatten();
        self.code(drawn, &data);
    }

    fn qr_commands(&self, data: &str) -> Option<Vec<u8>> {
        if data.is_empty() {
            return None;
        }
        let modules = QrCode::with_error_correction_level(data, EcLevel::M).ok()?.width();
        let modules = u32::try_from(modules).ok()? + 2 * QR_QUIET_MODULES;
        let module_dots = (QR_WIDTH_DOTS / modules).clamp(3, 8);
        if modules * module_dots > self.profile.columns.dots() {
            return None;
        }
        let commands = command::qr(data.as_bytes(), u8::try_from(module_dots).ok()?)?;
        Some(spaced(commands, u8::try_from(QR_QUIET_MODULES * module_dots).ok()?))
    }

    fn code(&mut self, drawn: Option<Vec<u8>>, data: &str) {
        match drawn {
            Some(commands) => {
                self.look(Align::Center, Style::Normal);
                self.bytes.extend(commands);
            }
            None => self.text(self.profile.code_page.printable(data), Align::Center, Style::Normal),
        }
    }
}

/// A code with bright paper above and below: a printer leaves none.
fn spaced(code: Vec<u8>, dots: u8) -> Vec<u8> {
    [command::feed_dots(dots).as_slice(), &code, &command::feed_dots(dots)].concat()
}
