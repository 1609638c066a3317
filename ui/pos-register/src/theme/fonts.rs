//! The bundled fonts: Inter with tabular figures in four weights, JetBrains Mono for printed text.

use egui::{FontData, FontDefinitions, FontFamily, FontId};
use std::sync::Arc;

/// How heavy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Running words.
    Regular,
    /// Names on keys and lines.
    Medium,
    /// Amounts and headings.
    SemiBold,
    /// The total.
    Bold,
}

impl Weight {
    const ALL: [(Weight, &'static str, &'static [u8]); 4] = [
        (Weight::Regular, "inter-regular", include_bytes!("../../fonts/InterTabular-Regular.otf")),
        (Weight::Medium, "inter-medium", include_bytes!("../../fonts/InterTabular-Medium.otf")),
        (Weight::SemiBold, "inter-semibold", include_bytes!("../../fonts/InterTabular-SemiBold.otf")),
        (Weight::Bold, "inter-bold", include_bytes!("../../fonts/InterTabular-Bold.otf")),
    ];

    /// The font of this weight in a size.
    pub fn at(self, size_points: f32) -> FontId {
        let family = match self {
            Weight::Regular => FontFamily::Proportional,
            Weight::Medium => FontFamily::Name("inter-medium".into()),
            Weight::SemiBold => FontFamily::Name("inter-semibold".into()),
            Weight::Bold => FontFamily::Name("inter-bold".into()),
        };
        FontId::new(size_points, family)
    }
}

/// The fonts to give to egui. What Inter lacks is looked for in JetBrains Mono and in egui's own symbols.
pub fn definitions() -> FontDefinitions {
    const MONO: &str = "jetbrains-mono";
    let built_in = FontDefinitions::default();
    let mut fonts = FontDefinitions::empty();
    let mut fallbacks = vec![MONO.to_owned()];
    for (name, data) in built_in.font_data {
        if name.contains("moji") {
            fallbacks.push(name.clone());
            fonts.font_data.insert(name, data);
        }
    }
    let with_fallbacks = |first: &str| {
        let mut names = vec![first.to_owned()];
        names.extend(fallbacks.iter().filter(|name| *name != first).cloned());
        names
    };
    for (weight, name, bytes) in Weight::ALL {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
        fonts.families.insert(weight.at(1.0).family, with_fallbacks(name));
    }
    let mono: &'static [u8] = include_bytes!("../../fonts/JetBrainsMono-Regular.ttf");
    fonts.font_data.insert(MONO.to_owned(), Arc::new(FontData::from_static(mono)));
    fonts.families.insert(FontFamily::Monospace, with_fallbacks(MONO));
    fonts
}
