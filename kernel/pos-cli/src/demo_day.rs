//! A short day at the demo shop, as a list of what the cashier does: what `pos demo --headless` rings.
//!
//! It is a Wednesday, so that the happy hour (20 % off draught drinks, 17:00 to 19:00) comes round. The day has what a
//! register meets: quantities typed before the code, goods weighed at the register and goods with a label of the shop,
//! lines set right, voided and undone, codes that are refused, a customer who leaves, exact cash and change, and baskets
//! that earn each of the three offers, alone and together.

use jiff::civil::{Date, DateTime, Time, date, time};
use pos_money::Decimal;

/// The day.
pub const DEMO_DATE: Date = date(2026, 11, 18);

/// One customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoSale {
    /// When the basket opens, at the shop.
    pub at: Time,
    /// What the cashier does.
    pub steps: Vec<DemoStep>,
}

impl DemoSale {
    /// When the basket opens, by the clock on the shop's wall.
    pub fn local(&self) -> DateTime {
        DateTime::from_parts(DEMO_DATE, self.at)
    }

    /// Whether it ends with a payment; otherwise the customer leaves.
    pub fn is_paid(&self) -> bool {
        matches!(self.steps.last(), Some(DemoStep::Cash(_)))
    }
}

/// Something the cashier does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DemoStep {
    /// Scans a code or types an entry: `4006381333931`, `3*4001`, `0.482*2001`. Each adds a line.
    Scan(&'static str),
    /// The same, refused: nothing changes.
    ScanRefused {
        /// The entry.
        code: &'static str,
        /// The refusal's stable name.
        refusal: &'static str,
    },
    /// Sets a line's quantity.
    SetQuantity {
        /// Number of the line.
        line: u32,
        /// How many or how much.
        quantity: Decimal,
    },
    /// Takes a line back.
    Void(u32),
    /// Takes the last step on the lines back.
    Undo,
    /// Takes so much cash, or exactly what is due, and completes the sale.
    Cash(Option<Decimal>),
    /// Gives the basket up.
    Cancel,
}

const EXACT: DemoStep = DemoStep::Cash(None);

fn scan(entry: &'static str) -> DemoStep {
    DemoStep::Scan(entry)
}

fn cash(amount: i64) -> DemoStep {
    DemoStep::Cash(Some(Decimal::from(amount)))
}

fn refused(code: &'static str, refusal: &'static str) -> DemoStep {
    DemoStep::ScanRefused { code, refusal }
}

fn pieces(line: u32, count: i64) -> DemoStep {
    DemoStep::SetQuantity { line, quantity: Decimal::from(count) }
}

fn sale<const N: usize>(hour: i8, minute: i8, steps: [DemoStep; N]) -> DemoSale {
    DemoSale { at: time(hour, minute, 0, 0), steps: steps.into() }
}

