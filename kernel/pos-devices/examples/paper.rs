//! Shows what a printer would make of a file of ESC/POS: `paper JOB.escpos COLUMNS [PICTURE.png]`.

use pos_devices::paper::Paper;
use pos_devices::profile::Columns;
use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(job), Some(columns)) = (arguments.next(), arguments.next()) else {
        return Err("Say which file, and how many columns the paper has: paper 000001.escpos 42 receipt.png".into());
    };
    let paper = Paper::read(&std::fs::read(job)?, Columns::try_from(columns.parse::<u8>()?)?);
    if let Some(picture) = arguments.next() {
        std::fs::write(picture, paper.to_png()?)?;
    }
    std::io::stdout().write_all(paper.to_text().as_bytes())?;
    Ok(())
}
