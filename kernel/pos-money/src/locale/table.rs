//! The conventions, after the Unicode CLDR (checked against it by test).

/// How amounts are written in one place.
pub(super) struct Convention {
    pub(super) tag: &'static str,
    /// Stands for its language where no country is named.
    pub(super) is_main: bool,
    pub(super) decimal: char,
    pub(super) group: char,
    pub(super) grouping: Grouping,
    /// Whole digits from which groups are made: 4, or 5 where `1234,50` is written without.
    pub(super) group_from: usize,
    pub(super) minus: &'static str,
    pub(super) place: Place,
    /// Currencies that have a symbol of their own here.
    pub(super) own: &'static [(&'static str, &'static str)],
}

/// Where groups begin.
#[derive(Clone, Copy)]
pub(super) enum Grouping {
    /// 12,345,678.
    Thousands,
    /// 1,23,45,678.
    Lakhs,
}

/// Where the currency stands, and the sign beside it.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// `$5.00`, `-$5.00`.
    Before,
    /// `€ 5,00`, `-€ 5,00`.
    BeforeSpaced,
    /// `€ 5,00`, `€ -5,00`.
    BeforeSpacedSignInside,
    /// `CHF 5.00`, `CHF-5.00`.
    BeforeSignInstead,
    /// `5,00 €`, `-5,00 €`.
    After,
}

/// Symbols that mean one currency wherever they stand.
pub(super) const EVERYWHERE: &[(&str, &str)] = &[
    ("EUR", "€"),
    ("GBP", "£"),
    ("ILS", "₪"),
    ("INR", "₹"),
    ("KRW", "₩"),
    ("PHP", "₱"),
    ("TRY", "₺"),
    ("UAH", "₴"),
    ("VND", "₫"),
];

const SPACE: char = '\u{a0}';
const NARROW: char = '\u{202f}';
const MINUS: &str = "\u{2212}";

/// A place with point for decimals, comma for thousands and the symbol in front.
const fn english(tag: &'static str, own: &'static [(&'static str, &'static str)]) -> Convention {
    Convention {
        tag,
        is_main: false,
        decimal: '.',
        group: ',',
        grouping: Grouping::Thousands,
        group_from: 4,
        minus: "-",
        place: Place::Before,
        own,
    }
}

/// A place with comma for decimals and the symbol behind.
const fn continental(tag: &'static str, group: char, own: &'static [(&'static str, &'static str)]) -> Convention {
    Convention { decimal: ',', group, place: Place::After, ..english(tag, own) }
}

const fn swiss(tag: &'static str) -> Convention {
    Convention { group: '’', place: Place::BeforeSignInstead, ..english(tag, &[]) }
}

const fn main(convention: Convention) -> Convention {
    Convention { is_main: true, ..convention }
}

/// By tag.
pub(super) const CONVENTIONS: &[Convention] = &[
    main(continental("cs-CZ", SPACE, &[("CZK", "Kč")])),
    main(continental("da-DK", '.', &[("DKK", "kr.")])),
    Convention { place: Place::BeforeSpaced, ..continental("de-AT", '.', &[]) },
    swiss("de-CH"),
    main(continental("de-DE", '.', &[])),
    main(continental("el-GR", '.', &[])),
    english("en-AU", &[("AUD", "$")]),
    english("en-CA", &[("CAD", "$")]),
    english("en-GB", &[]),
    english("en-IE", &[]),
    Convention { grouping: Grouping::Lakhs, ..english("en-IN", &[]) },
    english("en-NZ", &[("NZD", "$")]),
    main(english("en-US", &[("USD", "$")])),
    main(Convention { group_from: 5, ..continental("es-ES", '.', &[]) }),
    english("es-MX", &[("MXN", "$")]),
    main(Convention { minus: MINUS, ..continental("fi-FI", SPACE, &[]) }),
    continental("fr-BE", NARROW, &[]),
    continental("fr-CA", SPACE, &[("CAD", "$")]),
    Convention { decimal: '.', ..continental("fr-CH", NARROW, &[]) },
    main(continental("fr-FR", NARROW, &[])),
    main(Convention { grouping: Grouping::Lakhs, ..english("hi-IN", &[]) }),
    main(continental("hu-HU", SPACE, &[("HUF", "Ft")])),
    swiss("it-CH"),
    main(continental("it-IT", '.', &[])),
    main(english("ja-JP", &[("JPY", "￥")])),
    main(english("ko-KR", &[])),
    main(Convention { minus: MINUS, ..continental("nb-NO", SPACE, &[("NOK", "kr")]) }),
    Convention { place: Place::BeforeSpacedSignInside, ..continental("nl-BE", '.', &[]) },
    main(Convention { place: Place::BeforeSpacedSignInside, ..continental("nl-NL", '.', &[]) }),
    main(Convention { group_from: 5, ..continental("pl-PL", SPACE, &[("PLN", "zł")]) }),
    main(Convention { place: Place::BeforeSpaced, ..continental("pt-BR", '.', &[("BRL", "R$")]) }),
    Convention { group_from: 5, ..continental("pt-PT", SPACE, &[]) },
    main(continental("ro-RO", '.', &[])),
    main(Convention { minus: MINUS, ..continental("sv-SE", SPACE, &[("SEK", "kr")]) }),
    main(Convention { place: Place::Before, ..continental("tr-TR", '.', &[]) }),
    main(english("zh-CN", &[("CNY", "¥")])),
];
