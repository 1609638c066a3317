//! Contrast after WCAG 2.2: text at least 4.5 to 1 (1.4.3), what carries meaning without text 3 to 1 (1.4.11).

use super::tokens::Colour;

/// Contrast ratio of two colours, 1 to 21.
pub fn ratio(first: Colour, second: Colour) -> f32 {
    let (first, second) = (luminance(first), luminance(second));
    (first.max(second) + 0.05) / (first.min(second) + 0.05)
}

fn luminance(colour: Colour) -> f32 {
    let linear = |channel: u8| {
        let share = f32::from(channel) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(colour.0.r()) + 0.7152 * linear(colour.0.g()) + 0.0722 * linear(colour.0.b())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Palette, Tokens};

    fn check(theme: &str, palette: &Palette) {
        let Palette { background, surface, raised, line: _, text, muted, accent, .. } = *palette;
        let Palette { on_accent, pay, on_pay, save, warn, bad, on_bad, selected, edge, .. } = *palette;
        let grounds = [("background", background), ("surface", surface), ("raised", raised), ("selected", selected)];
        let mut failures = Vec::new();
        let mut demand = |what: String, first: Colour, second: Colour, least: f32| {
            let found = ratio(first, second);
            if found < least {
                failures.push(format!("{theme}: {what} {found:.2} < {least}"));
            }
        };
        for (name, ground) in grounds {
            for (word, colour) in [("text", text), ("muted", muted), ("save", save), ("bad", bad), ("accent", accent)] {
                demand(format!("{word} on {name}"), colour, ground, 4.5);
            }
            demand(format!("warn on {name}"), warn, ground, 4.5);
            // A pressed or pointed-at key is tinted towards the text: its words must stay readable.
            demand(format!("text on pressed {name}"), text, ground.mixed(text, 0.14), 4.5);
        }
        for (name, word, ground) in [("on_accent", on_accent, accent), ("on_pay", on_pay, pay), ("on_bad", on_bad, bad)]
        {
            demand(name.to_owned(), word, ground, 4.5);
        }
        for (name, colour) in [
            ("green", edge.green),
            ("amber", edge.amber),
            ("sky", edge.sky),
            ("pink", edge.pink),
            ("violet", edge.violet),
            ("red", edge.red),
            ("grey", edge.grey),
            ("pay", pay),
            ("accent", accent),
        ] {
            demand(format!("{name} edge on background"), colour, background, 3.0);
            demand(format!("{name} edge on surface"), colour, surface, 3.0);
        }
        assert!(failures.is_empty(), "{failures:#?}");
    }

    #[test]
    fn every_pair_of_colours_can_be_read() {
        check("dark", &Tokens::built_in().dark);
        check("light", &Tokens::built_in().light);
    }

    #[test]
    fn black_on_white_is_21_to_1() {
        let colour = |text: &str| Colour::try_from(text.to_owned()).unwrap();
        assert!((ratio(colour("#000000"), colour("#ffffff")) - 21.0).abs() < 0.01);
        assert!(Colour::try_from("green".to_owned()).is_err());
    }
}
