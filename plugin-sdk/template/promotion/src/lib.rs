//! {{title}}: a share off everything that carries a tag.

use pos_plugin_sdk::prelude::*;

/// The settings, as `configuration.schema.json` describes them.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    tag: String,
    off: Rate,
    label: String,
}

impl Plugin for Offer {
    fn configure(config_json: &str) -> Result<Self, HookError> {
        let offer: Offer = config::from_json(config_json)?;
        if offer.off < Rate::ZERO || offer.off > Rate::ONE {
            return Err(HookError::invalid_configuration("off: write 20 % as \"0.20\""));
        }
        Ok(offer)
    }
}

impl DiscountHook for Offer {
    fn propose(&self, _stage: Stage, basket: &Basket) -> Result<Proposal, HookError> {
        let portions = basket.discountable_lines().filter(|line| line.has_tag(&self.tag)).map(Line::whole);
        Ok(Candidate::on_portions("{{name}}", &self.label, portions, Effect::RateOff(self.off)).into())
    }
}

pos_plugin_sdk::export!(Offer: discount);

#[cfg(test)]
mod tests {
    use super::*;
    use pos_plugin_sdk::testing;

    const DEFAULT: &str = include_str!("../configuration.default.json");

    #[test]
    fn tagged_lines_get_the_discount_and_others_do_not() {
        let offer = Offer::configure(DEFAULT).unwrap();
        let basket = testing::basket("EUR", "2026-11-18 17:30")
            .sell("ALE", 2, "5.90")
            .tagged("draught")
            .sell("CRISPS", 1, "1.80");
        let proposal = offer.propose(Stage::Line, &basket).unwrap();
        let Shape::Portions(chosen) = &proposal.candidates[0].shape else { panic!("not portions") };
        assert_eq!(chosen.portions, [basket.lines[0].whole()]);
    }

    #[test]
    fn a_misspelled_setting_is_named() {
        let error = Offer::configure(r#"{"tga": "draught"}"#).unwrap_err();
        assert!(error.text().starts_with("tga: unknown field"), "{}", error.text());
    }
}
