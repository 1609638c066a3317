//! QR codes as a printer draws them.

use qrcode::{Color, EcLevel, QrCode};

/// Dark and bright modules, without the quiet zone.
pub(super) struct QrModules {
    /// Across and down.
    pub(super) modules: u32,
    /// Row by row.
    pub(super) dark: Vec<bool>,
}

/// None: nothing, or more than a QR code of that level holds.
pub(super) fn draw(data: &[u8], level: char) -> Option<QrModules> {
    let level = match level {
        'L' => EcLevel::L,
        'M' => EcLevel::M,
        'Q' => EcLevel::Q,
        _ => EcLevel::H,
    };
    let code = QrCode::with_error_correction_level(data, level).ok().filter(|_| !data.is_empty())?;
    let modules = u32::try_from(code.width()).ok()?;
    Some(QrModules { modules, dark: code.into_colors().into_iter().map(|color| color == Color::Dark).collect() })
}
