//! From the kernel's state to what screens and programs read.

use crate::dispatch::{major, quantity_taken};
use crate::pricing::Priced;
use pos_api::port::{AccountBalance, ClosedShift, TrialBalance, Verification};
use pos_api::view::{
    AccountView, BasketState, BasketView, ClosingView, CountedView, CustomerView, GiftView, ItemView, KeptBasket,
    LastTransaction, LineView, ModifierView, NamedAmount, NoticeView, OpenBasketView, OrderLineView, OrderView,
    PaymentView, PeriodView, ReasonView, ReceiptView, ReportView, RestartView, StockView, TaxView, TenderView,
    TrialBalanceView, VerificationView,
};
use pos_domain::basket::{Basket, Origin, State};
use pos_domain::catalogue::{Deposit, Item};
use pos_domain::ids::{LineNumber, ReceiptNumber};
use pos_domain::order::Order;
use pos_domain::payment::{Direction, Intent, Payment, State as PaymentState, card_text};
use pos_domain::period::PeriodClosed;
use pos_domain::pricing::explain::{Facts, LineFacts, Reason};
use pos_domain::pricing::priced::{Modifier, TaxTotal};
use pos_domain::pricing::proposal::{Grant, LineKind, Severity};
use pos_domain::receipt::{COLUMNS, Receipt};
use pos_domain::report::{ShiftTotals, period_report};
use pos_domain::returns::plan::PlanStep;
use pos_domain::returns::{PointFigure, TakenBack};
use pos_domain::shift::TenderResult;
use pos_domain::shop::Shop;
use pos_domain::tender::{Foreign, Settlement, Tender};
use pos_domain::time::Moment;
use pos_domain::transaction::{Committed, TransactionKind, TransactionLine};
use pos_money::{Currency, Decimal, Money, Quantity, UnitPrice};
use std::sync::Arc;

/// A basket that is still open.
pub(crate) fn basket_view(basket: &Basket, priced: &Priced, shop: &Shop) -> BasketView {
    let currency = shop.currency;
    let figure = |amount: Money| major(currency, amount);
    let prices = &priced.basket;
    // A settlement that overflows is refused before it gets here; a screen still draws something.
    let settlement = Settlement::of(priced.taken.due, &basket.tenders, shop.cash_rounding).unwrap_or_default();
    let facts = Facts::of_basket(prices, currency);
    let lines = basket
        .lines
        .iter()
        .map(|line| {
            let found = prices.line(line.number).filter(|_| !line.voided);
            let reasons = found.map_or_else(Vec::new, |found| {
                facts.chain(LineFacts {
                    number: line.number,
                    quantity: line.quantity,
                    price: line.price,
                    price_source: &line.price_source,
                    origin: line.origin.as_ref(),
                    gross: found.gross,
                    modifiers: &found.modifiers,
                    taxes: &found.taxes,
                    paid: found.paid,
                })
            });
            LineView {
                number: line.number,
                item: line.item.id.to_string(),
                name: line.item.name.to_string(),
                code: line.code.to_string(),
                department: line.item.department().to_owned(),
                quantity: line.quantity.value,
                unit: line.quantity.unit.symbol().to_owned(),
                price: price_figure(line.price, currency),
                price_per: price_per(line.price),
                gross: figure(found.map(|found| found.gross).unwrap_or_default()),
                net: figure(found.map(|found| found.net).unwrap_or_default()),
                paid: figure(found.map(|found| found.paid).unwrap_or_default()),
                modifiers: modifier_views(found.map_or(&[], |found| &found.modifiers), currency),
                voided: line.voided,
                returned_from: returned_from(line.origin.as_ref()),
                deposit_of: line.tied.map(|tied| tied.to),
                reasons: reason_views(reasons, currency),
            }
        })
        .collect();
    BasketView {
        id: Some(basket.id()),
        state: basket_state(basket),
        version: basket.version,
        currency: currency.code().to_owned(),
        prices_include_tax: shop.prices_include_tax,
        cashier: basket.opening.cashier.to_string(),
        opened_at: basket.opening.at.to_text(),
        lines,
        pieces: pieces(basket.live_lines().filter(|line| line.kind != LineKind::Deposit).map(|line| line.quantity)),
        gross: figure(prices.gross),
        discount: figure(prices.discount),
        tax: figure(prices.total_tax),
        total: figure(prices.total),
        taxes: tax_views(&prices.taxes, currency),
        tenders: tender_views(&basket.tenders, currency),
        payouts: payout_views(&priced.taken, currency),
        payments: basket.payments.iter().map(payment_view).collect(),
        tendered: figure(settlement.tendered),
        due: figure(settlement.due),
        change: figure(settlement.change),
        rounding: figure(settlement.rounding),
        notices: prices
            .notices
            .iter()
            .map(|notice| NoticeView {
                severity: severity(notice.severity).to_owned(),
                text: notice.message.text.to_string(),
            })
            .collect(),
        near_misses: prices.near_misses.iter().map(|miss| miss.missing.text.to_string()).collect(),
        unavailable: priced.unavailable.iter().map(ToString::to_string).collect(),
        can_undo: basket.can_undo().is_ok(),
        gifts: gift_views(basket, priced),
        customer: basket
            .customer
            .as_ref()
            .map(|customer| CustomerView { id: customer.id.to_string(), points: customer.points }),
        codes: basket.codes.iter().map(ToString::to_string).collect(),
        points_earned: 0,
        points_redeemed: basket.tenders.iter().map(|tender| tender.points).sum::<i64>()
            + basket.rewards.iter().map(|reward| reward.points).sum::<i64>(),
    }
}

