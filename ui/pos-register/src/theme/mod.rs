//! Colours, sizes and fonts by role.
//!
//! [`Tokens`] are data (`tokens.toml`); [`Look`] is what a screen draws with: the palette of the chosen [`Theme`] and the
//! sizes for the window at hand. No colour or size is written anywhere else.

pub mod contrast;
pub mod fonts;
mod tokens;

pub use fonts::Weight;
pub use tokens::{Colour, EdgePalette, FontSizes, Palette, Sizes, Tokens};

use egui::{Color32, Context, CornerRadius, Stroke, Vec2};

/// Dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// For dim shops; the default.
    #[default]
    Dark,
    /// For bright ones.
    Light,
}

impl Theme {
    /// The other one.
    pub fn other(self) -> Theme {
        match self {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Dark,
        }
    }
}

/// The edge colour of a quick key, usually one to a department.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the colours")]
pub enum EdgeColour {
    Green,
    Amber,
    Sky,
    Pink,
    Violet,
    Red,
    #[default]
    Grey,
}

impl EdgeColour {
    /// All, in the order in which departments get them.
    pub const ALL: [EdgeColour; 7] = [
        EdgeColour::Green,
        EdgeColour::Amber,
        EdgeColour::Sky,
        EdgeColour::Pink,
        EdgeColour::Violet,
        EdgeColour::Red,
        EdgeColour::Grey,
    ];
}

/// What a screen draws with.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours.
    pub colour: Palette,
    /// Sizes.
    pub size: Sizes,
    /// Font sizes.
    pub font: FontSizes,
    /// Whether the small sizes are in use.
    pub compact: bool,
}

impl Look {
    /// The look of a theme in a window.
    pub fn new(theme: Theme, window: Vec2) -> Look {
        let tokens = Tokens::built_in();
        let compact = window.x < 1400.0 || window.y < 900.0;
        Look {
            colour: match theme {
                Theme::Dark => tokens.dark,
                Theme::Light => tokens.light,
            },
            size: if compact { tokens.size_compact } else { tokens.size },
            font: tokens.fonts,
            compact,
        }
    }

    /// A quick key's edge.
    pub fn edge(&self, edge: EdgeColour) -> Colour {
        let EdgePalette { green, amber, sky, pink, violet, red, grey } = self.colour.edge;
        match edge {
            EdgeColour::Green => green,
            EdgeColour::Amber => amber,
            EdgeColour::Sky => sky,
            EdgeColour::Pink => pink,
            EdgeColour::Violet => violet,
            EdgeColour::Red => red,
            EdgeColour::Grey => grey,
        }
    }

    /// A hairline.
    pub fn hairline(&self) -> Stroke {
        Stroke::new(1.0, self.colour.line)
    }
}

/// Gives egui the register's fonts, colours and touch tuning, and turns everything off that would draw by itself.
pub fn install(ctx: &Context, theme: Theme) {
    ctx.set_fonts(fonts::definitions());
    apply(ctx, theme);
    ctx.options_mut(|options| {
        // A finger moves and lingers: egui's 6 points and 0.8 s lose taps.
        options.input_options.max_click_dist = 24.0;
        options.input_options.max_click_duration = 10.0;
        // Closing with an open basket is refused by the register, not decided by a shortcut.
        options.quit_shortcuts.clear();
        options.zoom_with_keyboard = false;
    });
}

/// Gives egui's own widgets (the text field, scroll bars) the colours of a theme.
pub fn apply(ctx: &Context, theme: Theme) {
    let palette = match theme {
        Theme::Dark => Tokens::built_in().dark,
        Theme::Light => Tokens::built_in().light,
    };
    let which = match theme {
        Theme::Dark => egui::Theme::Dark,
        Theme::Light => egui::Theme::Light,
    };
    ctx.set_theme(which);
    ctx.style_mut_of(which, |style| {
        style.animation_time = 0.0;
        style.spacing.item_spacing = Vec2::ZERO;
        style.spacing.scroll = egui::style::ScrollStyle::solid();
        style.spacing.scroll.bar_width = 8.0;
        style.scroll_animation = egui::style::ScrollAnimation::none();
        let visuals = &mut style.visuals;
        visuals.panel_fill = palette.background.into();
        visuals.override_text_color = Some(palette.text.into());
        visuals.weak_text_color = Some(palette.muted.into());
        visuals.extreme_bg_color = palette.surface.into();
        visuals.text_edit_bg_color = Some(Color32::TRANSPARENT);
        visuals.selection.bg_fill = palette.accent.mixed(palette.surface, 0.5).into();
        visuals.selection.stroke = Stroke::new(1.0, palette.text);
        visuals.text_cursor.stroke = Stroke::new(2.0, palette.accent);
        // A blinking cursor would paint two frames a second for ever.
        visuals.text_cursor.blink = false;
        for widget in [
            &mut visuals.widgets.inactive,
            &mut visuals.widgets.hovered,
            &mut visuals.widgets.active,
            &mut visuals.widgets.open,
            &mut visuals.widgets.noninteractive,
        ] {
            widget.bg_fill = palette.line.into();
            widget.weak_bg_fill = palette.raised.into();
            widget.bg_stroke = Stroke::new(1.0, palette.line);
            widget.fg_stroke = Stroke::new(1.0, palette.muted);
            widget.corner_radius = CornerRadius::same(4);
            widget.expansion = 0.0;
        }
    });
}
