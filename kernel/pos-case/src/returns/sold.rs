//! A sale as far as a return goes, read from the result of `pos price`.
//!
//! What a result says of itself must add up: lines to the total, tenders less change to what was paid. So a result that
//! was cut or corrected by hand is refused instead of paid back.

use crate::case::candidate::STAGES;
use crate::case::line::{KINDS, UNITS};
use crate::case::{Case, settings};
use crate::json::{Fields, choice_at, text_at};
use crate::problem::Problem;
use pos_domain::Refusal;
use pos_domain::ids::{BasketId, LineNumber};
use pos_domain::pricing::priced::{Decision, DecisionState, ModifierSource};
use pos_domain::pricing::proposal::LineKind;
use pos_domain::returns::{Deal, Figures, ModifierFigure, PointFigure, Sold, SoldLine, SoldTender, TaxFigure};
use pos_domain::tender::TenderKind;
use pos_money::{Currency, Decimal, Money, Quantity, Rounding, Unit};
use serde_json::Value;
use std::sync::Arc;

/// Keys of a result.
pub(super) const RESULT_KEYS: [&str; 18] = [
    "currency",
    "policy",
    "lines",
    "taxes",
    "discount",
    "total_excluded",
    "total_tax",
    "total_included",
    "candidates",
    "grants",
    "near_misses",
    "notices",
    "certificate",
    "explain",
    "tenders",
    "change",
    "due",
    "cash_rounding",
];

/// Keys of a line of a result.
pub(super) const LINE_KEYS: [&str; 10] =
    ["id", "sku", "kind", "uom", "qty", "gross", "net", "modifiers", "taxes", "paid"];

/// A priced and, where tenders are told, paid case.
pub(super) struct Sale {
    pub(super) currency: Currency,
    pub(super) sold: Sold,
    /// Every line of the result by its number, from 1.
    pub(super) lines: Vec<LineName>,
    /// Tax codes in the order of the result.
    pub(super) codes: Vec<Arc<str>>,
    /// Names of the tenders of `sold`.
    pub(super) tenders: Vec<Arc<str>>,
}

/// How a line is known outside, and what was paid for it.
pub(super) struct LineName {
    pub(super) id: Arc<str>,
    paid: Money,
}

pub(super) fn sale(value: &Value, place: &str) -> Result<Sale, Problem> {
    if value.get("refused").is_some() {
        let next = "Correct the case and price it again.";
        return Err(Problem::new("sale_refused", place, "This result is a refusal: nothing was sold.", next));
    }
    let fields = Fields::of(value, place, &RESULT_KEYS)?;
    if fields.get("policy").is_some() {
        let next = "Give the result of the sale, and this one under \"before\".";
        return Err(Problem::new("not_a_sale", place, "This is the result of a return.", next));
    }
    let code = text_at(fields.need("currency")?, &fields.at("currency"))?;
    let currency = Currency::from_code(&code)
        .map_err(|_| Problem::wrong(&fields.at("currency"), "a code of ISO 4217 with a smallest amount, like EUR"))?;
    let (mut lines, mut sold_lines) = (Vec::new(), Vec::new());
    for (index, (place, value)) in fields.list("lines")?.into_iter().enumerate() {
        let number = LineNumber::try_from(index + 1).map_err(|_| Problem::wrong("of.lines", "a shorter list"))?;
        let (name, line) = line(value, &place, number, currency)?;
        if lines.iter().any(|known: &LineName| known.id == name.id) {
            return Err(Problem::wrong(&format!("{place}.id"), "different from those of the lines before"));
        }
        lines.push(name);
        let comes_back = !line.whole.quantity.is_zero() && !matches!(line.kind, LineKind::Note | LineKind::Return);
        sold_lines.extend(comes_back.then_some(line));
    }
    let total = needed_money(&fields, "total_included", currency)?;
    if Money::sum(lines.iter().map(|line| line.paid))? != total {
        return Err(differs(&fields.at("total_included"), "the sum of what is paid for the lines"));
    }
    let decisions = decisions(&fields)?;
    let mut codes = Vec::new();
    for (place, value) in fields.list("taxes")? {
        let known = crate::result::TAX_KEYS;
        let tax = Fields::of(value, place, &known)?;
        codes.push(text_at(tax.need("code")?, &tax.at("code"))?);
    }
    let Paid { names, tenders, coins } = tenders(&fields, total, currency)?;
    let sold = Sold {
        basket: BasketId(Default::default()),
        currency,
        rule_set: "".into(),
        coins,
        deals: Deal::all_of(&sold_lines, &decisions)?,
        lines: sold_lines,
        tenders,
    };
    Ok(Sale { currency, sold, lines, codes, tenders: names })
}

fn needed_money(fields: &Fields<'_>, key: &str, currency: Currency) -> Result<Money, Problem> {
    fields.need(key)?;
    Ok(fields.money(key, currency)?.unwrap_or_default())
}

