//! Pieces that were sold in one deal, for shops that take such pieces back together only.
//!
//! Six soaps under "3 for 2" are two sets of three. Under the policy "whole deal" three or six of them may come back,
//! not one; a seventh soap that was in no set may come back at any time.

use super::sold::SoldLine;
use crate::ids::LineNumber;
use crate::pricing::priced::{Decision, ModifierSource};
use crate::pricing::proposal::Stage;
use crate::refusal::Refusal;
use pos_money::{Decimal, MoneyError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How much of a line took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealPart {
    /// The line.
    pub line: LineNumber,
    /// In the line's unit, over all sets.
    pub quantity: Decimal,
}

/// One offer and the pieces it brought together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// Who proposed it.
    pub source: ModifierSource,
    /// Name on the receipt.
    pub label: Arc<str>,
    /// How many times it was given, at least 1.
    pub sets: u32,
    /// By line.
    pub parts: Vec<DealPart>,
}

impl Deal {
    /// The deals of a sale: candidates of the item and shop stages. Order offers and manual discounts lie on the whole
    /// basket and tie nothing together.
    ///
    /// Pieces that only qualified belong to their deal too, as far as its decision tells them: of "buy a shirt, get a
    /// tie" the shirt does not come back alone.
    pub fn all_of(lines: &[SoldLine], decisions: &[Decision]) -> Result<Vec<Deal>, Refusal> {
        let mut deals: Vec<Deal> = Vec::new();
        for line in lines {
            let ties = line.whole.modifiers.iter().filter(|one| matches!(one.stage, Stage::Line | Stage::Shop));
            for modifier in ties {
                let part = DealPart { line: line.number, quantity: modifier.quantity };
                match deals.iter_mut().find(|deal| deal.source == modifier.source) {
                    Some(deal) => deal.parts.push(part),
                    None => {
                        let (source, label) = (modifier.source.clone(), modifier.label.clone());
                        deals.push(Deal { source, label, sets: 1, parts: vec![part] });
                    }
                }
            }
        }
        for deal in &mut deals {
            let Some(decision) = decisions.iter().find(|decision| decision.source == deal.source) else { continue };
            deal.sets = decision.sets.max(1);
            let used = decision.used.iter().filter(|(number, _)| lines.iter().any(|line| line.number == *number));
            let used = used.map(|(line, quantity)| DealPart { line: *line, quantity: quantity.value });
            if !decision.used.is_empty() {
                deal.parts = used.collect();
            }
        }
        Ok(deals)
    }

    /// Refused unless what has come back of each line, `returned`, is some number of whole sets and pieces that were in
    /// none. `asked` is the line to name in the refusal.
    pub(super) fn check(
        &self,
        asked: LineNumber,
        returned: impl Fn(LineNumber) -> Result<Returned, Refusal>,
    ) -> Result<(), Refusal> {
        // The numbers of sets that may have come back, narrowed line by line.
        let (mut least, mut most) = (Decimal::ZERO, Decimal::from(self.sets));
        for part in self.parts.iter().filter(|part| !part.quantity.is_zero()) {
            let Returned { sold, returned } = returned(part.line)?;
            let (sold, returned, in_deal) = (sold.abs(), returned.abs(), part.quantity.abs());
            let free = sold.checked_sub(in_deal).ok_or(MoneyError::Overflow)?;
            // k sets came back if k x in_deal / sets <= returned <= k x in_deal / sets + free.
            most = most.min(self.sets_in(returned, in_deal)?.floor());
            least = least.max(self.sets_in(returned.checked_sub(free).ok_or(MoneyError::Overflow)?, in_deal)?.ceil());
        }
        if least <= most {
            return Ok(());
        }
        let others = self.parts.iter().map(|part| part.line).filter(|line| *line != asked).collect();
        Err(Refusal::ReturnBreaksDeal { line: asked, offer: self.label.to_string(), others })
    }

    /// How many sets `pieces` are, where all sets hold `in_deal`.
    fn sets_in(&self, pieces: Decimal, in_deal: Decimal) -> Result<Decimal, Refusal> {
        let product = pieces.checked_mul(Decimal::from(self.sets)).ok_or(MoneyError::Overflow)?;
        Ok(product.checked_div(in_deal).ok_or(MoneyError::Overflow)?)
    }
}

/// Of one line: what was sold and what will have come back.
pub(super) struct Returned {
    pub(super) sold: Decimal,
    pub(super) returned: Decimal,
}
