//! The parts that screens are made of: keys, text, icons, panels. They draw from a [`crate::theme::Look`] into given
//! rectangles, so that nothing moves by itself, and each has a name for assistive technology and tests.

mod grid;
mod icon;
mod key;
mod panel;
mod text;

pub use grid::{columns, page_of, rows, table};
pub(crate) use grid::{fitting, split_left, split_top};
pub use icon::Icon;
pub use key::{Fill, TouchKey};
pub use panel::{card, overlay};
pub use text::{Line, announce, paragraph_height};
