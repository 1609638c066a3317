//! From bytes to rows: encoding, line ends, delimiter, and rows numbered as a spreadsheet numbers them.
//!
//! Everything streams: a file is read once, in pieces, whatever its size. Spreadsheets write UTF-8 with or without a
//! byte order mark, or the code page of their country; a row that is not UTF-8 is read as Windows-1252, which gives
//! every byte a character, so that no file is unreadable for its umlauts.

use super::columns::Columns;
use super::mapping::Mapping;
use super::problem::ImportError;
use csv::ByteRecord;
use serde::{Serialize, Serializer};
use std::fmt;
use std::io::{Cursor, Read};

/// How much of a file is looked at to find its delimiter and its decimal mark.
const SAMPLE_BYTES: u64 = 64 * 1024;
/// Rows of the sample that are looked at.
const SAMPLE_ROWS: usize = 200;
/// In the order that decides a tie.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A character set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// Windows-1252, the superset of Latin-1 that spreadsheets write.
    Latin1,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Latin1 => "Latin-1",
        })
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A row as text, with its number: the header is row 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) number: u64,
    pub(super) cells: Vec<String>,
}

impl Row {
    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A file being read row by row.
pub(super) struct Rows<R: Read> {
    reader: csv::Reader<std::io::Chain<Cursor<Vec<u8>>, Normalised<R>>>,
    record: ByteRecord,
    /// Rows before the first one the reader sees, minus line breaks inside cells so far.
    offset: i64,
    pub(super) delimiter: char,
    pub(super) encoding: Encoding,
}

impl<R: Read> Rows<R> {
    /// Opens a file: refuses what is no CSV, finds the delimiter, and hands over the first rows as a sample.
    pub(super) fn open(reader: R) -> Result<(Rows<R>, Vec<Row>), ImportError> {
        let mut normalised = Normalised::new(reader);
        let mut head = Vec::new();
        normalised.by_ref().take(SAMPLE_BYTES).read_to_end(&mut head)?;
        match head.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(ImportError::Utf16),
            [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(ImportError::Workbook),
            _ => {}
        }
        // A first line "sep=;" is a spreadsheet's own way to name the delimiter.
        let (mut offset, mut declared) = (0, None);
        let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = first_line
            && delimiter.is_ascii()
            && !matches!(delimiter, b'"' | b'\r')
        {
            declared = Some(*delimiter);
            offset = 1;
            head.drain(..(first_line.len() + 1).min(head.len()));
        }
        let delimiter = declared.unwrap_or_else(|| sniff(&head));
        let sample = Rows::over(Cursor::new(head.clone()), Normalised::new(&b""[..]), delimiter, offset).sample()?;
        let rows = Rows::over(Cursor::new(head), normalised, delimiter, offset);
        Ok((rows, sample))
    }

    fn over(head: Cursor<Vec<u8>>, rest: Normalised<R>, delimiter: u8, offset: i64) -> Rows<R> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(head.chain(rest));
        Rows { reader, record: ByteRecord::new(), offset, delimiter: char::from(delimiter), encoding: Encoding::Utf8 }
    }

    fn sample(mut self) -> Result<Vec<Row>, ImportError> {
        let mut rows = Vec::new();
        while rows.len() < SAMPLE_ROWS
            && let Some(row) = self.next()?
        {
            rows.push(row);
        }
        Ok(rows)
    }