fn differs(place: &str, wanted: &str) -> Problem {
    let message = format!("{place} is not {wanted}.");
    Problem::new("result_does_not_add_up", place, message, "Give the result as it was printed, all of it.")
}

fn line(value: &Value, place: &str, number: LineNumber, currency: Currency) -> Result<(LineName, SoldLine), Problem> {
    let fields = Fields::of(value, place, &LINE_KEYS)?;
    let unit = choice_at(fields.need("uom")?, &fields.at("uom"), &UNITS)?;
    let kind = choice_at(fields.need("kind")?, &fields.at("kind"), &KINDS)?;
    fields.need("qty")?;
    let mut whole = Figures {
        quantity: fields.number_or("qty", Decimal::ZERO)?,
        gross: needed_money(&fields, "gross", currency)?,
        ..Figures::default()
    };
    for (place, value) in fields.list("modifiers")? {
        let (modifier, points) = modifier(value, &place, currency)?;
        whole.modifiers.push(modifier);
        whole.points.extend(points);
    }
    for (place, value) in fields.list("taxes")? {
        let tax = Fields::of(value, place, &["code", "included", "base", "amount"])?;
        tax.need("included")?;
        whole.taxes.push(TaxFigure {
            code: text_at(tax.need("code")?, &tax.at("code"))?,
            included: tax.flag("included", false)?,
            base: needed_money(&tax, "base", currency)?,
            amount: needed_money(&tax, "amount", currency)?,
        });
    }
    if whole.net()? != needed_money(&fields, "net", currency)? {
        return Err(differs(&fields.at("net"), "the gross and its modifiers together"));
    }
    let paid = needed_money(&fields, "paid", currency)?;
    whole.beside = paid.minus(whole.paid()?)?;
    let name = LineName { id: text_at(fields.need("id")?, &fields.at("id"))?, paid };
    let item = fields.text_or("sku", "")?;
    Ok((name, SoldLine { number, kind, item, department: "".into(), unit, whole }))
}

/// A modifier, and the points that were spent on it.
fn modifier(value: &Value, place: &str, currency: Currency) -> Result<(ModifierFigure, Option<PointFigure>), Problem> {
    let fields = Fields::of(value, place, &["source", "id", "stage", "label", "qty", "amount", "points"])?;
    let id = text_at(fields.need("id")?, &fields.at("id"))?;
    fields.need("qty")?;
    let points: Option<i64> = fields.whole("points", "a whole number of points")?;
    let points = points.map(|redeemed| PointFigure { program: id.clone(), earned: 0, redeemed });
    let figure = ModifierFigure {
        source: source(text_at(fields.need("source")?, &fields.at("source"))?, id),
        stage: choice_at(fields.need("stage")?, &fields.at("stage"), &STAGES)?,
        label: fields.text_or("label", "")?,
        quantity: fields.number_or("qty", Decimal::ZERO)?,
        amount: needed_money(&fields, "amount", currency)?,
    };
    Ok((figure, points))
}

fn source(extension: Arc<str>, candidate: Arc<str>) -> ModifierSource {
    ModifierSource { extension, version: "".into(), candidate, source_line: None }
}

/// What the result says of its candidates: how many sets there are of each, and of which pieces.
fn decisions(fields: &Fields<'_>) -> Result<Vec<Decision>, Problem> {
    let ids: Vec<Arc<str>> =
        fields.list("lines")?.iter().filter_map(|(_, line)| line["id"].as_str().map(Arc::from)).collect();
    let mut decisions = Vec::new();
    for (place, value) in fields.list("candidates")? {
        let candidate = Fields::of(value, place, &["source", "id", "sets", "saving", "used", "state", "reason"])?;
        let mut used = Vec::new();
        for (place, value) in candidate.list("used")? {
            let part = Fields::of(value, place, &["line", "qty"])?;
            let line = text_at(part.need("line")?, &part.at("line"))?;
            let number = ids.iter().zip(1..).find(|(id, _)| **id == line).map(|(_, number)| number);
            let quantity = Quantity::new(part.number_or("qty", Decimal::ZERO)?, Unit::Each);
            used.extend(number.map(|number| (number, quantity)));
        }
        decisions.push(Decision {
            source: source(
                text_at(candidate.need("source")?, &candidate.at("source"))?,
                text_at(candidate.need("id")?, &candidate.at("id"))?,
            ),
            label: "".into(),
            sets: candidate.whole("sets", "a whole number that is not negative")?.unwrap_or(0),
            saving: Money::ZERO,
            state: DecisionState::Applied,
            reason: "".into(),
            lines: Vec::new(),
            used,
        });
    }
    Ok(decisions)
}

struct Paid {
    names: Vec<Arc<str>>,
    tenders: Vec<SoldTender>,
    coins: Rounding,
}

