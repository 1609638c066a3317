//! Icons drawn as shapes: sharp in every size, present on every machine.

use crate::theme::Colour;
use egui::{Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A lens.
    Search,
    /// A disc: working.
    Good,
    /// A triangle: look at it.
    Warning,
    /// A diamond: not working.
    Bad,
    /// A tick.
    Tick,
    /// A cross.
    Close,
    /// Backspace.
    Backspace,
    /// Enter.
    Enter,
}

impl Icon {
    /// Draws it around `centre`, about `size` points high.
    pub fn paint(self, painter: &Painter, centre: Pos2, size: f32, colour: Colour) {
        let half = size / 2.0;
        let stroke = Stroke::new((size / 9.0).max(1.6), colour);
        let at = |x: f32, y: f32| pos2(centre.x + x * half, centre.y + y * half);
        let polygon = |points: Vec<Pos2>| {
            painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
        };
        match self {
            Icon::Search => {
                painter.circle_stroke(at(-0.2, -0.2), half * 0.62, stroke);
                painter.line_segment([at(0.28, 0.28), at(0.9, 0.9)], stroke);
            }
            Icon::Good => {
                painter.circle_filled(centre, half, colour);
            }
            Icon::Warning => polygon(vec![at(0.0, -1.1), at(1.2, 1.0), at(-1.2, 1.0)]),
            Icon::Bad => polygon(vec![at(0.0, -1.2), at(1.2, 0.0), at(0.0, 1.2), at(-1.2, 0.0)]),
            Icon::Tick => {
                painter.line(vec![at(-0.8, 0.0), at(-0.2, 0.6), at(0.85, -0.6)], stroke);
            }
            Icon::Close => {
                painter.line_segment([at(-0.7, -0.7), at(0.7, 0.7)], stroke);
                painter.line_segment([at(0.7, -0.7), at(-0.7, 0.7)], stroke);
            }
            Icon::Backspace => {
                let outline = vec![at(-1.25, 0.0), at(-0.55, -0.8), at(1.2, -0.8), at(1.2, 0.8), at(-0.55, 0.8)];
                painter.add(Shape::closed_line(outline, stroke));
                painter.line_segment([at(0.0, -0.35), at(0.7, 0.35)], stroke);
                painter.line_segment([at(0.7, -0.35), at(0.0, 0.35)], stroke);
            }
            Icon::Enter => {
                painter.line(vec![at(1.0, -0.8), at(1.0, 0.25), at(-0.9, 0.25)], stroke);
                painter.line(vec![at(-0.35, -0.35), at(-0.95, 0.25), at(-0.35, 0.85)], stroke);
            }
        }
    }

    /// The square it is drawn in.
    pub fn rect(centre: Pos2, size: f32) -> Rect {
        Rect::from_center_size(centre, vec2(size, size))
    }
}
