//! `shop.toml`: written with a comment for every key, read with errors that point at the place.

use super::check::{self, Wrong};
use crate::data_dir::{DataDirError, write_file};
use crate::toml_file::{self, SettingsError, TomlFileError, quoted};
use pos_domain::credit::CreditRules;
use pos_domain::loyalty::Programme;
use pos_domain::payment::PaymentRules;
use pos_domain::people::Roles;
use pos_domain::pricing::Policy;
use pos_domain::pricing::manual::ManualRules;
use pos_domain::pricing::policy::DiscountRounding;
use pos_domain::returns::ReturnRules;
use pos_domain::shop::{Embedded, EmbeddedCode, Shop, TaxFallback};
use pos_domain::stock::StockRules;
use pos_domain::till::TillRules;
use pos_money::{Decimal, RoundingMode};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads `shop.toml`.
pub fn read_shop(file: &Path) -> Result<Shop, SettingsError> {
    Ok(from_toml(file, &toml_file::read(file)?)?)
}

/// Writes `shop.toml`, whole or not at all.
pub fn write_shop(file: &Path, shop: &Shop) -> Result<(), DataDirError> {
    write_file(file, &to_toml(shop))
}

/// Reads a shop's settings; the first thing wrong is said with line, column and key.
pub fn from_toml(file: &Path, text: &str) -> Result<Shop, TomlFileError> {
    let shop: Shop = toml_file::parse(file, text)?;
    match check::check(&shop).into_iter().next() {
        Some(Wrong { key, problem }) => Err(toml_file::refuse(file, text, &key, problem)),
        None => Ok(shop),
    }
}

/// The text of `shop.toml`.
pub fn to_toml(shop: &Shop) -> String {
    // Taken apart so that a new setting cannot be forgotten here.
    let Shop {
        name,
        address,
        tax_number,
        currency,
        zone,
        store,
        register,
        cashier,
        languages,
        prices_include_tax,
        cash_rounding,
        quantity_max,
        float,
        tax_fallback,
        policy,
        manual,
        returns,
        till,
        payments,
        credit,
        stock,
        roles,
        loyalty,
        embedded_codes,
        notes,
        receipt_footer,
    } = shop;
    format!(
        r#"# Settings of the shop. The register reads them when it starts.
# Amounts and other decimals stand in quotation marks, so that they stay exact: "200.00".

# Printed on every receipt.
name = {name}
address = {address}
tax_number = {tax_number}
# Closing words of the receipt, a text for each line.
receipt_footer = {receipt_footer}

# Currency of the books, by its ISO 4217 code. It must not change once there are sales.
currency = {currency}
# Time zone of the shop, by its name in the IANA database.
zone = {zone}
# Ids of the store and of this register: letters, digits, - and _.
store = {store}
register = {register}
# Cashier named on receipts until people log on.
cashier = {cashier}
# Languages of the shop; the first is the default.
languages = {languages}

# Whether shelf prices contain the tax.
prices_include_tax = {prices_include_tax}
# What cash is rounded to, in minor units: 5 is 0.05, 1 rounds nothing. Modes are half-up, half-even, half-down, up, down.
cash_rounding = {{ mode = "{mode}", increment = {increment} }}
# Money in the till when a shift opens.
float = "{float}"
# Notes and coins commonly given: the register offers them as one-tap amounts.
notes = {notes}
# The largest quantity of one line: a code typed into the quantity is noticed.
quantity_max = "{quantity_max}"

{tax_fallback}
{policy}
{manual}
{returns}
{till}
{payments}
{credit}
{stock}
{roles}
{loyalty}
{embedded_codes}"#,
        name = quoted(name),
        address = list(address),
        tax_number = quoted(tax_number),
        receipt_footer = list(receipt_footer),
        currency = quoted(currency.code()),
        zone = quoted(zone),
        store = quoted(store),
        register = quoted(register),
        cashier = quoted(cashier),
        languages = list(languages),
        mode = mode_name(cash_rounding.mode),
        increment = cash_rounding.increment,
        notes = list(&notes.iter().map(Decimal::to_string).collect::<Vec<_>>()),
        tax_fallback = tax_fallback_text(tax_fallback.as_ref()),
        policy = policy_text(policy),
        manual = manual_text(manual),
        returns = returns_text(returns),
        till = till_text(till),
        payments = payments_text(payments),
        credit = credit_text(credit),
        stock = stock_text(stock),
        roles = roles_text(roles),
        loyalty = loyalty_text(loyalty.as_ref()),
        embedded_codes = embedded_codes_text(embedded_codes),
    )
}

