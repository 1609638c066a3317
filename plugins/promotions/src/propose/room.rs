//! What fits into one answer, and what goes when it does not.
//!
//! The kernel takes so many candidates, so much text and so much memory from a plugin, and throws a larger answer away
//! whole: the customer would lose all offers for having earned too many. So this plugin keeps within these bounds itself. The
//! first to go are translations and hints, then the offers of the lowest priority; of these the cashier hears.

use pos_plugin_sdk::prelude::*;

/// Most candidates, gifts and hints that the kernel takes from one answer.
const ANSWERS_MAX: usize = 500;
/// Text that the kernel takes from one answer, less what may be counted differently there.
const TEXT_BYTES_MAX: usize = 60 << 10;
/// Lines named in one answer, over all candidates: some 70 bytes each, of 16 MiB that a call has.
const PLACES_MAX: usize = 100_000;

/// An answer as it grows.
#[derive(Debug, Default)]
pub(super) struct Room {
    proposal: Proposal,
    places: usize,
    text_bytes: usize,
    /// Candidates that had to go.
    crowded_out: usize,
    /// The lowest priority among the candidates, while it is known.
    lowest: Option<i32>,
    translations_are_out: bool,
}

impl Room {
    /// Takes what one offer says.
    pub(super) fn take(&mut self, said: Proposal) {
        let Proposal { candidates, grants, near_misses, .. } = said;
        for candidate in candidates {
            self.add(candidate);
        }
        let left = ANSWERS_MAX.saturating_sub(self.proposal.grants.len());
        self.proposal.grants.extend(grants.into_iter().take(left));
        for near_miss in near_misses {
            let bytes = near_miss.offer.len() + message_bytes(&near_miss.missing);
            // Hints have a quarter of the text: they are worth less than any offer.
            if self.proposal.near_misses.len() < ANSWERS_MAX && self.text_bytes + bytes <= TEXT_BYTES_MAX / 4 * 3 {
                self.text_bytes += bytes;
                self.proposal.near_misses.push(near_miss);
            }
        }
    }

    /// Says that an offer could not speak.
    pub(super) fn left_out(&mut self, id: &str, why: &str) {
        let text = format!("Offer \"{id}\" is left out: {why}");
        explain::warn(&text);
        if self.proposal.notices.is_empty() {
            let what_to_do = "Correct it in the file of offers.";
            let message = Message::text(format!("{text}. {what_to_do}"));
            self.proposal.notices.push(Notice { severity: Severity::Info, message, lines: Vec::new() });
        }
    }

    fn add(&mut self, mut candidate: Candidate) {
        if self.proposal.candidates.len() == ANSWERS_MAX {
            let kept = self.proposal.candidates.iter().map(|one| one.priority);
            let lowest = *self.lowest.get_or_insert_with(|| kept.min().unwrap_or(i32::MIN));
            if candidate.priority <= lowest {
                self.crowded_out += 1;
                return;
            }
        }
        if self.translations_are_out {
            without_translations(&mut candidate);
        }
        self.places += places(&candidate);
        self.text_bytes += text_bytes(&candidate);
        self.proposal.candidates.push(candidate);
        self.lowest = None;
        if self.text_bytes > TEXT_BYTES_MAX && !self.translations_are_out {
            self.translations_are_out = true;
            explain::warn("labels are not translated: there are too many offers");
            self.proposal.candidates.iter_mut().for_each(without_translations);
            self.recount();
        }
        if self.text_bytes > TEXT_BYTES_MAX && !self.proposal.near_misses.is_empty() {
            explain::warn("nothing is said of what is missing: there are too many offers");
            self.proposal.near_misses.clear();
            self.recount();
        }
        while self.proposal.candidates.len() > ANSWERS_MAX
            || self.text_bytes > TEXT_BYTES_MAX
            || self.places > PLACES_MAX
        {
            let candidates = &mut self.proposal.candidates;
            // The lowest priority goes, of equals the last.
            let last = candidates.iter().enumerate().min_by_key(|(at, one)| (one.priority, std::cmp::Reverse(*at)));
            let Some((at, _)) = last else { break };
            let gone = candidates.remove(at);
            self.places -= places(&gone);
            self.text_bytes -= text_bytes(&gone);
            self.crowded_out += 1;
        }
    }

    fn recount(&mut self) {
        let Proposal { candidates, near_misses, .. } = &self.proposal;
        let hints = near_misses.iter().map(|near| near.offer.len() + message_bytes(&near.missing));
        self.text_bytes = candidates.iter().map(text_bytes).chain(hints).sum();
    }

    /// The whole answer.
    pub(super) fn proposal(mut self) -> Proposal {
        if self.crowded_out > 0 {
            let text =
                format!("{} offers of low priority are left out: too many apply to this sale.", self.crowded_out);
            explain::warn(&text);
            self.proposal.notices.push(warning(text));
        }
        self.proposal
    }
}

/// A word to the cashier about the whole basket.
pub(crate) fn warning(text: String) -> Notice {
    Notice { severity: Severity::Warning, message: Message::text(text), lines: Vec::new() }
}

fn without_translations(candidate: &mut Candidate) {
    candidate.label.key.clear();
    candidate.label.args.clear();
}

/// Lines that a candidate names.
fn places(candidate: &Candidate) -> usize {
    match &candidate.shape {
        Shape::Portions(chosen) => chosen.portions.len() + chosen.qualifies_on.len(),
        Shape::Deal(deal) => deal.slots.iter().map(|slot| slot.pool.len()).sum(),
        Shape::WholeOrder(_) => 0,
    }
}

/// Text of a candidate, as the kernel counts it.
fn text_bytes(candidate: &Candidate) -> usize {
    let Candidate { id, group, consumes_codes, label, attrs, .. } = candidate;
    id.len()
        + group.as_ref().map_or(0, String::len)
        + consumes_codes.iter().map(String::len).sum::<usize>()
        + message_bytes(label)
        + attrs.iter().map(attr_bytes).sum::<usize>()
}

fn message_bytes(message: &Message) -> usize {
    message.key.len() + message.text.len() + message.args.iter().map(attr_bytes).sum::<usize>()
}

fn attr_bytes(attr: &Attr) -> usize {
    let value = match &attr.value {
        AttrValue::Text(text) => text.len(),
        AttrValue::Texts(texts) => texts.iter().map(String::len).sum(),
        AttrValue::Integer(_) | AttrValue::Number(_) | AttrValue::Flag(_) => 0,
    };
    attr.key.len() + value
}
