//! The paper as a picture.
//!
//! Two pixels a dot, 203 dots an inch. A line is 30 dots high, a character of font A 12 by 24; JetBrains Mono, whose
//! characters are as narrow as the printer's, stands in for font A and is stretched where the printer stretches. Each
//! cut begins a new sheet; bars and modules fall on whole pixels, so that a scanner reads them off the screen.

use super::canvas::{Area, Canvas, INK, Rgb, WARNING};
use super::{Cell, Justification, Mark, Paper, PaperError, bars, qr};
use crate::profile::COLUMN_DOTS;
use ab_glyph::{Font, FontRef, PxScale, point};

const DOT_PX: u32 = 2;
const COLUMN_PX: u32 = COLUMN_DOTS * DOT_PX;
const LINE_DOTS: u32 = 30;
/// From the paper's edge to its first printable dot.
const SIDE_DOTS: u32 = 34;
/// Above the first line, where the knife was, and below the last.
const TOP_DOTS: u32 = 40;
const BOTTOM_DOTS: u32 = 44;
/// Of the desk around the paper.
const DESK_DOTS: u32 = 34;
/// Longest picture: two metres of paper.
const LENGTH_DOTS_MAX: u32 = 16_000;

pub(super) fn draw(paper: &Paper) -> Result<Vec<u8>, PaperError> {
    let fonts = Fonts::load()?;
    let sheets = sheets(paper);
    let heights: Vec<u32> = sheets.iter().map(|sheet| sheet_dots(sheet)).collect();
    let length_dots = heights.iter().fold(DESK_DOTS, |sum, height| sum.saturating_add(height + DESK_DOTS));
    if length_dots > LENGTH_DOTS_MAX {
        return Err(PaperError::TooLong { length_dots, length_dots_max: LENGTH_DOTS_MAX });
    }
    let sheet_width_dots = paper.columns.dots() + 2 * SIDE_DOTS;
    let mut canvas = Canvas::new((sheet_width_dots + 2 * DESK_DOTS) * DOT_PX, length_dots * DOT_PX);
    let mut top_dots = DESK_DOTS;
    for (sheet, height_dots) in sheets.iter().zip(heights) {
        let [left, top] = [DESK_DOTS * DOT_PX, top_dots * DOT_PX];
        let [right, bottom] = [left + sheet_width_dots * DOT_PX, top + height_dots * DOT_PX];
        canvas.sheet(Area { left, top, right, bottom });
        let mut pen = Pen {
            canvas: &mut canvas,
            fonts: &fonts,
            left_px: left + SIDE_DOTS * DOT_PX,
            y_px: top + TOP_DOTS * DOT_PX,
            width_px: paper.columns.dots() * DOT_PX,
        };
        for mark in sheet {
            pen.mark(paper, mark);
        }
        top_dots += height_dots + DESK_DOTS;
    }
    canvas.to_png()
}

/// What is on the paper between two cuts. Paper fed before a cut lies beyond the knife.
fn sheets(paper: &Paper) -> Vec<Vec<&Mark>> {
    let mut sheets: Vec<Vec<&Mark>> = vec![Vec::new()];
    for mark in &paper.marks {
        match mark {
            Mark::Cut(_) => sheets.push(Vec::new()),
            Mark::Pulse { .. } | Mark::Question => {}
            _ => sheets.iter_mut().last().into_iter().for_each(|sheet| sheet.push(mark)),
        }
    }
    for sheet in &mut sheets {
        while matches!(sheet.last(), Some(Mark::Feed { .. } | Mark::Space { .. })) {
            sheet.pop();
        }
    }
    let all = sheets.len();
    sheets.retain(|sheet| !sheet.is_empty());
    if sheets.is_empty() && all > 0 {
        sheets.push(Vec::new());
    }
    sheets
}

fn sheet_dots(sheet: &[&Mark]) -> u32 {
    sheet.iter().fold(TOP_DOTS + BOTTOM_DOTS, |sum, mark| sum.saturating_add(mark_dots(mark)))
}

fn mark_dots(mark: &Mark) -> u32 {
    match mark {
        Mark::Line { cells, .. } => line_dots(cells),
        Mark::Feed { lines } => u32::from(*lines) * LINE_DOTS,
        Mark::Space { dots } => u32::from(*dots),
        Mark::Barcode { height_dots, has_text_below, .. } => {
            u32::from(*height_dots) + if *has_text_below { LINE_DOTS } else { 0 }
        }
        Mark::Qr { data, module_dots, level, .. } => {
            qr::draw(data, *level).map_or(0, |drawn| drawn.modules) * u32::from(*module_dots)
        }
        Mark::Unknown { .. } => LINE_DOTS,
        Mark::Cut(_) | Mark::Pulse { .. } | Mark::Question => 0,
    }
}

fn line_dots(cells: &[Cell]) -> u32 {
    let height = cells.iter().map(|cell| cell.height).max().unwrap_or(1);
    // The characters' 24 dots grow, the 6 between the lines do not.
    u32::from(height.max(1)) * (LINE_DOTS - 6) + 6
}

