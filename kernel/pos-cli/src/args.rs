//! The command line.

use crate::catalog_import::DecimalMark;
use crate::init::Answers;
use clap::{Args, Parser, Subcommand, ValueEnum};
use pos_domain::period::Period;
use pos_money::Decimal;
use std::path::PathBuf;

/// A point-of-sale register that a shop can reprogram while it is open.
#[derive(Debug, Parser)]
#[command(name = "pos", version, arg_required_else_help = true, after_help = "Start with: pos demo")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of `pos`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Opens a demonstration shop; rings a short day where there is no display
    Demo(DemoArgs),
    /// Opens the register window of a shop
    Register(RegisterArgs),
    /// Makes a shop of one's own
    Init(Box<InitArgs>),
    /// Rings and pays from the shell, and prints the receipt
    Sell(SellArgs),
    /// Runs the kernel for another program: one JSON command in, one JSON reply out, line by line
    Kernel(KernelArgs),
    /// Articles: import, find
    #[command(subcommand)]
    Catalog(CatalogCommand),
    /// The journal: verify, show, export
    #[command(subcommand)]
    Journal(JournalCommand),
    /// Who takes records of the journal elsewhere, how far they are, and what they did not take
    Outbox(OutboxArgs),
    /// Copies a shop to a second place, also while it sells, and verifies the copy
    Backup(BackupArgs),
    /// Makes a shop of a backup, in a folder where there is none
    Restore(RestoreArgs),
    /// Builds a new shop of one whose database is damaged: of what can be read, backups and second copies of its journal
    Salvage(SalvageArgs),
    /// Prints a receipt again, as a numbered copy
    Receipt(ReceiptArgs),
    /// Says why each line of a receipt cost what it cost
    Explain(NumberArgs),
    /// Says what a basket costs, and why: a case in JSON, no shop needed
    Price(PriceArgs),
    /// Reads the figures of the open shift (X report)
    Report(DataJsonArgs),
    /// A till's shift: open, count, close; cash that moves without a sale
    #[command(subcommand)]
    Shift(ShiftCommand),
    /// People: who may log on, their hours, and what they did besides selling
    #[command(subcommand)]
    People(PeopleCommand),
    /// What is open: orders of customers, card payments, gift cards and accounts
    #[command(subcommand)]
    Owed(OwedCommand),
    /// Stock: what there is, what to order; goods delivered, moved, counted, put right, made
    #[command(subcommand)]
    Stock(StockCommand),
    /// Lists the rules of a shop: plugins and scripts, and what is wrong with them
    Rules(DataJsonArgs),
    /// Taxes: check a table of rates, print one to begin with
    #[command(subcommand)]
    Tax(TaxCommand),
    /// Offers: check a file of them
    #[command(subcommand)]
    Offers(OffersCommand),
    /// Scripts: check
    #[command(subcommand)]
    Script(ScriptCommand),
    /// Plugins: new, build, list
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Rings baskets of a file (JSON lines) through the whole kernel
    ReplayBaskets(ReplayArgs),
    /// The kernel's interface for programs
    #[command(subcommand)]
    Api(ApiCommand),
}

/// Which shop.
#[derive(Debug, Args, Clone, Default)]
pub struct DataArgs {
    /// The shop's data folder [default: a folder of the user]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Which shop, and in which form to answer.
#[derive(Debug, Args, Clone)]
pub struct DataJsonArgs {
    /// Which shop.
    #[command(flatten)]
    pub data: DataArgs,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// `pos demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which shop.
    #[command(flatten)]
    pub data: DataArgs,
    /// Ring a short day in the terminal even where there is a display
    #[arg(long)]
    pub headless: bool,
    /// Ring a short day and print one JSON object
    #[arg(long)]
    pub json: bool,
    /// The window.
    #[command(flatten)]
    pub window: WindowArgs,
}

/// `pos register`.
#[derive(Debug, Args, Clone, Default)]
pub struct RegisterArgs {
    /// Which shop.
    #[command(flatten)]
    pub data: DataArgs,
    /// The window.
    #[command(flatten)]
    pub window: WindowArgs,
}

/// How the window opens.
#[derive(Debug, Args, Clone, Default)]
pub struct WindowArgs {
    /// Colours
    #[arg(long, value_enum, default_value_t)]
    pub theme: Theme,
    /// Fill the screen
    #[arg(long)]
    pub fullscreen: bool,
    /// Size of the window, if it does not fill the screen
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1920x1080", value_parser = size)]
    pub size: Option<Size>,
    /// Write a picture of the window into this PNG file, and end
    #[arg(long, value_name = "FILE.png")]
    pub screenshot: Option<PathBuf>,
    /// Measure: stay idle for so many seconds, print frames, memory and time to the first frame as JSON, and end
    #[arg(long, value_name = "SECONDS")]
    pub measure_idle: Option<u64>,
}

/// Width and height of a window, in points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: u16,
    /// Height.
    pub height: u16,
}

