//! Every word a rule may use: the one table behind the check at loading, the suggestions and the guide.
//!
//! The interpreter finds an unknown word only when it gets there, on a Friday evening perhaps; so the words of a script are
//! compared with this table when it is loaded. Tests hold the table, the facade and `scripts/GUIDE.md` together: each
//! example is run, and each word must appear in the guide.

use rhai::Dynamic;

/// What a value is, as far as it shows from the text of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `basket`.
    Basket,
    /// `basket.items` and selections of it.
    Items,
    /// One of them.
    Item,
    /// `groups_of`, `buy`.
    Groups,
    /// `cheapest`: chosen in favour of the shop.
    Cheapest,
    /// `dearest`, `get`.
    Chosen,
    /// What `percent_off` and its like answer.
    Offer,
    /// `basket.order`.
    Order,
    /// `basket.now`.
    Now,
    /// `basket.customer`.
    Customer,
    /// A number.
    Number,
    /// Text.
    Text,
    /// true or false.
    Flag,
    /// A list.
    List,
    /// A map `#{…}`.
    Map,
    /// No value.
    Nothing,
    /// A word of its own: `min(1, 2)`.
    Function,
    /// Anything.
    Unknown,
}

impl Kind {
    /// Subject and verb of "… have no word".
    pub(crate) fn has(self) -> &'static str {
        match self {
            Kind::Basket => "a basket has",
            Kind::Items => "items have",
            Kind::Item => "an item has",
            Kind::Groups => "groups have",
            Kind::Cheapest | Kind::Chosen => "the chosen pieces have",
            Kind::Offer => "an offer has",
            Kind::Order => "the order has",
            Kind::Now => "the time has",
            Kind::Customer => "a customer has",
            Kind::Number => "a number has",
            Kind::Text => "a text has",
            Kind::Flag => "true and false have",
            Kind::List => "a list has",
            Kind::Map => "a map has",
            Kind::Nothing => "nothing has",
            Kind::Function | Kind::Unknown => "rules have",
        }
    }

    /// The kind whose words these are: what is chosen has the same words whoever it favours.
    fn of_words(self) -> Kind {
        if self == Kind::Cheapest { Kind::Chosen } else { self }
    }

    /// A thing of the facade, which cannot be written to.
    pub(crate) fn is_read_only(self) -> bool {
        !matches!(self, Kind::List | Kind::Map | Kind::Unknown)
    }
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Without parentheses: `items.count`.
    Fact,
    /// With so many values in parentheses.
    Verb {
        /// At least.
        least: usize,
        /// At most.
        most: usize,
    },
}

/// A word of the facade.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// What it belongs to.
    pub of: Kind,
    /// As written.
    pub name: &'static str,
    /// With or without parentheses.
    pub form: Form,
    /// What it gives.
    pub gives: Kind,
    /// A use of it that runs.
    pub example: &'static str,
}

const fn fact(of: Kind, name: &'static str, gives: Kind, example: &'static str) -> Word {
    Word { of, name, form: Form::Fact, gives, example }
}

const fn verb(of: Kind, name: &'static str, values: (usize, usize), gives: Kind, example: &'static str) -> Word {
    Word { of, name, form: Form::Verb { least: values.0, most: values.1 }, gives, example }
}

