//! Random baskets against the independent reference, and other projects' figures: `lab pricing`, `lab peers`.
//!
//! Every basket is a case in the format of `pos price --case`, made from a seed. Of ten, two are about taxes, two about
//! offers, one about forced picks, one about several groups and stages, two about returns; one is given away or priced
//! with tax in and added, one is hostile. Each is held against the reference where the reference computes it, and against
//! properties that need none ([`properties`]).
//!
//! What the offers save is compared as a fraction. A basket whose certificate says "optimal" must save what brute force
//! saves; one whose certificate names a bound may save less, never more than the bound, and is counted on its own. What
//! fails is shrunk to a small case, so that `pos price` shows it.
//!
//! The same count and seed give the same report, on any number of threads: baskets are looked at in shards, and shards
//! are put together in their order.

mod against;
mod properties;
mod returned;
#[cfg(test)]
mod tests;

use pos_case::NoExtensions;
use pos_reference::generate::{self, Random, generate};
use pos_reference::shrink;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Baskets of a shard.
const SHARD: u64 = 250;
/// Orders are shuffled in one basket of so many: each is priced four times more for it. Prime to the ten shapes.
const ORDER_ONE_IN: u64 = 7;
/// One basket of so many comes back whole.
const WHOLE_ONE_IN: u64 = 3;
/// Violations that are shrunk and told; more are only counted.
const TOLD_MAX: usize = 20;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Baskets looked at.
    pub count: u64,
    /// Where it began.
    pub seed: u64,
    /// Baskets with which something is wrong.
    pub violations: u64,
    /// By shape: how many there were, and what they were found to be.
    pub shapes: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// How often each property was looked at.
    pub properties: BTreeMap<&'static str, u64>,
    /// The first violations, each with a small case that shows it.
    pub found: Vec<Violation>,
}

/// Something that must not be.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What.
    pub what: String,
    /// The kind of basket.
    pub shape: &'static str,
    /// Makes the same basket again.
    pub seed: u64,
    /// The smallest case found that shows it, for `pos price --case`.
    pub case: Value,
    /// Its returns, for `pos price --return`, where it is about returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<Value>,
}

/// Kinds of baskets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tax,
    Offers,
    ForcedPicks,
    Groups,
    Returns,
    Free,
    BothWays,
    Hostile,
}

impl Kind {
    fn of(index: u64) -> Kind {
        match index % 10 {
            0 | 1 => Kind::Tax,
            2 | 3 => Kind::Offers,
            4 => Kind::ForcedPicks,
            5 => Kind::Groups,
            6 | 7 => Kind::Returns,
            8 if index % 20 == 8 => Kind::Free,
            8 => Kind::BothWays,
            _ => Kind::Hostile,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Tax => "tax",
            Kind::Offers => "offers",
            Kind::ForcedPicks => "forced_picks",
            Kind::Groups => "groups",
            Kind::Returns => "returns",
            Kind::Free => "given_away",
            Kind::BothWays => "tax_in_and_added",
            Kind::Hostile => "hostile",
        }
    }

    fn case(self, seed: u64) -> Value {
        match self {
            Kind::Tax => generate(seed, generate::Shape::Tax),
            Kind::Offers => generate(seed, generate::Shape::Offers),
            Kind::ForcedPicks => generate(seed, generate::Shape::ForcedPicks),
            Kind::Groups => generate(seed, generate::Shape::Groups),
            Kind::Returns => generate(seed, generate::Shape::Returns)["case"].take(),
            Kind::Free => properties::given_away(seed),
            Kind::BothWays => properties::added(seed),
            Kind::Hostile => hostile(seed),
        }
    }

    /// Looks at a case; `seed` decides about everything else that is random.
    fn look(self, case: &Value, seed: u64) -> Seen {
        let mut seen = Seen::default();
        let result = match catch_unwind(AssertUnwindSafe(|| price(case))) {
            Ok(result) => result,
            Err(_) => {
                seen.wrong("panic: pricing panicked".to_owned());
                return seen;
            }
        };
        properties::no_minus_zero(&result, &mut seen);
        let refused = pos_case::is_refused(&result);
        match self {
            Kind::Hostile => seen.count(if refused { "refused" } else { "priced" }),
            Kind::Free | Kind::BothWays | Kind::Returns if refused => {
                seen.wrong(format!("refused: {}", result["refused"]["message"]));
            }
            Kind::Free => properties::is_free(case, &result, &mut seen),
            Kind::BothWays => properties::agrees_both_ways(case, &result, &mut seen),
            Kind::Returns => returned::in_parts(case, &result, seed, &mut seen),
            Kind::Tax => against::taxes(case, &result, &mut seen),
            Kind::Offers | Kind::ForcedPicks | Kind::Groups => against::offers(case, &result, &mut seen),
        }
        if !refused {
            properties::sums(case, &result, &mut seen);
            if self != Kind::Hostile {
                if seed.is_multiple_of(ORDER_ONE_IN) {
                    properties::order(case, &result, seed, &mut seen);
                }
                if seed.is_multiple_of(WHOLE_ONE_IN) {
                    returned::at_once(case, &result, &mut seen);
                }
            }
        }
        seen
    }
}

