//! {{title}}: one rate on everything, in the shop's price terms.

use pos_plugin_sdk::prelude::*;

/// The settings, as `configuration.schema.json` describes them.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OneRate {
    jurisdiction: String,
    code: String,
    rate: Rate,
}

impl Plugin for OneRate {
    fn configure(config_json: &str) -> Result<Self, HookError> {
        let table: OneRate = config::from_json(config_json)?;
        if table.rate < Rate::ZERO || table.rate > Rate::ONE {
            return Err(HookError::invalid_configuration("rate: write 20 % as \"0.20\""));
        }
        Ok(table)
    }
}

impl TaxHook for OneRate {
    fn assess(&self, input: &TaxInput) -> Result<Assessment, HookError> {
        let included = input.basket.prices_include_tax;
        let component = |taxable: &Taxable| {
            TaxComponent::percent(taxable.line, &self.jurisdiction, &self.code, self.rate, included)
        };
        Ok(Assessment {
            components: input.taxables.iter().map(component).collect(),
            rounding: vec![TaxRounding::default()],
            ..Assessment::default()
        })
    }
}

pos_plugin_sdk::export!(OneRate: tax);

#[cfg(test)]
mod tests {
    use super::*;
    use pos_plugin_sdk::testing;

    const DEFAULT: &str = include_str!("../configuration.default.json");

    #[test]
    fn every_line_is_taxed_once() {
        let table = OneRate::configure(DEFAULT).unwrap();
        let basket = testing::basket("EUR", "2026-11-18 17:30").sell("ALE", 2, "5.90").sell("CRISPS", 1, "1.80");
        let answer = table.assess(&testing::tax_input(basket)).unwrap();
        let lines: Vec<LineId> = answer.components.iter().map(|component| component.line).collect();
        assert_eq!(lines, [1, 2]);
        assert!(answer.components.iter().all(|component| component.included));
    }

    #[test]
    fn a_misspelled_setting_is_named() {
        let error = OneRate::configure(r#"{"rat": "0.2"}"#).unwrap_err();
        assert!(error.text().starts_with("rat: unknown field"), "{}", error.text());
    }
}