fn size(text: &str) -> Result<Size, String> {
    let parsed = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match parsed {
        Some((width, height)) if width >= 640 && height >= 480 => Ok(Size { width, height }),
        _ => Err("write it like 1024x768, at least 640x480".to_owned()),
    }
}

/// Colours of the register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    /// For dim shops
    #[default]
    Dark,
    /// For bright shops
    Light,
}

/// `pos init`.
#[derive(Debug, Args, Default)]
pub struct InitArgs {
    /// Which folder.
    #[command(flatten)]
    pub data: DataArgs,
    /// Read the answers from a TOML file
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Ask nothing: what is missing is an error
    #[arg(long)]
    pub no_input: bool,
    /// Country whose tax rates the shop begins with, like de (`pos tax starter --list`) [default: those built in, of Switzerland]
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
    /// The answers.
    #[command(flatten)]
    pub answers: Answers,
}

/// `pos sell`.
#[derive(Debug, Args)]
pub struct SellArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Codes, each with its quantity before it if it is not one: 4006381333931 '3*4006381333931' '0.482*2001'
    #[arg(required = true, value_name = "CODE")]
    pub codes: Vec<String>,
    /// Cash handed over [default: exactly what is due]
    #[arg(long, value_name = "AMOUNT")]
    pub cash: Option<Decimal>,
}

/// `pos kernel`.
#[derive(Debug, Args)]
pub struct KernelArgs {
    /// Which shop.
    #[command(flatten)]
    pub data: DataArgs,
    /// Speak JSON lines on standard input and output (see `pos api schema`)
    #[arg(long, required = true)]
    pub stdio: bool,
}

/// `pos catalog`.
#[derive(Debug, Subcommand)]
pub enum CatalogCommand {
    /// Reads articles from a CSV file; rows with errors are named and left out, good ones are kept
    Import(ImportArgs),
    /// Finds articles by words of their name, or by code
    Find(FindArgs),
}

/// `pos catalog import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// The file
    #[arg(value_name = "FILE.csv")]
    pub file: PathBuf,
    /// Which column is what, where the header does not say: --map price=VK-Preis
    #[arg(long, value_name = "FIELD=COLUMN")]
    pub map: Vec<String>,
    /// The decimal mark of the file's prices, where the file does not show it: point or comma
    #[arg(long, value_name = "MARK")]
    pub decimal: Option<DecimalMark>,
    /// What a tax cell of the file means: --tax-class 19=standard
    #[arg(long, value_name = "CELL=CLASS")]
    pub tax_class: Vec<String>,
    /// Show what would be imported, and change nothing
    #[arg(long)]
    pub preview: bool,
}

/// `pos catalog find`.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Words, or the beginning of words
    #[arg(required = true)]
    pub text: Vec<String>,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    pub limit: u32,
}

/// `pos backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// A folder on another disk; each backup is a folder of its own in it
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// `pos restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// The backup's folder
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
}

/// `pos salvage`.
#[derive(Debug, Args)]
pub struct SalvageArgs {
    /// The damaged shop, which is only read, and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// The new shop's folder; nothing is there yet
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// More that has its records, may be repeated: a backup's folder, a database, an exported journal, the folder of a
    /// second copy; files that outbox.toml names are looked at anyhow
    #[arg(long, value_name = "DIR|FILE")]
    pub from: Vec<PathBuf>,
    /// The number of the last receipt that was handed out, read from paper: build a shop although records are missing, and
    /// go on after this number
    #[arg(long, value_name = "NUMBER")]
    pub last_number: Option<u64>,
}

