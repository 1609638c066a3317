//! What a demonstration day adds up to, read from the stored transactions.

use pos_api::view::VerificationView;
use pos_domain::Refusal;
use pos_domain::transaction::Transaction;
use pos_kernel::effects::EffectCounts;
use pos_money::{Currency, Money};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Running sums.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) sales: u64,
    currency: Option<Currency>,
    lines: u64,
    gross: Money,
    discount: Money,
    tax: Money,
    total: Money,
    tendered: Money,
    change: Money,
    movements: u64,
    extensions: BTreeMap<String, Extension>,
}

#[derive(Default)]
struct Extension {
    runtime: String,
    version: String,
    calls: u64,
    discount: Money,
    tax: Money,
}

impl Figures {
    /// Counts a sale.
    pub(super) fn count(&mut self, sale: &Transaction) -> Result<(), Refusal> {
        self.sales += 1;
        self.currency = Some(sale.currency);
        self.lines += sale.lines.iter().filter(|line| !line.voided).count() as u64;
        self.gross = self.gross.plus(sale.gross)?;
        self.discount = self.discount.plus(sale.discount)?;
        self.tax = self.tax.plus(sale.total_tax)?;
        self.total = self.total.plus(sale.total)?;
        self.tendered = self.tendered.plus(Money::sum(sale.tenders.iter().map(|tender| tender.amount))?)?;
        self.change = self.change.plus(sale.change)?;
        self.movements += sale.movements.len() as u64;
        for usage in &sale.extensions {
            let known = self.extensions.entry(usage.id.to_string()).or_default();
            known.runtime = usage.runtime.to_string();
            known.version = usage.version.to_string();
            known.calls += u64::from(usage.calls);
            known.discount = known.discount.plus(usage.discount)?;
            known.tax = known.tax.plus(usage.tax)?;
        }
        Ok(())
    }

    pub(super) fn to_json(
        &self,
        verified: &VerificationView,
        counts: &EffectCounts,
        folder: &Path,
    ) -> serde_json::Value {
        let text = |amount: Money| self.currency.map(|currency| currency.format(amount)).unwrap_or_default();
        let extensions: Vec<serde_json::Value> = self
            .extensions
            .iter()
            .map(|(id, one)| {
                serde_json::json!({
                    "id": id,
                    "runtime": one.runtime,
                    "version": one.version,
                    "calls": one.calls,
                    "discount": text(one.discount),
                    "tax": text(one.tax),
                })
            })
            .collect();
        serde_json::json!({
            "sales": self.sales,
            "lines": self.lines,
            "currency": self.currency,
            "gross": text(self.gross),
            "discount": text(self.discount),
            "tax": text(self.tax),
            "total": text(self.total),
            "tendered": text(self.tendered),
            "change": text(self.change),
            "journal": { "records": verified.records, "verified": verified.verified },
            "extensions": extensions,
            "receipts": {
                "printed": counts.printed.load(Ordering::Relaxed),
                "bytes": counts.bytes.load(Ordering::Relaxed),
            },
            "stock_movements": self.movements,
            "data": folder,
        })
    }
}
