//! Invented baskets in the form `pos replay-baskets` reads, odd ones included, the same for the same seed.

use std::fmt::Write as _;

/// A small random number generator (SplitMix64): seeds are printed, so it must never change.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is above zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }
}

/// What the invented baskets must add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Baskets.
    pub baskets: u64,
    /// Lines.
    pub lines: u64,
    /// Net sales in cents.
    pub net_cents: i64,
    /// Discounts in cents.
    pub discount_cents: i64,
    /// Coupons used in cents: at most what each basket is worth.
    pub coupon_cents: i64,
    /// Coupons beyond that.
    pub coupon_unused_cents: i64,
}

/// `count` baskets as JSON lines, and what they add up to, computed here from the same numbers.
pub fn invent(count: u64, seed: u64) -> (String, Expected) {
    let mut random = Random::new(seed);
    let mut text = String::new();
    let mut expected = Expected { baskets: count, ..Expected::default() };
    let departments = ["GROCERY", "PRODUCE", "FUEL", "DRUG GM"];
    for basket in 0..count {
        let (minute, second) = (basket / 60 % 60, basket % 60);
        let (day, hour) = (1 + basket / 86_400 % 28, basket / 3_600 % 24);
        write!(
            text,
            r#"{{"basket": "{}", "household": "1", "store": "1", "ts": "2017-03-{day:02} {hour:02}:{minute:02}:{second:02}", "lines": ["#,
            31_000_000_000 + basket
        )
        .ok();
        let lines = 1 + random.below(9);
        let (mut net, mut coupons) = (0, 0);
        for line in 0..lines {
            let product = 800_000 + random.below(500);
            // Real data is odd: quantity 0, value 0, fuel in thousandths, discounts of the whole price.
            let (quantity, shelf) = match random.below(20) {
                0 => (0, 0),
                1 => (random.below(90_000) as i64, random.below(6_000) as i64),
                _ => (1 + random.below(4) as i64, random.below(2_500) as i64),
            };
            let retail = if random.below(2) == 0 { random.below(1 + shelf as u64) as i64 } else { 0 };
            let matched = if random.below(9) == 0 { random.below(1 + (shelf - retail) as u64) as i64 } else { 0 };
            let coupon = if random.below(7) == 0 { random.below(200) as i64 } else { 0 };
            let sales = shelf - retail - matched;
            let department = match random.below(12) {
                0 => "null".to_owned(),
                _ => format!("\"{}\"", departments[(product % 4) as usize]),
            };
            let comma = if line == 0 { "" } else { ", " };
            write!(
                text,
                r#"{comma}{{"product": "{product}", "department": {department}, "type": "ITEM {product}", "qty": {quantity}, "sales_cents": {sales}, "retail_disc_cents": {retail}, "coupon_disc_cents": {coupon}, "coupon_match_cents": {matched}}}"#
            )
            .ok();
            expected.lines += 1;
            expected.discount_cents += retail + matched;
            net += sales;
            coupons += coupon;
        }
        text.push_str("]}\n");
        expected.net_cents += net;
        expected.coupon_cents += coupons.min(net);
        expected.coupon_unused_cents += coupons - coupons.min(net);
    }
    (text, expected)
}
