//! A small shop and its sales, for tests.

use jiff::civil::date;
use pos_api::port::{CommitRequest, OpenShift};
use pos_domain::basket::{Basket, Event, Line, Opening};
use pos_domain::catalogue::Item;
use pos_domain::ids::{BasketId, LineNumber};
use pos_domain::money::{Currency, Decimal, Money, Quantity, Rounding, Unit, UnitPrice};
use pos_domain::pricing::PricedBasket;
use pos_domain::pricing::priced::{LineTax, Modifier, ModifierSource, PricedLine, TaxTotal};
use pos_domain::pricing::proposal::{LineKind, Stage, TaxLevel};
use pos_domain::returns::TakenBack;
use pos_domain::shift::Books;
use pos_domain::shop::Shop;
use pos_domain::tender::{Tender, TenderKind};
use pos_domain::time::{LocalTime, Moment};
use pos_domain::transaction::{Completion, Transaction};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) const NOON: Moment = Moment { unix_ms: 1_772_449_200_000, offset_seconds: 3600 };

pub(crate) fn currency() -> Currency {
    Currency::from_code("EUR").unwrap()
}

pub(crate) fn basket_id(id: u128) -> BasketId {
    BasketId(Uuid::from_u128(id))
}

pub(crate) fn shop() -> Shop {
    Shop {
        name: "Corner shop".into(),
        address: vec!["High Street 1".into()],
        tax_number: "DE123".into(),
        currency: currency(),
        zone: "Europe/Berlin".into(),
        store: "S1".into(),
        register: "R1".into(),
        cashier: "Maya".into(),
        languages: vec!["en".into()],
        prices_include_tax: true,
        cash_rounding: Rounding::HALF_UP,
        quantity_max: Decimal::from(9_999),
        float: Decimal::from(100),
        tax_fallback: None,
        policy: Default::default(),
        manual: Default::default(),
        returns: Default::default(),
        till: Default::default(),
        payments: Default::default(),
        credit: Default::default(),
        stock: Default::default(),
        roles: Default::default(),
        loyalty: None,
        embedded_codes: Vec::new(),
        notes: Vec::new(),
        receipt_footer: Vec::new(),
    }
}

pub(crate) fn open_shift() -> OpenShift {
    OpenShift {
        shift: 1,
        business_date: date(2026, 3, 2),
        float: Money::from_minor(10_000),
        pieces: Vec::new(),
        cashier: "".into(),
        carried: None,
        opened_at: NOON,
    }
}

pub(crate) fn books() -> Books {
    Books::of(&shop())
}

/// Article `index` of a small range in eight departments; every seventh is weighed.
pub(crate) fn item(index: u32) -> Item {
    let unit = if index.is_multiple_of(7) { Unit::Kg } else { Unit::Each };
    Item {
        id: format!("SKU{index:05}").into(),
        name: format!("Article {index}").into(),
        codes: vec![format!("{}", 4_006_381_000_000_u64 + u64::from(index)).into()],
        price: UnitPrice::per(Decimal::new(238, 2), unit),
        unit,
        departments: vec![format!("Department {}", index % 8).into(), "Shelf".into()],
        tags: vec!["plain".into()],
        tax_class: "standard".into(),
        cost: None,
        reorder: None,
        discountable: true,
        deposit: Default::default(),
    }
}

pub(crate) fn opening(id: u128) -> Opening {
    let now = LocalTime::at(NOON, "Europe/Berlin".into());
    Opening {
        id: basket_id(id),
        at: NOON,
        business_date: now.date,
        now,
        cashier: "Maya".into(),
        external_reference: None,
        voids: None,
        rule_set: "0f1e2d".into(),
    }
}

pub(crate) fn line(number: LineNumber, item: Item) -> Line {
    let value = if item.unit.is_measured() { Decimal::new(482, 3) } else { Decimal::TWO };
    let quantity = Quantity::new(value, item.unit);
    Line::new(number, LineKind::Sale, Arc::new(item), quantity)
}

/// A basket of `lines` lines, the articles depending on the id, so that many sales touch many articles.
pub(crate) fn basket(id: u128, lines: u32) -> Basket {
    let mut basket = Basket::open(opening(id));
    for number in 1..=lines {
        let index = (id as u32).wrapping_mul(31).wrapping_add(number) % 300;
        basket.apply(Event::LineAdded(line(number, item(index)))).unwrap();
    }
    basket
}

/// Priced by hand: ten cents off each line, 19 % in what is left.
pub(crate) fn priced(basket: &Basket) -> PricedBasket {
    let mut priced = PricedBasket::default();
    let sum = |left: Money, right: Money| left.plus(right).unwrap();
    for line in basket.live_lines() {
        let gross = line.price.amount(line.quantity, currency(), Rounding::HALF_UP).unwrap();
        let net = gross.minus(Money::from_minor(10)).unwrap();
        let amount = Money::from_minor(net.minor() * 19 / 119);
        let base = net.minus(amount).unwrap();
        let source = ModifierSource {
            extension: "happy_hour".into(),
            version: "3f2a".into(),
            candidate: "1".into(),
            source_line: Some(5),
        };
        priced.lines.push(PricedLine {
            number: line.number,
            gross,
            modifiers: vec![Modifier {
                source,
                stage: Stage::Line,
                label: "Happy hour".into(),
                quantity: line.quantity,
                amount: Money::from_minor(-10),
                before: gross,
                after: net,
            }],
            net,
            paid: net,
            taxes: vec![LineTax { code: "VAT".into(), included: true, base, amount }],
        });
        priced.gross = sum(priced.gross, gross);
        priced.discount = sum(priced.discount, Money::from_minor(10));
        priced.total_excluded = sum(priced.total_excluded, base);
        priced.total_tax = sum(priced.total_tax, amount);
        priced.total = sum(priced.total, net);
    }
    priced.taxes = vec![TaxTotal {
        jurisdiction: "DE".into(),
        code: "VAT".into(),
        levy: "19 %".into(),
        included: true,
        base: priced.total_excluded,
        amount: priced.total_tax,
        exact_base: currency().to_decimal(priced.total_excluded),
        exact_amount: currency().to_decimal(priced.total_tax),
        level: TaxLevel::PerReceipt,
    }];
    priced
}

/// A sale paid with cash, rounded up to the next full amount and five more.
pub(crate) fn sale_of(mut basket: Basket) -> Transaction {
    let priced = priced(&basket);
    let amount = Money::from_minor((priced.total.minor() / 100 + 6) * 100);
    basket.apply(Event::TenderAdded(Tender::new(TenderKind::Cash, amount))).unwrap();
    let completion = Completion {
        shop: &shop(),
        shift: 1,
        business_date: date(2026, 3, 2),
        at: NOON,
        extensions: &[],
        limited: &[],
        lots: None,
        refund_in_cash: false,
        approvals: &[],
    };
    Transaction::sale(&basket, &priced, &TakenBack::nothing(priced.total), completion).unwrap()
}

pub(crate) fn sale(id: u128, lines: u32) -> Transaction {
    sale_of(basket(id, lines))
}

/// A sale as the kernel asks for it to be stored: the shift to open is offered every time, and taken the first time.
pub(crate) fn request(transaction: Transaction) -> CommitRequest {
    CommitRequest { transaction, open_shift: Some(open_shift()), floors: Vec::new() }
}
