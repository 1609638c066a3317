//! A small ledger, written from the specification alone: what a register's books must hold after what happened at it.
//!
//! It is told what was sold, how it was paid, and what was done to the till, and works out balances and stock by itself. It
//! never sees a ledger entry or a stock movement of the register: where the two agree, the register's are probably right.
//! Balances are debits less credits, in minor units; quantities are in millionths.

use std::collections::BTreeMap;

/// Goods, or money taken for later, that went over the counter; negative: that came back.
#[derive(Clone, Debug)]
pub struct Line {
    /// Root department.
    pub department: String,
    /// The article; of money taken for later, the account it goes to.
    pub item: String,
    /// The unit of its quantity.
    pub unit: String,
    /// How much, in millionths.
    pub quantity: i128,
    /// It is a container deposit: charged, or paid back for empties.
    pub is_deposit: bool,
    /// What the customer paid for it.
    pub paid: i128,
    /// Its taxes by code.
    pub taxes: Vec<(String, i128)>,
    /// It moves stock; what is thrown away when it comes back does not.
    pub moves_stock: bool,
}

/// A means of payment; negative: paid to the customer.
#[derive(Clone, Debug)]
pub struct Tender {
    /// `cash`, `coupon`, `card`, `gift-card`, `store-credit`, `on-account`, `deposit`.
    pub kind: String,
    /// Whose.
    pub holder: String,
    /// How much.
    pub amount: i128,
    /// Approved by a terminal alone, and not promised yet.
    pub offline: bool,
    /// Notes of another currency that were handed over for it: which, and how much in its own minor units.
    pub foreign: Option<(String, i128)>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Happened {
    /// A shift was opened with money from the safe in its till.
    Opened {
        /// How much.
        float: i128,
    },
    /// Goods were sold, taken back, or both.
    Traded {
        /// What.
        lines: Vec<Line>,
        /// How it was paid.
        tenders: Vec<Tender>,
        /// Given back in cash.
        change: i128,
        /// What coins made more (positive) or less of what was due.
        rounding: i128,
    },
    /// A terminal took money for no sale, and cannot give it back; negative: it paid money.
    Kept {
        /// How much.
        amount: i128,
    },
    /// A card's issuer promised what was approved offline, or refused it.
    Forwarded {
        /// How much.
        amount: i128,
        /// It was promised.
        promised: bool,
    },
    /// Cash went into the till (positive) or out of it for a reason.
    Moved {
        /// How much.
        amount: i128,
        /// The other account: `paid-in:change found`, `safe`.
        other: String,
    },
    /// A supplier brought goods: article, unit and quantity.
    Delivered {
        /// What.
        goods: Vec<(String, String, i128)>,
        /// From whom.
        supplier: String,
        /// What all of it cost.
        cost: i128,
    },
    /// So much was found of articles.
    Found {
        /// What.
        goods: Vec<(String, String, i128)>,
    },
    /// Goods were taken off, put in, used or made.
    PutRight {
        /// What.
        goods: Vec<(String, String, i128)>,
    },
    /// The till was handed over as it was.
    HandedOver,
    /// A till arrived that was handed over, with so much in it, by means of payment.
    TakenOver {
        /// What.
        held: Vec<(String, i128)>,
    },
    /// The till was counted and emptied into the safe.
    Closed {
        /// What was found, by means of payment: `cash`, `coupon`, `cash:USD`.
        counted: Vec<(String, i128)>,
    },
}

/// The books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Debits less credits.
    pub accounts: BTreeMap<String, i128>,
    /// On hand, by article and unit, in millionths.
    pub stock: BTreeMap<(String, String), i128>,
    /// What all deliveries cost: what the goods of the shop are worth, or went into.
    pub delivered: i128,
}

/// Accounts among which the worth of goods goes round. How it is shared out is the register's business; none of it is lost.
const WORTH: [&str; 6] =
    ["inventory", "cost-of-goods:", "waste", "stock-variance", "stock-difference", "stock-adjustment:"];

/// Accounts whose name is an article's id.
const MONEY: [&str; 5] = ["gift-card:", "voucher:", "store-credit:", "deposit:", "receivable:"];

impl Ledger {
    fn debit(&mut self, account: &str, amount: i128) {
        *self.accounts.entry(account.to_owned()).or_default() += amount;
    }

