//! A receipt's bytes and its paper, held against reference files. `UPDATE_EXPECT=1` rewrites them.

use crate::sample::{self, pair, text};
use expect_test::expect_file;
use pos_devices::code_page::CodePage;
use pos_devices::escpos::encode;
use pos_devices::paper::Paper;
use pos_devices::profile::{Columns, Cut, PrinterProfile};
use pos_domain::receipt::{Align, Block, Receipt, Style};
use std::fmt::Write;

/// Sixteen bytes a line with their characters, as a hex editor shows them.
fn dump(bytes: &[u8]) -> String {
    bytes.chunks(16).enumerate().fold(String::new(), |mut out, (index, chunk)| {
        let codes: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let letters = chunk.iter().map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' });
        writeln!(out, "{:04x}  {:47}  {}", index * 16, codes.join(" "), letters.collect::<String>()).unwrap();
        out
    })
}

fn narrow() -> PrinterProfile {
    PrinterProfile {
        columns: Columns::new(32).unwrap(),
        code_page: CodePage::Cp437,
        cut: Cut::None,
        has_qr: false,
        cancel_kanji: true,
        ..PrinterProfile::default()
    }
}

#[test]
fn bytes_and_paper_of_a_sale_are_as_agreed() {
    let job = encode(&sample::sale(), &PrinterProfile::default());
    expect_file!["golden/sale.hex"].assert_eq(&dump(&job));
    let paper = Paper::read(&job, Columns::default());
    assert_eq!(paper.problems(), [""; 0]);
    expect_file!["golden/sale.txt"].assert_eq(&paper.to_text());
}

#[test]
fn a_narrow_printer_without_knife_and_codes_prints_it_too() {
    let job = encode(&sample::sale(), &narrow());
    expect_file!["golden/sale-narrow.hex"].assert_eq(&dump(&job));
    let paper = Paper::read(&job, narrow().columns);
    assert_eq!(paper.problems(), [""; 0]);
    expect_file!["golden/sale-narrow.txt"].assert_eq(&paper.to_text());
}

