//! Printers that are off, die, stall, run out of paper; drawers that stay shut.

use crate::sample;
use pos_api::port::{DeviceError, DeviceErrorKind, Devices};
use pos_devices::escpos::encode;
use pos_devices::fake::{FakePrinter, Fault};
use pos_devices::paper::Paper;
use pos_devices::profile::{Columns, PrinterProfile};
use pos_devices::{DevicesConfig, open_devices};
use std::path::Path;
use std::time::{Duration, Instant};

/// No single job may take longer, whatever the printer does.
const LIMIT: Duration = Duration::from_secs(5);

fn devices(address: &str, more: &str) -> Devices {
    let text = format!(
        "[printer]\nkind = 'tcp'\naddress = '{address}'\nconnect_timeout_ms = 300\nanswer_timeout_ms = 300\n\
         job_timeout_ms = 900\n{more}"
    );
    open_devices(&DevicesConfig::from_toml(&text).unwrap(), Path::new(".")).unwrap()
}

fn print_on(devices: &mut Devices) -> Result<u64, DeviceError> {
    let started = Instant::now();
    let printed = devices.printer.as_mut().unwrap().print(&sample::sale());
    assert!(started.elapsed() < LIMIT, "a job took {:?}", started.elapsed());
    printed
}

fn check_refused(fault: Fault, kind: DeviceErrorKind, words: &str) {
    let printer = FakePrinter::start(fault).unwrap();
    let problem = print_on(&mut devices(&printer.address(), "")).unwrap_err();
    assert_eq!(problem.kind, kind, "{problem}");
    assert!(problem.message.contains(words), "{problem}");
    assert_eq!(problem.device, format!("printer tcp://{}", printer.address()));
}

#[test]
fn a_job_reaches_the_printer_whole_and_each_has_its_own_connection() {
    let printer = FakePrinter::start(Fault::None).unwrap();
    let mut devices = devices(&printer.address(), "");
    let job = encode(&sample::sale(), &PrinterProfile::default());
    assert_eq!(print_on(&mut devices), Ok(job.len() as u64));
    assert_eq!(print_on(&mut devices), Ok(job.len() as u64));
    let paper = Paper::read(&printer.received(), Columns::default());
    assert_eq!(paper.to_text(), Paper::read(&job, Columns::default()).to_text().repeat(2));
    assert_eq!(printer.connections(), 2);
}

#[test]
fn a_printer_that_dies_after_any_byte_is_an_error_and_the_next_job_prints() {
    let printer = FakePrinter::start(Fault::None).unwrap();
    let mut devices = devices(&printer.address(), "");
    print_on(&mut devices).unwrap();
    let total = printer.received().len();
    for bytes in 0..total {
        printer.set_fault(Fault::DiesAfter(bytes));
        let problem = print_on(&mut devices).expect_err("a dead printer prints nothing");
        assert_eq!(problem.kind, DeviceErrorKind::Offline, "after {bytes} of {total} bytes: {problem}");
    }
    printer.set_fault(Fault::None);
    print_on(&mut devices).unwrap();
}

#[test]
fn a_printer_that_dies_and_cannot_be_asked_is_never_waited_for() {
    let printer = FakePrinter::start(Fault::None).unwrap();
    let mut devices = devices(&printer.address(), "status = false");
    let total = print_on(&mut devices).unwrap();
    for bytes in (0..total).step_by(97) {
        printer.set_fault(Fault::DiesAfter(bytes as usize));
        // Whether the break shows depends on who is faster; that the register goes on does not.
        if let Err(problem) = print_on(&mut devices) {
            assert_eq!(problem.kind, DeviceErrorKind::Offline, "{problem}");
        }
    }
}

#[test]
fn nobody_at_the_address_is_said() {
    let address = FakePrinter::nobody().unwrap();
    let problem = print_on(&mut devices(&address, "")).unwrap_err();
    assert_eq!(problem.kind, DeviceErrorKind::Offline);
    assert_eq!(
        problem.to_string(),
        format!(
            "printer tcp://{address}: It refuses the connection. Check that the printer is on and its cable in. \
             If the receipt is missing or cut off, print a copy."
        )
    );
    let problem = print_on(&mut devices("no such host", "")).unwrap_err();
    assert!(problem.message.contains("The address is not known"), "{problem}");
}

