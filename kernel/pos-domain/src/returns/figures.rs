//! The figures of a line, and the three things returns do with them: share, add, subtract.
//!
//! What is paid is the sum of its parts, so every refund closes by itself: net = gross + modifiers, paid = net + added
//! taxes + what was paid beside them. Each part is shared on its own, at most half a minor unit from its exact share.

use crate::pricing::priced::{LineTax, Modifier, ModifierSource, PricedLine};
use crate::pricing::proposal::Stage;
use crate::refusal::Refusal;
use crate::transaction::TransactionLine;
use pos_money::{Decimal, Money, MoneyError, proportion};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Decimal places of a modifier's shared quantity: for information, never for money.
const QUANTITY_PLACES: u32 = 6;

/// What one offer did to a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModifierFigure {
    /// Who proposed it.
    pub source: ModifierSource,
    /// Which stage it belongs to.
    pub stage: Stage,
    /// Name on the receipt.
    pub label: Arc<str>,
    /// How much of the line it touched, in the line's unit.
    pub quantity: Decimal,
    /// What it added: negative for a discount.
    pub amount: Money,
}

/// One tax of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxFigure {
    /// Code printed.
    pub code: Arc<str>,
    /// Already in the price.
    pub included: bool,
    /// Share of the base.
    pub base: Money,
    /// Share of the amount.
    pub amount: Money,
}

/// Points of one programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointFigure {
    /// The programme.
    pub program: Arc<str>,
    /// Earned by the line.
    #[serde(default)]
    pub earned: i64,
    /// Spent on the line.
    #[serde(default)]
    pub redeemed: i64,
}

/// Everything that was posted for a line, or a share of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// In the line's unit.
    pub quantity: Decimal,
    /// Before offers.
    pub gross: Money,
    /// By source and stage, in the order they applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modifiers: Vec<ModifierFigure>,
    /// By code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<TaxFigure>,
    /// Paid beyond net and added taxes: discounts on what is payable, exemptions out of the price.
    #[serde(default)]
    pub beside: Money,
    /// By programme.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<PointFigure>,
}

impl Figures {
    /// The figures of a line of a record.
    pub fn of_line(line: &TransactionLine) -> Result<Figures, Refusal> {
        let figures = Figures { quantity: line.quantity.value, gross: line.gross, ..Figures::default() };
        let mut figures = figures.filled(&line.modifiers, &line.taxes, line.paid)?;
        figures.points = line.points.clone();
        Ok(figures)
    }

    /// The figures of a priced line of that quantity.
    pub fn of_priced(line: &PricedLine, quantity: Decimal) -> Result<Figures, Refusal> {
        let figures = Figures { quantity, gross: line.gross, ..Figures::default() };
        figures.filled(&line.modifiers, &line.taxes, line.paid)
    }

    fn filled(mut self, modifiers: &[Modifier], taxes: &[LineTax], paid: Money) -> Result<Figures, Refusal> {
        for modifier in modifiers {
            let Modifier { source, stage, label, quantity, amount, before: _, after: _ } = modifier;
            let (source, label) = (source.clone(), label.clone());
            let figure = ModifierFigure { source, stage: *stage, label, quantity: quantity.value, amount: *amount };
            merge(&mut self.modifiers, &figure)?;
        }
        for LineTax { code, included, base, amount } in taxes {
            let figure = TaxFigure { code: code.clone(), included: *included, base: *base, amount: *amount };
            merge(&mut self.taxes, &figure)?;
        }
        self.beside = paid.minus(self.paid()?)?;
        Ok(self)
    }

    /// Gross plus modifiers, in the shop's price terms.
    pub fn net(&self) -> Result<Money, MoneyError> {
        let modifiers = self.modifiers.iter().map(|modifier| modifier.amount);
        Money::sum(modifiers.chain([self.gross]))
    }

    /// What was paid: net, added taxes and what is beside them.
    pub fn paid(&self) -> Result<Money, MoneyError> {
        let added = self.taxes.iter().filter(|tax| !tax.included).map(|tax| tax.amount);
        Money::sum(added.chain([self.net()?, self.beside]))
    }

    /// Every tax, in the price or added.
    pub fn tax(&self) -> Result<Money, MoneyError> {
        Money::sum(self.taxes.iter().map(|tax| tax.amount))
    }

    /// Nothing is left of anything.
    pub fn is_zero(&self) -> bool {
        let Figures { quantity, gross, modifiers, taxes, beside, points } = self;
        quantity.is_zero()
            && gross.is_zero()
            && beside.is_zero()
            && modifiers.iter().all(Figure::is_nothing)
            && taxes.iter().all(Figure::is_nothing)
            && points.iter().all(Figure::is_nothing)
    }

    /// The share of `part` pieces, each figure rounded half up on its own; all of it for the whole quantity.
    pub fn share(&self, part: Decimal) -> Result<Figures, MoneyError> {
        let of = self.quantity;
        Ok(Figures {
            quantity: part,
            gross: self.gross.share(part, of)?,
            modifiers: self.modifiers.iter().map(|figure| figure.share(part, of)).collect::<Result<_, _>>()?,
            taxes: self.taxes.iter().map(|figure| figure.share(part, of)).collect::<Result<_, _>>()?,
            beside: self.beside.share(part, of)?,
            points: self.points.iter().map(|figure| figure.share(part, of)).collect::<Result<_, _>>()?,
        })
    }