/// The table.
#[rustfmt::skip]
pub const WORDS: &[Word] = {
    use Kind::*;
    &[
        fact(Basket, "items", Items, "basket.items"),
        fact(Basket, "order", Order, "basket.order"),
        fact(Basket, "now", Now, "basket.now"),
        fact(Basket, "customer", Customer, "basket.customer"),
        fact(Basket, "total", Number, "basket.total"),
        fact(Basket, "codes", List, "basket.codes"),
        verb(Basket, "has_code", (1, 1), Flag, "basket.has_code(\"SUMMER5\")"),
        fact(Basket, "currency", Text, "basket.currency"),
        fact(Basket, "store", Text, "basket.store"),
        verb(Basket, "attr", (1, 1), Unknown, "basket.attr(\"channel\")"),
        verb(Basket, "has_attr", (1, 1), Flag, "basket.has_attr(\"channel\")"),
        verb(Basket, "amount", (1, 1), Number, "basket.amount(\"delivery-km\")"),
        verb(Basket, "hint", (1, 1), Nothing, "basket.hint(\"2.10 more for 5.00 off\")"),

        verb(Items, "tagged", (1, 1), Items, "basket.items.tagged(\"draught\")"),
        verb(Items, "not_tagged", (1, 1), Items, "basket.items.not_tagged(\"clearance\")"),
        verb(Items, "except", (1, 1), Items, "basket.items.except(\"clearance\")"),
        verb(Items, "in_department", (1, 1), Items, "basket.items.in_department(\"Books\")"),
        verb(Items, "with_id", (1, 1), Items, "basket.items.with_id(\"ALE\")"),
        verb(Items, "where_attr", (1, 2), Items, "basket.items.where_attr(\"size\", \"XL\")"),
        verb(Items, "cheaper_than", (1, 1), Items, "basket.items.cheaper_than(10)"),
        verb(Items, "dearer_than", (1, 1), Items, "basket.items.dearer_than(9.99)"),
        fact(Items, "count", Number, "basket.items.count"),
        fact(Items, "total", Number, "basket.items.total"),
        fact(Items, "is_empty", Flag, "basket.items.is_empty"),
        verb(Items, "percent_off", (1, 1), Offer, "basket.items.percent_off(20)"),
        verb(Items, "amount_off", (1, 1), Offer, "basket.items.amount_off(5.00)"),
        verb(Items, "amount_off_each", (1, 1), Offer, "basket.items.amount_off_each(0.50)"),
        verb(Items, "fixed_price", (1, 1), Offer, "basket.items.with_id(\"ALE\").fixed_price(2.00)"),
        verb(Items, "free", (0, 0), Offer, "basket.items.with_id(\"ALE\").free()"),
        verb(Items, "groups_of", (1, 1), Groups, "basket.items.groups_of(3)"),
        verb(Items, "buy", (1, 1), Groups, "basket.items.buy(2)"),

        fact(Item, "id", Text, "item.id"),
        fact(Item, "name", Text, "item.name"),
        fact(Item, "department", Text, "item.department"),
        fact(Item, "departments", List, "item.departments"),
        fact(Item, "tags", List, "item.tags"),
        fact(Item, "tax_class", Text, "item.tax_class"),
        fact(Item, "line", Number, "item.line"),
        fact(Item, "quantity", Number, "item.quantity"),
        fact(Item, "unit", Text, "item.unit"),
        fact(Item, "is_weighed", Flag, "item.is_weighed"),
        fact(Item, "price", Number, "item.price"),
        fact(Item, "gross", Number, "item.gross"),
        fact(Item, "net", Number, "item.net"),
        verb(Item, "has_tag", (1, 1), Flag, "item.has_tag(\"draught\")"),
        verb(Item, "in_department", (1, 1), Flag, "item.in_department(\"Books\")"),
        verb(Item, "attr", (1, 1), Unknown, "item.attr(\"size\")"),
        verb(Item, "has_attr", (1, 1), Flag, "item.has_attr(\"size\")"),
        verb(Item, "amount", (1, 1), Number, "item.amount(\"retail-discount\")"),
        verb(Item, "percent_off", (1, 1), Offer, "item.percent_off(10)"),
        verb(Item, "amount_off", (1, 1), Offer, "item.amount_off(1.50)"),
        verb(Item, "amount_off_each", (1, 1), Offer, "item.amount_off_each(0.50)"),
        verb(Item, "fixed_price", (1, 1), Offer, "item.fixed_price(2.00)"),
        verb(Item, "free", (0, 0), Offer, "item.free()"),

        verb(Groups, "cheapest", (1, 1), Cheapest, "basket.items.groups_of(3).cheapest(1)"),
        verb(Groups, "dearest", (1, 1), Chosen, "basket.items.groups_of(3).dearest(1)"),
        verb(Groups, "get", (1, 2), Chosen, "basket.items.tagged(\"pizza\").buy(2).get(1, basket.items.tagged(\"drink\"))"),
        verb(Groups, "plus", (2, 2), Groups, "basket.items.tagged(\"sandwich\").buy(1).plus(1, basket.items.tagged(\"drink\"))"),
        verb(Groups, "for_price", (1, 1), Offer, "basket.items.groups_of(3).for_price(5.00)"),
        verb(Groups, "percent_off", (1, 1), Offer, "basket.items.groups_of(6).percent_off(10)"),
        verb(Groups, "amount_off", (1, 1), Offer, "basket.items.groups_of(6).amount_off(2.00)"),

        verb(Chosen, "free", (0, 0), Offer, "basket.items.groups_of(3).cheapest(1).free()"),
        verb(Chosen, "percent_off", (1, 1), Offer, "basket.items.groups_of(2).cheapest(1).percent_off(50)"),
        verb(Chosen, "amount_off", (1, 1), Offer, "basket.items.groups_of(2).cheapest(1).amount_off(1.00)"),
        verb(Chosen, "fixed_price", (1, 1), Offer, "basket.items.groups_of(2).cheapest(1).fixed_price(1.00)"),

        fact(Order, "total", Number, "basket.order.total"),
        verb(Order, "percent_off", (1, 1), Offer, "basket.order.percent_off(10)"),
        verb(Order, "amount_off", (1, 1), Offer, "basket.order.amount_off(5.00)"),

        verb(Offer, "called", (1, 1), Offer, "basket.items.percent_off(20).called(\"Happy hour\")"),
        verb(Offer, "up_to", (1, 1), Offer, "basket.items.percent_off(20).up_to(10.00)"),
        verb(Offer, "at_most", (1, 1), Offer, "basket.items.groups_of(3).cheapest(1).free().at_most(2)"),
        verb(Offer, "instead_of_other_offers", (0, 0), Offer, "basket.items.percent_off(25).instead_of_other_offers()"),
        verb(Offer, "together_with_other_offers", (0, 0), Offer, "basket.items.percent_off(5).together_with_other_offers()"),
        verb(Offer, "in_group", (1, 1), Offer, "basket.items.percent_off(5).in_group(\"loyalty\")"),
        verb(Offer, "priority", (1, 1), Offer, "basket.items.percent_off(5).priority(10)"),
        verb(Offer, "uses_code", (1, 1), Offer, "basket.order.amount_off(5).uses_code(\"SUMMER5\")"),

        verb(Now, "between", (2, 2), Flag, "basket.now.between(\"17:00\", \"19:00\")"),
        verb(Now, "between_dates", (2, 2), Flag, "basket.now.between_dates(\"2026-12-01\", \"2026-12-24\")"),
        verb(Now, "is_on", (1, 1), Flag, "basket.now.is_on(\"Tuesday\")"),
        fact(Now, "is_weekend", Flag, "basket.now.is_weekend"),
        fact(Now, "weekday", Text, "basket.now.weekday"),
        fact(Now, "hour", Number, "basket.now.hour"),
        fact(Now, "minute", Number, "basket.now.minute"),
        fact(Now, "date", Text, "basket.now.date"),
        fact(Now, "day", Number, "basket.now.day"),
        fact(Now, "month", Number, "basket.now.month"),
        fact(Now, "year", Number, "basket.now.year"),

        verb(Customer, "in_group", (1, 1), Flag, "basket.customer.in_group(\"staff\")"),
        fact(Customer, "is_known", Flag, "basket.customer.is_known"),
        fact(Customer, "groups", List, "basket.customer.groups"),
        fact(Customer, "tier", Text, "basket.customer.tier"),
        fact(Customer, "points", Number, "basket.customer.points"),
        fact(Customer, "age", Number, "basket.customer.age"),
        fact(Customer, "has_birthday", Flag, "basket.customer.has_birthday"),
        verb(Customer, "amount", (1, 1), Number, "basket.customer.amount(\"staff-discount-this-month\")"),
        verb(Customer, "attr", (1, 1), Unknown, "basket.customer.attr(\"card\")"),
        verb(Customer, "has_attr", (1, 1), Flag, "basket.customer.has_attr(\"card\")"),

        verb(Number, "round", (0, 1), Number, "(basket.total / 3).round(2)"),
        verb(Number, "floor", (0, 0), Number, "(basket.items.count / 3).floor()"),
        verb(Number, "ceiling", (0, 0), Number, "(basket.items.count / 3).ceiling()"),
        verb(Number, "abs", (0, 0), Number, "(basket.total - 50).abs()"),

        fact(Text, "length", Number, "\"ale\".length"),
        verb(Text, "contains", (1, 1), Flag, "\"pale ale\".contains(\"ale\")"),
        verb(Text, "starts_with", (1, 1), Flag, "\"pale ale\".starts_with(\"pale\")"),
        verb(Text, "ends_with", (1, 1), Flag, "\"pale ale\".ends_with(\"ale\")"),
        verb(Text, "to_upper", (0, 0), Text, "\"ale\".to_upper()"),
        verb(Text, "to_lower", (0, 0), Text, "\"ALE\".to_lower()"),
        verb(Text, "trim", (0, 0), Text, "\" ale \".trim()"),
        verb(Text, "replace", (2, 2), Text, "\"pale ale\".replace(\"pale\", \"dark\")"),
        verb(Text, "to_number", (0, 0), Number, "\"12.50\".to_number()"),

        fact(List, "length", Number, "[1, 2, 3].length"),
        verb(List, "contains", (1, 1), Flag, "[\"ALE\", \"CIDER\"].contains(\"ALE\")"),
        verb(List, "push", (1, 1), Nothing, "let seen = []; seen.push(\"ALE\")"),
        verb(List, "sum", (0, 0), Number, "[1, 2.50].sum()"),

        verb(Map, "contains", (1, 1), Flag, "#{ small: 1 }.contains(\"small\")"),

        verb(Function, "min", (2, 2), Number, "min(basket.total, 50)"),
        verb(Function, "max", (2, 2), Number, "max(basket.total - 50, 0)"),
        verb(Function, "print", (1, 1), Nothing, "print(basket.total)"),
        verb(Function, "debug", (1, 1), Nothing, "debug(basket.total)"),
    ]
};