/// A basket as it was committed, every line with the reasons for its price.
pub(crate) fn explained_view(committed: &Committed) -> BasketView {
    let mut view = committed_view(committed);
    let facts = Facts::of_transaction(&committed.transaction);
    for (line, sold) in view.lines.iter_mut().zip(&committed.transaction.lines) {
        line.reasons = reason_views(facts.sold(sold), facts.currency);
    }
    view
}

/// A basket as it was committed, without reasons: whoever completes a sale has just seen them.
pub(crate) fn committed_view(committed: &Committed) -> BasketView {
    let transaction = &committed.transaction;
    let currency = transaction.currency;
    let figure = |amount: Money| major(currency, amount);
    let points =
        |part: fn(&PointFigure) -> i64| transaction.lines.iter().flat_map(|line| &line.points).map(part).sum::<i64>();
    let tendered = Money::sum(transaction.tenders.iter().map(|tender| tender.amount)).unwrap_or_default();
    let goods = transaction.lines.iter().filter(|line| !line.voided && line.kind != LineKind::Deposit);
    BasketView {
        id: Some(transaction.basket),
        state: match transaction.kind {
            TransactionKind::Cancelled => BasketState::Cancelled,
            _ => BasketState::Completed,
        },
        version: 0,
        currency: currency.code().to_owned(),
        prices_include_tax: transaction.prices_include_tax,
        cashier: transaction.cashier.to_string(),
        opened_at: transaction.opened_at.to_text(),
        lines: transaction.lines.iter().map(|line| committed_line_view(line, currency)).collect(),
        pieces: pieces(goods.map(|line| line.quantity)),
        gross: figure(transaction.gross),
        discount: figure(transaction.discount),
        tax: figure(transaction.total_tax),
        total: figure(transaction.total),
        taxes: tax_views(&transaction.taxes, currency),
        tenders: tender_views(&transaction.tenders, currency),
        payouts: Vec::new(),
        payments: transaction.payments.iter().map(payment_view).collect(),
        tendered: figure(tendered),
        due: figure(Money::ZERO),
        change: figure(transaction.change),
        rounding: figure(transaction.rounding),
        notices: Vec::new(),
        near_misses: Vec::new(),
        unavailable: Vec::new(),
        can_undo: false,
        gifts: Vec::new(),
        customer: transaction.customer.as_ref().map(|id| CustomerView { id: id.to_string(), points: 0 }),
        codes: transaction.codes.iter().map(ToString::to_string).collect(),
        points_earned: points(|figure| figure.earned),
        points_redeemed: points(|figure| figure.redeemed)
            + transaction.tenders.iter().map(|tender| tender.points).sum::<i64>(),
    }
}

fn committed_line_view(line: &TransactionLine, currency: Currency) -> LineView {
    LineView {
        number: line.number,
        item: line.item.to_string(),
        name: line.name.to_string(),
        code: line.code.to_string(),
        department: line.department.to_string(),
        quantity: line.quantity.value,
        unit: line.quantity.unit.symbol().to_owned(),
        price: price_figure(line.price, currency),
        price_per: price_per(line.price),
        gross: major(currency, line.gross),
        net: major(currency, line.net),
        paid: major(currency, line.paid),
        modifiers: modifier_views(&line.modifiers, currency),
        voided: line.voided,
        returned_from: returned_from(line.origin.as_ref()),
        deposit_of: line.deposit_of,
        reasons: Vec::new(),
    }
}

