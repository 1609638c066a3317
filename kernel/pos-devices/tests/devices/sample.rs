//! A receipt with everything on it.

use pos_domain::receipt::{Align, Block, Receipt, Style};

pub(crate) fn text(text: &str, align: Align, style: Style) -> Block {
    Block::Text { text: text.into(), align, style }
}

pub(crate) fn pair(left: &str, right: &str, style: Style, indent: u8) -> Block {
    Block::Pair { left: left.into(), right: right.into(), style, indent }
}

fn row(cells: [&str; 4]) -> Block {
    Block::Row { cells: cells.map(String::from).to_vec() }
}

pub(crate) fn sale() -> Receipt {
    Receipt {
        blocks: vec![
            text("Käserei Mühlebach", Align::Center, Style::Large),
            text("Marktgasse 12", Align::Center, Style::Normal),
            text("3011 Bern", Align::Center, Style::Normal),
            text("Tax no. CHE-123.456.789 MWST", Align::Center, Style::Normal),
            Block::Blank,
            pair("Receipt R1-000042", "ORIGINAL", Style::Bold, 0),
            pair("Register R1", "Cashier Anna", Style::Normal, 0),
            text("2026-11-21 18:04:09 Europe/Zurich", Align::Left, Style::Normal),
            Block::Rule,
            pair("Gruyère AOP – 12 months, cut from the wheel", "11.98", Style::Normal, 0),
            pair("0.412 kg x 29.08 / kg", "", Style::Normal, 2),
            pair("Olive soap", "7.50", Style::Normal, 0),
            pair("3 x 2.50", "", Style::Normal, 2),
            pair("Three for two", "-2.50", Style::Normal, 2),
            pair("Café crème “Lungo” 8 × 5 g", "4.20", Style::Normal, 0),
            pair("Happy hour", "-0.84", Style::Normal, 2),
            Block::Rule,
            pair("Before discounts", "23.68", Style::Normal, 0),
            pair("You save", "3.34", Style::Normal, 0),
            pair("TOTAL CHF", "20.34", Style::Large, 0),
            pair("Cash", "25.00", Style::Normal, 0),
            pair("Cash rounding", "0.01", Style::Normal, 0),
            pair("Change", "4.65", Style::Bold, 0),
            Block::Blank,
            row(["Tax", "Without", "Tax", "With"]),
            row(["VAT 2.6 %", "14.95", "0.39", "15.34"]),
            row(["VAT 8.1 %", "4.63", "0.37", "5.00"]),
            Block::Blank,
            text("Thank you. Goods in their packing are taken back within 14 days.", Align::Center, Style::Normal),
            Block::Qr { data: "https://shop.example/r/R1-000042?d=20261121".into() },
            Block::Barcode { data: "R1-000042".into() },
        ],
    }
}