struct Fonts {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Fonts {
    fn load() -> Result<Fonts, PaperError> {
        let failed = |problem: ab_glyph::InvalidFont| PaperError::Failed { problem: problem.to_string() };
        let regular = FontRef::try_from_slice(include_bytes!("../../fonts/JetBrainsMono-Regular.ttf"));
        let bold = FontRef::try_from_slice(include_bytes!("../../fonts/JetBrainsMono-Bold.ttf"));
        Ok(Fonts { regular: regular.map_err(failed)?, bold: bold.map_err(failed)? })
    }
}

/// Where the print head is.
struct Pen<'a> {
    canvas: &'a mut Canvas,
    fonts: &'a Fonts,
    left_px: u32,
    y_px: u32,
    width_px: u32,
}

impl Pen<'_> {
    fn mark(&mut self, paper: &Paper, mark: &Mark) {
        match mark {
            Mark::Line { cells, justification } => {
                let width_px: u32 = cells.iter().map(|cell| u32::from(cell.width) * COLUMN_PX).sum();
                self.cells(cells, self.start_px(width_px, *justification), INK);
            }
            Mark::Barcode { symbols, data, height_dots, module_dots, has_text_below, justification } => {
                let middle_px = self.bars(symbols, *height_dots, *module_dots, *justification);
                if *has_text_below {
                    let cells = plain_cells(data);
                    let half_px = cells.iter().map(|_| COLUMN_PX).sum::<u32>() / 2;
                    let bars_px = u32::from(*height_dots) * DOT_PX;
                    self.y_px += bars_px;
                    self.cells(&cells, middle_px.saturating_sub(half_px), INK);
                    self.y_px -= bars_px;
                }
            }
            Mark::Qr { data, module_dots, level, justification } => {
                self.qr(data, *level, *module_dots, *justification);
            }
            Mark::Unknown { .. } => {
                let text: String = paper.mark_text(mark).trim_end().chars().take(paper.columns.count()).collect();
                self.cells(&plain_cells(&text), self.left_px, WARNING);
            }
            Mark::Feed { .. } | Mark::Space { .. } | Mark::Cut(_) | Mark::Pulse { .. } | Mark::Question => {}
        }
        self.y_px += mark_dots(mark) * DOT_PX;
    }

    fn start_px(&self, width_px: u32, justification: Justification) -> u32 {
        let free_px = self.width_px.saturating_sub(width_px);
        self.left_px
            + match justification {
                Justification::Left => 0,
                Justification::Center => free_px / 2,
                Justification::Right => free_px,
            }
    }

    /// Characters on one base line, whatever their heights.
    fn cells(&mut self, cells: &[Cell], start_px: u32, ink: Rgb) {
        let height = cells.iter().map(|cell| cell.height).max().unwrap_or(1);
        let bottom_px = (self.y_px + line_dots(cells) * DOT_PX) as f32;
        // A fifth of a character hangs below the base line, and half of the space between lines is below it.
        let base_px = bottom_px - (3.0 + 4.8 * f32::from(height)) * DOT_PX as f32;
        let mut x_px = start_px as f32;
        for cell in cells {
            self.glyph(*cell, x_px, base_px, ink);
            x_px += (u32::from(cell.width) * COLUMN_PX) as f32;
        }
    }

    fn glyph(&mut self, cell: Cell, x_px: f32, base_px: f32, ink: Rgb) {
        let font = if cell.is_bold { &self.fonts.bold } else { &self.fonts.regular };
        let id = font.glyph_id(cell.character);
        // The size at which a character is exactly one column wide.
        let size = COLUMN_PX as f32 * font.height_unscaled() / font.h_advance_unscaled(id).max(1.0);
        let scale = PxScale { x: size * f32::from(cell.width), y: size * f32::from(cell.height) };
        let Some(outline) = font.outline_glyph(id.with_scale_and_position(scale, point(x_px, base_px))) else { return };
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, share| {
            // Negative only where a glyph hangs over the picture's edge; the cast then gives 0.
            self.canvas.blend(x + corner.x as u32, y + corner.y as u32, ink, share);
        });
    }

    /// Draws them and answers where their middle is.
    fn bars(&mut self, symbols: &[u8], height_dots: u8, module_dots: u8, justification: Justification) -> u32 {
        let module_px = u32::from(module_dots) * DOT_PX;
        let width_px = bars::modules(symbols) * module_px;
        let left_px = self.start_px(width_px, justification);
        let mut x_px = left_px;
        for (index, modules) in bars::widths(symbols).into_iter().enumerate() {
            let right = x_px + modules * module_px;
            if index % 2 == 0 {
                let bottom = self.y_px + u32::from(height_dots) * DOT_PX;
                self.canvas.fill(Area { left: x_px, top: self.y_px, right, bottom }, INK);
            }
            x_px = right;
        }
        left_px + width_px / 2
    }

    fn qr(&mut self, data: &[u8], level: char, module_dots: u8, justification: Justification) {
        let Some(code) = qr::draw(data, level) else { return };
        let module_px = u32::from(module_dots) * DOT_PX;
        let start_px = self.start_px(code.modules * module_px, justification);
        for (index, _) in (0..).zip(code.dark).filter(|(_, is_dark)| *is_dark) {
            let left = start_px + index % code.modules * module_px;
            let top = self.y_px + index / code.modules * module_px;
            self.canvas.fill(Area { left, top, right: left + module_px, bottom: top + module_px }, INK);
        }
    }
}

fn plain_cells(text: &str) -> Vec<Cell> {
    text.chars().map(|character| Cell { character, is_bold: false, height: 1, width: 1 }).collect()
}