/// Pieces for people: whole pieces are counted, a weighed line is one.
fn pieces(quantities: impl Iterator<Item = Quantity>) -> u64 {
    quantities.map(|quantity| quantity.countable_pieces().unsigned_abs()).sum()
}

/// A price with at least the currency's decimal places.
fn price_figure(price: UnitPrice, currency: Currency) -> Decimal {
    let mut value = price.value.normalize();
    if value.scale() < u32::from(currency.exponent()) {
        value.rescale(u32::from(currency.exponent()));
    }
    value
}

fn price_per(price: UnitPrice) -> String {
    if price.per == Quantity::ONE {
        String::new()
    } else if price.per.value == Decimal::ONE {
        price.per.unit.symbol().to_owned()
    } else {
        price.per.to_string()
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Block => "block",
    }
}

fn modifier_views(modifiers: &[Modifier], currency: Currency) -> Vec<ModifierView> {
    let view = |modifier: &Modifier| ModifierView {
        label: modifier.label.to_string(),
        amount: major(currency, modifier.amount),
        extension: modifier.source.extension.to_string(),
        version: modifier.source.version.to_string(),
        source_line: modifier.source.source_line,
    };
    modifiers.iter().map(view).collect()
}

fn reason_views(reasons: Vec<Reason>, currency: Currency) -> Vec<ReasonView> {
    let view = |reason: Reason| ReasonView {
        kind: reason.kind.code().to_owned(),
        title: reason.title,
        detail: reason.detail,
        amount: reason.amount.map(|amount| major(currency, amount)),
    };
    reasons.into_iter().map(view).collect()
}

fn tax_views(taxes: &[TaxTotal], currency: Currency) -> Vec<TaxView> {
    let view = |tax: &TaxTotal| TaxView {
        code: tax.code.to_string(),
        levy: tax.levy.to_string(),
        included: tax.included,
        base: major(currency, tax.base),
        amount: major(currency, tax.amount),
    };
    taxes.iter().map(view).collect()
}

fn tender_views(tenders: &[Tender], currency: Currency) -> Vec<TenderView> {
    let view = |tender: &Tender| TenderView {
        kind: tender.foreign.map_or_else(|| tender.kind.code().to_owned(), |foreign| Foreign::name(foreign.currency)),
        amount: major(currency, tender.amount),
    };
    tenders.iter().map(view).collect()
}

/// An order that is open.
pub(crate) fn order_view(order: &Order, deposit: Money) -> OrderView {
    let placed = &order.committed.transaction;
    let line = |line: &TransactionLine| OrderLineView {
        line: line.number,
        item: line.item.to_string(),
        name: line.name.to_string(),
        quantity: line.quantity.value,
        left: order.left_of(line),
        net: major(placed.currency, line.net),
    };
    OrderView {
        number: order.committed.number,
        kind: order.terms.kind,
        customer: placed.customer.as_ref().map(ToString::to_string),
        placed_at: placed.completed_at.to_text(),
        due: order.terms.due.map(|due| due.to_string()),
        note: order.terms.note.to_string(),
        total: major(placed.currency, placed.total),
        deposit: major(placed.currency, deposit),
        lines: placed.lines.iter().filter(|line| !line.voided).map(line).collect(),
    }
}

/// A payment with a terminal.
pub(crate) fn payment_view(payment: &Payment) -> PaymentView {
    let Intent { id, direction, amount, currency, .. } = &payment.intent;
    let found = payment.approved();
    let detail = match &payment.state {
        PaymentState::Unknown { problem: reason }
        | PaymentState::Declined { reason }
        | PaymentState::Reversing { reason }
        | PaymentState::Refused { reason, .. } => reason.to_string(),
        _ => String::new(),
    };
    PaymentView {
        id: id.to_string(),
        direction: if *direction == Direction::Charge { "charge" } else { "refund" }.to_owned(),
        amount: major(*currency, *amount),
        state: payment.code().to_owned(),
        approved: found.map(|found| major(*currency, found.amount)),
        tip: found.filter(|found| !found.tip.is_zero()).map(|found| major(*currency, found.tip)),
        card: found.map(card_text).unwrap_or_default(),
        detail,
        awaited: payment.is_awaited(),
    }
}

