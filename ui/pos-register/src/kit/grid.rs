//! Cutting rectangles into cells with gaps, the same in every frame.

use egui::{Rect, pos2, vec2};

/// `count` columns of equal width.
pub fn columns(rect: Rect, count: usize, gap: f32) -> impl Iterator<Item = Rect> {
    table(rect, count, 1, gap)
}

/// `count` rows of equal height.
pub fn rows(rect: Rect, count: usize, gap: f32) -> impl Iterator<Item = Rect> {
    table(rect, 1, count, gap)
}

/// Cells of a table, row by row.
pub fn table(rect: Rect, columns: usize, rows: usize, gap: f32) -> impl Iterator<Item = Rect> {
    let width = (rect.width() - gap * columns.saturating_sub(1) as f32) / columns.max(1) as f32;
    let height = (rect.height() - gap * rows.saturating_sub(1) as f32) / rows.max(1) as f32;
    (0..rows).flat_map(move |row| {
        (0..columns).map(move |column| {
            let left = rect.left() + (width + gap) * column as f32;
            let top = rect.top() + (height + gap) * row as f32;
            // Whole points: hairlines stay sharp, and the last cell ends where the rectangle does.
            Rect::from_min_max(pos2(left.round(), top.round()), pos2((left + width).round(), (top + height).round()))
        })
    })
}

/// Which of `count` things page `page` shows in `slots` places, and whether the last place leads to the next page.
pub fn page_of(count: usize, slots: usize, page: usize) -> (std::ops::Range<usize>, bool) {
    if count <= slots || slots < 2 {
        return (0..count.min(slots), false);
    }
    let shown = slots - 1;
    let pages = count.div_ceil(shown);
    let first = page % pages * shown;
    (first..(first + shown).min(count), true)
}

/// How many cells of at least `least` points fit, at least one.
pub(crate) fn fitting(space: f32, least: f32, gap: f32) -> usize {
    (((space + gap) / (least + gap)).floor() as usize).max(1)
}

/// The rectangle cut at `at` points from the top: above, and below a gap.
pub(crate) fn split_top(rect: Rect, at: f32, gap: f32) -> (Rect, Rect) {
    let top = Rect::from_min_size(rect.min, vec2(rect.width(), at));
    (top, Rect::from_min_max(pos2(rect.left(), rect.top() + at + gap), rect.max))
}

/// The rectangle cut at `at` points from the left: left, and right of a gap.
pub(crate) fn split_left(rect: Rect, at: f32, gap: f32) -> (Rect, Rect) {
    let left = Rect::from_min_size(rect.min, vec2(at, rect.height()));
    (left, Rect::from_min_max(pos2(rect.left() + at + gap, rect.top()), rect.max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fill_the_rectangle_without_overlap() {
        let rect = Rect::from_min_size(pos2(12.0, 20.0), vec2(100.0, 50.0));
        let cells: Vec<Rect> = table(rect, 3, 2, 8.0).collect();
        assert_eq!(cells.len(), 6);
        assert_eq!((cells[0].min, cells[5].max), (rect.min, rect.max));
        assert!(cells[1].left() - cells[0].right() >= 7.0);
        assert!(table(rect, 0, 0, 8.0).next().is_none());
    }

    #[test]
    fn pages_show_everything_once() {
        assert_eq!(page_of(5, 6, 3), (0..5, false));
        assert_eq!(page_of(7, 4, 0), (0..3, true));
        assert_eq!(page_of(7, 4, 2), (6..7, true));
        assert_eq!(page_of(7, 4, 3), (0..3, true));
        assert_eq!(page_of(3, 0, 0), (0..0, false));
    }
}
