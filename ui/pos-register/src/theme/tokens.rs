//! The tokens as data: `tokens.toml`, read once.

use egui::Color32;
use serde::Deserialize;
use std::sync::OnceLock;

/// All tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Font sizes.
    #[serde(rename = "type")]
    pub fonts: FontSizes,
    /// Sizes on a large screen.
    pub size: Sizes,
    /// Sizes on a small one.
    pub size_compact: Sizes,
    /// Colours of the dark theme.
    pub dark: Palette,
    /// Colours of the light theme.
    pub light: Palette,
}

impl Tokens {
    /// The tokens built into the program.
    pub fn built_in() -> &'static Tokens {
        static TOKENS: OnceLock<Tokens> = OnceLock::new();
        TOKENS.get_or_init(|| toml::from_str(include_str!("tokens.toml")).expect("tokens.toml is read by a test"))
    }
}

/// Font sizes in points.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the roles")]
pub struct FontSizes {
    pub caption: f32,
    pub small: f32,
    pub body: f32,
    pub key: f32,
    pub amount: f32,
    pub entry: f32,
    pub pad: f32,
    pub tender: f32,
    pub title: f32,
    pub total_word: f32,
    pub total: f32,
    pub change: f32,
}

/// Sizes in points.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the roles")]
pub struct Sizes {
    pub status_bar: f32,
    pub margin: f32,
    pub gap: f32,
    pub line: f32,
    pub modifier: f32,
    pub actions: f32,
    pub action_key: f32,
    pub entry: f32,
    pub tab: f32,
    pub key_height_min: f32,
    pub key_width_min: f32,
    pub pad_row: f32,
    pub tender_bar: f32,
    pub totals: f32,
    pub radius: u8,
    pub radius_card: u8,
    /// Share of the width that the basket gets.
    pub basket_share: f32,
}

/// Colours by role.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Palette {
    /// Behind everything.
    pub background: Colour,
    /// Panels and cards.
    pub surface: Colour,
    /// Keys on a panel.
    pub raised: Colour,
    /// Hairlines.
    pub line: Colour,
    /// Words and amounts.
    pub text: Colour,
    /// Words of second rank.
    pub muted: Colour,
    /// What is chosen, and the one confirming key.
    pub accent: Colour,
    /// Words on `accent`.
    pub on_accent: Colour,
    /// Taking money.
    pub pay: Colour,
    /// Words on `pay`.
    pub on_pay: Colour,
    /// What the customer saves.
    pub save: Colour,
    /// Needs a look.
    pub warn: Colour,
    /// Takes something away; went wrong.
    pub bad: Colour,
    /// Words on `bad`.
    pub on_bad: Colour,
    /// Behind the selected line.
    pub selected: Colour,
    /// Edges of quick keys.
    pub edge: EdgePalette,
}

/// Edge colours of quick keys: a second cue beside the label, after Okabe and Ito.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the colours")]
pub struct EdgePalette {
    pub green: Colour,
    pub amber: Colour,
    pub sky: Colour,
    pub pink: Colour,
    pub violet: Colour,
    pub red: Colour,
    pub grey: Colour,
}

/// A colour written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Colour(pub Color32);

impl TryFrom<String> for Colour {
    type Error = String;
    #[allow(clippy::disallowed_methods, reason = "the one place where colours are made")]
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Color32::from_hex(&text).map(Colour).map_err(|_| format!("\"{text}\" is not a colour like #1e252e"))
    }
}

impl From<Colour> for Color32 {
    fn from(colour: Colour) -> Color32 {
        colour.0
    }
}

impl Colour {
    /// This colour with a share of another, 0 to 1.
    pub fn mixed(self, other: Colour, share: f32) -> Colour {
        Colour(self.0.lerp_to_gamma(other.0, share))
    }
}