fn policy_text(policy: &Policy) -> String {
    let Policy { default_mode, discount_rounding: DiscountRounding { mode, at }, share_on, groups } = policy;
    let mut text = format!(
        r#"# How offers get along. A discount is rounded once for the offer ("candidate") or on each line ("line"); an order offer
# is shared on prices ("price") or on what is paid ("payable"); a group takes the best price unless it is named here:
# "best-price", "priority" or "list-order".
[policy]
default_mode = {default_mode}
share_on = {share_on}
discount_rounding = {{ mode = "{mode}", at = {at} }}
"#,
        default_mode = word(default_mode),
        share_on = word(share_on),
        mode = mode_name(*mode),
        at = word(at),
    );
    if !groups.is_empty() {
        text.push_str("[policy.groups]\n");
        for (name, rule) in groups {
            text.push_str(&format!("{} = {}\n", quoted(name), word(rule)));
        }
    }
    text
}

fn manual_text(manual: &ManualRules) -> String {
    let comment = "# What people may do to prices by hand, by role; until people log on everybody is \"cashier\". A role that is not named\n\
                   # may change no price. Rates are fractions (\"0.1\" is 10 %), amounts are in the shop's money; reasons are chosen at the till.\n";
    let example = "# [manual]\n# reasons = [\"damaged\", \"price match\"]\n# with_order_offers = false\n# [manual.roles.cashier]\n\
                   # rate_max = \"0.1\"\n# amount_max = \"20\"\n";
    table(comment, example, "manual", (!manual.is_default()).then_some(manual))
}

fn returns_text(returns: &ReturnRules) -> String {
    let comment = "# How goods come back. Part of an offer that comes back is refunded its share (\"keep-shares\"), or what is kept is priced\n\
                   # again (\"rerate\"), or the offer's pieces come back together (\"whole-deal\"). Without [returns.no_receipt] nothing is taken\n\
                   # back without a receipt.\n";
    let example = "# [returns]\n# policy = \"keep-shares\"\n# cash_beyond_tenders = false\n# [returns.no_receipt]\n# amount_max = \"50\"\n\
                   # day_amount_max = \"200\"\n# pieces_max = 5\n# reasons = [\"gift\", \"defective\"]\n";
    table(comment, example, "returns", (!returns.is_default()).then_some(returns))
}

fn till_text(till: &TillRules) -> String {
    let comment = "# Cash that moves without a sale, and how a till is counted. Blind: nobody sees what should be in it before they have\n\
                   # counted. A count that differs by more than the tolerance is taken again, and then needs a reason. Lists of reasons, and\n\
                   # of the notes and coins there are, may be empty: any will do.\n";
    let example = "# [till]\n# paid_in = [\"change found\"]\n# paid_out = [\"postage\", \"window cleaner\"]\n# paid_out_max = \"50\"\n\
                   # no_sale = [\"change given\"]\n# denominations = [\"100\", \"50\", \"20\", \"10\"]\n# blind = true\n# recounts = 1\n\
                   # tolerance = \"0.05\"\n# over_short = [\"wrong change\", \"unknown\"]\n\
                   # foreign = [{ currency = \"USD\", rate = \"0.92\" }]\n";
    table(comment, example, "till", (!till.is_default()).then_some(till))
}

