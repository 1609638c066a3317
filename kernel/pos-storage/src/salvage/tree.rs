//! One page of a B-tree, taken apart by hand (<https://www.sqlite.org/fileformat2.html>): its rows and its children.
//!
//! Nothing here believes a length or a place it reads: a page that is not what it seems gives fewer rows, and no panic.

/// What a page of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    TableLeaf,
    TableInterior,
    IndexLeaf,
    IndexInterior,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
    /// Nothing we store.
    Other,
}

/// A row: of a table by its number, of an index or a table without such numbers under 0.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) number: i64,
    pub(super) values: Vec<Value>,
}

/// A page of a tree.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) rows: Vec<Row>,
    /// The greatest number of a row, read or not.
    pub(super) last_number: Option<i64>,
    /// Rows that go on in pages that cannot be read.
    pub(super) rows_cut: u64,
    /// In order; the last one is the right edge.
    pub(super) children: Vec<u32>,
}

/// How pages that a row goes on in are read.
pub(super) type ReadPage<'a> = &'a dyn Fn(u32) -> Option<Vec<u8>>;

impl Node {
    /// Takes a page apart; none where it is no page of a tree.
    pub(super) fn of(page: &[u8], number: u32, usable: usize, read: ReadPage<'_>) -> Option<Node> {
        // The first page begins with the file's header.
        let start = if number == 1 { 100 } else { 0 };
        let (kind, header) = match page.get(start)? {
            13 => (Kind::TableLeaf, 8),
            5 => (Kind::TableInterior, 12),
            10 => (Kind::IndexLeaf, 8),
            2 => (Kind::IndexInterior, 12),
            _ => return None,
        };
        let cells = short(page, start + 3)?;
        let mut node = Node { kind, rows: Vec::new(), last_number: None, rows_cut: 0, children: Vec::new() };
        for cell in 0..cells {
            let at = short(page, start + header + 2 * cell)?;
            if at < start + header || at >= usable {
                return None;
            }
            let mut cell = Cursor { bytes: &page[..usable], at };
            if matches!(kind, Kind::TableInterior | Kind::IndexInterior) {
                node.children.push(cell.word()?);
            }
            if kind == Kind::TableInterior {
                cell.varint()?;
                continue;
            }
            let length = usize::try_from(cell.varint()?).ok()?;
            let number = if kind == Kind::TableLeaf { cell.varint()?.cast_signed() } else { 0 };
            node.last_number = node.last_number.max((kind == Kind::TableLeaf).then_some(number));
            match payload(&mut cell, length, kind, usable, read).and_then(|payload| values(&payload)) {
                Some(values) => node.rows.push(Row { number, values }),
                None => node.rows_cut += 1,
            }
        }
        if header == 12 {
            node.children.push(Cursor { bytes: page, at: start + 8 }.word()?);
        }
        Some(node)
    }
}

/// The bytes of a row, gathered from the pages it goes on in.
fn payload(cell: &mut Cursor<'_>, length: usize, kind: Kind, usable: usize, read: ReadPage<'_>) -> Option<Vec<u8>> {
    let most = if kind == Kind::TableLeaf { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
    if length <= most {
        return cell.take(length).map(<[u8]>::to_vec);
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let here = least + (length - least) % (usable - 4);
    let mut bytes = cell.take(if here <= most { here } else { least })?.to_vec();
    let mut next = cell.word()?;
    while bytes.len() < length {
        let page = read(next)?;
        let mut page = Cursor { bytes: page.get(..usable)?, at: 0 };
        next = page.word()?;
        bytes.extend_from_slice(page.take((length - bytes.len()).min(usable - 4))?);
    }
    Some(bytes)
}

/// The values of a row.
fn values(payload: &[u8]) -> Option<Vec<Value>> {
    let mut header = Cursor { bytes: payload, at: 0 };
    let length = usize::try_from(header.varint()?).ok()?;
    let mut content = Cursor { bytes: payload, at: length };
    let mut values = Vec::new();
    while header.at < length {
        values.push(match header.varint()? {
            0 => Value::Null,
            kind @ 1..=6 => Value::Integer(content.integer([0, 1, 2, 3, 4, 6, 8][kind as usize])?),
            7 => {
                content.take(8)?;
                Value::Other
            }
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            10 | 11 => return None,
            kind => {
                let bytes = content.take(usize::try_from((kind - 12) / 2).ok()?)?;
                if kind.is_multiple_of(2) {
                    Value::Blob(bytes.to_vec())
                } else {
                    Value::Text(std::str::from_utf8(bytes).ok()?.to_owned())
                }
            }
        });
    }
    Some(values)
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 2)?;
    Some(usize::from(bytes[0]) << 8 | usize::from(bytes[1]))
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn word(&mut self) -> Option<u32> {
        Some(self.take(4)?.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
    }

    /// A whole number with a sign, most significant byte first.
    fn integer(&mut self, length: usize) -> Option<i64> {
        let bytes = self.take(length)?;
        let sign = if bytes.first()? & 0x80 == 0 { 0 } else { -1 };
        Some(bytes.iter().fold(sign, |number: i64, byte| number << 8 | i64::from(*byte)))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for _ in 0..8 {
            let byte = self.take(1)?[0];
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        Some(number << 8 | u64::from(self.take(1)?[0]))
    }
}
