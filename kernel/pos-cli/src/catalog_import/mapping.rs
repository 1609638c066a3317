//! Which column holds what: by the usual names in English, German, French and Italian, or as the owner says.

use serde::Serialize;
use std::collections::BTreeMap;

/// What a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The shop's own id (SKU).
    Id,
    /// Name as printed.
    Name,
    /// Codes that scan to it; several columns may hold some.
    Code,
    /// Regular price.
    Price,
    /// Unit it is sold in.
    Unit,
    /// Departments, root first; several columns may hold a level each.
    Department,
    /// Words that rules select by.
    Tags,
    /// Tax class.
    TaxClass,
    /// What one costs the shop.
    Cost,
    /// Whether offers may lower the price.
    Discountable,
    /// With so much available or less, more is wanted.
    ReorderPoint,
    /// How much is ordered at once.
    ReorderQuantity,
    /// From whom.
    Supplier,
    /// The deposits of its containers, or `itself` on a deposit.
    Deposit,
}

impl Field {
    /// Every field.
    pub const ALL: [Field; 14] = [
        Field::Id,
        Field::Name,
        Field::Code,
        Field::Price,
        Field::Unit,
        Field::Department,
        Field::Tags,
        Field::TaxClass,
        Field::Cost,
        Field::Discountable,
        Field::ReorderPoint,
        Field::ReorderQuantity,
        Field::Supplier,
        Field::Deposit,
    ];

    /// Its name in `--map`.
    pub fn name(self) -> &'static str {
        match self {
            Field::Id => "id",
            Field::Name => "name",
            Field::Code => "code",
            Field::Price => "price",
            Field::Unit => "unit",
            Field::Department => "department",
            Field::Tags => "tags",
            Field::TaxClass => "tax_class",
            Field::Cost => "cost",
            Field::Discountable => "discountable",
            Field::ReorderPoint => "reorder_point",
            Field::ReorderQuantity => "reorder_quantity",
            Field::Supplier => "supplier",
            Field::Deposit => "deposit",
        }
    }

    /// Its name in a sentence.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Field::TaxClass => "tax class",
            Field::Code => "codes",
            Field::Department => "departments",
            Field::ReorderPoint => "reorder point",
            Field::ReorderQuantity => "reorder quantity",
            other => other.name(),
        }
    }

    fn from_name(name: &str) -> Option<Field> {
        let name = plain(name);
        Field::ALL
            .into_iter()
            .find(|field| plain(field.name()) == name || field.synonyms().any(|synonym| synonym == name))
    }

    /// Headers that mean it, most telling first, lower case and without spaces.
    pub(super) fn synonyms(self) -> impl Iterator<Item = &'static str> {
        let names = match self {
            Field::Id => {
                "id sku article articleid articleno articlenumber item itemid itemno itemnumber productid \
                 artikel artikelnr artikelnummer artnr artno numeroarticle noarticle codicearticolo \
                 reference ref"
            }
            Field::Name => {
                "name description title articlename itemname productname product bezeichnung \
                 artikelbezeichnung artikelname produkt text nom designation désignation libelle libellé \
                 nome descrizione"
            }
            Field::Code => "gtin ean barcode barcodes code codes upc plu strichcode eancode codebarres codeabarre",
            Field::Price => {
                "price unitprice salesprice sellingprice retailprice shelfprice preis vkpreis vk \
                 verkaufspreis bruttopreis prix prixdevente prezzo"
            }
            Field::Unit => "unit uom measure unitofmeasure einheit mengeneinheit me unite unité unita unità",
            Field::Department => {
                "department departments category categories group itemgroup productgroup subcategory \
                 warengruppe wg abteilung kategorie rayon categorie catégorie reparto categoria"
            }
            Field::Tags => "tags tag labels keywords stichworte schlagworte motscles etichette",
            Field::TaxClass => {
                "taxclass tax taxcode taxcategory vat vatclass vatcode vatrate taxrate mwst mwstcode \
                 mwstsatz steuer steuerklasse tva codetva iva"
            }
            Field::Cost => {
                "cost costprice unitcost purchaseprice ek ekpreis einkaufspreis einstandspreis prixdachat \
                 costo"
            }
            Field::Discountable => {
                "discountable discount allowdiscount discountallowed rabattfähig rabattierbar remise"
            }
            Field::ReorderPoint => "reorderpoint minimumstock minstock meldebestand mindestbestand seuil stockminimum",
            Field::ReorderQuantity => "reorderquantity orderquantity reorderqty bestellmenge quantitécommande",
            Field::Supplier => "supplier vendor lieferant fournisseur fornitore",
            Field::Deposit => "deposit containerdeposit pfand pfandartikel consigne statiegeld cauzione",
        };
        names.split_whitespace()
    }

    /// Several columns may hold it.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Field::Code | Field::Department)
    }
}

/// Columns named by the owner: `price=VK-Preis`, or by position: `price=#3`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Mapping {
    pub(super) columns: BTreeMap<Field, String>,
}

impl Mapping {
    /// Reads `FIELD=COLUMN` pairs, as given with `--map`.
    pub fn parse<T: AsRef<str>>(pairs: &[T]) -> Result<Mapping, MappingError> {
        let mut columns = BTreeMap::new();
        for pair in pairs {
            let pair = pair.as_ref();
            let (field, column) = pair.split_once('=').ok_or_else(|| MappingError::NoPair(pair.to_owned()))?;
            let known =
                Field::from_name(field).ok_or_else(|| MappingError::UnknownField { name: field.trim().to_owned() })?;
            if column.trim().is_empty() {
                return Err(MappingError::NoPair(pair.to_owned()));
            }
            if columns.insert(known, column.trim().to_owned()).is_some() {
                return Err(MappingError::Twice(known));
            }
        }
        Ok(Mapping { columns })
    }
}

/// What a `--map` or a `--tax-class` got wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// No `FIELD=COLUMN`.
    #[error("\"{0}\" is not a mapping. Write FIELD=COLUMN, for example price=VK-Preis or price=#3.")]
    NoPair(String),
    /// Not a field.
    #[error("Articles have no field \"{name}\". Fields are {known}.", known = Field::ALL.map(Field::name).join(", "))]
    UnknownField {
        /// As given.
        name: String,
    },
    /// No `TEXT=CLASS`.
    #[error(
        "\"{pair}\" names no tax class. Write what the file says and the class it means, for example 8.1=standard."
    )]
    NoTaxClass {
        /// As given.
        pair: String,
    },
    /// The same field twice.
    #[error("{} is mapped twice. Name one column for it.", .0.name())]
    Twice(Field),
}

/// Letters and digits only, lower case: "VK-Preis" is `vkpreis`.
pub(super) fn plain(header: &str) -> String {
    header.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