#[test]
fn a_picture_has_the_papers_size() {
    let paper = Paper::read(&encode(&sample::sale(), &PrinterProfile::default()), Columns::default());
    let decoder = png::Decoder::new(std::io::Cursor::new(paper.to_png().unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    // 42 columns of 12 dots, 34 dots beside them, 34 dots of desk beside those, two pixels a dot.
    assert_eq!(frame.width, (42 * 12 + 2 * 34 + 2 * 34) * 2);

    // A row through the barcode holds bars where Code 128 has them: its start in set B is 2-1-1-2-1-4 modules.
    let row_of = |y: u32| &pixels[(y * frame.width * 3) as usize..((y + 1) * frame.width * 3) as usize];
    let runs = |y: u32| {
        let dark: Vec<bool> = row_of(y).chunks(3).map(|pixel| pixel[0] < 0x60).collect();
        let runs: Vec<usize> = dark.chunk_by(|a, b| a == b).map(<[bool]>::len).collect();
        runs[1..].to_vec()
    };
    let module_px = 3 * 2;
    let start_b = [2, 1, 1, 2, 1, 4].map(|modules| modules * module_px);
    assert!((frame.height - 400..frame.height).any(|y| runs(y).starts_with(&start_b)), "no barcode found");
}

#[test]
fn paper_without_end_is_refused() {
    let paper = Paper::read(&b"\x1bd\xff".repeat(10), Columns::default());
    assert!(paper.to_png().is_ok(), "fed paper alone is a margin");
    let mut job = b"\x1bd\xff".repeat(10);
    job.extend(b"end\n");
    let problem = Paper::read(&job, Columns::default()).to_png().unwrap_err();
    assert!(problem.to_string().starts_with("The paper is 76"), "{problem}");
}

/// The text on a printer of that page, and whether any byte of it is a control.
fn printed(text: &str, page: CodePage) -> String {
    let profile = PrinterProfile { code_page: page, ..PrinterProfile::default() };
    let receipt = Receipt { blocks: vec![self::text(text, Align::Left, Style::Normal)] };
    Paper::read(&encode(&receipt, &profile), profile.columns).to_text().lines().next().unwrap_or("").to_owned()
}

#[test]
fn what_a_page_lacks_is_transliterated_before_it_is_laid_out() {
    assert_eq!(printed("Öl – 5 €", CodePage::Cp858), "Öl - 5 €");
    assert_eq!(printed("Öl – 5 €", CodePage::Cp437), "Öl - 5 EUR");
    assert_eq!(printed("Öl – 5 €", CodePage::Cp1252), "Öl – 5 €");
    let euro = Receipt { blocks: vec![pair("Ägypten", "5.00 €", Style::Normal, 0)] };
    let profile = PrinterProfile { code_page: CodePage::Ascii, cut: Cut::None, ..PrinterProfile::default() };
    let paper = Paper::read(&encode(&euro, &profile), profile.columns).to_text();
    assert_eq!(paper, format!("Aegypten{:>34}\n", "5.00 EUR"));
}

#[test]
fn hostile_text_makes_no_command() {
    let attacks = [
        "\u{1b}p\u{0}\u{3c}\u{78}",
        "\u{10}\u{14}\u{1}\u{0}\u{1}",
        "\u{1d}V\u{0}",
        "\u{1b}@\u{1b}t\u{8}",
        "\u{9b}31m\u{90}\u{85}",
        "a\r\nb\u{c}c\u{b}d",
        "\u{1c}&\u{7f}\u{8}",
    ];
    for attack in attacks {
        let name = format!("Milk {attack} 1 l");
        let receipt = Receipt {
            blocks: vec![
                text(&name, Align::Center, Style::Large),
                pair(&name, &name, Style::Normal, 0),
                Block::Row { cells: vec![name.clone(), name.clone()] },
                Block::Barcode { data: name.clone() },
                Block::Qr { data: name.clone() },
            ],
        };
        for page in [CodePage::Ascii, CodePage::Cp437, CodePage::Cp858, CodePage::Cp1252] {
            let profile = PrinterProfile { code_page: page, has_qr: false, ..PrinterProfile::default() };
            let harmless = Receipt {
                blocks: receipt.blocks.iter().map(|block| map_text(block, &|text| page.printable(text))).collect(),
            };
            let job = encode(&receipt, &profile);
            assert_eq!(job, encode(&harmless, &profile), "{attack:?}");
            let paper = Paper::read(&job, profile.columns);
            assert_eq!(paper.problems(), [""; 0], "{attack:?}");
            assert!(!paper.to_text().contains("drawer pulse"), "{attack:?}");
            assert_eq!(paper.to_text().matches("cut ~").count(), 1, "{attack:?}");
        }
    }
}

fn map_text(block: &Block, change: &dyn Fn(&str) -> String) -> Block {
    match block.clone() {
        Block::Text { text, align, style } => Block::Text { text: change(&text), align, style },
        Block::Pair { left, right, style, indent } => {
            Block::Pair { left: change(&left), right: change(&right), style, indent }
        }
        Block::Row { cells } => Block::Row { cells: cells.iter().map(|cell| change(cell)).collect() },
        // Data with controls are no barcode and are printed as text.
        Block::Barcode { .. } | Block::Qr { .. } | Block::Rule | Block::Blank => block.clone(),
    }
}

#[test]
fn codes_too_wide_for_the_paper_are_printed_as_text() {
    let long = "R1-000042-with-a-text-far-too-long-for-bars";
    let blocks = vec![Block::Barcode { data: long.into() }, Block::Qr { data: "x".repeat(3_000) }];
    let profile = PrinterProfile { cut: Cut::None, ..PrinterProfile::default() };
    let paper = Paper::read(&encode(&Receipt { blocks }, &profile), profile.columns);
    assert_eq!(paper.problems(), [""; 0]);
    let text = paper.to_text();
    assert!(text.starts_with("R1-000042-with-a-text-far-too-long-for-bar\n"), "{text}");
    assert!(text.contains(&"x".repeat(42)), "{text}");
}
