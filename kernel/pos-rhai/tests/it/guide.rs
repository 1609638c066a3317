//! The table of words, the facade and the guide for shop owners say the same.

use crate::fixture::load;
use pos_rhai::words::{Form, Kind, WORDS};

fn guide() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/GUIDE.md")).unwrap()
}

#[test]
fn every_word_runs_as_its_example_says() {
    for word in WORDS {
        let body = match word.of {
            Kind::Item => format!("for item in basket.items {{ {}; }}", word.example),
            _ => format!("{};", word.example),
        };
        let text = format!("fn discount(basket) {{\n{body}\n}}");
        if let Err(diagnostic) = load(&text) {
            panic!("{word:?}\n{diagnostic}");
        }
        let used = match word.form {
            Form::Fact => format!(".{}", word.name),
            Form::Verb { .. } => format!("{}(", word.name),
        };
        assert!(word.example.contains(&used), "{word:?}");
    }
}

#[test]
fn every_word_is_in_the_guide_with_its_example() {
    let guide = guide();
    let missing: Vec<_> =
        WORDS.iter().map(|word| format!("`{}`", word.example)).filter(|example| !guide.contains(example)).collect();
    assert!(missing.is_empty(), "scripts/GUIDE.md lacks:\n{}", missing.join("\n"));
}

#[test]
fn every_script_in_the_guide_loads() {
    let guide = guide();
    let mut blocks = 0;
    for block in guide.split("```rhai\n").skip(1) {
        let script = block.split("```").next().unwrap();
        if let Err(diagnostic) = load(script) {
            panic!("{script}\n{diagnostic}");
        }
        blocks += 1;
    }
    assert!(blocks >= 5, "{blocks}");
}
