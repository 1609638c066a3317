//! The index leaves nothing out, and looks at little.

use super::random::{any_basket, configuration, configured};
use super::*;
use crate::view::View;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn asking_the_index_and_asking_all_is_the_same(offers in configuration(), basket in any_basket()) {
        let offers = configured(&offers);
        let view = View::new(&offers, &basket);
        for stage in [Stage::Line, Stage::Shop, Stage::Order] {
            let all = offers.propose_among(0..offers.count(), stage, &view);
            prop_assert_eq!(offers.propose_for(stage, &basket), all);
            prop_assert!(offers.examined(stage, &basket) <= offers.count());
        }
    }

    #[test]
    fn the_order_of_scans_codes_and_offers_does_not_matter(
        offers in configuration(),
        basket in any_basket(),
        seed in prop::num::u32::ANY,
    ) {
        let expected = configured(&offers);
        let mut shuffled = offers.clone();
        let turn = usize::try_from(seed).unwrap_or(0);
        shuffled.rotate_left(turn % offers.len());
        if seed % 2 == 0 {
            shuffled.reverse();
        }
        let shuffled = configured(&shuffled);
        let mut other = basket.clone();
        other.lines.reverse();
        let lines = other.lines.len().max(1);
        other.lines.rotate_left(turn % lines);
        other.codes.reverse();
        for stage in [Stage::Line, Stage::Shop, Stage::Order] {
            prop_assert_eq!(shuffled.propose_for(stage, &other), expected.propose_for(stage, &basket));
        }
    }
}

/// 10,000 offers on goods, codes, groups and months of their own; ten speak of the basket.
#[test]
fn work_grows_with_the_offers_that_can_apply() {
    let about = |number: usize| match number % 5 {
        0 => format!("items = {{ item = \"I{number}\" }}\npercent_off = \"10 %\""),
        1 => format!("items = {{ tag = \"t{number}\", department = \"all\" }}\ngroups_of = 3\nfor_price = \"5.00\""),
        2 => format!("order = true\namount_off = \"5.00\"\ncodes = [\"C{number}\"]"),
        3 => format!("items = {{ department = \"all\" }}\nfree = true\ncode_prefixes = [\"P{number}-\"]"),
        _ => format!(
            "items = {{ department = \"all\" }}\npercent_off = \"5 %\"\nfrom = \"{year}-03-01\"\nuntil = \"{year}-03-31\"",
            year = 2030 + number % 1_000
        ),
    };
    let mut toml = String::from("currency = \"EUR\"\n");
    for number in 0..9_990 {
        toml.push_str(&format!("[[offer]]\nid = \"o{number:05}\"\nlabel = \"Offer\"\n{}\n", about(number)));
    }
    for number in 0..10 {
        toml.push_str(&format!(
            "[[offer]]\nid = \"ours-{number}\"\nlabel = \"Ours\"\nitems = {{ tag = \"ours\" }}\npercent_off = \"{} %\"\n",
            number + 1
        ));
    }
    let offers = offers(&toml);
    assert_eq!(offers.count(), 10_000);
    let mut basket = basket();
    for _ in 0..50 {
        basket = basket.sell("THING", 1, "5.00").tagged("ours").tagged("unknown");
        basket.lines.last_mut().unwrap().departments.push("all".into());
    }
    let examined: usize =
        [Stage::Line, Stage::Shop, Stage::Order].map(|stage| offers.examined(stage, &basket)).iter().sum();
    assert_eq!(examined, 10);
    assert_eq!(offers.propose_for(Stage::Line, &basket).candidates.len(), 10);
    // Each word more reaches its own offers, not all.
    basket.codes = vec!["C00002".into(), "C2".into(), "P3-77".into()];
    let examined =
        |basket: &Basket| [Stage::Line, Stage::Shop, Stage::Order].map(|stage| offers.examined(stage, basket));
    assert_eq!(examined(&basket), [11, 0, 1]);
    basket.now.date = "2034-03-05".parse().unwrap();
    let in_march = examined(&basket)[0] - 11;
    assert!((1..=12).contains(&in_march), "{in_march}");
}

