//! Imports of files as shops really have them.

use super::*;
use expect_test::{Expect, expect};
use pos_domain::catalogue::{Deposit, DepositOf};
use proptest::prelude::*;

fn options(pairs: &[&str]) -> ImportOptions {
    ImportOptions::new(Currency::from_code("CHF").unwrap()).with_map(pairs).unwrap()
}

fn check(csv: &str, options: &ImportOptions, expected: Expect) {
    let answer = match preview(csv.as_bytes(), options) {
        Ok(preview) => preview.to_string(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&answer);
}

/// Codes of the errors, with row and column.
fn problems(csv: &str) -> Vec<(u64, String, &'static str)> {
    let report = import(csv.as_bytes(), &options(&[])).unwrap();
    report.errors.into_iter().map(|error| (error.row, error.column, error.code)).collect()
}

#[test]
fn a_file_of_the_usual_form_needs_nothing_said() {
    check(
        "id,name,gtin,price,unit,department,tags,tax class,discountable\n\
         1,\"Apples, Gala\",2001,2.49,kg,Fruit > Apples,organic,reduced,\n\
         2,Pale ale 0.5 l,8011 9520000000004,5.90,,Drinks>Beer,draught alcohol,standard,no\n\
         3,Lamp oil,,3.495/100 ml,l,,,standard,\n\
         4,Notebooks,,12.98/3,,,,standard,\n",
        &options(&[]),
        expect![[r#"
            9 columns separated by ",", UTF-8, decimal point:
              id            id
              name          name
              code          gtin
              price         price
              unit          unit
              department    department
              tags          tags
              tax_class     tax class
              discountable  discountable
            First articles:
              1  Apples, Gala  2.49/kg  Fruit > Apples  reduced  #organic  [2001]
              2  Pale ale 0.5 l  5.90  Drinks > Beer  standard  #draught #alcohol  [8011 9520000000004]
              3  Lamp oil  3.495/100 ml    standard  [3]
              4  Notebooks  12.98/3    standard  [4]
            4 of the first 4 rows are articles.
        "#]],
    );
}

#[test]
fn a_german_spreadsheet_is_understood() {
    check(
        "\u{feff}Art.-Nr.;Bezeichnung;Strichcode;VK-Preis (CHF);Lagerplatz\r\n\
         A1;Käse;4006381333931;1.234,50;Muster AG\r\n\
         A2;Rösti;;CHF 3,20;\r\n",
        &options(&[]),
        expect![[r#"
            5 columns separated by ";", UTF-8, decimal comma:
              id            Art.-Nr.
              name          Bezeichnung
              code          Strichcode
              price         VK-Preis (CHF)
              (not used)    Lagerplatz
            First articles:
              A1  Käse  1234.50    standard  [4006381333931]
              A2  Rösti  3.20    standard  [A2]
            2 of the first 2 rows are articles.
        "#]],
    );
}

#[test]
fn bad_rows_are_named_and_the_good_ones_kept() {
    let csv = "id,name,ean,price,unit,tax,cost,discountable\n\
               1,Good,4006381333931,1.20,each,standard,,\n\
               2,Digit,4006381333932,1.20,each,standard,,\n\
               3,Negative,,-1.20,each,standard,-0.10,\n\
               4,,,,each,,,\n\
               5,Unit,,1.20,bushel,8.1 %,,maybe\n\
               1,Again,,1.20,each,standard,,\n\
               6,Code again,04006381333931,1.20,each,standard,,\n\
               7,Decimals,,1.23456,each,standard,,\n\
               8,Excel,4.00638E+12,1.20,each,standard,,\n\
               9,Shifted,,1,20,each,standard,,no\n\
               10,Euro,,EUR 1.20,each,standard,,\n\
               11,\"Quote,,1.20,each,standard\n\
               12,Swallowed\",,1.20,each,standard,,\n\
               13,Good too,,1.20,,reduced,0.60,yes\n\
               ,,,1.20,,,,\n";
    let report = import(csv.as_bytes(), &options(&[])).unwrap();
    expect![[r##"
        2 of 14 rows are articles.
        12 rows were left out:
          Row 3, column "ean", "4006381333932": Code 4006381333932 has a wrong check digit: 2 instead of 1. Compare it with the digits below the bars.
          Row 4, column "price", "-1.20": An amount below zero cannot be an article's price. Enter zero or more.
          Row 4, column "cost", "-0.10": An amount below zero cannot be an article's cost. Enter zero or more.
          Row 5, column "name": The cell is empty. Enter the article's name.
          Row 5, column "price": The cell is empty. Enter the article's price.
          Row 5, column "tax": The cell is empty. Enter the article's tax class.
          Row 6, column "unit", "bushel": This is not a known unit. Use each, kg, g, l, ml, m, cm, m2, hour or other.
          Row 6, column "tax", "8.1 %": 8.1 is a rate, not a tax class. Say which class it means: --tax-class 8.1=standard
          Row 6, column "discountable", "maybe": This is neither yes nor no. Write one of them, or leave the cell empty for yes.
          Row 7, column "id", "1": Row 2 has the same id already. Give each article an id of its own.
          Row 8, column "ean", "04006381333931": Row 2 has the code 04006381333931 already. A code can sell one article only.
          Row 9, column "price", "1.23456": The amount has 5 decimal places. Round it to at most 4.
          Row 10, column "ean", "4.00638E+12": A spreadsheet has shortened the code 4.00638E+12. Format its column as text, and export again.
          Row 11, column "#9", "no": The row has 9 cells, the first row has 8. Put texts that contain the delimiter in quotation marks.
          Row 12, column "price", "EUR 1.20": The amount is in EUR, the shop sells in CHF. Convert it.
          Row 13, column "name", "Quote,,1.20,each,standard 12,Swallowed": The text contains a line break or another control character. Remove it; a quotation mark may have been left open.
          Row 15, column "name": The cell is empty. Enter the article's name.
          Row 15, column "tax": The cell is empty. Enter the article's tax class.
          Row 15, column "ean": The row has neither an id nor a code. Enter one of them.
    "##]]
    .assert_eq(&report.to_string());
    assert_eq!(report.good.iter().map(|item| &*item.id).collect::<Vec<_>>(), ["1", "13"]);
}

#[test]
fn deposits_name_articles_that_are_deposits() {
    let csv = "id,name,price,unit,pfand\n\
               COLA,Cola,1.75,,PFAND-25\n\
               CRATE,Crate of beer,18.00,,20 x BOTTLE + 1 x BOX\n\
               PFAND-25,Deposit,0.25,,itself\n\
               BOTTLE,Deposit bottle,0.08,,Itself\n\
               BOX,Empty box,1.50,,\n\
               TAP,Ale by the litre,5.00,l,PFAND-25\n\
               A,A,1.00,,20 PFAND-25\n\
               B,B,1.00,,0 x PFAND-25\n\
               C,C,1.00,,PFAND-25 + PFAND-25\n\
               D,D,1.00,,ELSEWHERE\n";
    let mut report = import(csv.as_bytes(), &options(&[])).unwrap();
    let count =
        |report: &ImportReport| report.good.iter().map(|item| item.id.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(count(&report), "COLA PFAND-25 BOTTLE BOX D");
    assert_eq!(report.good[0].deposit, Deposit::Of(vec![DepositOf { item: "PFAND-25".into(), count: 1 }]));
    // What no row of the file is may be on file, and may not.
    report.check_deposits(|id| id == "ELSEWHERE");
    assert_eq!(report.good.len(), 5);
    report.check_deposits(|_| false);
    expect![[r##"
        4 of 10 rows are articles.
        6 rows were left out:
          Row 3, column "pfand", "20 x BOTTLE + 1 x BOX": BOX is not on file as a deposit. Give it a row with "itself" in its column for deposits.
          Row 7, column "pfand", "PFAND-25": What is sold by l has no deposit a piece. Leave the cell empty, or sell it by the piece.
          Row 8, column "pfand", "20 PFAND-25": This names no deposit. Write a deposit article's id, like PFAND-25 or 20 x PFAND-8 + CRATE, or itself.
          Row 9, column "pfand", "0 x PFAND-25": This names no deposit. Write a deposit article's id, like PFAND-25 or 20 x PFAND-8 + CRATE, or itself.
          Row 10, column "pfand", "PFAND-25 + PFAND-25": This names no deposit. Write a deposit article's id, like PFAND-25 or 20 x PFAND-8 + CRATE, or itself.
          Row 11, column "pfand", "ELSEWHERE": ELSEWHERE is not on file as a deposit. Give it a row with "itself" in its column for deposits.
    "##]]
    .assert_eq(&report.to_string());
}

#[test]
fn a_bad_row_claims_neither_its_id_nor_its_code() {
    let csv = "id,name,code,price\n1,A,2001,x\n1,B,2001,1.20\n";
    assert_eq!(problems(csv), [(2, "price".to_owned(), "not_an_amount")]);
}

#[test]
fn an_ambiguous_price_is_refused_until_the_mark_is_known() {
    let csv = "id;name;price\n1;Petrol;1.459\n";
    assert_eq!(problems(csv), [(2, "price".to_owned(), "ambiguous_amount")]);
    for (mark, price) in [(DecimalMark::Point, "1.459"), (DecimalMark::Comma, "1459")] {
        let options = ImportOptions { decimal: Some(mark), ..ImportOptions::default() };
        assert_eq!(import(csv.as_bytes(), &options).unwrap().good[0].price.value.to_string(), price);
    }
    assert_eq!(problems("id;name;price\n1;Petrol;1.459\n2;Tea;2.10\n"), []);
    assert_eq!(problems("id,name,price\n1,Petrol,1.459\n"), []);
    // A file that uses both marks proves nothing.
    assert_eq!(
        problems("id;name;price\n1;Petrol;1.459\n2;Tea;2.10\n3;Milk;1,29\n"),
        [(2, "price".to_owned(), "ambiguous_amount")]
    );
}

#[test]
fn rates_become_classes_where_the_owner_says_so() {
    let options = options(&[]).with_tax_classes(&["8.1=standard", " 2.6 = reduced", "A=zero"]).unwrap();
    let report =
        import("id;name;price;MwSt\n1;a;1;8,1%\n2;b;1;2.6\n3;c;1;A\n4;d;1;lodging".as_bytes(), &options).unwrap();
    assert_eq!(
        report.good.iter().map(|item| &*item.tax_class).collect::<Vec<_>>(),
        ["standard", "reduced", "zero", "lodging"]
    );
    for wrong in ["8.1", "=standard", "8.1="] {
        assert_eq!(
            options.clone().with_tax_classes(&[wrong]).unwrap_err(),
            MappingError::NoTaxClass { pair: wrong.into() }
        );
    }
}

#[test]
fn a_file_without_the_needed_columns_says_how_to_name_them() {
    check(
        "",
        &options(&[]),
        expect!["The file is empty. Its first row must name the columns, at least name and price."],
    );
    check(
        "Ding;Betrag\nTee;2,50",
        &options(&[]),
        expect![[
            r#"No column was recognised as name, price, id or code. The columns are "Ding", "Betrag". Name it with --map, for example --map name="Ding"."#
        ]],
    );
    check(
        "Ding;Betrag\nTee;2,50",
        &options(&["name=Ding", "price=Betrag"]),
        expect![[
            r#"No column was recognised as id or code. The columns are "Ding", "Betrag". Name it with --map, for example --map code="Ding"."#
        ]],
    );
}

#[test]
fn programs_get_the_report_as_data() {
    let report = import("id;name;price\n1;Tea;2.50\n2;Milk;x".as_bytes(), &options(&[])).unwrap();
    let value = serde_json::to_value(&report).unwrap();
    assert_eq!((&value["rows"], &value["good"]), (&2.into(), &1.into()));
    assert_eq!(value["columns"][1], serde_json::json!({ "column": "name", "fields": ["name"] }));
    assert_eq!(
        value["errors"][0],
        serde_json::json!({
            "row": 3, "column": "price", "value": "x", "code": "not_an_amount",
            "problem": "This is not an amount. Write it like 12.50.",
        })
    );
    assert_eq!(value["sample"][0]["name"], "Tea");
}

#[test]
fn a_hundred_thousand_rows_are_read_in_one_go() {
    let mut csv = String::from("sku;name;price;department;tax class\n");
    for number in 0..100_000 {
        csv.push_str(&format!(
            "A{number};Article {number};{},{:02};Department {};standard\n",
            number % 90,
            number % 100,
            number % 12
        ));
    }
    let report = import(csv.as_bytes(), &options(&[])).unwrap();
    assert_eq!((report.rows, report.good.len(), report.errors.len()), (100_000, 100_000, 0));
    // The departments are shared, not copied.
    assert!(std::sync::Arc::ptr_eq(&report.good[0].departments[0], &report.good[12].departments[0]));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _report = import(bytes.as_slice(), &ImportOptions::default());
        let mut with_header = b"id;name;price;ean;unit;department;tags;vat;cost\n".to_vec();
        with_header.extend(bytes);
        let _report = import(with_header.as_slice(), &options(&[]));
    }

    #[test]
    fn every_row_is_kept_or_named(cells in prop::collection::vec("[a-z0-9,;.\"€ -]{0,12}", 0..60)) {
        let rows: Vec<String> = cells.chunks(3).map(|row| row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",")).collect();
        let csv = format!("id,name,price\n{}\n", rows.join("\n"));
        let report = import(csv.as_bytes(), &ImportOptions::default()).unwrap();
        let mut bad: Vec<u64> = report.errors.iter().map(|error| error.row).collect();
        bad.dedup();
        prop_assert_eq!(report.good.len() + bad.len(), usize::try_from(report.rows).unwrap());
        prop_assert!(bad.iter().all(|row| (2..=rows.len() as u64 + 1).contains(row)));
    }
}
