//! What the demo shop charges, and why: three offers and one tax, enough to fill a screen.

use super::articles::Article;
use pos_api::view::{BasketView, LineView, ModifierView, ReasonView, TaxView};
use pos_money::Decimal;

/// The tax contained in every price, in percent.
const TAX_PERCENT: i64 = 21;

/// A line of the demo basket.
#[derive(Clone, Debug)]
pub(super) struct Sold {
    pub article: &'static Article,
    pub quantity: Decimal,
    pub voided: bool,
}

/// What a quantity costs; nothing where the numbers grow too large.
pub(super) fn gross(article: &Article, quantity: Decimal) -> Option<Decimal> {
    article.unit_price().checked_mul(quantity).map(|amount| amount.round_dp(2))
}

struct Offer {
    label: &'static str,
    script: &'static str,
    source_line: u32,
    saving: Decimal,
}

fn share(amount: Decimal, percent: i64) -> Decimal {
    amount.checked_mul(Decimal::new(percent, 2)).unwrap_or_default().round_dp(2)
}

fn offer(sold: &Sold, gross: Decimal, unavailable: &[String]) -> Option<Offer> {
    let offer = match sold.article.code {
        "4003" if !unavailable.iter().any(|name| name == "Happy hour") => {
            Offer { label: "Happy hour −20 %", script: "happy_hour.rhai", source_line: 5, saving: share(gross, 20) }
        }
        "6002" | "9780141036144" if sold.quantity >= Decimal::from(3) => {
            let free = (sold.quantity / Decimal::from(3)).floor();
            let saving = sold.article.unit_price().checked_mul(free)?;
            Offer { label: "3 for 2 on paperbacks", script: "three_for_two.rhai", source_line: 3, saving }
        }
        "4000417025005" => {
            Offer { label: "−10 % Gold member", script: "gold_member.rhai", source_line: 2, saving: share(gross, 10) }
        }
        _ => return None,
    };
    Some(offer)
}

fn reason(kind: &str, title: &str, detail: String, amount: Option<Decimal>) -> ReasonView {
    ReasonView { kind: kind.into(), title: title.into(), detail, amount }
}

/// The line as a screen reads it.
pub(super) fn line_view(number: u32, sold: &Sold, unavailable: &[String]) -> LineView {
    let Sold { article, quantity, voided } = sold;
    let gross = gross(article, *quantity).unwrap_or_default();
    let offer = offer(sold, gross, unavailable);
    let saving = offer.as_ref().map(|offer| offer.saving).unwrap_or_default();
    let net = gross - saving;
    let mut reasons = vec![reason(
        "price",
        "Regular price, price list \u{201c}Summer\u{201d} v12",
        format!("{} × {}", article.price, quantity),
        Some(gross),
    )];
    if let Some(Offer { label, script, source_line, saving }) = &offer {
        let detail = format!("script {script}, line {source_line} · version 8 · until 19:00");
        reasons.push(reason("modifier", label, detail, Some(-*saving)));
    }
    if article.code == "4003" {
        let detail = "not used: customer is not in group \u{201c}staff\u{201d}".to_owned();
        reasons.push(reason("lost", "Staff discount −25 %", detail, None));
        let detail = "not used: worth 3.60, less than Happy hour 4.72 (same group \u{201c}beer\u{201d})".to_owned();
        reasons.push(reason("lost", "4 for 20.00 on craft beer", detail, None));
    }
    let tax = contained_tax(net);
    let title = format!("Tax {TAX_PERCENT} % included on {net}");
    reasons.push(reason("tax", &title, "plugin tax-table 3.1 · rounded per receipt".into(), Some(tax)));
    reasons.push(reason("total", "To pay for this line", String::new(), Some(net)));
    LineView {
        number,
        item: article.code.into(),
        name: article.name.into(),
        code: article.code.into(),
        department: article.department.into(),
        quantity: *quantity,
        unit: article.unit.into(),
        price: article.unit_price(),
        price_per: article.unit.into(),
        gross,
        net,
        paid: net,
        modifiers: offer
            .iter()
            .map(|offer| ModifierView {
                label: offer.label.into(),
                amount: -offer.saving,
                extension: offer.script.into(),
                version: "8".into(),
                source_line: Some(offer.source_line),
            })
            .collect(),
        voided: *voided,
        returned_from: None,
        deposit_of: None,
        reasons,
    }
}

fn contained_tax(gross: Decimal) -> Decimal {
    let tax = gross.checked_mul(Decimal::from(TAX_PERCENT)).unwrap_or_default();
    (tax / Decimal::from(100 + TAX_PERCENT)).round_dp(2)
}

/// Adds the lines up.
pub(super) fn add_up(view: &mut BasketView) {
    let live: Vec<&LineView> = view.lines.iter().filter(|line| !line.voided).collect();
    let sum = |amount: fn(&LineView) -> Decimal| {
        live.iter().map(|line| amount(line)).fold(Decimal::ZERO, |sum, next| sum.checked_add(next).unwrap_or(sum))
    };
    let pieces = |line: &LineView| if line.unit.is_empty() { u64::try_from(line.quantity).unwrap_or(1) } else { 1 };
    view.pieces = live.iter().map(|line| pieces(line)).sum();
    view.gross = sum(|line| line.gross);
    view.total = sum(|line| line.net);
    view.discount = view.gross - view.total;
    view.tax = contained_tax(view.total);
    view.taxes = vec![TaxView {
        code: "A".into(),
        levy: format!("{TAX_PERCENT} %"),
        included: true,
        base: view.total - view.tax,
        amount: view.tax,
    }];
    view.tendered = view.tenders.iter().map(|tender| tender.amount).sum();
    view.due = (view.total - view.tendered).max(Decimal::ZERO);
    view.change = (view.tendered - view.total).max(Decimal::ZERO);
}