/// The word of a kind by its name; of an unknown kind, any kind's.
pub(crate) fn find(of: Kind, name: &str) -> Option<&'static Word> {
    let of = of.of_words();
    WORDS.iter().find(|word| word.name == name && (word.of == of || (of == Kind::Unknown && word.of != Kind::Function)))
}

/// The names a kind has.
pub(crate) fn names(of: Kind) -> impl Iterator<Item = &'static str> {
    let of = of.of_words();
    WORDS
        .iter()
        .filter(move |word| word.of == of || (of == Kind::Unknown && word.of != Kind::Function))
        .map(|word| word.name)
}

/// The kind of a type by the name the interpreter prints in its errors.
pub(crate) fn kind_of_type(name: &str) -> Kind {
    match name {
        "basket" => Kind::Basket,
        "items" => Kind::Items,
        "item" => Kind::Item,
        "groups" => Kind::Groups,
        "chosen pieces" => Kind::Chosen,
        "offer" => Kind::Offer,
        "order" => Kind::Order,
        "now" => Kind::Now,
        "customer" => Kind::Customer,
        "i64" | "decimal" => Kind::Number,
        "string" | "&str | ImmutableString | String" | "char" => Kind::Text,
        "bool" => Kind::Flag,
        "array" => Kind::List,
        "map" => Kind::Map,
        "()" => Kind::Nothing,
        _ => Kind::Unknown,
    }
}

/// A value's kind in a sentence: "wants a number, not text".
pub(crate) fn kind_name(value: &Dynamic) -> &'static str {
    if value.is_int() || value.is_decimal() {
        "a number"
    } else if value.is_string() || value.is_char() {
        "text"
    } else if value.is_bool() {
        "true or false"
    } else if value.is_unit() {
        "nothing"
    } else if value.is_array() {
        "a list"
    } else if value.is_map() {
        "a map"
    } else {
        "a thing of the basket"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_listed_twice_and_every_kind_can_be_read_back() {
        for (index, word) in WORDS.iter().enumerate() {
            assert!(!WORDS[index + 1..].iter().any(|other| other.of == word.of && other.name == word.name), "{word:?}");
            let Form::Verb { least, most } = word.form else { continue };
            assert!(least <= most, "{word:?}");
        }
    }
}