/// The day's customers, in order.
pub fn demo_day() -> Vec<DemoSale> {
    vec![
        // Butter roll; Milk 1 l; Newspaper.
        sale(7, 2, [scan("4*4011"), scan("9529059973529"), scan("7001"), cash(20)]),
        // Croissant; Coffee with cream.
        sale(7, 15, [scan("2*4016"), scan("8002"), EXACT]),
        // A code that is not on file, and one that was read wrongly. Baguette; STABILO point 88 fineliner, black.
        sale(
            7,
            31,
            [
                scan("4001"),
                refused("9999", "item_not_on_file"),
                refused("4006381333932", "check_digit_wrong"),
                scan("3*4006381333931"),
                cash(10),
            ],
        ),
        // Bananas; Oat flakes 500 g; Yoghurt, plain 180 g.
        sale(7, 48, [scan("1.115*2004"), scan("9525204030253"), scan("4*9522319776311"), cash(20)]),
        // Espresso; Chocolate croissant.
        sale(8, 5, [scan("8001"), scan("4017"), cash(5)]),
        // Goods with a label of the shop: 0.316 kg of Gruyère, 0.214 kg of ham. Gruyère, 12 months; Ham,
        // cooked; Farmhouse loaf 500 g.
        sale(8, 20, [scan("2802027003167"), scan("2802033002147"), scan("4002"), cash(50)]),
        // The quantity is set right afterwards. Eggs 10; Butter 200 g.
        sale(8, 44, [scan("9523420388240"), scan("9529599515524"), pieces(2, 2), EXACT]),
        // Tomatoes, vine; Onions; Garlic, 3 bulbs.
        sale(9, 3, [scan("0.482*2011"), scan("0.755*2016"), scan("9525139467285"), cash(10)]),
        // A line is voided. Washing-up liquid 750 ml; Sponges, 4; Bin bags 35 l, 20.
        sale(9, 27, [scan("9528676602225"), scan("9526124003150"), scan("9527340766126"), DemoStep::Void(2), cash(20)]),
        // Weighed goods need a weight, loaves are sold whole. Tomatoes, vine; Rye bread 500 g.
        sale(
            9,
            50,
            [
                refused("2011", "quantity_missing"),
                scan("1.2*2011"),
                refused("0.5*4002", "quantity_must_be_whole"),
                scan("4003"),
                EXACT,
            ],
        ),
        // Stamps, 10 letters; Parcel S; Postcard.
        sale(10, 12, [scan("9011"), scan("9013"), scan("5*7012"), cash(50)]),
        // Three paperbacks: the cheapest is free. Paperback: The Long Aisle; Paperback: Rain over Basel;
        // Paperback: The Ferryman's Ledger.
        sale(10, 38, [scan("9520399494101"), scan("9521330867336"), scan("9526490927654"), cash(50)]),
        // Undo takes back the void, then the quantity. Ham sandwich; Water, still 0.5 l.
        sale(
            11,
            5,
            [
                scan("4041"),
                scan("9528269644434"),
                pieces(1, 3),
                DemoStep::Void(2),
                DemoStep::Undo,
                DemoStep::Undo,
                EXACT,
            ],
        ),
        // Soup of the day 350 ml; Cheese sandwich; Apple juice 1 l.
        sale(11, 30, [scan("2*4045"), scan("4042"), scan("9523617416480"), cash(50)]),
        // The customer has left the purse at home. Vegetable wrap; Iced tea, lemon 0.5 l.
        sale(11, 52, [scan("4043"), scan("9522629340332"), DemoStep::Cancel]),
        // Vegetable wrap; Cola 0.5 l; Cinnamon bun.
        sale(12, 4, [scan("4043"), scan("9525935524328"), scan("4023"), cash(20)]),
        // Ham sandwich; Cappuccino.
        sale(12, 18, [scan("2*4041"), scan("2*8003"), cash(30)]),
        // Olives, marinated; Feta; Hummus; Crispbread 250 g.
        sale(12, 41, [scan("0.18*2032"), scan("0.25*2031"), scan("0.205*2036"), scan("9520807022278"), cash(20)]),
        // 50.00 and more after offers: 5.00 off. Chasselas 0.75 l; Fondue mix 400 g; Baguette; Pears, Conference.
        sale(13, 9, [scan("2*9524511965517"), scan("2*9521372372027"), scan("2*4001"), scan("0.93*2003"), cash(100)]),
        // Key copy; Batteries AA, 4.
        sale(13, 35, [scan("2*9021"), scan("9523072115010"), cash(50)]),
        // Potatoes, organic; Carrots, organic; Leek; Bratwurst, veal 2.
        sale(14, 2, [scan("2.35*2014"), scan("0.64*2019"), scan("0.41*2020"), scan("9520455714112"), cash(30)]),
        // A quantity of nothing, and one that is a code. Paper bag; Gift wrap; Greeting card.
        sale(
            14,
            30,
            [
                refused("0*9001", "quantity_must_be_positive"),
                refused("4006381333931*9001", "quantity_too_large"),
                scan("2*9001"),
                scan("9003"),
                scan("7011"),
                EXACT,
            ],
        ),
        // Lamp oil, refill; Matches, 3 boxes; Candles, 8.
        sale(14, 55, [scan("0.75*5001"), scan("9526277827474"), scan("9521700682088"), cash(20)]),
        // Six paperbacks and 50.00: two offers in one basket. Paperback: A Winter in the Engadine;
        // Paperback: The Ferryman's Ledger; Paperback: Salt and Cedar; Paperback: The Long Aisle; Gift
        // wrap.
        sale(
            15,
            20,
            [
                scan("2*9527968883243"),
                scan("2*9526490927654"),
                scan("9523955368892"),
                scan("9520399494101"),
                scan("9003"),
                cash(100),
            ],
        ),
        // Newspaper; Chewing gum, mint; Milk chocolate 100 g.
        sale(15, 48, [scan("7001"), scan("9527585318685"), scan("3*9526047917398"), cash(20)]),
        // Apples, Gala; Grapes, red; Engadine nut tart.
        sale(16, 10, [scan("1.284*2001"), scan("0.52*2007"), scan("9528256442562"), cash(20)]),
        // A beer before the happy hour. Pale ale 0.5 l; Salted peanuts 200 g.
        sale(16, 42, [scan("8011"), scan("9520517014570"), cash(10)]),
        // The happy hour begins. Pale ale 0.5 l.
        sale(17, 0, [scan("2*8011"), cash(10)]),
        // Lager 0.3 l; Home-made lemonade 0.3 l; Crisps, paprika 150 g.
        sale(17, 12, [scan("3*8014"), scan("8019"), scan("9529933064510"), cash(20)]),
        // Spaghetti 500 g; Chopped tomatoes 400 g; Basil in a pot; Grated cheese 130 g.
        sale(17, 20, [scan("2*9522098055522"), scan("3*9528999114078"), scan("3016"), scan("9525944777920"), EXACT]),
        // Wheat beer 0.5 l; Stout 0.4 l; Cider 0.3 l.
        sale(17, 35, [scan("8015"), scan("8016"), DemoStep::Void(1), scan("2*8017"), cash(50)]),
        // Every offer in one basket. Pale ale 0.5 l; Paperback: Small Change; Paperback: Seven Doors;
        // Paperback: Murder at the Dairy; Raclette cheese; Pinot noir 0.75 l.
        sale(
            17,
            50,
            [
                scan("4*8011"),
                scan("9525599797014"),
                scan("9527757220921"),
                scan("9521485459479"),
                scan("1.05*2030"),
                scan("9522786685901"),
                cash(100),
            ],
        ),
        // Potatoes; Bananas; Butter, organic 200 g.
        sale(18, 6, [scan("2802013025005"), scan("2802004011208"), scan("9526162185610"), cash(20)]),
        // House red 1 dl; Air-dried beef; Grilled vegetables.
        sale(18, 24, [scan("2*8032"), scan("0.085*2035"), scan("0.15*2037"), cash(50)]),
        // The rest of the round is paid exactly. Lager 0.5 l; Iced tea 0.3 l.
        sale(18, 45, [scan("5*8013"), pieces(1, 6), scan("8020"), EXACT]),
        // The happy hour is over. Lager 0.5 l.
        sale(19, 0, [scan("8013"), cash(6)]),
        // Baguette; Spice cake, yesterday's; Milk, organic 1 l.
        sale(19, 25, [scan("4001"), scan("2*4029"), scan("9529364850171"), cash(10)]),
    ]
}

#[cfg(test)]
mod tests;