#[test]
fn an_open_cover_and_missing_paper_are_told_before_anything_is_sent() {
    check_refused(Fault::CoverOpen, DeviceErrorKind::CoverOpen, "Close it");
    check_refused(Fault::PaperOutAfter(0), DeviceErrorKind::PaperOut, "new roll");
    let printer = FakePrinter::start(Fault::PaperOutAfter(0)).unwrap();
    print_on(&mut devices(&printer.address(), "")).unwrap_err();
    assert_eq!(Paper::read(&printer.received(), Columns::default()).to_text(), "");
}

#[test]
fn paper_that_ends_in_the_middle_of_a_receipt_is_told() {
    check_refused(Fault::PaperOutAfter(300), DeviceErrorKind::PaperOut, "new roll");
}

#[test]
fn a_printer_that_says_nothing_is_given_up() {
    check_refused(Fault::Stalls, DeviceErrorKind::Timeout, "does not answer");
    check_refused(Fault::NeverAnswers, DeviceErrorKind::Timeout, "set status = false");
}

#[test]
fn a_printer_that_takes_nothing_and_cannot_be_asked_does_not_hold_the_register() {
    let printer = FakePrinter::start(Fault::Stalls).unwrap();
    let mut devices = devices(&printer.address(), "status = false");
    // The system's buffers take a receipt whatever the printer does; without questions that is all that is known.
    assert!(print_on(&mut devices).is_ok());
}

#[test]
fn the_drawer_opens_over_the_printers_wire() {
    let printer = FakePrinter::start(Fault::None).unwrap();
    let mut devices = devices(&printer.address(), "[drawer]\nkind = 'printer'\npin = 5\non_ms = 100\noff_ms = 200");
    let drawer = devices.drawer.as_mut().unwrap();
    drawer.open_drawer().unwrap();
    let paper = Paper::read(&printer.received(), Columns::default());
    assert_eq!(paper.to_text(), "[drawer pulse: pin 5, 100 ms on, 200 ms off]\n");
    assert_eq!(drawer.name(), format!("drawer on printer tcp://{}", printer.address()));
}

#[test]
fn a_drawer_that_stays_shut_is_pulsed_again_and_then_said() {
    let printer = FakePrinter::start(Fault::None).unwrap();
    let mut devices = devices(&printer.address(), "[drawer]\nkind = 'printer'\nsensor = 'high-when-open'");
    let drawer = devices.drawer.as_mut().unwrap();
    printer.set_pulses_until_open(2);
    drawer.open_drawer().unwrap();
    let pulses = |bytes: &[u8]| Paper::read(bytes, Columns::default()).to_text().matches("drawer pulse").count();
    assert_eq!(pulses(&printer.received()), 2);
    printer.set_pulses_until_open(20);
    let problem = drawer.open_drawer().unwrap_err();
    assert!(problem.message.ends_with("open it with its key."), "{problem}");
    assert!(problem.message.contains("did not open after 3 pulses. Check its cable"), "{problem}");
    assert_eq!(pulses(&printer.received()), 2 + 3);
}

#[test]
fn the_drawer_opens_without_paper() {
    let printer = FakePrinter::start(Fault::PaperOutAfter(0)).unwrap();
    let mut devices = devices(&printer.address(), "[drawer]\nkind = 'printer'");
    devices.drawer.as_mut().unwrap().open_drawer().unwrap();
    assert!(printer.received().windows(5).any(|bytes| bytes == [0x10, 0x14, 1, 0, 2]));
}

#[test]
fn receipts_and_pulses_to_a_folder_are_files_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let config = DevicesConfig::from_toml("[printer]\nkind = 'file'\n[drawer]\nkind = 'printer'").unwrap();
    let mut devices = open_devices(&config, folder.path()).unwrap();
    let bytes = print_on(&mut devices).unwrap();
    devices.drawer.as_mut().unwrap().open_drawer().unwrap();
    let job = std::fs::read(folder.path().join("receipts/000001.escpos")).unwrap();
    assert_eq!(job.len() as u64, bytes);
    assert_eq!(std::fs::read(folder.path().join("receipts/000002.escpos")).unwrap(), b"\x1bp\x00\x3c\x78");
}
