//! Sets: mix and match, bundles, buy and get, n for m; and gifts earned by sets.
//!
//! A deal is proposed as one candidate that repeats, whatever the quantity; the kernel assigns the pieces. How slots are
//! picked makes the reading of "cheapest free": 3 for 2 over 10, 9, 8, 3, 2, 1 saves 19 with free choice, 9 with sets made
//! from the dearest piece down, 3 with the cheapest pieces of all.

use super::Turn;
use crate::fit::{Fit, PARTS_MAX};
use crate::model::{Change, CodesUsed, DealRule, GiftRule, Part, Reading};
use pos_plugin_sdk::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

impl Turn<'_> {
    pub(super) fn deal(&self, deal: &DealRule, said: &mut Proposal) -> Result<(), HookError> {
        let pools: Vec<Vec<usize>> = deal
            .buy
            .iter()
            .map(|part| self.piece_pool(part, deal.together))
            .chain(deal.get.iter().map(|(part, change)| self.piece_pool(part, Some(*change).or(deal.together))))
            .collect();
        if !deal.same_article {
            return self.deal_over(deal, &pools, None, said);
        }
        // All parts are of the same goods, so the first pool has every article.
        let mut by_article: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for index in pools.iter().flatten() {
            if let Some(line) = self.view.lines.get(*index) {
                by_article.entry(&line.line.item).or_default().insert(*index);
            }
        }
        for (article, lines) in by_article {
            let pools: Vec<Vec<usize>> =
                pools.iter().map(|pool| pool.iter().copied().filter(|index| lines.contains(index)).collect()).collect();
            self.deal_over(deal, &pools, Some(article), said)?;
        }
        Ok(())
    }

    fn deal_over(
        &self,
        deal: &DealRule,
        pools: &[Vec<usize>],
        article: Option<&str>,
        said: &mut Proposal,
    ) -> Result<(), HookError> {
        let parts: Vec<&Part> = deal.parts().collect();
        let fit = self.fit(&parts, pools);
        let sets_max = self.sets_max();
        said.near_misses.extend(self.set_hint(&parts, &fit, sets_max));
        if pools.iter().any(Vec::is_empty) {
            return Ok(());
        }
        let slot = |(part, pool): (&Part, &Vec<usize>), pick: Pick, change: Option<Change>| {
            let effect = change.map(|change| self.effect(change)).transpose()?;
            Ok::<Slot, HookError>(Slot {
                pool: self.view.ids(pool),
                count: Quantity::pieces(i64::from(part.count)),
                pick,
                effect,
            })
        };
        let (buy_pick, get_pick) = match deal.reading {
            Reading::AsTheCustomerWouldChoose => (Pick::BestForCustomer, Pick::BestForCustomer),
            Reading::CheapestOfEachSet | Reading::DearestOfEachSet => (Pick::Dearest, Pick::Dearest),
            Reading::CheapestOfAll => (Pick::Dearest, Pick::Cheapest),
        };
        let (buy_pools, get_pools) = pools.split_at_checked(deal.buy.len()).unwrap_or((pools, &[]));
        let buy = deal.buy.iter().zip(buy_pools).map(|part| slot(part, buy_pick, None));
        let get =
            deal.get.iter().zip(get_pools).map(|((part, change), pool)| slot((part, pool), get_pick, Some(*change)));
        // Slots fill in order, from the dearest piece down: what is filled first gets the dearest pieces.
        let slots: Result<Vec<Slot>, HookError> =
            if deal.reading == Reading::DearestOfEachSet { get.chain(buy).collect() } else { buy.chain(get).collect() };
        let together = deal.together.map(|change| self.effect(change)).transpose()?;
        let shape = Shape::Deal(Deal { slots: slots?, together, repeat_max: sets_max });
        said.candidates.push(self.candidate(article, shape, Spread::Across, self.codes_for_sets(fit.sets())));
        Ok(())
    }

    pub(super) fn gift(&self, gift: &GiftRule, buy: &[Part], said: &mut Proposal) -> Result<(), HookError> {
        let parts: Vec<&Part> = buy.iter().collect();
        let pools: Vec<Vec<usize>> = buy.iter().map(|part| self.piece_pool(part, None)).collect();
        let most = self.sets_max().map_or(i64::MAX, i64::from);
        let sets = if buy.is_empty() {
            1
        } else {
            let fit = self.fit(&parts, &pools);
            said.near_misses.extend(self.set_hint(&parts, &fit, self.sets_max()));
            fit.sets()
        };
        let times = sets.saturating_mul(self.earned.times).min(most);
        if times > 0 {
            said.grants.push(Grant {
                offer: self.offer.id.clone(),
                items: gift.articles.clone(),
                quantity: Quantity::pieces(times.saturating_mul(i64::from(gift.count))),
                effect: self.effect(gift.change)?,
                automatic: gift.automatic,
            });
        }
        Ok(())
    }

    /// Lines with pieces to take.
    fn piece_pool(&self, part: &Part, change: Option<Change>) -> Vec<usize> {
        let mut pool = match change {
            Some(change) => self.pool_for(&part.goods, change),
            None => self.view.pool(&part.goods),
        };
        pool.retain(|index| self.view.lines.get(*index).is_some_and(|line| line.pieces > 0));
        pool
    }

    fn fit(&self, parts: &[&Part], pools: &[Vec<usize>]) -> Fit {
        let needs: Vec<u32> = parts.iter().map(|part| part.count).collect();
        let mut masks: BTreeMap<usize, u32> = BTreeMap::new();
        for (part, pool) in pools.iter().enumerate().take(PARTS_MAX) {
            for index in pool {
                *masks.entry(*index).or_default() |= 1 << part;
            }
        }
        let uses =
            masks.into_iter().map(|(index, mask)| (self.view.lines.get(index).map_or(0, |line| line.pieces), mask));
        Fit::new(&needs, uses)
    }

    /// "1 more" if exactly one piece is missing for another set.
    fn set_hint(&self, parts: &[&Part], fit: &Fit, sets_max: Option<u32>) -> Option<NearMiss> {
        let size: u64 = parts.iter().map(|part| u64::from(part.count)).sum();
        let sets = fit.sets();
        let is_used_up = sets_max.is_some_and(|most| sets >= i64::from(most));
        let is_near = size > 1 && fit.missing_for(sets.saturating_add(1)) == 1;
        (self.offer.hints && is_near && !is_used_up).then(|| self.pieces_hint(1))
    }

    /// The most sets, by the offer and by the codes that are there.
    fn sets_max(&self) -> Option<u32> {
        let per_code = self.offer.conditions.codes.as_ref().is_some_and(|codes| codes.used == CodesUsed::PerSet);
        let codes = per_code.then(|| u32::try_from(self.codes.len()).unwrap_or(u32::MAX));
        [self.offer.sets_max, codes].into_iter().flatten().min()
    }

    fn codes_for_sets(&self, sets: i64) -> Vec<String> {
        match self.offer.conditions.codes.as_ref().map(|codes| codes.used) {
            Some(CodesUsed::PerSet) => {
                let count = usize::try_from(sets).unwrap_or(0);
                self.codes.iter().take(count).map(|code| (*code).to_owned()).collect()
            }
            _ => self.codes_once(),
        }
    }
}
