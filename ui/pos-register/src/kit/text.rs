//! Text by role: one line, cut with an ellipsis where it does not fit.

use crate::theme::{Colour, Weight};
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Galley, Painter, Pos2, Rect, Role, Sense, Ui, WidgetInfo};
use std::sync::Arc;

/// A line of text to be painted.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    text: &'a str,
    weight: Weight,
    size: f32,
    colour: Colour,
    width_max: f32,
    rows_max: usize,
}

impl<'a> Line<'a> {
    /// A line of running text.
    pub fn new(text: &'a str, size: f32, colour: Colour) -> Line<'a> {
        Line { text, weight: Weight::Regular, size, colour, width_max: f32::INFINITY, rows_max: 1 }
    }

    /// Heavier.
    pub fn weight(self, weight: Weight) -> Line<'a> {
        Line { weight, ..self }
    }

    /// At most so wide; the rest is cut.
    pub fn within(self, width_max: f32) -> Line<'a> {
        Line { width_max: width_max.max(0.0), ..self }
    }

    /// At most so many rows.
    pub fn rows(self, rows_max: usize) -> Line<'a> {
        Line { rows_max, ..self }
    }

    fn galley(&self, painter: &Painter) -> Arc<Galley> {
        let format = TextFormat::simple(self.weight.at(self.size), self.colour.into());
        let mut job = LayoutJob::single_section(self.text.to_owned(), format);
        job.wrap = TextWrapping {
            max_width: self.width_max,
            max_rows: self.rows_max,
            break_anywhere: self.rows_max == 1,
            ..TextWrapping::default()
        };
        painter.layout_job(job)
    }

    /// How wide it is.
    pub fn width(&self, painter: &Painter) -> f32 {
        self.galley(painter).size().x
    }

    /// Paints it with `anchor` at `at`; answers where it is.
    pub fn paint(&self, painter: &Painter, at: Pos2, anchor: Align2) -> Rect {
        let galley = self.galley(painter);
        let rect = anchor.anchor_size(at, galley.size());
        painter.galley(rect.min, galley, self.colour.into());
        rect
    }

    /// Paints it and names it for assistive technology.
    pub fn label(&self, ui: &Ui, at: Pos2, anchor: Align2) -> Rect {
        let rect = self.paint(ui.painter(), at, anchor);
        announce(ui, rect, self.text);
        rect
    }
}

/// Says what is painted in a rectangle.
pub fn announce(ui: &Ui, rect: Rect, text: &str) {
    let response = ui.interact(rect, ui.scope_id().with(("label", text)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
}

/// How high a wrapped paragraph is.
pub fn paragraph_height(ui: &Ui, text: &str, size: f32, colour: Colour, width: f32) -> f32 {
    Line::new(text, size, colour).within(width).rows(usize::MAX).galley(ui.painter()).size().y
}
