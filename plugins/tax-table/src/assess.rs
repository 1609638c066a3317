//! One sale: which taxes on which line, on which part of it, and which of them are not levied.

use crate::condition::{self, PiecePrice, Sale, Sold, may_apply, pieces};
use crate::index::{EXEMPT_SUFFIX, Levied, Levying, TaxTable};
use crate::settings::{ClassRule, Exemption};
use crate::tax::{Part, is_within};
use pos_plugin_sdk::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Names the taxes of a sale.
pub(crate) fn assess(table: &TaxTable, input: &TaxInput) -> Result<Assessment, HookError> {
    if input.taxables.is_empty() {
        return Ok(Assessment { rounding: table.rounding(&[]), ..Assessment::default() });
    }
    let (levying, address) = table.levying(input.ship_to.as_ref())?;
    let sale = Sale { basket: &input.basket, country: &address.country, region: &address.region };
    let rounding = table.rounding(&levying);
    let mut assessor = Assessor::new(table, sale, levying, input.taxables.len());
    let lines = &input.basket.lines;
    for taxable in &input.taxables {
        // Lines come by number; whoever calls with others gets the same answer a little later.
        let found = lines.binary_search_by_key(&taxable.line, |line| line.id).ok().and_then(|at| lines.get(at));
        let line = found.or_else(|| input.basket.line(taxable.line)).ok_or_else(|| {
            HookError::invalid_input(format!("Line {} is to be taxed, but the basket does not have it.", taxable.line))
        })?;
        assessor.line(taxable, line)?;
    }
    let Assessor { components, receipt_notes, .. } = assessor;
    Ok(Assessment { components, rounding, receipt_notes, ..Assessment::default() })
}

/// What is the same for all lines of a sale, and the answer as it grows.
struct Assessor<'a> {
    table: &'a TaxTable,
    sale: Sale<'a>,
    day: Date,
    levying: Vec<&'a Levying>,
    /// Only those that can apply to this sale.
    class_rules: Vec<&'a ClassRule>,
    exemptions: Vec<&'a Exemption>,
    fees: Vec<&'a Levied>,
    /// Taxes of the classes met so far.
    by_class: BTreeMap<&'a str, Vec<&'a Levied>>,
    /// Replaced classes that were explained, and the code of each jurisdiction that was.
    classes_explained: BTreeSet<(&'a str, &'a str)>,
    codes_explained: BTreeSet<(&'a str, &'a str)>,
    /// The taxes that were met, of which there are a few: most lines have no others.
    met: Vec<&'a Levied>,
    components: Vec<TaxComponent>,
    receipt_notes: Vec<Message>,
}

impl<'a> Assessor<'a> {
    fn new(table: &'a TaxTable, sale: Sale<'a>, levying: Vec<&'a Levying>, taxables: usize) -> Assessor<'a> {
        let day = sale.basket.now.date;
        let class_rules = table.class_rules.iter();
        let class_rules = class_rules.filter(|rule| is_within(day, rule.from, rule.until) && rule.when.may_hold(&sale));
        let exemptions = table.exemptions.iter();
        let exemptions =
            exemptions.filter(|rule| is_within(day, rule.from, rule.until) && may_apply(rule.when.as_ref(), &sale));
        let fees = levying.iter().flat_map(|jurisdiction| &jurisdiction.fees);
        let fees = fees.filter(|fee| fee.tax.is_valid_on(day) && may_apply(fee.tax.when.as_deref(), &sale));
        Assessor {
            table,
            day,
            class_rules: class_rules.collect(),
            exemptions: exemptions.collect(),
            fees: fees.collect(),
            levying,
            sale,
            by_class: BTreeMap::new(),
            classes_explained: BTreeSet::new(),
            codes_explained: BTreeSet::new(),
            met: Vec::new(),
            components: Vec::with_capacity(taxables),
            receipt_notes: Vec::new(),
        }
    }

    fn line(&mut self, taxable: &'a Taxable, line: &'a Line) -> Result<(), HookError> {
        let net = self.sale.basket.currency.to_decimal(taxable.net);
        let mut sold = Sold { line, class: &taxable.tax_class, price: PiecePrice::of(net, line.quantity) };
        let applies =
            |rule: &&&'a ClassRule| condition::applies(Some(&rule.when), rule.unless.as_ref(), &self.sale, &sold);
        if let Some(rule) = self.class_rules.iter().find(applies) {
            if self.classes_explained.insert((sold.class, &rule.class)) {
                explain::info(&format!("class {} is taxed as {}", sold.class, rule.class));
            }
            sold.class = &rule.class;
        }
        if !self.by_class.contains_key(sold.class) {
            let taxes = self.table.taxes(&self.levying, sold.class, self.day, line.id)?;
            self.by_class.insert(sold.class, taxes);
        }
        let of_class = self.by_class.get(sold.class).map(Vec::as_slice).unwrap_or_default();
        let applies = |levied: &&&'a Levied| {
            condition::applies(levied.tax.when.as_deref(), levied.tax.unless.as_deref(), &self.sale, &sold)
        };
        let mut taxes: Vec<&'a Levied> = self.fees.iter().filter(applies).copied().collect();
        let fees_count = taxes.len();
        taxes.extend(of_class.iter().filter(applies));
        if taxes.len() == fees_count && !of_class.is_empty() {
            return Err(HookError::refused(format!(
                "Line {}: no tax of class \"{}\" applies. Add one without \"when\" to the tax table, with rate \"0\" if nothing is due.",
                line.id, sold.class
            )));
        }
        let mut is_on_tax = false;
        for levied in taxes {
            self.tax(levied, &sold, is_on_tax)?;
            is_on_tax |= levied.tax.affects_next_base;
        }
        Ok(())
    }