/// What a look at one case showed.
#[derive(Debug, Default)]
struct Seen {
    counts: Vec<&'static str>,
    properties: Vec<&'static str>,
    wrong: Vec<String>,
}

impl Seen {
    fn count(&mut self, what: &'static str) {
        self.counts.push(what);
    }

    /// A property that was looked at; what is wrong begins with a word that tells its kind.
    fn property(&mut self, name: &'static str, wrong: Option<String>) {
        self.properties.push(name);
        self.wrong.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
    }

    fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }
}

/// Prices a case given as a value.
pub fn price(case: &Value) -> Value {
    pos_case::price(&case.to_string(), &mut NoExtensions)
}

/// A case of any shape with something hostile put at some places of it.
fn hostile(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let kind = [Kind::Tax, Kind::Offers, Kind::ForcedPicks, Kind::Groups, Kind::Returns][random.below(5)];
    let mut case = kind.case(seed);
    case["tenders"] = json!([{ "kind": "cash", "amount": "5" }]);
    for _ in 0..random.between(1, 3) {
        let part = random.of(["lines", "lines", "rounding", "policy", "tenders", "candidates", "candidates"]);
        generate::spoil(&mut case[part], &mut random);
    }
    case
}

/// Looks at `count` baskets from `seed` on, on as many threads as there are cores.
pub fn run(count: u64, seed: u64, progress: impl Fn(u64) + Sync) -> Report {
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let shards = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let start = next.fetch_add(SHARD, Ordering::Relaxed);
                    if start >= count {
                        break;
                    }
                    let end = (start + SHARD).min(count);
                    let found = shard(start..end, seed);
                    shards.lock().unwrap_or_else(PoisonError::into_inner).insert(start, found);
                    progress(done.fetch_add(end - start, Ordering::Relaxed) + end - start);
                }
            });
        }
    });
    let mut report = Report { count, seed, ..Report::default() };
    for (_, shard) in shards.into_inner().unwrap_or_else(PoisonError::into_inner) {
        report.add(shard);
    }
    report
}

impl Report {
    fn add(&mut self, other: Report) {
        let Report { count: _, seed: _, violations, shapes, properties, found } = other;
        self.violations += violations;
        for (shape, counts) in shapes {
            let own = self.shapes.entry(shape).or_default();
            counts.into_iter().for_each(|(name, count)| *own.entry(name).or_default() += count);
        }
        properties.into_iter().for_each(|(name, count)| *self.properties.entry(name).or_default() += count);
        self.found.extend(found);
        self.found.truncate(TOLD_MAX);
    }
}

fn shard(indexes: std::ops::Range<u64>, seed: u64) -> Report {
    let mut report = Report::default();
    for index in indexes {
        let (kind, of) = (Kind::of(index), seed.wrapping_mul(1_000_003).wrapping_add(index));
        let case = kind.case(of);
        let Seen { counts, properties, wrong } = kind.look(&case, of);
        let shape = report.shapes.entry(kind.name()).or_default();
        for name in counts.into_iter().chain(["cases"]) {
            *shape.entry(name).or_default() += 1;
        }
        properties.into_iter().for_each(|name| *report.properties.entry(name).or_default() += 1);
        let Some(what) = wrong.into_iter().next() else { continue };
        report.violations += 1;
        if report.found.len() < TOLD_MAX {
            report.found.push(violation(kind, &case, of, what));
        }
    }
    report
}

/// Shrinks what fails: the same failure, told by its first word, in the smallest case.
fn violation(kind: Kind, case: &Value, seed: u64, what: String) -> Violation {
    let word = |what: &str| what.split(':').next().map(str::to_owned);
    let wanted = word(&what);
    let told = |case: &Value| kind.look(case, seed).wrong.into_iter().find(|wrong| word(wrong) == wanted);
    let case = shrink::shrink(case, &|smaller| told(smaller).is_some());
    let what = told(&case).unwrap_or(what);
    let returns = (kind == Kind::Returns).then(|| returned::requests(&case, seed));
    Violation { what, shape: kind.name(), seed, case, returns }
}
