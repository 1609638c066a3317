//! `pos people`: who works here, what they may do, and what they did.

use super::{call, open_quietly, print_reply};
use crate::args::{DataJsonArgs, DaysArgs, PeopleCommand, SetPersonArgs};
use anyhow::Context;
use jiff::civil::Date;
use pos_api::command::{Secret, SetPerson};
use pos_api::view::{AuditView, CashierView, ExceptionView, HoursView, PersonView};
use pos_api::{Command, Reply};
use pos_kernel::clock::SystemClock;
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use uuid::Uuid;

/// One command to the kernel of this process; a table, or the reply as JSON.
pub(crate) fn run(command: PeopleCommand) -> anyhow::Result<ExitCode> {
    match command {
        PeopleCommand::List(common) => answer(&common, |_| Ok(Command::ListPeople)),
        PeopleCommand::Set(args) => {
            let common = args.common.clone();
            answer(&common, |_| set(args))
        }
        PeopleCommand::Hours(args) => days(&args, |from, to| Command::Hours { from, to }),
        PeopleCommand::Exceptions(args) => days(&args, |from, to| Command::Exceptions { from, to }),
        PeopleCommand::Audit(args) => days(&args, |from, to| Command::Audit { from, to }),
    }
}

fn answer(common: &DataJsonArgs, command: impl FnOnce(Date) -> anyhow::Result<Command>) -> anyhow::Result<ExitCode> {
    let mut session = open_quietly(&common.data)?;
    let zone = &session.shop.zone;
    let clock = SystemClock::new(zone).with_context(|| format!("The zone {zone} is unknown"))?;
    let today = pos_api::port::Clock::now(&clock).local().date();
    let command = command(today)?;
    let reply = call(&mut session, &format!("people-{}", Uuid::now_v7()), command);
    let code = print_reply(&reply, common.json, text_of)?;
    session.close()?;
    Ok(code)
}

fn days(args: &DaysArgs, command: fn(Date, Date) -> Command) -> anyhow::Result<ExitCode> {
    let DaysArgs { common, from, to } = args;
    answer(common, |today| {
        let to = to.unwrap_or(today);
        Ok(command(from.unwrap_or(to), to))
    })
}

fn set(args: SetPersonArgs) -> anyhow::Result<Command> {
    let SetPersonArgs { id, name, role, pin, badge, gone, back, common: _ } = args;
    let active = match (gone, back) {
        (true, _) => Some(false),
        (_, true) => Some(true),
        _ => None,
    };
    let pin = if pin { Some(secret("PIN")?) } else { None };
    let badge = if badge { Some(secret("badge")?) } else { None };
    Ok(Command::SetPerson(SetPerson { id, name, role, active, pin, badge }))
}

/// A line of standard input: what stands in arguments stands in histories.
fn secret(what: &str) -> anyhow::Result<Secret> {
    let line = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{what}: "))
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let line = line.with_context(|| format!("The {what} cannot be read from standard input"))?;
    anyhow::ensure!(!line.trim().is_empty(), "The {what} is missing: type it, or send it as a line of standard input.");
    Ok(Secret::new(line.trim()))
}

/// What a person reads.
fn text_of(reply: &Reply) -> String {
    let Reply { people, hours, exceptions, audit, .. } = reply;
    let mut rows: Vec<Vec<String>> = Vec::new();
    if let Some(people) = people {
        rows.push(["ID", "NAME", "ROLE", "STANDING"].map(str::to_owned).to_vec());
        for PersonView { id, name, role, active, standing } in people {
            let standing = if *active { standing.clone().unwrap_or_default() } else { "gone".to_owned() };
            rows.push(vec![id.clone(), name.clone(), role.clone(), standing]);
        }
        if people.is_empty() {
            return "Nobody has been entered: nobody needs to log on. Enter the first one: pos people set\n".to_owned();
        }
    }
    if let Some(hours) = hours {
        if hours.is_empty() {
            return "Nobody worked on these days, as far as the time clock was told.\n".to_owned();
        }
        rows.push(["PERSON", "DAY", "WEEK", "WORKED", "BREAKS", ""].map(str::to_owned).to_vec());
        for HoursView { person, date, week, worked_seconds, paused_seconds, open } in hours {
            let open = if *open { "until now" } else { "" }.to_owned();
            let (worked, paused) = (clock_text(*worked_seconds), clock_text(*paused_seconds));
            rows.push(vec![person.clone(), date.clone(), week.clone(), worked, paused, open]);
        }
        for (person, week, seconds) in weeks(hours) {
            rows.push(vec![person, "week".to_owned(), week, clock_text(seconds), String::new(), String::new()]);
        }
    }
    if let Some(cashiers) = exceptions {
        if cashiers.is_empty() {
            return "Nothing was rung on these days.\n".to_owned();
        }
        rows.push(["CASHIER", "SALES", "TOTAL", "WHAT", "TIMES", ""].map(str::to_owned).to_vec());
        for CashierView { cashier, sales, total, exceptions } in cashiers {
            rows.push(vec![cashier.clone(), sales.to_string(), total.clone()]);
            for ExceptionView { what, count, stands_out } in exceptions.iter().filter(|exception| exception.count > 0) {
                let stands_out = if *stands_out { "far more than the others" } else { "" }.to_owned();
                let what = what.replace('_', " ");
                rows.push(vec![String::new(), String::new(), String::new(), what, count.to_string(), stands_out]);
            }
        }
    }
    if let Some(audit) = audit {
        for AuditView { at, person, what } in audit {
            // Without a name it was done from the shell.
            let who = if person.is_empty() { "(owner)" } else { person.as_str() };
            rows.push(vec![at.clone(), who.to_owned(), what.clone()]);
        }
        if audit.is_empty() {
            return "Nothing is on record for these days.\n".to_owned();
        }
    }
    table(&rows)
}

fn weeks(hours: &[HoursView]) -> Vec<(String, String, u64)> {
    let mut weeks: Vec<(String, String, u64)> = Vec::new();
    for HoursView { person, week, worked_seconds, .. } in hours {
        match weeks.iter_mut().find(|(known, known_week, _)| known == person && known_week == week) {
            Some((.., seconds)) => *seconds += worked_seconds,
            None => weeks.push((person.clone(), week.clone(), *worked_seconds)),
        }
    }
    weeks
}

/// `7:45`.
fn clock_text(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 3600, seconds / 60 % 60)
}

/// Columns as wide as what stands in them.
fn table(rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            widths.resize(widths.len().max(column + 1), 0);
            widths[column] = widths[column].max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_summed_by_week() {
        let day = |date: &str, week: &str, worked: u64| HoursView {
            person: "maya".into(),
            date: date.into(),
            week: week.into(),
            worked_seconds: worked,
            paused_seconds: 1800,
            open: date == "2026-03-09",
        };
        let hours = vec![
            day("2026-03-02", "2026-W10", 27_900),
            day("2026-03-03", "2026-W10", 3_600),
            day("2026-03-09", "2026-W11", 60),
        ];
        let text = text_of(&Reply { hours: Some(hours), ..Reply::default() });
        expect_test::expect![[r"
            PERSON  DAY         WEEK      WORKED  BREAKS
            maya    2026-03-02  2026-W10  7:45    0:30
            maya    2026-03-03  2026-W10  1:00    0:30
            maya    2026-03-09  2026-W11  0:01    0:30    until now
            maya    week        2026-W10  8:45
            maya    week        2026-W11  0:01
        "]]
        .assert_eq(&text);
    }
}
