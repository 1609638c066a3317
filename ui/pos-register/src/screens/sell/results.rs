//! What a search has found: in place of the quick keys, best first.

use super::Scene;
use crate::kit::{Line, card, fitting};
use crate::model::text::MoneyText;
use crate::model::{Intent, Pick};
use crate::theme::{Look, Weight};
use egui::{Align2, CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use pos_api::view::ItemView;

pub(super) fn show(ui: &Ui, scene: &Scene<'_>, rect: Rect, out: &mut Vec<Intent>) {
    let look = scene.look;
    let search = &scene.model.search;
    card(ui.painter(), look, rect);
    if search.items.is_empty() {
        let words = format!("Nothing found for \u{201c}{}\u{201d}", search.text);
        let line = Line::new(&words, look.font.body, look.colour.muted).within(rect.width() - 32.0);
        line.label(ui, rect.center(), Align2::CENTER_CENTER);
        return;
    }
    let height = look.size.line;
    let visible = fitting(rect.height() - 8.0, height, 0.0);
    // The chosen one stays in view.
    let first = (search.chosen + 1).saturating_sub(visible);
    for (place, (index, item)) in search.items.iter().enumerate().skip(first).take(visible).enumerate() {
        let top = rect.top() + 4.0 + height * place as f32;
        let row = Rect::from_min_size(pos2(rect.left() + 4.0, top), vec2(rect.width() - 8.0, height));
        if row_ui(ui, look, scene.model.money, row, item, index == search.chosen) {
            out.push(Intent::Pick(Pick::from(item)));
        }
    }
}

fn row_ui(ui: &Ui, look: &Look, money: MoneyText, rect: Rect, item: &ItemView, chosen: bool) -> bool {
    let painter = ui.painter();
    let price = money.shelf_price(item.price, &item.price_per);
    let response = ui.interact(rect, ui.scope_id().with(("found", &item.id)), Sense::click());
    let spoken = format!("{}, {price}", item.name);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &spoken));
    if chosen {
        painter.rect_filled(rect, CornerRadius::same(8), look.colour.selected);
    } else if response.hovered() {
        painter.rect_filled(rect, CornerRadius::same(8), look.colour.raised);
    }
    if !chosen {
        painter.hline(rect.shrink(12.0).x_range(), rect.bottom() - 0.5, look.hairline());
    }
    let middle = rect.center().y;
    let price = Line::new(&price, look.font.body, look.colour.text).weight(Weight::SemiBold);
    let price_place = price.paint(painter, pos2(rect.right() - 16.0, middle), Align2::RIGHT_CENTER);
    let code = Line::new(&item.code, look.font.small, look.colour.muted);
    let code_left = rect.right() - if look.compact { 230.0 } else { 300.0 };
    let code_place = code.paint(painter, pos2(code_left.min(price_place.left() - 120.0), middle), Align2::LEFT_CENTER);
    let room = code_place.left() - 12.0 - (rect.left() + 16.0);
    let department = Line::new(&item.department, look.font.caption, look.colour.muted).within(room);
    let name = Line::new(&item.name, look.font.body, look.colour.text).weight(Weight::Medium).within(room);
    name.paint(painter, pos2(rect.left() + 16.0, middle + 2.0), Align2::LEFT_BOTTOM);
    department.paint(painter, pos2(rect.left() + 16.0, middle + 4.0), Align2::LEFT_TOP);
    response.clicked()
}