    /// The next row that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        while self.reader.read_byte_record(&mut self.record)? {
            let breaks = self.record.iter().flatten().filter(|byte| **byte == b'\n').count();
            self.offset -= i64::try_from(breaks).unwrap_or(0);
            // Every line ends with one '\n' here, so the reader stands at the line after this row.
            let line = i64::try_from(self.reader.position().line()).unwrap_or(i64::MAX);
            let number = u64::try_from(line.saturating_add(self.offset) - 1).unwrap_or(1);
            let row = Row { number, cells: self.decoded() };
            if !row.is_blank() {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn decoded(&mut self) -> Vec<String> {
        let utf8: Result<Vec<&str>, _> = self.record.iter().map(std::str::from_utf8).collect();
        match utf8 {
            Ok(cells) => cells.into_iter().map(str::to_owned).collect(),
            Err(_) => {
                self.encoding = Encoding::Latin1;
                self.record.iter().map(|cell| cell.iter().copied().map(windows_1252).collect()).collect()
            }
        }
    }
}

/// The delimiter under which the header says most, and the rows agree best.
fn sniff(head: &[u8]) -> u8 {
    let score = |delimiter: &u8| {
        let rows = Rows::over(Cursor::new(head.to_vec()), Normalised::new(&b""[..]), *delimiter, 0)
            .sample()
            .unwrap_or_default();
        let Some(header) = rows.first() else { return (0, 0, 0) };
        let recognised =
            Columns::resolve(header.cells.clone(), &Mapping::default()).map_or(0, |columns| columns.recognised());
        let width = header.cells.len();
        let alike = if width > 1 { rows.iter().filter(|row| row.cells.len() == width).count() } else { 0 };
        (recognised, alike, width)
    };
    // max_by_key keeps the last of equals: reversed, the first in order wins.
    DELIMITERS.into_iter().rev().max_by_key(score).unwrap_or(b',')
}

/// A byte in Windows-1252; the five bytes it leaves open keep their Latin-1 meaning.
fn windows_1252(byte: u8) -> char {
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => FROM_80[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Bytes with one kind of line end: without a byte order mark, `\n` for `\r\n` and `\r`, and one `\n` at the end.
pub(super) struct Normalised<R> {
    inner: R,
    buffer: Vec<u8>,
    position: usize,
    started: bool,
    after_return: bool,
    /// The last byte handed over; none before the first.
    last: Option<u8>,
}

impl<R: Read> Normalised<R> {
    pub(super) fn new(inner: R) -> Self {
        Normalised { inner, buffer: Vec::new(), position: 0, started: false, after_return: false, last: None }
    }

    /// Reads on when all was handed over; whether there is more.
    fn refill(&mut self) -> std::io::Result<bool> {
        while self.position >= self.buffer.len() {
            self.buffer.clear();
            self.position = 0;
            if self.inner.by_ref().take(SAMPLE_BYTES).read_to_end(&mut self.buffer)? == 0 {
                return Ok(false);
            }
            if !std::mem::replace(&mut self.started, true) && self.buffer.starts_with(&[0xef, 0xbb, 0xbf]) {
                self.position = 3;
            }
        }
        Ok(true)
    }
}

impl<R: Read> Read for Normalised<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut written = 0;
        while written < out.len() && (written == 0 || self.position < self.buffer.len()) {
            if !self.refill()? {
                if self.last.is_some_and(|last| last != b'\n') {
                    self.last = Some(b'\n');
                    out[written] = b'\n';
                    return Ok(written + 1);
                }
                return Ok(written);
            }
            let byte = self.buffer[self.position];
            self.position += 1;
            let follows_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            if byte == b'\n' && follows_return {
                continue;
            }
            out[written] = if byte == b'\r' { b'\n' } else { byte };
            self.last = Some(out[written]);
            written += 1;
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> (char, Vec<Row>, Encoding) {
        let (mut rows, _) = Rows::open(bytes).unwrap();
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            all.push(row);
        }
        (rows.delimiter, all, rows.encoding)
    }

    fn check(bytes: &[u8], delimiter: char, expected: &[(u64, &[&str])]) {
        let (found, rows, _) = rows(bytes);
        let rows: Vec<(u64, Vec<&str>)> =
            rows.iter().map(|row| (row.number, row.cells.iter().map(String::as_str).collect())).collect();
        let expected: Vec<(u64, Vec<&str>)> =
            expected.iter().map(|(number, cells)| (*number, cells.to_vec())).collect();
        assert_eq!((found, rows), (delimiter, expected), "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_numbers_them() {
        let expected: &[(u64, &[&str])] =
            &[(1, &["id", "name"]), (3, &["1", "two\nlines"]), (4, &["2", "x"]), (7, &["3", "y"])];
        for line_end in ["\n", "\r\n", "\r"] {
            let text = "id;name\n\n1;\"two\nlines\"\n2;x\n\n;\n3;y".replace('\n', line_end);
            check(text.as_bytes(), ';', expected);
            check(format!("\u{feff}{text}{line_end}").as_bytes(), ';', expected);
        }
    }

    #[test]
    fn delimiters_are_found() {
        check(b"id,name,price\n1,a;b,2", ',', &[(1, &["id", "name", "price"]), (2, &["1", "a;b", "2"])]);
        check(b"id\tname\n1\ta,b", '\t', &[(1, &["id", "name"]), (2, &["1", "a,b"])]);
        check(
            b"id;name, short;price\n1;a;2,50",
            ';',
            &[(1, &["id", "name, short", "price"]), (2, &["1", "a", "2,50"])],
        );
        check(b"sep=|\nid|name\n1|a", '|', &[(2, &["id", "name"]), (3, &["1", "a"])]);
        check(b"", ',', &[]);
    }

    #[test]
    fn latin_1_is_read_where_it_is_not_utf_8() {
        let (_, rows, encoding) = rows(b"id,name\n1,Cr\xe8me fra\xeeche \x80\n2,Z\xc3\xbcrich");
        assert_eq!((rows[1].cells[1].as_str(), encoding), ("Crème fraîche €", Encoding::Latin1));
        assert_eq!(rows[2].cells[1], "Zürich");
    }

    #[test]
    fn what_is_no_csv_is_refused_by_name() {
        assert!(matches!(Rows::open(&b"PK\x03\x04..."[..]), Err(ImportError::Workbook)));
        assert!(matches!(Rows::open(&b"\xff\xfei\0d\0"[..]), Err(ImportError::Utf16)));
    }
}
