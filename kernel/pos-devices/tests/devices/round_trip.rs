//! Whatever the receipt, the paper says what the receipt says.

use pos_devices::code_page::CodePage;
use pos_devices::escpos::encode;
use pos_devices::paper::Paper;
use pos_devices::profile::{Columns, Cut, PrinterProfile};
use pos_domain::receipt::{Align, Block, Receipt, Style};
use proptest::prelude::*;

fn styles() -> impl Strategy<Value = Style> {
    prop_oneof![Just(Style::Normal), Just(Style::Bold), Just(Style::Large)]
}

fn aligns() -> impl Strategy<Value = Align> {
    prop_oneof![Just(Align::Left), Just(Align::Center)]
}

/// Blocks without codes, in characters every page but ASCII holds.
fn plain_blocks() -> impl Strategy<Value = Block> {
    prop_oneof![
        ("[ -~äöüéñß°]{0,90}", aligns(), styles()).prop_map(|(text, align, style)| Block::Text { text, align, style }),
        ("[a-z äé]{0,60}", "[0-9.,-]{0,12}", styles(), 0..=6_u8).prop_map(|(left, right, style, indent)| Block::Pair {
            left,
            right,
            style,
            indent
        }),
        prop::collection::vec("[ -~é]{0,8}", 0..=4).prop_map(|cells| Block::Row { cells }),
        Just(Block::Rule),
        Just(Block::Blank),
    ]
}

fn profiles() -> impl Strategy<Value = PrinterProfile> {
    let pages = prop_oneof![Just(CodePage::Cp437), Just(CodePage::Cp858), Just(CodePage::Cp1252)];
    let columns = prop_oneof![Just(32), Just(42), Just(48)];
    (pages, columns, 0..=6_u8).prop_map(|(code_page, columns, feed_lines)| PrinterProfile {
        columns: Columns::new(columns).unwrap(),
        code_page,
        cut: Cut::None,
        feed_lines,
        ..PrinterProfile::default()
    })
}

proptest! {
    #[test]
    fn paper_and_receipt_say_the_same(blocks in prop::collection::vec(plain_blocks(), 0..12), profile in profiles()) {
        let receipt = Receipt { blocks };
        let paper = Paper::read(&encode(&receipt, &profile), profile.columns);
        prop_assert_eq!(paper.problems(), Vec::<String>::new());
        prop_assert_eq!(paper.to_text(), receipt.to_text(profile.columns.count()));
    }

    #[test]
    fn codes_come_back_as_they_were_sent(data in "[ -~]{1,30}") {
        let blocks = vec![Block::Barcode { data: data.clone() }];
        let profile = PrinterProfile { columns: Columns::new(96).unwrap(), cut: Cut::None, ..PrinterProfile::default() };
        let paper = Paper::read(&encode(&Receipt { blocks: blocks.clone() }, &profile), profile.columns);
        prop_assert_eq!(paper.to_text(), Receipt { blocks }.to_text(96));
    }

    #[test]
    fn any_text_at_all_leaves_only_known_commands(text in any::<String>(), data in any::<String>()) {
        let blocks = vec![
            Block::Text { text: text.clone(), align: Align::Center, style: Style::Large },
            Block::Pair { left: text.clone(), right: text.clone(), style: Style::Normal, indent: 200 },
            Block::Row { cells: vec![text.clone(), text] },
            Block::Barcode { data: data.clone() },
            Block::Qr { data },
        ];
        let profile = PrinterProfile::default();
        let paper = Paper::read(&encode(&Receipt { blocks }, &profile), profile.columns);
        prop_assert_eq!(paper.problems(), Vec::<String>::new());
    }

    #[test]
    fn any_bytes_at_all_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        Paper::read(&bytes, Columns::default()).to_text();
    }
}