    /// Adds a tax of a line; `is_on_tax` if an earlier one affects its base.
    fn tax(&mut self, levied: &'a Levied, sold: &Sold<'a>, is_on_tax: bool) -> Result<(), HookError> {
        let Levied { tax, jurisdiction, levy, included } = levied;
        let (basket, line) = (self.sale.basket, sold.line);
        if let Levy::PerUnit(price) = levy
            && line.quantity.in_unit(price.per.unit).is_err()
        {
            return Err(HookError::refused(format!(
                "Line {}: {} is levied per {}, but the line is sold per {}. Limit it with \"when\" in the tax table.",
                line.id,
                tax.code,
                unit_name(price.per.unit),
                unit_name(line.quantity.unit)
            )));
        }
        let included = included.unwrap_or(basket.prices_include_tax);
        let mut component = TaxComponent::levied(line.id, jurisdiction, &tax.code, *levy, included);
        component.affects_next_base = tax.affects_next_base;
        component.base_affected = tax.base_affected && is_on_tax;
        if let Some(most) = tax.tax_max {
            let most = most.checked_mul(pieces(line.quantity)).ok_or_else(|| {
                HookError::invalid_input(format!("Line {}: the quantity is too large to be taxed.", line.id))
            })?;
            component.tax_max = Some(basket.currency.round(most, Rounding::HALF_UP)?);
        }
        let mut exempt = self.exemption(levied, sold).map(|reason| (reason.to_owned(), true));
        match tax.part() {
            None => {}
            Some(Part::Share(share)) => component.taxed = Taxed::Share(share),
            Some(Part::Above(amount)) => component.taxed = Taxed::Above(per_piece(amount, line.quantity)),
            Some(Part::From(amount)) if exempt.is_none() && sold.price.compare(amount).is_lt() => {
                exempt = Some((format!("below {amount} a piece"), false));
            }
            Some(Part::From(_)) => {}
        }
        if !self.met.iter().any(|known| std::ptr::eq(*known, levied)) {
            self.met.push(levied);
            if self.codes_explained.insert((jurisdiction, &tax.code)) {
                explain::info(&format!("{jurisdiction} {tax}"));
                self.receipt_notes.extend(tax.exempt.as_ref().map(|reason| format!("{}: {reason}", tax.code).into()));
            }
        }
        if let Some((reason, is_printed)) = exempt {
            component.code.push_str(EXEMPT_SUFFIX);
            explain::info(&format!("line {}: {} is not levied: {reason}", line.id, tax.code));
            let note = Message::text(format!("{}: {reason}", component.code));
            if is_printed && !self.receipt_notes.contains(&note) {
                self.receipt_notes.push(note);
            }
            component.exempt = Some(reason.into());
        } else {
            component.exempt = tax.exempt.as_deref().map(Message::text);
        }
        self.components.push(component);
        Ok(())
    }

    /// Why a tax is not levied on a line, if so. Nobody is freed of a deposit by being freed of tax: fixed amounts a unit
    /// are exempt only where their code is named. What levies nothing needs no exemption.
    fn exemption(&self, levied: &Levied, sold: &Sold<'_>) -> Option<&'a str> {
        let Levied { tax, jurisdiction, levy, .. } = levied;
        if *levy == Levy::Percent(Rate::ZERO) {
            return None;
        }
        let concerns = |exemption: &&&'a Exemption| {
            let Exemption { jurisdictions, codes, .. } = exemption;
            let named = codes.contains(&tax.code) || (codes.is_empty() && !matches!(levy, Levy::PerUnit(_)));
            named && (jurisdictions.is_empty() || jurisdictions.contains(jurisdiction))
        };
        let applies = |exemption: &&&'a Exemption| {
            condition::applies(exemption.when.as_ref(), exemption.unless.as_ref(), &self.sale, sold)
        };
        let found = self.exemptions.iter().filter(concerns).find(applies);
        found.map(|exemption| exemption.reason.as_str())
    }
}

/// An amount a piece as the kernel multiplies it: once for a weighed line, which is one piece.
fn per_piece(amount: Decimal, quantity: Quantity) -> UnitPrice {
    if Decimal::from(quantity.countable_pieces()) == quantity.value && !quantity.unit.is_measured() {
        UnitPrice::each(amount)
    } else {
        UnitPrice { value: amount, per: Quantity { value: quantity.value.abs(), unit: quantity.unit } }
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Each => "piece",
        unit => unit.symbol(),
    }
}