/// `pos people`.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Lists the people who may log on; with nobody entered, nobody needs to
    List(DataJsonArgs),
    /// Enters a person, or changes what is given
    Set(SetPersonArgs),
    /// Reads the hours people worked, by day and week
    Hours(DaysArgs),
    /// Reads what each cashier did besides selling, and who stands out
    Exceptions(DaysArgs),
    /// Reads what people did that left no receipt: log-ons, wrong PINs, approvals, rights given
    Audit(DaysArgs),
}

/// `pos people set`.
#[derive(Debug, Args)]
pub struct SetPersonArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Short, and theirs for ever: maya, 17
    pub id: String,
    /// As printed on receipts [default for a new person: the id]
    #[arg(long)]
    pub name: Option<String>,
    /// A role of [roles] in shop.toml; cashier, supervisor and manager are there to begin with
    #[arg(long)]
    pub role: Option<String>,
    /// Sets a PIN of four to six digits, read from standard input
    #[arg(long)]
    pub pin: bool,
    /// Sets a badge, read from standard input (after the PIN)
    #[arg(long)]
    pub badge: bool,
    /// They no longer work here
    #[arg(long, conflicts_with = "back")]
    pub gone: bool,
    /// They work here again
    #[arg(long)]
    pub back: bool,
}

/// Days to read about.
#[derive(Debug, Args)]
pub struct DaysArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// First day, 2026-03-02 [default: the last day]
    #[arg(long, value_name = "DAY")]
    pub from: Option<jiff::civil::Date>,
    /// Last day [default: today]
    #[arg(long, value_name = "DAY")]
    pub to: Option<jiff::civil::Date>,
}

/// `pos shift`.
#[derive(Debug, Subcommand)]
pub enum ShiftCommand {
    /// Opens a shift with a float; without it the first sale opens one
    Open(OpenShiftArgs),
    /// Puts money into the till for another reason than a sale
    PayIn(MoveCashArgs),
    /// Takes money out of the till for another reason than a return
    PayOut(MoveCashArgs),
    /// Brings change from the safe into the till
    Float(MoveCashArgs),
    /// Takes money from the till to the safe
    Safe(MoveCashArgs),
    /// Opens the drawer for nothing
    Drawer(ReasonArgs),
    /// Says what is in the till
    Count(CountTillArgs),
    /// Closes the shift on its last count, and prints the Z report
    Close(CloseShiftArgs),
    /// Reads the Z report of a shift that was closed
    Z(ZArgs),
    /// Closes the shift without a count, to go on with its till at another register: writes the till to a file
    HandOver(HandOverArgs),
    /// Opens a shift with a till that another register handed over
    TakeOver(TakeOverArgs),
    /// Closes the day over its shifts, and what else is over; else it is done when the next day begins
    Day(DataJsonArgs),
    /// Lists days, months or years that were closed, newest first
    Closed(ClosedArgs),
}

impl ShiftCommand {
    /// The shop, and how to answer.
    pub fn common(&self) -> &DataJsonArgs {
        match self {
            ShiftCommand::Open(OpenShiftArgs { common, .. })
            | ShiftCommand::PayIn(MoveCashArgs { common, .. })
            | ShiftCommand::PayOut(MoveCashArgs { common, .. })
            | ShiftCommand::Float(MoveCashArgs { common, .. })
            | ShiftCommand::Safe(MoveCashArgs { common, .. })
            | ShiftCommand::Drawer(ReasonArgs { common, .. })
            | ShiftCommand::Count(CountTillArgs { common, .. })
            | ShiftCommand::Close(CloseShiftArgs { common, .. })
            | ShiftCommand::Z(ZArgs { common, .. })
            | ShiftCommand::HandOver(HandOverArgs { common, .. })
            | ShiftCommand::TakeOver(TakeOverArgs { common, .. })
            | ShiftCommand::Day(common)
            | ShiftCommand::Closed(ClosedArgs { common, .. }) => common,
        }
    }
}

/// `pos shift open`.
#[derive(Debug, Args)]
pub struct OpenShiftArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Money in the till; the shop's own float if left out
    #[arg(long, value_name = "AMOUNT")]
    pub float: Option<Decimal>,
    /// Notes or coins of one value, 20x5 for five of 20; may be given many times
    #[arg(long = "piece", value_name = "VALUExCOUNT", value_parser = pieces)]
    pub pieces: Vec<(Decimal, u32)>,
}

