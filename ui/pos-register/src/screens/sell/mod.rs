//! The sell screen: scanning, the basket, quick keys and payment on one screen without modes.
//!
//! ```text
//! +------------------------------------------------------------+
//! | register, cashier, sale              devices, rules, clock |  status_bar
//! +---------------------------+--------------------------------+
//! | lines                     | entry                          |  entry_field
//! |                           | tabs and quick keys,           |  quick_keys
//! |                           | or what a search has found     |  results
//! | totals                    | keypad, functions              |  keypad
//! +---------------------------+--------------------------------+
//! | exact cash, round amounts                           cancel |  tender_bar
//! +------------------------------------------------------------+
//! ```
//! After a sale the basket's card shows the change until the next article ([`change_card`]). Panels and messages lie over
//! it without stopping it ([`panels`], [`toasts`]).

mod basket;
mod change_card;
mod entry_field;
mod keypad;
mod panels;
mod people;
mod quick_keys;
mod results;
mod status_bar;
mod tender_bar;
mod toasts;
mod totals;

use crate::backend::RegisterStatus;
use crate::config::RegisterConfig;
use crate::kit::{card, split_left, split_top};
use crate::model::{Intent, Model};
use crate::theme::Look;
use egui::{Rect, Ui, pos2};

pub use entry_field::focus as focus_entry;

/// What the screen is drawn from.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Colours and sizes.
    pub look: &'a Look,
    /// The shop.
    pub config: &'a RegisterConfig,
    /// The sale.
    pub model: &'a Model,
    /// Devices and rules.
    pub status: &'a RegisterStatus,
    /// The time: `14:03`.
    pub clock: &'a str,
}

/// What only the screen needs to remember.
#[derive(Debug, Default)]
pub struct SellState {
    /// Which page of quick keys.
    pub page: usize,
    /// Which part of it, where it has more keys than fit.
    part: usize,
    /// Which part of the tabs.
    tab_part: usize,
    /// Which part of the people, where there are more than fit.
    people_part: usize,
    /// Lines of the basket when the cashier scrolled away from its end.
    lines_seen: Option<usize>,
    /// Scroll to the end in the next frame.
    follow: bool,
    /// The line that was selected in the last frame.
    selected_seen: Option<u32>,
}

/// What the screen asks of its app, beside what the cashier wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The other theme.
    SwitchTheme,
    /// The entry as a text field.
    FocusEntry,
}

/// Draws the screen and collects what the cashier wants.
pub fn sell_ui(ui: &mut Ui, scene: &Scene<'_>, state: &mut SellState, out: &mut Vec<Intent>, wishes: &mut Vec<Wish>) {
    let look = scene.look;
    let window = ui.max_rect();
    ui.painter().rect_filled(window, 0.0, look.colour.background);
    let (margin, gap) = (look.size.margin, look.size.gap);
    let (bar, rest) = split_top(window, look.size.status_bar, 0.0);
    status_bar::show(ui, scene, bar, out);

    let tender_top = window.bottom() - look.size.tender_bar;
    let middle = Rect::from_min_max(
        pos2(rest.left() + margin, rest.top() + margin),
        pos2(rest.right() - margin, tender_top - margin),
    );
    let (left, right) = split_left(middle, (window.width() * look.size.basket_share).round() - margin, margin);

    card(ui.painter(), look, left);
    if let Some(change) = scene.model.change() {
        change_card::show(ui, scene, left, change, out);
        toasts::show(ui, scene, left, out);
    } else {
        let lines = Rect::from_min_max(left.min, pos2(left.right(), left.bottom() - look.size.totals));
        let totals = Rect::from_min_max(pos2(left.left(), lines.bottom()), left.max);
        basket::show(ui, scene, state, lines, out);
        totals::show(ui, scene, totals);
        toasts::show(ui, scene, lines, out);
    }

    let (entry, rest) = split_top(right, look.size.entry, gap);
    entry_field::show(ui, scene, entry, out);
    let keypad_height = look.size.pad_row * 4.0 + 8.0 * 3.0;
    let (choices, keys) = split_top(rest, rest.height() - keypad_height - gap, gap);
    if scene.model.entry.is_search() {
        results::show(ui, scene, choices, out);
    } else {
        quick_keys::show(ui, scene, state, choices, out);
    }
    keypad::show(ui, scene, keys, out, wishes);

    let tender = Rect::from_min_max(pos2(window.left(), tender_top), window.max);
    tender_bar::show(ui, scene, tender, out);
    // Panels lie over the choices, and leave the keypad free if they can.
    panels::show(ui, scene, Rect::from_min_max(right.min, choices.max), right, out);
    people::show(ui, scene, state, window, out);
}