#[test]
fn an_answer_stays_within_what_the_kernel_takes() {
    let mut toml = String::new();
    for number in 0..600 {
        let priority = if number == 599 { 5 } else { 0 };
        toml.push_str(&format!(
            "[[offer]]\nid = \"o{number:03}\"\nlabel = \"Offer\"\nitems = \"all\"\npercent_off = \"1 %\"\npriority = {priority}\n"
        ));
    }
    let said = offers(&toml).propose_for(Stage::Line, &basket().sell("TEA", 1, "5.00"));
    assert_eq!(said.candidates.len(), 500);
    assert_eq!(said.candidates.last().unwrap().id, "o599");
    assert!(said.candidates.is_sorted_by_key(|candidate| candidate.id.clone()));
    let left_out = "100 offers of low priority are left out: too many apply to this sale.";
    assert_eq!(explain::taken(), [format!("warn: {left_out}")]);
    assert_eq!(said.notices.len(), 1);
    assert_eq!((said.notices[0].severity, said.notices[0].message.text.as_str()), (Severity::Warning, left_out));
}

/// Bytes of all texts of an answer.
fn text_bytes(said: &Proposal) -> usize {
    let message = |message: &Message| format!("{}{}{:?}", message.key, message.text, message.args).len();
    said.candidates.iter().map(|candidate| candidate.id.len() + message(&candidate.label)).sum()
}

#[test]
fn text_stays_within_what_the_kernel_takes() {
    let file = |count: usize, letters: usize, languages: &[&str]| {
        let label = "l".repeat(letters);
        let translations: Vec<String> = languages.iter().map(|language| format!("{language} = \"{label}\"")).collect();
        let offer = |number: usize| {
            format!(
                "[[offer]]\nid = \"o{number:03}\"\nlabel = \"{label}\"\nitems = \"all\"\ngroups_of = 2\nfor_price = 1\n\
                 priority = {}\ntranslations = {{ {} }}\n",
                number % 7,
                translations.join(", ")
            )
        };
        offers(&(0..count).map(offer).collect::<String>())
    };
    // One piece of two: each offer has a hint, which repeats its label.
    let basket = basket().sell("TEA", 1, "5.00");
    let all = file(100, 40, &["de", "fr"]).propose_for(Stage::Line, &basket);
    assert_eq!((all.candidates.len(), all.near_misses.len(), all.notices.len()), (100, 100, 0));
    assert!(all.candidates.iter().all(|candidate| candidate.label.args.len() == 2));
    // 300 labels in six languages are too much: the receipt is in the first one.
    let many = file(300, 60, &["cs", "de", "es", "fr", "it"]).propose_for(Stage::Line, &basket);
    assert_eq!((many.candidates.len(), many.notices.len()), (300, 0));
    assert!(many.candidates.iter().all(|candidate| candidate.label.args.is_empty()));
    // 400 labels of 200 letters are too much in any language: those of the lowest priority go.
    let long = file(400, 200, &[]).propose_for(Stage::Line, &basket);
    assert!((250..400).contains(&long.candidates.len()), "{}", long.candidates.len());
    assert_eq!(long.notices.len(), 1);
    assert!(long.near_misses.is_empty());
    let kept = |priority: i32| long.candidates.iter().filter(|candidate| candidate.priority == priority).count();
    assert_eq!((kept(0), kept(6)), (0, 57));
    for said in [&all, &many, &long] {
        assert!(text_bytes(said) < 64 << 10);
    }
    explain::taken();
}

/// 400 offers on everything, and 1,000 lines: 400,000 portions would not fit into the memory of a call.
#[test]
fn lines_named_stay_within_the_memory_of_a_call() {
    let toml: String = (0..400)
        .map(|number| format!("[[offer]]\nid = \"o{number}\"\nlabel = \"O\"\nitems = \"all\"\npercent_off = \"1 %\"\n"))
        .collect();
    let basket = (0..1_000).fold(basket(), |basket, _| basket.sell("TEA", 1, "5.00"));
    let said = offers(&toml).propose_for(Stage::Line, &basket);
    assert_eq!((said.candidates.len(), said.notices.len()), (100, 1));
    explain::taken();
}