/// `pos shift pay-in` and what else moves cash.
#[derive(Debug, Args)]
pub struct MoveCashArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// How much; the sum of the pieces if left out
    #[arg(value_name = "AMOUNT", required_unless_present = "pieces")]
    pub amount: Option<Decimal>,
    /// Notes or coins of one value, 20x5 for five of 20; may be given many times
    #[arg(long = "piece", value_name = "VALUExCOUNT", value_parser = pieces)]
    pub pieces: Vec<(Decimal, u32)>,
    /// Why
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Words for whoever looks later
    #[arg(long, default_value = "")]
    pub note: String,
}

/// `pos shift drawer`.
#[derive(Debug, Args)]
pub struct ReasonArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Why
    #[arg(long)]
    pub reason: String,
}

/// `pos shift count`.
#[derive(Debug, Args)]
pub struct CountTillArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Cash in the till; the sum of the pieces if left out
    #[arg(long, value_name = "AMOUNT", required_unless_present = "pieces")]
    pub cash: Option<Decimal>,
    /// Notes or coins of one value, 20x5 for five of 20; may be given many times
    #[arg(long = "piece", value_name = "VALUExCOUNT", value_parser = pieces)]
    pub pieces: Vec<(Decimal, u32)>,
    /// Third parties' coupons in the till, together
    #[arg(long, value_name = "AMOUNT")]
    pub coupon: Option<Decimal>,
    /// Notes of another currency, USD=50.00; may be given once for each
    #[arg(long = "foreign", value_name = "CODE=AMOUNT", value_parser = foreign)]
    pub foreign: Vec<(String, Decimal)>,
}

fn foreign(text: &str) -> Result<(String, Decimal), String> {
    let said = || format!("\"{text}\" is no currency and amount: write USD=50.00");
    let (code, amount) = text.split_once('=').ok_or_else(said)?;
    Ok((code.to_uppercase(), amount.parse().map_err(|_| said())?))
}

/// `pos shift close`.
#[derive(Debug, Args)]
pub struct CloseShiftArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Why there is more or less than there should be, where there is
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Baskets that are still open belong to the next shift
    #[arg(long)]
    pub carry: bool,
}

/// `pos shift z`.
#[derive(Debug, Args)]
pub struct ZArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Which shift; the last one that was closed if left out
    #[arg(value_name = "SHIFT")]
    pub shift: Option<u64>,
}

/// `pos shift hand-over`.
#[derive(Debug, Args)]
pub struct HandOverArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// The file for the other register; one that is there is not overwritten
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Open baskets stay here, for the next shift
    #[arg(long)]
    pub carry: bool,
}

/// `pos shift take-over`.
#[derive(Debug, Args)]
pub struct TakeOverArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// The file that the other register wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `pos shift closed`.
#[derive(Debug, Args)]
pub struct ClosedArgs {
    /// Shop and form of the answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// day, month or year
    #[arg(value_name = "PERIOD", default_value = "day", value_parser = period)]
    pub period: Period,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 31)]
    pub limit: u32,
}

fn period(text: &str) -> Result<Period, String> {
    let found = Period::ALL.into_iter().find(|period| period.code() == text);
    found.ok_or_else(|| "Write day, month or year.".to_owned())
}

/// `20x5`: five of 20.
fn pieces(text: &str) -> Result<(Decimal, u32), String> {
    let read = text.split_once(['x', '×']).and_then(|(value, count)| Some((value.parse().ok()?, count.parse().ok()?)));
    read.ok_or_else(|| "Write the value, x, and how many: 20x5 for five of 20.".to_owned())
}

/// `pos journal`.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Checks the hash chain, the numbers, every sum, and the projections against the journal
    Verify(DataJsonArgs),
    /// Prints its last records, or those from one on
    Show(ShowArgs),
    /// Writes the journal as JSON lines
    Export(ExportArgs),
}

/// `pos journal show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Which shop, and how to answer: with --json the records themselves, a line each.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// From this record on [default: so that the last ones are shown]
    #[arg(long, value_name = "RECORD")]
    pub from: Option<u64>,
    /// How many
    #[arg(long, default_value_t = 20)]
    pub count: u64,
}

