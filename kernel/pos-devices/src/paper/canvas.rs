//! Pixels: a desk, paper lying on it, ink on the paper.

use super::PaperError;

/// Red, green, blue.
pub(super) type Rgb = [u8; 3];

const DESK: Rgb = [0xd8, 0xd5, 0xcf];
const PAPER: Rgb = [0xfd, 0xfc, 0xf8];
const SHADOW: Rgb = [0x4a, 0x44, 0x3c];
/// Thermal paper turns a warm black.
pub(super) const INK: Rgb = [0x24, 0x21, 0x22];
/// For what no printer would print.
pub(super) const WARNING: Rgb = [0xb3, 0x26, 0x1e];

/// Teeth of the tear-off edge.
const TOOTH_WIDTH: f32 = 14.0;
const TOOTH_HEIGHT: f32 = 5.0;

/// Left, top, right, bottom in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) right: u32,
    pub(super) bottom: u32,
}

/// A picture in the making.
pub(super) struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Canvas {
        Canvas { width, height, pixels: DESK.repeat(width as usize * height as usize) }
    }

    /// Mixes a colour in; outside the picture nothing happens.
    pub(super) fn blend(&mut self, x: u32, y: u32, color: Rgb, share: f32) {
        if x >= self.width || y >= self.height {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 3;
        for (pixel, target) in self.pixels[at..at + 3].iter_mut().zip(color) {
            let mixed = f32::from(*pixel) + (f32::from(target) - f32::from(*pixel)) * share.clamp(0.0, 1.0);
            // In range: both ends are bytes and the share is between 0 and 1.
            *pixel = mixed.round() as u8;
        }
    }

    /// Fills an area.
    pub(super) fn fill(&mut self, area: Area, color: Rgb) {
        for y in area.top..area.bottom {
            for x in area.left..area.right {
                self.blend(x, y, color, 1.0);
            }
        }
    }

    /// Lays down a sheet with its shadow: saw-toothed above and below, a little darker where it bends at the sides.
    pub(super) fn sheet(&mut self, area: Area) {
        const REACH: u32 = 56;
        for y in area.top.saturating_sub(REACH)..(area.bottom + REACH).min(self.height) {
            for x in area.left.saturating_sub(REACH)..(area.right + REACH).min(self.width) {
                let cover = sheet_cover(area, x, y);
                if cover < 1.0 {
                    self.blend(x, y, SHADOW, shadow(area, x, y));
                }
                if cover > 0.0 {
                    self.blend(x, y, PAPER, cover);
                    self.blend(x, y, SHADOW, cover * bend(area, x));
                }
            }
        }
    }

    /// The picture as a PNG file.
    pub(super) fn to_png(&self) -> Result<Vec<u8>, PaperError> {
        let failed = |problem: png::EncodingError| PaperError::Failed { problem: problem.to_string() };
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.pixels).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }
}

/// How much of the pixel the sheet covers.
fn sheet_cover(area: Area, x: u32, y: u32) -> f32 {
    if x < area.left || x >= area.right {
        return 0.0;
    }
    let phase = (x - area.left) as f32 / TOOTH_WIDTH;
    let tooth = (phase.fract() - 0.5).abs() * 2.0 * TOOTH_HEIGHT;
    let below_top = y as f32 + 0.5 - (area.top as f32 + tooth);
    let above_bottom = area.bottom as f32 - tooth - (y as f32 + 0.5);
    (below_top.min(above_bottom) + 0.5).clamp(0.0, 1.0)
}

/// A wide soft shadow and a narrow one where the paper touches the desk.
fn shadow(area: Area, x: u32, y: u32) -> f32 {
    let at = |drop: f32, blur: f32, strength: f32| {
        let outside = |low: u32, high: u32, value: f32| (low as f32 - value).max(value - high as f32).max(0.0);
        let across = outside(area.left, area.right, x as f32 + 0.5);
        let down = outside(area.top, area.bottom, y as f32 + 0.5 - drop);
        strength * (-(across * across + down * down) / (2.0 * blur * blur)).exp()
    };
    at(12.0, 20.0, 0.19) + at(3.0, 3.0, 0.09)
}

/// The sides of a strip from a roll bend away from the light.
fn bend(area: Area, x: u32) -> f32 {
    let width = (area.right - area.left).max(1) as f32;
    let off_middle = ((x - area.left) as f32 / width - 0.5).abs() * 2.0;
    0.07 * off_middle.powi(6)
}
