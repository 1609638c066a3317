//! Department tabs and the keys that sell without a scan. A key never moves: what does not fit is one page further.

use super::{Scene, SellState};
use crate::kit::{Fill, TouchKey, columns, fitting, page_of, split_top, table};
use crate::model::Intent;
use egui::{Rect, Ui};

/// Most columns, so that keys stay near the hand on wide screens.
const COLUMNS_MAX: usize = 6;

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, state: &mut SellState, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let gap = look.size.gap;
    let pages = &scene.config.quick_keys;
    if pages.is_empty() {
        return;
    }
    let (tabs, grid) = split_top(rect, look.size.tab, gap);
    state.page = state.page.min(pages.len() - 1);
    tabs_ui(ui, scene, state, tabs);

    let Some(page) = pages.get(state.page) else { return };
    let across = fitting(grid.width(), look.size.key_width_min, gap).min(COLUMNS_MAX);
    let down = fitting(grid.height(), look.size.key_height_min, gap);
    let (shown, more) = page_of(page.keys.len(), across * down, state.part);
    let mut cells = table(grid, across, down, gap);
    let size = if look.compact { look.font.small } else { look.font.key };
    let keys = page.keys.get(shown).unwrap_or_default();
    for (key, cell) in keys.iter().zip(cells.by_ref()) {
        let shown = TouchKey::new(&key.label).detail(&key.price).edge(key.edge).fill(Fill::Surface).size(size);
        if shown.show(ui, look, cell) {
            out.push(Intent::Pick(key.pick()));
        }
    }
    if more {
        let cell = table(grid, across, down, gap).last();
        let key = TouchKey::new("More…").name("More keys").fill(Fill::Surface).ink(look.colour.accent).size(size);
        if cell.is_some_and(|cell| key.show(ui, look, cell)) {
            state.part += 1;
        }
    }
}

fn tabs_ui(ui: &Ui, scene: &Scene<'_>, state: &mut SellState, rect: Rect) {
    let look = scene.look;
    let pages = &scene.config.quick_keys;
    let (least, gap) = if look.compact { (92.0, 8.0) } else { (118.0, 8.0) };
    let slots = fitting(rect.width(), least, gap).min(pages.len().max(1));
    let (shown, more) = page_of(pages.len(), slots, state.tab_part);
    let mut cells = columns(rect, slots, gap);
    let size = if look.compact { look.font.small } else { look.font.small + 2.0 };
    for index in shown {
        let (Some(page), Some(cell)) = (pages.get(index), cells.next()) else { break };
        let tab = TouchKey::new(&page.name).fill(Fill::Surface).size(size).selected(index == state.page);
        if tab.show(ui, look, cell) && state.page != index {
            state.page = index;
            state.part = 0;
        }
    }
    if more {
        let cell = columns(rect, slots, gap).last();
        let key = TouchKey::new("More…").name("More departments").fill(Fill::Surface).ink(look.colour.accent);
        if cell.is_some_and(|cell| key.size(size).show(ui, look, cell)) {
            state.tab_part += 1;
        }
    }
}