/// `pos owed`.
#[derive(Debug, Subcommand)]
pub enum OwedCommand {
    /// Orders that are open, with what is left of them
    Orders(DataJsonArgs),
    /// Card payments that are followed although their sales are closed
    Payments(PaymentsArgs),
    /// What a gift card, a customer's credit or account, or an order's deposit holds
    Credit(CreditArgs),
}

impl OwedCommand {
    /// Which shop, and how to answer.
    pub fn common(&self) -> &DataJsonArgs {
        match self {
            OwedCommand::Orders(common) => common,
            OwedCommand::Payments(args) => &args.common,
            OwedCommand::Credit(args) => &args.common,
        }
    }
}

/// `pos outbox`.
#[derive(Debug, Args)]
pub struct OutboxArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Have what was set aside tried again
    #[arg(long)]
    pub retry: bool,
}

/// `pos stock`.
#[derive(Debug, Subcommand)]
pub enum StockCommand {
    /// What there is of articles, what orders keep back, and what it is worth
    List(StockListArgs),
    /// Books goods that moved without a sale, article by article
    Book(StockBookArgs),
}

/// `pos stock list`.
#[derive(Debug, Args)]
pub struct StockListArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Articles by id or code [default: those with a reorder point]
    pub items: Vec<String>,
    /// Only those of which more is wanted: a proposal to order
    #[arg(long)]
    pub low: bool,
}

/// What happened to goods.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Happened {
    /// Delivered by a supplier
    Receipt,
    /// Taken to another location
    Transfer,
    /// Counted
    Count,
    /// Put right for a reason
    Adjustment,
    /// Made of others; what was used has quantities below zero
    Production,
}

/// `pos stock book`.
#[derive(Debug, Args)]
pub struct StockBookArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// What happened
    pub what: Happened,
    /// Articles: ITEM=QUANTITY or ITEM=QUANTITY@COST, where COST is what all of it cost
    pub lines: Vec<String>,
    /// Articles from a CSV file with the columns item, quantity and, of a delivery, cost
    #[arg(long, value_name = "CSV")]
    pub file: Option<PathBuf>,
    /// Where, or where from [default: where the register sells from]
    #[arg(long, default_value = "")]
    pub at: String,
    /// Where to, of a transfer
    #[arg(long)]
    pub to: Option<String>,
    /// Who delivered
    #[arg(long, default_value = "")]
    pub supplier: String,
    /// Number of the delivery note or of the list; a supplier's delivery note is booked once
    #[arg(long, default_value = "")]
    pub reference: String,
    /// Why stock is put right
    #[arg(long, default_value = "")]
    pub reason: String,
}

/// `pos owed payments`.
#[derive(Debug, Args)]
pub struct PaymentsArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// Ask the terminal about them first
    #[arg(long)]
    pub check: bool,
}

/// `pos owed credit`.
#[derive(Debug, Args)]
pub struct CreditArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// What
    #[arg(value_enum)]
    pub kind: CreditKind,
    /// Whose: the card's number, the customer's id, the order's number
    pub holder: String,
}

/// What somebody holds, or owes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CreditKind {
    /// A gift card
    GiftCard,
    /// What the shop owes a customer
    StoreCredit,
    /// What a customer owes the shop
    OnAccount,
    /// What was paid on an order
    Deposit,
}

/// `pos journal export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Which shop.
    #[command(flatten)]
    pub data: DataArgs,
    /// Into this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A receipt number.
#[derive(Debug, Args)]
pub struct NumberArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// The receipt's number
    pub number: u64,
}

/// `pos receipt`.
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// Which receipt.
    #[command(flatten)]
    pub receipt: NumberArgs,
    /// Draw the paper into this PNG file
    #[arg(long, value_name = "FILE.png")]
    pub png: Option<PathBuf>,
}

/// `pos script`.
#[derive(Debug, Subcommand)]
pub enum ScriptCommand {
    /// Compiles scripts and says what is wrong with them; runs the table of cases beside each
    Check(CheckArgs),
}

/// `pos script check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The scripts
    #[arg(required = true, value_name = "FILE.rhai")]
    pub files: Vec<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// `pos tax`.
