//! A terminal that is a program: for demonstrations, for learning, and to see what a shop would see when one fails.

use crate::transport::error;
use pos_api::port::{DeviceError, DeviceErrorKind, PaymentTerminal, TerminalAnswer, TerminalRequest};
use pos_domain::money::Money;
use pos_domain::payment::{Authorisation, Direction, Intent, PaymentId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What goes wrong with one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The customer's bank says no.
    Declines,
    /// The question never arrives.
    LosesQuestion,
    /// It is carried out, and the answer never arrives.
    LosesAnswer,
    /// It arrives only after so many other questions; until then there is no answer.
    ArrivesLate(u32),
    /// Less than asked for is approved.
    ApprovesPart,
    /// More than asked for is taken.
    TakesTooMuch,
    /// It is carried out twice over, as a nervous network would.
    ArrivesTwice,
    /// A reversal is refused: the money is with the acquirer already.
    CannotReverse,
    /// The issuer cannot be reached, and the terminal decides by itself.
    GoesOffline,
}

/// What the terminal and everybody behind it know of a payment.
#[derive(Clone, Debug, Default)]
struct Known {
    direction: Direction,
    /// What was taken and not given back.
    taken: Option<Authorisation>,
    /// How often money was taken for it.
    captures: u32,
    answer: Option<TerminalAnswer>,
    /// The register has been told that it was approved.
    told: bool,
    reversed: bool,
    cannot_reverse: bool,
}

#[derive(Debug, Default)]
struct Book {
    payments: BTreeMap<PaymentId, Known>,
    /// Questions on their way, each with how many others arrive before.
    late: Vec<(u32, TerminalRequest, Fault)>,
    approvals: u32,
}

/// Terminal and bank in one: what they hold outlives the register. Shared by cloning.
#[derive(Clone, Debug, Default)]
pub struct Simulator {
    book: Arc<Mutex<Book>>,
}

impl Simulator {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a question, with something going wrong; silence is an error.
    pub fn answer(&self, request: &TerminalRequest, fault: Fault) -> Result<TerminalAnswer, DeviceError> {
        let silence = |why: &str| Err(error("terminal simulated", DeviceErrorKind::Timeout, why));
        let mut book = self.book();
        book.deliver_late();
        let answer = match fault {
            Fault::LosesQuestion => silence("It gave no answer."),
            Fault::LosesAnswer => {
                book.carry_out(request, Fault::None);
                silence("It gave no answer.")
            }
            Fault::ArrivesLate(after) => {
                book.late.push((after, request.clone(), Fault::None));
                silence("It gave no answer in time.")
            }
            Fault::ArrivesTwice => {
                book.late.push((1, request.clone(), Fault::None));
                Ok(book.carry_out(request, Fault::None))
            }
            other => Ok(book.carry_out(request, other)),
        };
        if let (Ok(TerminalAnswer::Approved(_)), Some(known)) = (&answer, book.payments.get_mut(&request.payment())) {
            known.told = true;
        }
        answer
    }

    /// Lets everything arrive that is on its way.
    pub fn deliver_everything(&self) {
        let mut book = self.book();
        while !book.late.is_empty() {
            book.deliver_late();
        }
    }

    /// What was taken for a payment and not given back (of a refund: paid), tips included, and how often it was taken.
    pub fn taken(&self, id: PaymentId) -> (Money, u32) {
        let book = self.book();
        let known = book.payments.get(&id);
        let taken = known.and_then(|known| known.taken.as_ref()).and_then(|found| found.taken().ok());
        (taken.unwrap_or_default(), known.map_or(0, |known| known.captures))
    }

    /// Every payment it has heard of.
    pub fn payments(&self) -> Vec<PaymentId> {
        self.book().payments.keys().copied().collect()
    }

    /// What all payments come to: charges less refunds.
    pub fn total(&self) -> Money {
        let book = self.book();
        let signed = book.payments.values().filter_map(|known| {
            let taken = known.taken.as_ref()?.taken().ok()?;
            match known.direction {
                Direction::Charge => Some(taken),
                Direction::Refund => taken.negated().ok(),
            }
        });
        Money::sum(signed).unwrap_or_default()
    }
}

impl Book {
    fn deliver_late(&mut self) {
        for (left, ..) in &mut self.late {
            *left = left.saturating_sub(1);
        }
        let (due, waiting) = std::mem::take(&mut self.late).into_iter().partition(|(left, ..)| *left == 0);
        self.late = waiting;
        let due: Vec<(u32, TerminalRequest, Fault)> = due;
        for (_, request, fault) in due {
            self.carry_out(&request, fault);
        }
    }