    fn put(&mut self, goods: &[(String, String, i128)]) {
        for (item, unit, quantity) in goods {
            *self.stock.entry((item.clone(), unit.clone())).or_default() += quantity;
        }
    }

    fn balance(&self, account: &str) -> i128 {
        self.accounts.get(account).copied().unwrap_or_default()
    }

    /// Takes something in.
    pub fn take(&mut self, happened: &Happened) {
        match happened {
            Happened::Opened { float } => {
                self.debit("till:cash", *float);
                self.debit("safe", -float);
            }
            Happened::Traded { lines, tenders, change, rounding } => {
                for line in lines {
                    let is_money = MONEY.iter().any(|prefix| line.item.starts_with(prefix));
                    let account = match () {
                        () if line.is_deposit => "deposits:containers".to_owned(),
                        () if is_money => line.item.clone(),
                        () => format!("sales:{}", line.department),
                    };
                    let taxes: i128 = line.taxes.iter().map(|(_, amount)| amount).sum();
                    self.debit(&account, taxes - line.paid);
                    for (code, amount) in &line.taxes {
                        self.debit(&format!("tax:{code}"), -amount);
                    }
                    if line.moves_stock && !is_money && !line.is_deposit {
                        *self.stock.entry((line.item.clone(), line.unit.clone())).or_default() -= line.quantity;
                    }
                }
                for tender in tenders {
                    let Some((currency, notes)) = &tender.foreign else {
                        self.debit(&account_of(tender), tender.amount);
                        continue;
                    };
                    self.debit(&format!("till:cash:{currency}"), *notes);
                    self.debit(&format!("foreign:{currency}"), -notes);
                    self.debit(&format!("exchange:{currency}"), tender.amount);
                }
                self.debit("till:cash", -change);
                self.debit("rounding", -rounding);
            }
            Happened::Kept { amount } => {
                self.debit("card:clearing", *amount);
                self.debit("payments-in-doubt", -amount);
            }
            Happened::Forwarded { amount, promised } => {
                self.debit(if *promised { "card:clearing" } else { "card:refused" }, *amount);
                self.debit("card:offline", -amount);
            }
            Happened::Delivered { goods, supplier, cost } => {
                self.put(goods);
                self.delivered += cost;
                self.debit(&format!("goods-received:{supplier}"), -cost);
            }
            Happened::Found { goods } => {
                for (item, unit, quantity) in goods {
                    self.stock.insert((item.clone(), unit.clone()), *quantity);
                }
            }
            Happened::PutRight { goods } => self.put(goods),
            Happened::Moved { amount, other } => {
                self.debit("till:cash", *amount);
                self.debit(other, -amount);
            }
            Happened::HandedOver => {
                let tills: Vec<String> =
                    self.accounts.keys().filter(|account| account.starts_with("till:")).cloned().collect();
                for till in tills {
                    let held = self.balance(&till);
                    self.debit(&till, -held);
                    self.debit(&till.replacen("till:", "in-transit:", 1), held);
                }
            }
            Happened::TakenOver { held } => {
                for (name, amount) in held {
                    self.debit(&format!("till:{name}"), *amount);
                    self.debit(&format!("in-transit:{name}"), -amount);
                }
            }
            Happened::Closed { counted } => {
                for kind in ["cash", "coupon"] {
                    let (till, safe) = (format!("till:{kind}"), if kind == "cash" { "safe" } else { "safe:coupon" });
                    let expected = self.balance(&till);
                    let found = counted.iter().filter(|(name, _)| name == kind).map(|(_, amount)| amount).sum::<i128>();
                    self.debit(&till, -expected);
                    self.debit(safe, found);
                    self.debit("over-short", expected - found);
                }
                for (name, found) in counted {
                    let Some(currency) = name.strip_prefix("cash:") else { continue };
                    let till = format!("till:{name}");
                    let expected = self.balance(&till);
                    self.debit(&till, -expected);
                    self.debit(&format!("safe:{name}"), *found);
                    self.debit(&format!("over-short:{currency}"), expected - found);
                }
            }
        }
    }