fn payments_text(payments: &PaymentRules) -> String {
    let comment = "# Payments with a terminal. Offline: what it may approve by itself while the network is down, all limits together, over\n\
                   # everything that its bank has not taken over yet. Without it nothing is approved offline.\n";
    let example = "# [payments]\n# tips = true\n# [payments.offline]\n# amount_max = \"50\"\n# count_max = 20\n# sum_max = \"500\"\n\
                   # age_hours_max = 24\n";
    table(comment, example, "payments", (!payments.is_default()).then_some(payments))
}

fn credit_text(credit: &CreditRules) -> String {
    let comment = "# Gift cards, and buying on account: most that a card may hold, most that a customer may owe. Without them there is neither.\n\
                   # Gift cards that buy one kind of goods only are taxed when they are sold: single_purpose_class is its tax class.\n";
    let example =
        "# [credit]\n# gift_card_max = \"500\"\n# account_max = \"200\"\n# single_purpose_class = \"standard\"\n";
    table(comment, example, "credit", (!credit.is_default()).then_some(credit))
}

fn stock_text(stock: &StockRules) -> String {
    let comment = "# Where goods are: where the register sells from, and other places; reasons to put stock right (without any: all).\n";
    let example = "# [stock]\n# sells_from = \"shop\"\n# locations = [\"back room\"]\n\
                   # adjustments = [\"broken\", \"stolen\", \"own use\"]\n";
    table(comment, example, "stock", (!stock.is_default()).then_some(stock))
}

fn roles_text(roles: &Roles) -> String {
    let comment = "# What people may do who log on (`pos people set`); where nobody was entered nobody does. A role may do what stands here,\n\
                   # up to its limits, and nothing else; beyond that somebody whose role may approves it. Without [roles] there are\n\
                   # cashier, supervisor and manager; with it only those that stand here. How far a role may change prices stands in [manual.roles].\n";
    // Each list stands whole: a role has what its own line says, not what another role has.
    let example = "# [roles.cashier]\n# may = [\"sell\", \"void-line\", \"cancel-basket\", \"return\", \"drop-to-safe\", \"open-shift\", \"count-till\",\n\
                   #        \"close-shift\", \"read-reports\", \"reprint\"]\n# refund_max = \"100\"\n# [roles.manager]\n\
                   # may = [\"sell\", \"void-line\", \"cancel-basket\", \"return\", \"return-without-receipt\", \"refund-in-cash\", \"post-void\",\n\
                   #        \"leave-payment\", \"open-drawer\", \"pay-in\", \"pay-out\", \"bring-change\", \"drop-to-safe\", \"move-stock\", \"adjust-stock\", \"open-shift\", \"count-till\", \"close-shift\",\n\
                   #        \"see-expected\", \"read-reports\", \"read-books\", \"reprint\", \"read-people\", \"manage-people\"]\n# paid_out_max = \"200\"\n";
    table(comment, example, "roles", (!roles.is_default()).then_some(roles))
}

fn loyalty_text(loyalty: Option<&Programme>) -> String {
    let comment = "# The loyalty programme. It earns on what is paid with tax (base = \"gross\") or without (\"net\"), after or before offers;\n\
                   # points are redeemed as a \"discount\" (before tax) or as a \"tender\" (after it). Those that end soonest are spent first.\n";
    let example = "# [loyalty]\n# id = \"club\"\n# [loyalty.earn]\n# points = \"1\"\n# per = \"1\"\n# base = \"gross\"\n# offers = \"after\"\n\
                   # on_points = false\n# rounding = \"down\"\n# pending_days = 0\n# expiry = { months = 24, end_of = \"year\" }\n# multipliers = [{ times = \"2\", department = \"Books\" }]\n\
                   # [loyalty.redeem]\n# as = \"tender\"\n# points = 100\n# value = \"1\"\n";
    table(comment, example, "loyalty", loyalty)
}