    fn carry_out(&mut self, request: &TerminalRequest, fault: Fault) -> TerminalAnswer {
        match request {
            TerminalRequest::Pay(intent) => self.pay(intent, fault),
            TerminalRequest::Status(id) => match self.payments.get_mut(id) {
                None => TerminalAnswer::NotKnown,
                Some(Known { reversed: true, .. }) => TerminalAnswer::Reversed,
                Some(known) => {
                    let is_offline = known.taken.as_ref().is_some_and(|found| found.offline);
                    match &known.answer {
                        // Whoever asks later finds it forwarded.
                        Some(TerminalAnswer::Approved(_)) if is_offline && known.told => {
                            let refused = TerminalAnswer::Refused { reason: "the card's issuer said no".to_owned() };
                            let answer = if fault == Fault::Declines { refused } else { TerminalAnswer::Forwarded };
                            if fault == Fault::Declines {
                                known.taken = None;
                            }
                            known.answer = Some(answer.clone());
                            answer
                        }
                        Some(answer) => answer.clone(),
                        None => TerminalAnswer::NotKnown,
                    }
                }
            },
            TerminalRequest::Reverse(id) => self.reverse(*id, fault),
        }
    }

    fn pay(&mut self, intent: &Intent, fault: Fault) -> TerminalAnswer {
        let known = self.payments.entry(intent.id).or_default();
        if known.reversed {
            return TerminalAnswer::Declined { reason: "it was given up before".to_owned() };
        }
        // However often it is asked for, it is carried out once.
        if let Some(answer) = &known.answer {
            return answer.clone();
        }
        known.direction = intent.direction;
        let part = |amount: Money| Money::from_minor((amount.minor() / 2).max(1));
        let amount = match fault {
            Fault::Declines => {
                let answer = TerminalAnswer::Declined { reason: "not enough money".to_owned() };
                known.answer = Some(answer.clone());
                return answer;
            }
            Fault::ApprovesPart => part(intent.amount),
            Fault::TakesTooMuch => intent.amount.plus(Money::from_minor(1)).unwrap_or(intent.amount),
            _ => intent.amount,
        };
        self.approvals += 1;
        let found = Authorisation {
            amount,
            scheme: "Visa".into(),
            last_four: "4242".into(),
            code: format!("{:06}", self.approvals).into(),
            token: format!("tok-{}", self.approvals).into(),
            offline: fault == Fault::GoesOffline && intent.offline,
            ..Authorisation::default()
        };
        known.cannot_reverse = fault == Fault::CannotReverse;
        known.captures += 1;
        known.taken = Some(found.clone());
        let answer = TerminalAnswer::Approved(found);
        known.answer = Some(answer.clone());
        answer
    }

    fn reverse(&mut self, id: PaymentId, fault: Fault) -> TerminalAnswer {
        let known = self.payments.entry(id).or_default();
        if let Some(taken) = known.taken.clone()
            && (known.cannot_reverse || fault == Fault::CannotReverse)
        {
            known.cannot_reverse = true;
            return TerminalAnswer::NotReversible(taken);
        }
        known.taken = None;
        known.reversed = true;
        TerminalAnswer::Reversed
    }
}

/// A simulated terminal whose faults are chosen by whoever made it.
pub struct SimulatedTerminal {
    simulator: Simulator,
    fault: Box<dyn FnMut(&TerminalRequest) -> Fault + Send>,
}

impl SimulatedTerminal {
    /// One that does as it is told.
    pub fn new(simulator: Simulator, fault: impl FnMut(&TerminalRequest) -> Fault + Send + 'static) -> Self {
        SimulatedTerminal { simulator, fault: Box::new(fault) }
    }

    /// One to learn with: amounts ending in 13 are declined, those in 14 are taken and give no answer, those in 15 are
    /// approved in part, and all others are approved.
    pub fn to_learn_with() -> SimulatedTerminal {
        SimulatedTerminal::new(Simulator::default(), |request| match request {
            TerminalRequest::Pay(intent) => match intent.amount.minor() % 100 {
                13 => Fault::Declines,
                14 => Fault::LosesAnswer,
                15 => Fault::ApprovesPart,
                _ => Fault::None,
            },
            _ => Fault::None,
        })
    }
}

impl PaymentTerminal for SimulatedTerminal {
    fn name(&self) -> String {
        "terminal simulated".to_owned()
    }

    fn ask(&mut self, request: &TerminalRequest, _given_up: &dyn Fn() -> bool) -> Result<TerminalAnswer, DeviceError> {
        let fault = (self.fault)(request);
        self.simulator.answer(request, fault)
    }
}