    /// What differs from the register's own figures, in words. Nothing is the same as zero.
    pub fn differences(
        &self,
        accounts: &BTreeMap<String, i128>,
        stock: &BTreeMap<(String, String), i128>,
    ) -> Vec<String> {
        let is_worth = |account: &&String| WORTH.iter().any(|prefix| account.starts_with(prefix));
        let (worth, others): (BTreeMap<_, _>, BTreeMap<_, _>) = accounts
            .iter()
            .map(|(account, balance)| (account.clone(), *balance))
            .partition(|(account, _)| is_worth(&account));
        let mut told = compare(&self.accounts, &others, |account| format!("account {account}"));
        let kept: i128 = worth.values().sum();
        if kept != self.delivered {
            told.push(format!("goods for {} were delivered, and {kept} of that is accounted for", self.delivered));
        }
        told.extend(compare(&self.stock, stock, |(item, unit)| format!("stock of {item} in \"{unit}\"")));
        let owed = ["gift-card:", "voucher:", "store-credit:", "deposit:"];
        for (account, balance) in accounts {
            if *balance > 0 && owed.iter().any(|prefix| account.starts_with(prefix)) {
                told.push(format!("account {account} is overdrawn by {balance}"));
            }
        }
        let sum: i128 = accounts.values().sum();
        if sum != 0 {
            told.push(format!("debits and credits differ by {sum}"));
        }
        told
    }
}

fn compare<K: Ord + Clone>(
    expected: &BTreeMap<K, i128>,
    found: &BTreeMap<K, i128>,
    name: impl Fn(&K) -> String,
) -> Vec<String> {
    let keys: std::collections::BTreeSet<&K> = expected.keys().chain(found.keys()).collect();
    let of = |figures: &BTreeMap<K, i128>, key: &K| figures.get(key).copied().unwrap_or_default();
    let differ = keys.into_iter().filter(|key| of(expected, key) != of(found, key));
    differ.map(|key| format!("{} is {}, and should be {}", name(key), of(found, key), of(expected, key))).collect()
}

fn account_of(tender: &Tender) -> String {
    match tender.kind.as_str() {
        "cash" => "till:cash".to_owned(),
        "coupon" => "till:coupon".to_owned(),
        "points" => "points-redeemed".to_owned(),
        "card" if tender.offline => "card:offline".to_owned(),
        "card" => "card:clearing".to_owned(),
        "on-account" => format!("receivable:{}", tender.holder),
        other => format!("{other}:{}", tender.holder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_by_hand() {
        let mut ledger = Ledger::default();
        let soap = Line {
            department: "Household".into(),
            item: "SOAP".into(),
            unit: String::new(),
            quantity: 2_000_000,
            is_deposit: false,
            paid: 400,
            taxes: vec![("VAT".into(), 64)],
            moves_stock: true,
        };
        let bottle = Line {
            department: "Deposits".into(),
            item: "PFAND".into(),
            is_deposit: true,
            paid: 50,
            taxes: vec![("VAT".into(), 8)],
            ..soap.clone()
        };
        let cash =
            |amount| Tender { kind: "cash".into(), holder: String::new(), amount, offline: false, foreign: None };
        ledger.take(&Happened::Opened { float: 10_000 });
        ledger.take(&Happened::Traded { lines: vec![soap, bottle], tenders: vec![cash(500)], change: 50, rounding: 0 });
        ledger.take(&Happened::Moved { amount: -50, other: "paid-out:stamps".into() });
        ledger.take(&Happened::Closed { counted: vec![("cash".into(), 10_390)] });
        let told: Vec<String> = ledger
            .accounts
            .iter()
            .filter(|(_, balance)| **balance != 0)
            .map(|(name, b)| format!("{name} {b}"))
            .collect();
        assert_eq!(
            told.join(" | "),
            "deposits:containers -42 | over-short 10 | paid-out:stamps 50 | safe 390 | sales:Household -336 | tax:VAT -72"
        );
        assert_eq!(ledger.stock[&("SOAP".to_owned(), String::new())], -2_000_000);
        assert_eq!(ledger.stock.len(), 1, "a deposit is no stock");
        assert!(ledger.differences(&ledger.accounts, &ledger.stock).is_empty());
        assert_eq!(ledger.differences(&BTreeMap::new(), &ledger.stock).len(), 6);
    }
}