/// Gifts the customer may still choose.
fn gift_views(basket: &Basket, priced: &Priced) -> Vec<GiftView> {
    let left = |grant: &Grant| {
        let taken = quantity_taken(basket, &grant.offer).unwrap_or_default();
        let left = grant.qty.value - taken;
        (left > Decimal::ZERO).then(|| GiftView {
            offer: grant.offer.to_string(),
            items: grant.items.iter().map(ToString::to_string).collect(),
            quantity: left,
        })
    };
    priced.basket.grants.iter().filter_map(left).collect()
}

fn payout_views(taken: &TakenBack, currency: Currency) -> Vec<TenderView> {
    let view =
        |step: &PlanStep| TenderView { kind: step.tender.code().to_owned(), amount: major(currency, step.amount) };
    taken.payouts().map(view).collect()
}

fn returned_from(origin: Option<&Origin>) -> Option<(ReceiptNumber, LineNumber)> {
    origin.and_then(|origin| origin.sold).map(|sold| (sold.number, sold.line))
}

/// Balances and stock levels.
pub(crate) fn trial_balance_view(found: &TrialBalance, currency: Currency) -> TrialBalanceView {
    let account = |account: &AccountBalance| {
        let amount = |minor: i64| match account.unit.as_deref() {
            None => major(currency, Money::from_minor(minor)),
            Some(unit) => match Currency::from_code(unit) {
                Ok(foreign) => major(foreign, Money::from_minor(minor)),
                Err(_) => Decimal::from(minor),
            },
        };
        AccountView {
            account: account.account.to_string(),
            unit: account.unit.as_deref().unwrap_or(currency.code()).to_owned(),
            debit: amount(account.debit.minor()),
            credit: amount(account.credit.minor()),
            balance: amount(account.debit.minor().saturating_sub(account.credit.minor())),
        }
    };
    let stock = |(item, quantity): &(Arc<str>, Quantity)| StockView {
        item: item.to_string(),
        quantity: quantity.value,
        unit: quantity.unit.symbol().to_owned(),
    };
    TrialBalanceView {
        accounts: found.accounts.iter().map(account).collect(),
        stock: found.stock.iter().map(stock).collect(),
    }
}

/// An article.
pub(crate) fn item_view(item: &Item) -> ItemView {
    ItemView {
        id: item.id.to_string(),
        name: item.name.to_string(),
        code: item.codes.first().unwrap_or(&item.id).to_string(),
        department: item.department().to_owned(),
        price: item.price.value,
        price_per: price_per(item.price),
        measured: item.unit.is_measured(),
        deposit: item.deposit == Deposit::Itself,
    }
}

/// A receipt.
pub(crate) fn receipt_view(number: ReceiptNumber, copy: u32, receipt: &Receipt) -> ReceiptView {
    ReceiptView { number, copy, text: receipt.to_text(COLUMNS) }
}

/// What verification found.
pub(crate) fn verification_view(found: Verification) -> VerificationView {
    let Verification { records, last_number, head, problems } = found;
    VerificationView { verified: problems.is_empty(), records, last_number, head, problems }
}

/// What a cashier is told after the register was cut off.
pub(crate) fn restart_view<'a>(
    last: Option<&Committed>,
    open: impl Iterator<Item = (&'a Basket, &'a Priced)>,
    payments: usize,
    shop: &Shop,
) -> RestartView {
    let last = last.map(|Committed { number, transaction }| LastTransaction {
        number: *number,
        kind: transaction.kind.code().to_owned(),
        total: major(shop.currency, transaction.total),
        cashier: transaction.cashier.to_string(),
        time: transaction.completed_at.local().strftime("%H:%M").to_string(),
    });
    let baskets = open.filter(|(basket, _)| basket.live_lines().next().is_some()).map(|(basket, priced)| KeptBasket {
        basket: basket.id(),
        lines: basket.live_lines().count(),
        total: major(shop.currency, priced.basket.total),
        suspended: basket.suspended.is_some(),
    });
    RestartView { last, baskets: baskets.collect(), payments }
}

/// Figures of a shift; without those of the till where nobody is to know them yet.
pub(crate) fn report_view(totals: &ShiftTotals, shop: &Shop, shows_till: bool, text: String) -> ReportView {
    let figure = |amount: Money| major(shop.currency, amount);
    let named = |amounts: &[(Arc<str>, Money)]| named_amounts(amounts, shop.currency);
    ReportView {
        shift: totals.shift,
        business_date: totals.business_date.to_string(),
        sales: totals.sales,
        returns: totals.returns,
        cancelled: totals.cancelled,
        lines: totals.lines,
        voided_lines: totals.voided_lines,
        gross: figure(totals.gross),
        discount: figure(totals.discount),
        tax: figure(totals.tax),
        total: figure(totals.total),
        tendered: shows_till.then(|| figure(totals.tendered)),
        change: shows_till.then(|| figure(totals.change)),
        tenders: shows_till.then(|| named(&totals.tenders)),
        moved: shows_till.then(|| named(&totals.moved)),
        no_sales: totals.no_sales,
        closing: None,
        departments: named(&totals.departments),
        deposits: named(&totals.deposits),
        text,
    }
}

