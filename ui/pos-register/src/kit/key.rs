//! The key a finger presses.

use super::icon::Icon;
use super::text::Line;
use crate::theme::{Colour, EdgeColour, Look, Weight};
use egui::{Align2, CornerRadius, Key, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2};

/// What a key looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// On a panel.
    #[default]
    Raised,
    /// On the background.
    Surface,
    /// The confirming key; the chosen tab.
    Accent,
    /// Takes money.
    Pay,
    /// Needs a look before it is pressed.
    Warning,
    /// Takes something away.
    Danger,
}

/// A key, described; [`TouchKey::show`] draws it.
#[derive(Clone, Copy, Debug)]
pub struct TouchKey<'a> {
    label: &'a str,
    name: Option<&'a str>,
    detail: &'a str,
    fill: Fill,
    ink: Option<Colour>,
    edge: Option<EdgeColour>,
    icon: Option<Icon>,
    size: Option<f32>,
    weight: Weight,
    enabled: bool,
    beside: bool,
    selected: Option<bool>,
}

impl<'a> TouchKey<'a> {
    /// A key with a word on it.
    pub fn new(label: &'a str) -> TouchKey<'a> {
        TouchKey {
            label,
            name: None,
            detail: "",
            fill: Fill::default(),
            ink: None,
            edge: None,
            icon: None,
            size: None,
            weight: Weight::Medium,
            enabled: true,
            beside: false,
            selected: None,
        }
    }

    /// The name for assistive technology, where the label alone does not say it.
    pub fn name(self, name: &'a str) -> Self {
        TouchKey { name: Some(name), ..self }
    }

    /// A second, smaller word: a price, a shortcut.
    pub fn detail(self, detail: &'a str) -> Self {
        TouchKey { detail, ..self }
    }

    /// The second word stands beside the first, not below.
    pub fn detail_beside(self, detail: &'a str) -> Self {
        TouchKey { detail, beside: true, ..self }
    }

    /// What it looks like.
    pub fn fill(self, fill: Fill) -> Self {
        TouchKey { fill, ..self }
    }

    /// The colour of its word.
    pub fn ink(self, ink: Colour) -> Self {
        TouchKey { ink: Some(ink), ..self }
    }

    /// A coloured edge; words are then aligned left, as on a quick key.
    pub fn edge(self, edge: EdgeColour) -> Self {
        TouchKey { edge: Some(edge), ..self }
    }

    /// An icon instead of the word, which then only names the key.
    pub fn icon(self, icon: Icon) -> Self {
        TouchKey { icon: Some(icon), ..self }
    }

    /// Font size of the word.
    pub fn size(self, size: f32) -> Self {
        TouchKey { size: Some(size), ..self }
    }

    /// Weight of the word.
    pub fn weight(self, weight: Weight) -> Self {
        TouchKey { weight, ..self }
    }

    /// Whether it can be pressed.
    pub fn enabled(self, enabled: bool) -> Self {
        TouchKey { enabled, ..self }
    }

    /// One of several, and whether it is the chosen one.
    pub fn selected(self, selected: bool) -> Self {
        let fill = if selected { Fill::Accent } else { self.fill };
        TouchKey { selected: Some(selected), fill, ..self }
    }

    /// Draws it; true when it was pressed and let go, or pressed by keyboard.
    pub fn show(self, ui: &Ui, look: &Look, rect: Rect) -> bool {
        self.respond(ui, look, rect).clicked()
    }

    /// Draws it; true as soon as the finger is down. For digits, where a hand is faster than its releases.
    pub fn show_acting_on_press(self, ui: &Ui, look: &Look, rect: Rect) -> bool {
        let response = self.respond(ui, look, rect);
        let pressed_now = ui.input(|input| input.pointer.primary_pressed());
        let by_pointer = response.clicked_by(egui::PointerButton::Primary);
        response.is_pointer_button_down_on() && pressed_now || response.clicked() && !by_pointer
    }

    fn respond(self, ui: &Ui, look: &Look, rect: Rect) -> Response {
        let name = self.name.unwrap_or(self.label);
        let sense = if self.enabled { Sense::click() } else { Sense::hover() };
        let response = ui.interact(rect, ui.scope_id().with(("key", name)), sense);
        response.widget_info(|| match self.selected {
            Some(selected) => WidgetInfo::selected(Role::Button, self.enabled, selected, name),
            None => WidgetInfo::labeled(Role::Button, self.enabled, name),
        });
        if ui.is_rect_visible(rect) {
            self.paint(ui, look, rect, &response);
        }
        response
    }

    fn paint(self, ui: &Ui, look: &Look, rect: Rect, response: &Response) {
        let colour = &look.colour;
        let (ground, ink, framed) = match self.fill {
            Fill::Raised => (colour.raised, colour.text, true),
            Fill::Surface => (colour.surface, colour.text, true),
            Fill::Accent => (colour.accent, colour.on_accent, false),
            Fill::Pay => (colour.pay, colour.on_pay, false),
            Fill::Warning => (colour.raised, colour.warn, true),
            Fill::Danger => (colour.bad, colour.on_bad, false),
        };
        let (ground, ink, framed) =
            if self.enabled { (ground, self.ink.unwrap_or(ink), framed) } else { (colour.surface, colour.muted, true) };
        let held = response.is_pointer_button_down_on()
            || response.has_focus() && ui.input(|input| input.key_down(Key::Enter) || input.key_down(Key::Space));
        let ground = match (self.enabled, held, response.hovered()) {
            (true, true, _) => ground.mixed(ink, 0.14),
            (true, false, true) => ground.mixed(ink, 0.05),
            _ => ground,
        };
        let painter = ui.painter();
        let radius = CornerRadius::same(look.size.radius);
        let stroke = if self.fill == Fill::Warning { Stroke::new(2.0, colour.warn) } else { look.hairline() };
        if !self.enabled {
            // An outline only: it keeps its place and says that it is not the time.
            painter.rect_stroke(rect, radius, stroke, StrokeKind::Inside);
        } else if framed {
            painter.rect(rect, radius, ground, stroke, StrokeKind::Inside);
        } else {
            painter.rect_filled(rect, radius, ground);
        }
        if let Some(edge) = self.edge {
            // The edge follows the key's rounded corners and ends straight.
            let strip = Rect::from_min_max(rect.min, pos2(rect.left() + 5.0, rect.bottom()));
            painter.with_clip_rect(strip.intersect(painter.clip_rect())).rect_filled(rect, radius, look.edge(edge));
        }
        if response.has_focus() {
            painter.rect_stroke(rect.expand(2.0), radius, Stroke::new(3.0, colour.accent), StrokeKind::Outside);
        }
        self.words(ui, look, rect, ink);
    }

    fn words(self, ui: &Ui, look: &Look, rect: Rect, ink: Colour) {
        let painter = ui.painter();
        let size = self.size.unwrap_or(look.font.key);
        let quiet = if matches!(self.fill, Fill::Accent | Fill::Pay | Fill::Danger) && self.enabled {
            ink
        } else {
            look.colour.muted
        };
        if let Some(icon) = self.icon {
            icon.paint(painter, rect.center(), size * 0.8, ink);
            return;
        }
        let word = Line::new(self.label, size, ink).weight(self.weight);
        if self.edge.is_some() {
            let left = rect.left() + if look.compact { 14.0 } else { 19.0 };
            let width = rect.right() - 8.0 - left;
            word.within(width).rows(2).paint(painter, pos2(left, rect.top() + 10.0), Align2::LEFT_TOP);
            let detail = Line::new(self.detail, look.font.small, quiet).within(width);
            detail.paint(painter, pos2(left, rect.bottom() - 9.0), Align2::LEFT_BOTTOM);
            return;
        }
        let width = rect.width() - 12.0;
        if self.detail.is_empty() {
            word.within(width).paint(painter, rect.center(), Align2::CENTER_CENTER);
            return;
        }
        let detail = Line::new(self.detail, look.font.caption, quiet).within(width);
        if self.beside {
            let (first, second) = (word.width(painter), detail.width(painter));
            if first + second + 10.0 > width {
                word.within(width).paint(painter, rect.center(), Align2::CENTER_CENTER);
                return;
            }
            let left = rect.center().x - (first + second + 8.0) / 2.0;
            word.paint(painter, pos2(left, rect.center().y), Align2::LEFT_CENTER);
            detail.paint(painter, pos2(left + first + 8.0, rect.center().y + 1.0), Align2::LEFT_CENTER);
        } else {
            // Both together are centred; a line of text is about 1.2 times its font size high.
            let split = rect.center().y + (size - look.font.caption) * 0.6;
            word.within(width).paint(painter, pos2(rect.center().x, split + 1.0), Align2::CENTER_BOTTOM);
            detail.paint(painter, pos2(rect.center().x, split + 1.0), Align2::CENTER_TOP);
        }
    }
}