#[derive(Debug, Subcommand)]
pub enum TaxCommand {
    /// Says what is wrong with a table of tax rates, and what it still lacks
    #[command(after_help = "Errors are refused by the plugin or at the till today; warnings are worth a look. \
        The exit status is 1 if there are errors.")]
    Check(TaxCheckArgs),
    /// Prints a table of a country's tax rates to begin with; without a country, lists all
    #[command(after_help = "A shop's table is config/org.pos-kernel.tax-table.json in its data folder. \
        Check the rates against their source before use.")]
    Starter(StarterArgs),
}

/// `pos tax check`.
#[derive(Debug, Args)]
pub struct TaxCheckArgs {
    /// The table [default: the one the shop uses]
    #[arg(value_name = "FILE.json", conflicts_with = "data")]
    pub file: Option<PathBuf>,
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
}

/// `pos tax starter`.
#[derive(Debug, Args)]
pub struct StarterArgs {
    /// The country by its ISO 3166 code, like de or us
    #[arg(value_name = "COUNTRY")]
    pub id: Option<String>,
    /// List all tables: country, title, day of the rates, source
    #[arg(long, conflicts_with = "id")]
    pub list: bool,
}

/// `pos price`.
#[derive(Debug, Args)]
#[command(
    after_help = "A file holds one case or an array of cases; an array in gives an array out. The exit status is 1 \
    if a case is refused: {\"refused\": …} stands in its place. pos price --schema says what a case may hold."
)]
pub struct PriceArgs {
    /// The file; - reads standard input
    #[arg(long, value_name = "FILE", required_unless_present_any = ["schema", "returned"])]
    pub case: Option<PathBuf>,
    /// Take back a part of a result instead: {"of": a result, "lines": [{"id", "qty"}], "policy", "before"}
    #[arg(long = "return", value_name = "FILE", conflicts_with = "case")]
    pub returned: Option<PathBuf>,
    /// Print the result as JSON instead of text
    #[arg(long)]
    pub json: bool,
    /// Print the JSON Schema of cases, results and returns
    #[arg(long, conflicts_with_all = ["case", "returned"])]
    pub schema: bool,
}

/// `pos offers`.
#[derive(Debug, Subcommand)]
pub enum OffersCommand {
    /// Says what is wrong with a file of offers, and which of them may cost more than was meant
    #[command(after_help = "A shop's offers are in config/offers.toml of its data folder; saving the file puts them \
        in use. The exit status is 1 if there are errors; a warning is accepted by accept = [\"name\"] in the offer.")]
    Check(OffersCheckArgs),
}

/// `pos offers check`.
#[derive(Debug, Args)]
pub struct OffersCheckArgs {
    /// The file [default: the shop's]
    #[arg(value_name = "FILE.toml", conflicts_with = "data")]
    pub file: Option<PathBuf>,
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
}

/// `pos plugin`.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Writes the beginning of a plugin crate
    New(PluginNewArgs),
    /// Builds a plugin crate into a component, and says what it imports
    Build(PluginBuildArgs),
    /// Lists the rules of a shop: plugins and scripts
    List(DataJsonArgs),
}

/// `pos plugin new`.
#[derive(Debug, Args)]
pub struct PluginNewArgs {
    /// The folder to make
    pub dir: PathBuf,
    /// What it does: promotion or tax
    #[arg(long, default_value = "promotion")]
    pub kind: String,
    /// Name for people [default: the folder's name]
    #[arg(long)]
    pub name: Option<String>,
}

/// `pos plugin build`.
#[derive(Debug, Args)]
pub struct PluginBuildArgs {
    /// The plugin crate
    pub dir: PathBuf,
    /// Put plugin.toml and plugin.wasm here: a shop's plugins/NAME folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// `pos replay-baskets`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Which shop, and how to answer.
    #[command(flatten)]
    pub common: DataJsonArgs,
    /// JSON lines, a basket each
    #[arg(value_name = "FILE.jsonl")]
    pub file: PathBuf,
    /// Print {"basket", "number"} after each durable commit
    #[arg(long)]
    pub ack: bool,
}

/// `pos api`.
#[derive(Debug, Subcommand)]
pub enum ApiCommand {
    /// Prints the JSON Schema of commands and replies
    Schema,
}
