//! Sales as the register commits them, by hand and at random, and returns of them in a few words.

use crate::basket::{Basket, Event, Line};
use crate::catalogue::Item;
use crate::ids::LineNumber;
use crate::pricing::fixture;
use crate::pricing::priced::{LineTax, Modifier, ModifierSource, PricedBasket, PricedLine, TaxTotal};
use crate::pricing::proposal::{LineKind, Stage, TaxLevel};
use crate::returns::{PointFigure, Policy, Refund, RefundPlan, Returned, Sold, TakeBack, TakenBack};
use crate::tender::{Settlement, Tender, TenderKind};
use crate::transaction::{Completion, Transaction};
use pos_money::{Currency, Decimal, Money, Quantity, Rounding, RoundingMode, Unit, UnitPrice};
use pos_reference::generate::Random;
use std::sync::Arc;

pub(super) fn cents(minor: i64) -> Money {
    Money::from_minor(minor)
}

pub(super) fn coins(increment: i64) -> Rounding {
    Rounding { mode: RoundingMode::HalfUp, increment }
}

pub(super) fn source(candidate: &str) -> ModifierSource {
    ModifierSource { extension: "offers".into(), version: "1".into(), candidate: candidate.into(), source_line: None }
}

/// A line to be sold, in cents.
#[derive(Clone, Debug)]
pub(super) struct Ware {
    pub(super) kind: LineKind,
    pub(super) item: &'static str,
    pub(super) quantity: Quantity,
    pub(super) gross: i64,
    /// Candidate, stage, pieces, what it adds.
    pub(super) modifiers: Vec<(&'static str, Stage, i64, i64)>,
    /// Code, included, base, amount.
    pub(super) taxes: Vec<(&'static str, bool, i64, i64)>,
    pub(super) beside: i64,
}

impl Ware {
    pub(super) fn pieces(item: &'static str, count: i64, gross: i64) -> Ware {
        let (kind, quantity) = (LineKind::Sale, Quantity::pieces(count));
        Ware { kind, item, quantity, gross, modifiers: vec![], taxes: vec![], beside: 0 }
    }

    pub(super) fn offer(mut self, candidate: &'static str, pieces: i64, amount: i64) -> Ware {
        self.modifiers.push((candidate, Stage::Line, pieces, amount));
        self
    }

    pub(super) fn tax(mut self, code: &'static str, included: bool, base: i64, amount: i64) -> Ware {
        self.taxes.push((code, included, base, amount));
        self
    }

    /// What pricing says of it as line `number`.
    pub(super) fn priced(&self, number: LineNumber) -> PricedLine {
        let mut net = self.gross;
        let modifiers = self.modifiers.iter().map(|(candidate, stage, pieces, amount)| {
            let before = cents(net);
            net += amount;
            let quantity = Quantity::new(Decimal::from(*pieces), self.quantity.unit);
            let (source, label) = (source(candidate), (*candidate).into());
            Modifier { source, stage: *stage, label, quantity, amount: cents(*amount), before, after: cents(net) }
        });
        let modifiers = modifiers.collect();
        let taxes = self.taxes.iter().map(|(code, included, base, amount)| LineTax {
            code: (*code).into(),
            included: *included,
            base: cents(*base),
            amount: cents(*amount),
        });
        let added: i64 = self.taxes.iter().filter(|tax| !tax.1).map(|tax| tax.3).sum();
        let (gross, paid) = (cents(self.gross), cents(net + added + self.beside));
        PricedLine { number, gross, modifiers, net: cents(net), taxes: taxes.collect(), paid }
    }
}

pub(super) fn priced(wares: &[Ware]) -> PricedBasket {
    let mut basket = PricedBasket::default();
    for (ware, number) in wares.iter().zip(1..) {
        basket.lines.push(ware.priced(number));
        for (code, included, base, amount) in &ware.taxes {
            match basket.taxes.iter_mut().find(|tax| &*tax.code == *code) {
                Some(tax) => tax.amount = tax.amount.plus(cents(*amount)).unwrap(),
                None => basket.taxes.push(TaxTotal {
                    jurisdiction: (*code).into(),
                    code: (*code).into(),
                    levy: "".into(),
                    included: *included,
                    base: cents(*base),
                    amount: cents(*amount),
                    exact_base: Decimal::ZERO,
                    exact_amount: Decimal::ZERO,
                    level: TaxLevel::PerReceipt,
                }),
            }
        }
    }
    let sum = |figure: fn(&PricedLine) -> Money| Money::sum(basket.lines.iter().map(figure)).unwrap();
    let (gross, net, total) = (sum(|line| line.gross), sum(|line| line.net), sum(|line| line.paid));
    let total_tax = Money::sum(basket.taxes.iter().map(|tax| tax.amount)).unwrap();
    let (discount, total_excluded) = (gross.minus(net).unwrap(), total.minus(total_tax).unwrap());
    PricedBasket { gross, discount, total, total_tax, total_excluded, ..basket }
}

/// A committed sale. Tenders are taken as given.
pub(super) fn commit(wares: &[Ware], tenders: &[(TenderKind, i64)], increment: i64) -> Transaction {
    let mut basket = Basket::open(fixture::opening());
    for (ware, number) in wares.iter().zip(1..) {
        let item = Item {
            id: ware.item.into(),
            name: ware.item.into(),
            codes: vec![],
            price: UnitPrice::each(Decimal::ONE),
            unit: ware.quantity.unit,
            departments: vec![format!("{} goods", &ware.item[..1]).into()],
            tags: vec![],
            tax_class: "standard".into(),
            cost: None,
            reorder: None,
            discountable: true,
            deposit: Default::default(),
        };
        let line = Line::new(number, ware.kind, Arc::new(item), ware.quantity);
        basket.apply(Event::LineAdded(line)).unwrap();
    }
    for (kind, amount) in tenders {
        basket.apply(Event::TenderAdded(Tender::new(*kind, cents(*amount)))).unwrap();
    }
    let opening = fixture::opening();
    let completion = Completion {
        shop: &fixture::shop(increment),
        shift: 1,
        business_date: opening.business_date,
        at: opening.at,
        extensions: &[],
        limited: &[],
        lots: None,
        refund_in_cash: false,
        approvals: &[],
    };
    let priced = priced(wares);
    Transaction::sale(&basket, &priced, &TakenBack::nothing(priced.total), completion).unwrap()
}

pub(super) fn chf() -> Currency {
    Currency::from_code("CHF").unwrap()
}

pub(super) fn take(line: LineNumber, pieces: i64) -> TakeBack {
    TakeBack::to_stock(line, Quantity::pieces(pieces))
}

/// A sale and what came back of it.
pub(super) struct Desk {
    pub(super) sold: Sold,
    pub(super) returned: Returned,
}

impl Desk {
    pub(super) fn of(sale: &Transaction, increment: i64) -> Desk {
        Desk { sold: Sold::of(sale, coins(increment)).unwrap(), returned: Returned::default() }
    }

    /// The points of a sold line: what it earned and what was spent on it.
    pub(super) fn give_points(&mut self, number: LineNumber, points: PointFigure) {
        let line = self.sold.lines.iter_mut().find(|line| line.number == number).unwrap();
        line.whole.points.push(points);
    }

    /// Takes goods back and pays them out.
    pub(super) fn accept(&mut self, asked: &[TakeBack], policy: Policy<'_>) -> (Refund, RefundPlan) {
        let refund = self.sold.refund(&self.returned, asked, policy).unwrap();
        let plan = self.sold.plan(&self.returned, refund.total, None).unwrap();
        self.returned.add(&refund, &plan).unwrap();
        (refund, plan)
    }
}

/// A number from `least` to `most`.
pub(super) fn between(random: &mut Random, least: i64, most: i64) -> i64 {
    random.between(least, most)
}

/// A sale nobody would ring up by hand: measured goods, empties, offers and taxes of every kind, cash over and under.
pub(super) fn any_sale(random: &mut Random) -> (Vec<Ware>, Vec<(TenderKind, i64)>, i64) {
    let mut wares = Vec::new();
    for _ in 0..between(random, 1, 4) {
        wares.push(any_ware(random));
    }
    let increment = [1, 5, 10, 50, 100][random.below(5)];
    let total = priced(&wares).total.minor();
    let coupon = if total > 0 && random.below(3) == 0 { between(random, 1, total) } else { 0 };
    let due = total - coupon;
    let rounded = coins(increment).round_money(cents(due)).unwrap().minor();
    let cash = match random.below(3) {
        // Nothing is tendered where the shop pays.
        _ if due <= 0 => 0,
        0 => due,
        1 => rounded,
        _ => due.max(rounded) + between(random, 0, 3_000),
    };
    let first = between(random, 0, cash.max(0));
    let mut tenders = vec![(TenderKind::Cash, first), (TenderKind::Coupon, coupon), (TenderKind::Cash, cash - first)];
    tenders.retain(|(kind, amount)| *kind == TenderKind::Cash || *amount > 0);
    let tendered: Vec<Tender> = tenders.iter().map(|(kind, amount)| Tender::new(*kind, cents(*amount))).collect();
    assert!(Settlement::of(cents(total), &tendered, coins(increment)).unwrap().is_settled());
    (wares, tenders, increment)
}

fn any_ware(random: &mut Random) -> Ware {
    let item = ["apples", "bread", "cheese", "apples"][random.below(4)];
    let mut ware = Ware::pieces(item, between(random, 1, 9), between(random, 0, 5_000));
    match random.below(6) {
        0 => ware.quantity = Quantity::new(Decimal::new(between(random, 1, 9_999), 3), Unit::Kg),
        // Empties: a deposit with a negative quantity and amount.
        1 => {
            ware.kind = LineKind::Deposit;
            ware.quantity = Quantity::pieces(-between(random, 1, 9));
            ware.gross = -between(random, 0, 700);
        }
        _ => {}
    }
    let mut net = ware.gross;
    for index in 0..random.below(3) {
        let (candidate, stage) = [("set", Stage::Line), ("coupon", Stage::Order)][index];
        let amount = -between(random, 0, net.abs()) * net.signum();
        net += amount;
        ware.modifiers.push((candidate, stage, 1, amount));
    }
    for index in 0..random.below(3) {
        let (code, included) = [("vat", true), ("eco", false)][index];
        ware.taxes.push((code, included, net, net * between(random, 0, 25) / 100));
    }
    ware.beside = if random.below(8) == 0 { between(random, -2, 2) } else { 0 };
    ware
}