/// The tenders, all cash as one at the place of the last cash, less the change; none where nothing was tendered.
fn tenders(fields: &Fields<'_>, total: Money, currency: Currency) -> Result<Paid, Problem> {
    let mut paid = Paid { names: Vec::new(), tenders: Vec::new(), coins: Rounding::HALF_UP };
    if let Some(due) = fields.money("due", currency)? {
        let message = format!("The sale is not paid: {} are due.", currency.format(due));
        let next = "Add the tender that is missing to the case, and price it again.";
        return Err(Problem::new("sale_not_paid", fields.at("due"), message, next));
    }
    if fields.get("tenders").is_none() {
        return Ok(paid);
    }
    let change = needed_money(fields, "change", currency)?;
    let rounding = fields.money("cash_rounding", currency)?.unwrap_or_default();
    let mut cash = Money::ZERO;
    let mut last_cash = None;
    for (place, value) in fields.list("tenders")? {
        let tender = Fields::of(value, place, &["kind", "amount", "cash_rounding", "points", "needs_right"])?;
        let kind = text_at(tender.need("kind")?, &tender.at("kind"))?;
        let amount = needed_money(&tender, "amount", currency)?;
        let points = tender.whole("points", "a whole number of points")?.unwrap_or(0);
        if &*kind == "cash" {
            cash = cash.plus(amount)?;
            paid.coins = settings::cash_rounding(&tender, currency)?.unwrap_or(paid.coins);
            if let Some(place) = last_cash.replace(paid.tenders.len()) {
                paid.tenders.remove(place);
                paid.names.remove(place);
                last_cash = Some(paid.tenders.len());
            }
            let kind = TenderKind::Cash;
            paid.tenders.push(SoldTender {
                kind,
                kept: Money::ZERO,
                settled: Money::ZERO,
                points,
                points_of: None,
                holder: None,
            });
        } else {
            paid.tenders.push(SoldTender {
                kind: TenderKind::Coupon,
                kept: amount,
                settled: amount,
                points,
                points_of: None,
                holder: None,
            });
        }
        paid.names.push(kind);
    }
    if let Some(place) = last_cash {
        let kept = cash.minus(change)?;
        (paid.tenders[place].kept, paid.tenders[place].settled) = (kept, kept.minus(rounding)?);
    }
    let settled = Money::sum(paid.tenders.iter().map(|tender| tender.settled))?;
    if settled != total {
        return Err(differs(&fields.at("tenders"), "what pays the total with the change and the cash rounding"));
    }
    Ok(paid)
}

impl Sale {
    /// The number of a line that is named by its id.
    pub(super) fn line_number(&self, value: &Value, place: &str) -> Result<LineNumber, Problem> {
        let id = text_at(value, place)?;
        let found = self.lines.iter().zip(1..).find(|(line, _)| line.id == id);
        found.map(|(_, number)| number).ok_or_else(|| {
            let known: Vec<&str> = self.lines.iter().map(|line| &*line.id).collect();
            Problem::unknown_choice(place, &id, &known)
        })
    }

    /// The id of a line.
    pub(super) fn id(&self, number: LineNumber) -> &str {
        let index = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
        self.lines.get(index).map_or("", |line| &line.id)
    }

    /// Refused unless the case is the one of this sale: the same lines at the same prices.
    pub(super) fn check_case(&self, case: &Case, result: &Value) -> Result<(), Problem> {
        let priced = result["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
        let same = self.lines.iter().zip(priced).all(|(line, priced)| {
            priced["id"] == *line.id && priced["paid"] == self.currency.format(line.paid).as_str()
        });
        if same && priced.len() == self.lines.len() && case.currency == self.currency {
            return Ok(());
        }
        let message = "The case does not price to the result under \"of\".";
        Err(Problem::new("case_differs", "case", message, "Give the case this result was made from."))
    }

    /// A refusal with lines by their ids, at its place in the file.
    pub(super) fn named(&self, refusal: Refusal, place: &str) -> Problem {
        let at = if place.is_empty() { "lines".to_owned() } else { format!("{place}.lines") };
        let (code, next) = (refusal.code(), refusal.next());
        let message = match refusal {
            Refusal::ReturnExceedsSold { line, sold, returned, asked } => format!(
                "Line {} sold {sold}, of which {returned} came back already: {asked} more cannot come back.",
                self.id(line)
            ),
            Refusal::LineNotReturnable { line } => {
                format!("Line {} of the sale holds nothing that could come back.", self.id(line))
            }
            Refusal::ReturnBreaksDeal { line, offer, others } => {
                let others: Vec<&str> = others.iter().map(|line| self.id(*line)).collect();
                let with =
                    if others.is_empty() { String::new() } else { format!(" with those of {}", others.join(", ")) };
                format!("Line {} was sold in the offer {offer}: its pieces come back together{with}.", self.id(line))
            }
            other => other.to_string(),
        };
        Problem::new(code, at, message, next)
    }
}