/// Figures of a shift that was closed.
pub(crate) fn z_view(found: &ClosedShift, shop: &Shop, text: String) -> ReportView {
    let ClosedShift { closed, anchor } = found;
    let figure = |amount: Money| major(closed.currency, amount);
    let closing = ClosingView {
        number: closed.grand.closings,
        closed_at: closed.closed_at.to_text(),
        cashier: closed.cashier.to_string(),
        tenders: counted_views(&closed.tenders, closed.currency),
        over_short: figure(closed.over_short().unwrap_or_default()),
        reason: closed.reason.to_string(),
        counts: closed.counts.clone(),
        grand_total: figure(closed.grand.total),
        grand_tax: figure(closed.grand.tax),
        grand_sales: closed.grand.sales,
        anchor: anchor.clone(),
    };
    ReportView { closing: Some(closing), ..report_view(&closed.totals, shop, true, text) }
}

/// A day, a month or a year that was closed.
pub(crate) fn period_view(closed: &PeriodClosed, shop: &Shop) -> PeriodView {
    let figure = |amount: Money| major(closed.currency, amount);
    let PeriodClosed { figures, grand, .. } = closed;
    PeriodView {
        period: closed.period,
        number: closed.number,
        from: closed.from.to_string(),
        to: closed.to.to_string(),
        first_shift: closed.shifts.0,
        last_shift: closed.shifts.1,
        closed_at: closed.closed_at.to_text(),
        cashier: closed.cashier.to_string(),
        sales: figures.sales,
        returns: figures.returns,
        cancelled: figures.cancelled,
        gross: figure(figures.gross),
        discount: figure(figures.discount),
        total: figure(figures.total),
        tax: figure(figures.tax),
        over_short: figure(figures.over_short),
        tenders: named_amounts(&figures.tenders, closed.currency),
        departments: named_amounts(&figures.departments, closed.currency),
        deposits: named_amounts(&figures.deposits, closed.currency),
        grand_total: figure(grand.total),
        grand_tax: figure(grand.tax),
        grand_sales: grand.sales,
        text: period_report(closed, shop).to_text(COLUMNS),
    }
}

fn named_amounts(amounts: &[(Arc<str>, Money)], currency: Currency) -> Vec<NamedAmount> {
    let named = |(name, amount): &(Arc<str>, Money)| {
        let currency = Foreign::of_name(name).unwrap_or(currency);
        NamedAmount { name: name.to_string(), amount: major(currency, *amount) }
    };
    amounts.iter().map(named).collect()
}

/// What was counted against the books.
pub(crate) fn counted_views(results: &[TenderResult], currency: Currency) -> Vec<CountedView> {
    let view = |result: &TenderResult| {
        let of = result.currency.unwrap_or(currency);
        CountedView {
            tender: result.currency.map_or_else(|| result.tender.to_string(), Foreign::name),
            expected: major(of, result.expected),
            counted: major(of, result.counted),
            difference: major(of, result.difference().unwrap_or_default()),
        }
    };
    results.iter().map(view).collect()
}

/// A basket in the list of those that are open.
pub(crate) fn open_basket_view(basket: &Basket, priced: &Priced, shop: &Shop, now: Moment) -> OpenBasketView {
    let (since, note) = match &basket.suspended {
        Some((at, note)) => (*at, note.to_string()),
        None => (basket.opening.at, String::new()),
    };
    OpenBasketView {
        id: Some(basket.id()),
        state: basket_state(basket),
        cashier: basket.opening.cashier.to_string(),
        opened_at: basket.opening.at.to_text(),
        age_seconds: u64::try_from((now.unix_ms - since.unix_ms) / 1000).unwrap_or_default(),
        note,
        lines: basket.live_lines().count() as u64,
        total: major(shop.currency, priced.taken.due),
    }
}

fn basket_state(basket: &Basket) -> BasketState {
    match basket.state() {
        _ if basket.suspended.is_some() => BasketState::Suspended,
        State::Open => BasketState::Open,
        State::Tendering => BasketState::Tendering,
    }
}