    /// Both together, figure by figure.
    pub fn plus(&self, other: &Figures) -> Result<Figures, MoneyError> {
        let mut sum = self.clone();
        sum.quantity = sum.quantity.checked_add(other.quantity).ok_or(MoneyError::Overflow)?.normalize();
        sum.gross = sum.gross.plus(other.gross)?;
        sum.beside = sum.beside.plus(other.beside)?;
        other.modifiers.iter().try_for_each(|figure| merge(&mut sum.modifiers, figure))?;
        other.taxes.iter().try_for_each(|figure| merge(&mut sum.taxes, figure))?;
        other.points.iter().try_for_each(|figure| merge(&mut sum.points, figure))?;
        Ok(sum)
    }

    /// What is left after `other`, figure by figure.
    pub fn minus(&self, other: &Figures) -> Result<Figures, MoneyError> {
        self.plus(&other.negated()?)
    }

    /// Every figure with the other sign: what a return line shows.
    pub fn negated(&self) -> Result<Figures, MoneyError> {
        Ok(Figures {
            quantity: Decimal::ZERO - self.quantity,
            gross: self.gross.negated()?,
            modifiers: self.modifiers.iter().map(Figure::negated).collect::<Result<_, _>>()?,
            taxes: self.taxes.iter().map(Figure::negated).collect::<Result<_, _>>()?,
            beside: self.beside.negated()?,
            points: self.points.iter().map(Figure::negated).collect::<Result<_, _>>()?,
        })
    }
}

/// A figure that comes several times on a line, told apart by what it is about.
trait Figure: Clone {
    fn is_about_the_same(&self, other: &Self) -> bool;
    fn add(&mut self, other: &Self) -> Result<(), MoneyError>;
    fn negated(&self) -> Result<Self, MoneyError>;
    fn share(&self, part: Decimal, of: Decimal) -> Result<Self, MoneyError>;
    fn is_nothing(&self) -> bool;
}

fn merge<F: Figure>(figures: &mut Vec<F>, figure: &F) -> Result<(), MoneyError> {
    match figures.iter_mut().find(|known| known.is_about_the_same(figure)) {
        Some(known) => known.add(figure),
        None => {
            figures.push(figure.clone());
            Ok(())
        }
    }
}

impl Figure for ModifierFigure {
    fn is_about_the_same(&self, other: &Self) -> bool {
        self.stage == other.stage && self.source == other.source
    }

    fn add(&mut self, other: &Self) -> Result<(), MoneyError> {
        self.quantity = self.quantity.checked_add(other.quantity).ok_or(MoneyError::Overflow)?.normalize();
        self.amount = self.amount.plus(other.amount)?;
        Ok(())
    }

    fn negated(&self) -> Result<Self, MoneyError> {
        Ok(ModifierFigure { quantity: Decimal::ZERO - self.quantity, amount: self.amount.negated()?, ..self.clone() })
    }

    fn share(&self, part: Decimal, of: Decimal) -> Result<Self, MoneyError> {
        let touched = if part == of { Some(self.quantity) } else { self.quantity.checked_mul(part) };
        let touched = if part == of { touched } else { touched.and_then(|product| product.checked_div(of)) };
        let quantity = touched.ok_or(MoneyError::Overflow)?.round_dp(QUANTITY_PLACES.max(self.quantity.scale()));
        Ok(ModifierFigure { quantity: quantity.normalize(), amount: self.amount.share(part, of)?, ..self.clone() })
    }

    fn is_nothing(&self) -> bool {
        self.quantity.is_zero() && self.amount.is_zero()
    }
}

impl Figure for TaxFigure {
    fn is_about_the_same(&self, other: &Self) -> bool {
        self.included == other.included && self.code == other.code
    }

    fn add(&mut self, other: &Self) -> Result<(), MoneyError> {
        self.base = self.base.plus(other.base)?;
        self.amount = self.amount.plus(other.amount)?;
        Ok(())
    }

    fn negated(&self) -> Result<Self, MoneyError> {
        Ok(TaxFigure { base: self.base.negated()?, amount: self.amount.negated()?, ..self.clone() })
    }

    fn share(&self, part: Decimal, of: Decimal) -> Result<Self, MoneyError> {
        Ok(TaxFigure { base: self.base.share(part, of)?, amount: self.amount.share(part, of)?, ..self.clone() })
    }

    fn is_nothing(&self) -> bool {
        self.base.is_zero() && self.amount.is_zero()
    }
}

impl Figure for PointFigure {
    fn is_about_the_same(&self, other: &Self) -> bool {
        self.program == other.program
    }

    fn add(&mut self, other: &Self) -> Result<(), MoneyError> {
        self.earned = self.earned.checked_add(other.earned).ok_or(MoneyError::Overflow)?;
        self.redeemed = self.redeemed.checked_add(other.redeemed).ok_or(MoneyError::Overflow)?;
        Ok(())
    }

    fn negated(&self) -> Result<Self, MoneyError> {
        let earned = self.earned.checked_neg().ok_or(MoneyError::Overflow)?;
        let redeemed = self.redeemed.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(PointFigure { program: self.program.clone(), earned, redeemed })
    }

    fn share(&self, part: Decimal, of: Decimal) -> Result<Self, MoneyError> {
        let (earned, redeemed) = (proportion(self.earned, part, of)?, proportion(self.redeemed, part, of)?);
        Ok(PointFigure { program: self.program.clone(), earned, redeemed })
    }

    fn is_nothing(&self) -> bool {
        self.earned == 0 && self.redeemed == 0
    }
}