/// A table with its comment; an example behind comment signs where the shop has none.
fn table(comment: &str, example: &str, name: &str, value: Option<&impl serde::Serialize>) -> String {
    let table = value.and_then(|value| toml::to_string(&BTreeMap::from([(name, value)])).ok());
    format!("{comment}{}", table.as_deref().unwrap_or(example))
}

/// A setting of one word, in quotation marks as TOML wants it.
fn word(setting: &impl serde::Serialize) -> String {
    serde_json::to_string(setting).unwrap_or_default()
}

fn tax_fallback_text(fallback: Option<&TaxFallback>) -> String {
    let comment = "# One rate for everything, used when no tax plugin answers. Without it a sale waits until the plugin is repaired.\n\
                   # The rate is a fraction: \"0.081\" is 8.1 %.\n";
    match fallback {
        Some(TaxFallback { code, rate }) => {
            format!("{comment}[tax_fallback]\ncode = {}\nrate = \"{rate}\"\n", quoted(code))
        }
        None => format!("{comment}# [tax_fallback]\n# code = \"VAT\"\n# rate = \"0.081\"\n"),
    }
}

fn embedded_codes_text(patterns: &[EmbeddedCode]) -> String {
    let mut text = "# EAN-13 codes printed in the shop (prefixes 02 and 20 to 29) that carry a weight or a price: prefix, digits of the\n\
                    # article's number, then \"quantity\" or \"price\" with so many decimals. 28 02001 00482 is 0.482 kg of article 2001.\n"
        .to_owned();
    if patterns.is_empty() {
        text.push_str(
            "# [[embedded_codes]]\n# prefix = \"28\"\n# item_digits = 5\n# carries = \"quantity\"\n# decimals = 3\n",
        );
    }
    for EmbeddedCode { prefix, item_digits, carries, decimals } in patterns {
        let carries = match carries {
            Embedded::Quantity => "quantity",
            Embedded::Price => "price",
        };
        text.push_str(&format!(
            "[[embedded_codes]]\nprefix = {}\nitem_digits = {item_digits}\ncarries = \"{carries}\"\ndecimals = {decimals}\n",
            quoted(prefix)
        ));
    }
    text
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

fn mode_name(mode: RoundingMode) -> &'static str {
    match mode {
        RoundingMode::HalfUp => "half-up",
        RoundingMode::HalfEven => "half-even",
        RoundingMode::HalfDown => "half-down",
        RoundingMode::Up => "up",
        RoundingMode::Down => "down",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use pos_domain::lots::Expiry;
    use pos_domain::loyalty::{Earning, Multiplier, Redemption, RewardKind};
    use pos_domain::payment::OfflineRules;
    use pos_domain::people::Role;
    use pos_domain::period::Period;
    use pos_domain::pricing::manual::ManualCap;
    use pos_domain::pricing::policy::{GroupRule, RoundedAt, ShareOn};
    use pos_domain::pricing::proposal::Mode;
    use pos_domain::returns::ReturnPolicy;
    use pos_domain::returns::no_receipt::NoReceiptLimits;
    use pos_domain::till::ForeignCash;
    use pos_money::{Currency, Rounding};
    use proptest::prelude::*;

    fn shop() -> Shop {
        Shop {
            name: "Corner".into(),
            address: vec!["Lindenstrasse 12".into()],
            tax_number: String::new(),
            currency: Currency::from_code("CHF").unwrap(),
            zone: "Europe/Zurich".into(),
            store: "S1".into(),
            register: "R1".into(),
            cashier: "Maya".into(),
            languages: vec!["en".into()],
            prices_include_tax: true,
            cash_rounding: Rounding { mode: RoundingMode::HalfUp, increment: 5 },
            quantity_max: Decimal::from(999),
            float: Decimal::new(20_000, 2),
            tax_fallback: Some(TaxFallback { code: "VAT".into(), rate: Decimal::new(81, 3) }),
            manual: ManualRules {
                reasons: vec!["damaged".into()],
                with_order_offers: true,
                roles: [("cashier".into(), ManualCap { rate_max: Some(Decimal::new(1, 1)), amount_max: None })].into(),
            },
            returns: ReturnRules {
                policy: ReturnPolicy::WholeDeal,
                no_receipt: Some(NoReceiptLimits { amount_max: Some(Decimal::TEN), ..NoReceiptLimits::default() }),
                ..ReturnRules::default()
            },
            credit: CreditRules { gift_card_max: Some(Decimal::from(500)), ..CreditRules::default() },
            stock: StockRules { locations: vec!["back room".into()], ..StockRules::default() },
            payments: PaymentRules {
                tips: true,
                offline: Some(OfflineRules {
                    amount_max: Decimal::from(50),
                    count_max: 20,
                    sum_max: Decimal::from(500),
                    age_hours_max: 24,
                }),
            },
            roles: {
                let role = Role { refund_max: Some(Decimal::TEN), ..Roles::default().0["cashier"].clone() };
                Roles([("cashier".into(), role)].into())
            },
            till: TillRules {
                paid_out: vec!["postage".into()],
                tolerance: Decimal::new(5, 2),
                blind: true,
                foreign: vec![ForeignCash { currency: "NOK".parse().unwrap(), rate: Decimal::new(92, 3) }],
                ..TillRules::default()
            },
            loyalty: Some(Programme {
                id: "club".into(),
                earn: Earning {
                    expiry: Some(Expiry { months: 12, end_of: Some(Period::Month) }),
                    multipliers: vec![Multiplier { times: Decimal::TWO, department: Some("Books".into()), item: None }],
                    ..Earning::default()
                },
                redeem: Some(Redemption { kind: RewardKind::Tender, points: 100, value: Decimal::ONE }),
            }),
            policy: Policy {
                default_mode: Mode::Compound,
                discount_rounding: DiscountRounding { mode: RoundingMode::Down, at: RoundedAt::Line },
                share_on: ShareOn::Payable,
                groups: [("coupons".into(), GroupRule::ListOrder), ("a \"b\"".into(), GroupRule::Priority)].into(),
            },
            embedded_codes: vec![EmbeddedCode {
                prefix: "28".into(),
                item_digits: 5,
                carries: Embedded::Quantity,
                decimals: 3,
            }],
            notes: vec![Decimal::from(10), Decimal::new(5, 2)],
            receipt_footer: vec!["Thank you.".into()],
        }
    }

    /// The file with a change in it.
    fn mistake(find: &str, replace: &str, expected: Expect) {
        let text = to_toml(&shop());
        assert!(text.contains(find), "{find}");
        let error = from_toml(Path::new("shop.toml"), &text.replace(find, replace)).unwrap_err();
        expected.assert_eq(&error.to_string());
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        mistake(
            "currency = \"CHF\"",
            "currency = \"CFH\"",
            expect![[r#"shop.toml, line 12, column 12, key "currency": "CFH" is not a currency code of ISO 4217."#]],
        );
        mistake(
            "zone = \"Europe/Zurich\"",
            "zone = \"Zurich\"",
            expect![[
                r#"shop.toml, line 14, column 8, key "zone": "Zurich" is not a time zone of the IANA database. Is it Europe/Zurich?"#
            ]],
        );
        mistake(
            "register = \"R1\"",
            "register = \"\"",
            expect![[
                r#"shop.toml, line 17, column 12, key "register": "" cannot be an id. Use 1 to 16 letters, digits, - or _, like R1."#
            ]],
        );
        mistake(
            "float = \"200.00\"",
            "float = \"200.001\"",
            expect![[
                r#"shop.toml, line 28, column 9, key "float": 200.001 is not an amount in CHF. Use at most 2 decimal places."#
            ]],
        );
        mistake(
            "float = \"200.00\"",
            "float = \"much\"",
            expect![[
                r#"shop.toml, line 28, column 9, key "float": Invalid value: string "much", expected a Decimal type representing a fixed-point number."#
            ]],
        );
        mistake(
            "notes = [\"10\", \"0.05\"]",
            "notes = [\"10\", \"0\"]",
            expect![[r#"shop.toml, line 30, column 16, key "notes.1": 0 is not above zero. Enter a larger number."#]],
        );
        mistake(
            "rate = \"0.081\"",
            "rate = \"8.1\"",
            expect![[
                r#"shop.toml, line 38, column 8, key "tax_fallback.rate": 8.1 is not a rate. Write it as a fraction: 0.081 is 8.1 %."#
            ]],
        );
        mistake(
            "item_digits = 5",
            "item_digits = 10",
            expect![[
                r#"shop.toml, line 142, column 15, key "embedded_codes.0.item_digits": Prefix, article number and figure share 12 digits. A prefix of 2 and 10 for the article leave 0, with 3 decimals."#
            ]],
        );
        mistake(
            "prefix = \"28\"",
            "prefix = \"40\"",
            expect![[
                r#"shop.toml, line 141, column 10, key "embedded_codes.0.prefix": "40" is not a prefix of in-store codes. Use 02 or 20 to 29, with more digits if needed."#
            ]],
        );
        mistake(
            "mode = \"half-up\"",
            "mode = \"nearest\"",
            expect![[
                r#"shop.toml, line 26, column 26, key "cash_rounding.mode": Unknown variant `nearest`, expected one of `half-up`, `half-even`, `half-down`, `up`, `down`."#
            ]],
        );
        mistake(
            "cashier",
            "casheer",
            expect![[
                r#"shop.toml, line 19, column 1, key "casheer": Unknown field `casheer`, expected one of `name`, `address`, `tax_number`, `currency`, `zone`, `store`, `register`, `cashier`, `languages`, `prices_include_tax`, `cash_rounding`, `quantity_max`, `float`, `tax_fallback`, `policy`, `manual`, `returns`, `till`, `payments`, `credit`, `stock`, `roles`, `loyalty`, `embedded_codes`, `notes`, `receipt_footer`."#
            ]],
        );
        mistake("name = \"Corner\"\n", "", expect!["shop.toml, line 1, column 1: Missing field `name`."]);
    }

    #[test]
    fn a_shop_is_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.toml");
        let missing = read_shop(&file).unwrap_err().to_string();
        assert!(
            missing.ends_with("shop.toml. Make a shop with `pos init`, or name its folder with --data."),
            "{missing}"
        );
        write_shop(&file, &shop()).unwrap();
        assert_eq!(read_shop(&file).unwrap(), shop());
    }

    #[test]
    fn plain_numbers_are_read_too() {
        let text = to_toml(&shop()).replace("float = \"200.00\"", "float = 199.95").replace("\"0.05\"", "2");
        let read = from_toml(Path::new("shop.toml"), &text).unwrap();
        assert_eq!((read.float, read.notes[1]), (Decimal::new(19_995, 2), Decimal::from(2)));
    }

    proptest! {
        #[test]
        fn every_shop_survives_its_file(
            name in "[^\\p{C}\\s][^\\p{C}]{0,20}[^\\p{C}\\s]",
            footer in prop::collection::vec("[^\\p{C}\\s]{1,20}", 0..3),
            increment in 1_i64..100,
            float in 0_i64..1_000_000,
            with_more in any::<bool>(),
            mode in prop::sample::select(vec![RoundingMode::HalfUp, RoundingMode::HalfEven, RoundingMode::HalfDown, RoundingMode::Up, RoundingMode::Down]),
        ) {
            let mut shop = Shop { name, receipt_footer: footer, cash_rounding: Rounding { mode, increment }, float: Decimal::new(float, 2), ..shop() };
            if with_more {
                shop.embedded_codes.push(EmbeddedCode { prefix: "29".into(), item_digits: 5, carries: Embedded::Price, decimals: 2 });
                shop.tax_fallback = None;
                shop.notes.clear();
            }
            prop_assert_eq!(from_toml(Path::new("shop.toml"), &to_toml(&shop)), Ok(shop));
        }
    }
}
