//! Tax rates by tax class and date.
//!
//! The owner lists, for each tax class of the articles, the taxes that are levied and since when
//! (`configuration.schema.json` draws the form, `configuration.default.json` is Switzerland). For a line of class
//! `standard` sold on 2 March 2026 the answer is one component: code A, 8.1 %, in the price. The plugin multiplies
//! nothing; the kernel does, and prints what it did.
//!
//! The day that counts is the calendar day at the store when the basket was opened, not the trading day: a rate that
//! changes at New Year's midnight changes in the middle of a bar's night.
//!
//! Start reading at [`TaxTable`]; what a table must fulfil is in `table.rs`.

mod table;

pub use table::{Tax, TaxTable};

use pos_plugin_sdk::prelude::*;
use std::collections::BTreeSet;

impl Plugin for TaxTable {
    fn configure(config_json: &str) -> Result<TaxTable, HookError> {
        let table: TaxTable = config::from_json(config_json)?;
        table.check()?;
        Ok(table)
    }
}

impl TaxHook for TaxTable {
    fn assess(&self, input: &TaxInput) -> Result<Assessment, HookError> {
        let today = input.basket.now.date;
        let mut answer = Assessment { rounding: vec![self.rounding()], ..Assessment::default() };
        let mut explained = BTreeSet::new();
        for taxable in &input.taxables {
            for tax in self.taxes(taxable, today)? {
                let jurisdiction = tax.jurisdiction.as_ref().unwrap_or(&self.jurisdiction);
                let included = tax.included.or(self.included).unwrap_or(input.basket.prices_include_tax);
                let mut component = TaxComponent::percent(taxable.line, jurisdiction, &tax.code, tax.rate, included);
                component.exempt = tax.exempt.as_deref().map(Message::text);
                answer.components.push(component);
                if explained.insert((jurisdiction, &tax.code)) {
                    explain::info(&format!("{jurisdiction} {tax}"));
                    answer
                        .receipt_notes
                        .extend(tax.exempt.as_ref().map(|reason| format!("{}: {reason}", tax.code).into()));
                }
            }
        }
        Ok(answer)
    }
}

pos_plugin_sdk::export!(TaxTable: tax);

#[cfg(test)]
mod tests;
