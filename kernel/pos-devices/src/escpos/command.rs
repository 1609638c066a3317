//! ESC/POS commands, named as in Epson's reference, each as the bytes it is.

use crate::profile::Cut;

/// `ESC @`: clears the line buffer and every mode.
pub(crate) const INITIALIZE: &[u8] = &[0x1b, b'@'];
/// `FS .`: one byte a character.
pub(crate) const CANCEL_KANJI: &[u8] = &[0x1c, b'.'];
/// `ESC R 0`: the American set, in which ASCII is ASCII.
pub(crate) const CHARACTER_SET_USA: &[u8] = &[0x1b, b'R', 0];
/// `LF`: prints the line buffer.
pub(crate) const LINE_FEED: u8 = 0x0a;
/// `GS H 2`: a barcode's text stands below it.
pub(crate) const BARCODE_TEXT_BELOW: &[u8] = &[0x1d, b'H', 2];
/// `GS r 1`: answered when everything before it was processed.
pub(crate) const TRANSMIT_PAPER_STATUS: &[u8] = &[0x1d, b'r', 1];

/// `ESC t n`.
pub(crate) fn code_page(number: u8) -> [u8; 3] {
    [0x1b, b't', number]
}

/// `ESC a n`.
pub(crate) fn justify(center: bool) -> [u8; 3] {
    [0x1b, b'a', u8::from(center)]
}

/// `ESC E n`.
pub(crate) fn emphasize(on: bool) -> [u8; 3] {
    [0x1b, b'E', u8::from(on)]
}

/// `GS ! n`: double height, single width.
pub(crate) fn double_height(on: bool) -> [u8; 3] {
    [0x1d, b'!', u8::from(on)]
}

/// `ESC d n`: prints the line buffer and feeds.
pub(crate) fn feed(lines: u8) -> [u8; 3] {
    [0x1b, b'd', lines]
}

/// `ESC J n`: feeds by the dot.
pub(crate) fn feed_dots(dots: u8) -> [u8; 3] {
    [0x1b, b'J', dots]
}

/// `GS V m`.
pub(crate) fn cut(cut: Cut) -> &'static [u8] {
    match cut {
        Cut::Full => &[0x1d, b'V', 0],
        Cut::Partial => &[0x1d, b'V', 1],
        Cut::None => &[],
    }
}

/// `GS h n`.
pub(crate) fn barcode_height(dots: u8) -> [u8; 3] {
    [0x1d, b'h', dots]
}

/// `GS w n`.
pub(crate) fn barcode_module(dots: u8) -> [u8; 3] {
    [0x1d, b'w', dots]
}

/// `GS k 73 n d1…dn`: Code 128; the data begin with their code set.
pub(crate) fn code_128(data: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(data.len()).ok()?;
    Some([&[0x1d, b'k', 73, length], data].concat())
}

/// `GS ( k`: model 2, module size, correction level M, store, print.
pub(crate) fn qr(data: &[u8], module_dots: u8) -> Option<Vec<u8>> {
    let [low, high] = u16::try_from(data.len() + 3).ok()?.to_le_bytes();
    let mut out = Vec::with_capacity(data.len() + 40);
    out.extend([0x1d, b'(', b'k', 4, 0, 49, 65, 50, 0]);
    out.extend([0x1d, b'(', b'k', 3, 0, 49, 67, module_dots]);
    out.extend([0x1d, b'(', b'k', 3, 0, 49, 69, 49]);
    out.extend([0x1d, b'(', b'k', low, high, 49, 80, 48]);
    out.extend(data);
    out.extend([0x1d, b'(', b'k', 3, 0, 49, 81, 48]);
    Some(out)
}

/// `ESC p m t1 t2`: a pulse to the drawer, in units of 2 ms, when the printer comes to it.
pub(crate) fn pulse(connector: u8, on: u8, off: u8) -> [u8; 5] {
    [0x1b, b'p', connector, on, off]
}

/// `DLE DC4 1 m t`: a pulse to the drawer at once, paper or not, in units of 100 ms.
pub(crate) fn pulse_at_once(connector: u8, on: u8) -> [u8; 5] {
    [0x10, 0x14, 1, connector, on]
}

/// `DLE EOT n`: answered at once, whatever the printer is doing.
pub(crate) fn transmit_status_at_once(kind: u8) -> [u8; 3] {
    [0x10, 0x04, kind]
}
