//! Who is at the register: somebody says who they are, or approves what the one at the register may not do alone.
//!
//! While the register asks, scans are badges and digits are a PIN; what was being rung waits below.

use super::lane::Sent;
use super::pay::Payment;
use super::toast::Severity;
use super::{Intent, Model};
use pos_api::command::{Approve, Credentials, Secret};
use pos_api::view::PersonView;
use pos_api::{Amount, Command, RefusalView};

/// Digits of the longest PIN: with the last of them it is entered.
const PIN_DIGITS_MAX: usize = 6;
/// Digits of the shortest.
const PIN_DIGITS_MIN: usize = 4;

/// What the register asks somebody for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// What for.
    pub(super) purpose: Purpose,
    /// Who was chosen, by id.
    pub(super) chosen: Option<String>,
    pin: String,
    /// The kernel is being asked.
    pub(super) waiting: bool,
    /// Why the last try was in vain.
    pub(super) problem: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    LogOn,
    /// What was refused goes out again when it was approved.
    Approve {
        refusal: RefusalView,
        command: Box<Command>,
        sent: Box<Sent>,
    },
}

impl Ask {
    pub(super) fn new(purpose: Purpose) -> Ask {
        Ask { purpose, chosen: None, pin: String::new(), waiting: false, problem: String::new() }
    }

    /// What is asked.
    pub fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::LogOn => "Who is at the register?",
            Purpose::Approve { .. } => "Somebody has to approve this",
        }
    }

    /// Why.
    pub fn reason(&self) -> &str {
        match &self.purpose {
            Purpose::LogOn => "Choose your name and enter your PIN, or scan your badge.",
            Purpose::Approve { refusal, .. } => &refusal.message,
        }
    }

    /// Who was chosen, by id.
    pub fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    /// Digits entered.
    pub fn digits(&self) -> usize {
        self.pin.len()
    }

    /// Whether the PIN may be whole.
    pub fn can_enter(&self) -> bool {
        self.chosen.is_some() && self.pin.len() >= PIN_DIGITS_MIN && !self.waiting
    }

    /// Why the last try was in vain.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl Model {
    /// Whom the register asks for, if it does.
    pub fn ask(&self) -> Option<&Ask> {
        self.ask.as_ref()
    }

    /// Who is at the register, where people log on.
    pub fn operator(&self) -> Option<&PersonView> {
        self.operator.as_ref()
    }

    /// Whether people log on here.
    pub fn people_log_on(&self) -> bool {
        self.people.iter().any(|person| person.active)
    }

    /// Those who may be chosen: everybody to log on, the others to approve.
    pub fn people_to_choose(&self) -> impl Iterator<Item = &PersonView> {
        let approving = self.ask.as_ref().is_some_and(|ask| matches!(ask.purpose, Purpose::Approve { .. }));
        let own = self.operator.as_ref().filter(|_| approving).map(|operator| operator.id.as_str());
        self.people.iter().filter(move |person| person.active && Some(person.id.as_str()) != own)
    }

    /// Whether the question can be put away.
    pub fn can_leave_ask(&self) -> bool {
        let asks_to_log_on = self.ask.as_ref().is_some_and(|ask| ask.purpose == Purpose::LogOn);
        !asks_to_log_on || self.operator.is_some()
    }

    pub(super) fn ask_to_log_on(&mut self) {
        if self.ask.as_ref().is_none_or(|ask| ask.purpose != Purpose::LogOn) {
            self.panel = None;
            self.ask = Some(Ask::new(Purpose::LogOn));
        }
        // Somebody may have been entered since.
        self.send(Command::ListPeople, Sent::People);
    }

    pub(super) fn ask_for_approval(&mut self, refusal: &RefusalView, command: Command, sent: Sent) {
        self.panel = None;
        let refusal = refusal.clone();
        self.ask = Some(Ask::new(Purpose::Approve { refusal, command: Box::new(command), sent: Box::new(sent) }));
    }

    /// What an intent means while the register asks.
    pub(super) fn answer_ask(&mut self, intent: Intent) {
        let can_leave = self.can_leave_ask();
        let Some(ask) = &mut self.ask else { return };
        match intent {
            Intent::DismissToast(id) => self.toasts.dismiss(id),
            Intent::Close => self.refuse_to_close_if_open(),
            _ if ask.waiting => {}
            Intent::Scan(badge) => self.give(Credentials { badge: Some(Secret::new(badge)), ..Credentials::default() }),
            Intent::ChoosePerson(id) => {
                (ask.chosen, ask.pin) = (Some(id), String::new());
                ask.problem.clear();
            }
            Intent::Type(digit) if digit.is_ascii_digit() && ask.chosen.is_some() => {
                if ask.pin.len() < PIN_DIGITS_MAX {
                    ask.pin.push(digit);
                    ask.problem.clear();
                }
                if ask.pin.len() == PIN_DIGITS_MAX {
                    self.enter_pin();
                }
            }
            Intent::Backspace => {
                ask.pin.pop();
            }
            Intent::Confirm => self.enter_pin(),
            Intent::Back | Intent::ClosePanel if !ask.pin.is_empty() => ask.pin.clear(),
            Intent::Back | Intent::ClosePanel if can_leave => self.ask = None,
            _ => {}
        }
    }

    fn enter_pin(&mut self) {
        let Some(ask) = self.ask.as_mut().filter(|ask| ask.can_enter()) else { return };
        let pin = Some(Secret::new(std::mem::take(&mut ask.pin)));
        let person = ask.chosen.clone();
        self.give(Credentials { person, pin, badge: None });
    }

    fn give(&mut self, who: Credentials) {
        let Some(ask) = &mut self.ask else { return };
        ask.waiting = true;
        ask.problem.clear();
        let (command, sent) = match &ask.purpose {
            Purpose::LogOn => (Command::LogOn(who), Sent::LogOn),
            Purpose::Approve { refusal, command, .. } => {
                let Some(asked) = &refusal.approval else { return };
                let amount = asked.amount.parse().ok().map(Amount);
                let basket = command.basket().or(self.basket.as_ref().and_then(|basket| basket.id));
                let of_register = matches!(
                    **command,
                    Command::PayIn(_)
                        | Command::PayOut(_)
                        | Command::AddFloat(_)
                        | Command::DropToSafe(_)
                        | Command::OpenDrawer { .. }
                        | Command::XReport
                        | Command::GetReceipt { .. }
                );
                let basket = basket.filter(|_| !of_register);
                (Command::Approve(Approve { who, act: asked.act, amount, basket }), Sent::Approve)
            }
        };
        self.send(command, sent);
    }

    pub(super) fn logged_on(&mut self, operator: Option<PersonView>) {
        if let Some(operator) = &operator {
            self.tell(Severity::Info, &format!("{} is at the register.", operator.name), "");
        }
        self.operator = operator;
        self.ask = None;
    }

    pub(super) fn approved(&mut self) {
        let Some(Ask { purpose: Purpose::Approve { command, sent, .. }, .. }) = self.ask.take() else { return };
        if *sent == Sent::Complete {
            self.payment = Payment::Completing { tender_refused: false };
        }
        self.send(*command, *sent);
    }

    /// The kernel would not have it.
    pub(super) fn ask_in_vain(&mut self, refusal: &RefusalView) {
        if let Some(ask) = &mut self.ask {
            ask.waiting = false;
            ask.pin.clear();
            ask.problem = format!("{} {}", refusal.message, refusal.next).trim().to_owned();
        }
    }

    pub(super) fn people_came(&mut self, people: Vec<PersonView>) {
        self.people = people;
        if self.people_log_on() && self.operator.is_none() && self.ask.is_none() {
            self.ask = Some(Ask::new(Purpose::LogOn));
        }
    }

    fn refuse_to_close_if_open(&mut self) {
        if self.sale_is_open() {
            self.refuse_to_close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::MoneyText;
    use pos_api::Reply;
    use pos_api::{Act, ApprovalAsked};

    fn person(id: &str) -> PersonView {
        PersonView { id: id.into(), name: id.to_uppercase(), role: "cashier".into(), active: true, standing: None }
    }

    /// Answers what was sent last with this.
    fn answer(model: &mut Model, reply: Reply) -> Command {
        let mut last = None;
        while let Some(envelope) = model.next_unsent().cloned() {
            model.mark_sent();
            last = Some(envelope);
        }
        let envelope = last.expect("something was sent");
        model.receive(Reply { command_id: Some(envelope.command_id), ..reply });
        envelope.command
    }

    fn refused(code: &str, approval: Option<ApprovalAsked>) -> Reply {
        let refusal = RefusalView { code: code.into(), message: "No.".into(), next: "Try.".into(), approval };
        Reply { refused: Some(refusal), ..Reply::default() }
    }

    fn model() -> Model {
        let mut model = Model::new("t", MoneyText::new(2), Vec::new());
        let people = model.next_unsent().cloned().expect("it asks for people first");
        model.receive(Reply {
            command_id: Some(people.command_id),
            people: Some(vec![person("maya"), person("ben")]),
            ..Reply::default()
        });
        answer(&mut model, Reply::default());
        model
    }

    #[test]
    fn a_pin_goes_out_with_its_sixth_digit_or_with_enter() {
        let mut model = model();
        assert!(model.ask().is_some() && !model.can_leave_ask());
        // Nobody chosen: digits mean nothing, and nothing puts the question away.
        model.apply(Intent::Type('1'));
        model.apply(Intent::Back);
        assert_eq!(model.ask().map(Ask::digits), Some(0));
        model.apply(Intent::ChoosePerson("maya".into()));
        "2468".chars().for_each(|digit| model.apply(Intent::Type(digit)));
        model.apply(Intent::Confirm);
        let sent = answer(&mut model, refused("log_on_failed", None));
        let Command::LogOn(Credentials { person: Some(id), pin: Some(pin), badge: None }) = sent else {
            panic!("{sent:?} is no log-on")
        };
        assert_eq!((id.as_str(), pin.reveal()), ("maya", "2468"));
        assert_eq!(model.ask().map(Ask::problem), Some("No. Try."));
        "135790".chars().for_each(|digit| model.apply(Intent::Type(digit)));
        answer(&mut model, Reply { operator: Some(person("maya")), ..Reply::default() });
        assert!(model.ask().is_none());
        assert_eq!(model.operator().map(|operator| operator.id.as_str()), Some("maya"));
    }

    #[test]
    fn what_was_approved_goes_out_again() {
        let mut model = model();
        model.apply(Intent::Scan("BADGE-0001".into()));
        assert!(matches!(
            answer(&mut model, Reply { operator: Some(person("maya")), ..Reply::default() }),
            Command::LogOn(_)
        ));
        model.apply(Intent::Report);
        let asked = ApprovalAsked { act: Act::ReadReports, amount: "0.00".into() };
        answer(&mut model, refused("approval_needed", Some(asked)));
        // Whoever asks is not among those who approve.
        assert_eq!(model.people_to_choose().map(|person| person.id.as_str()).collect::<Vec<_>>(), ["ben"]);
        model.apply(Intent::Scan("BADGE-0002".into()));
        assert!(matches!(answer(&mut model, Reply::default()), Command::Approve(_)));
        assert!(matches!(answer(&mut model, Reply::default()), Command::XReport));
        // Put away, it is not done.
        model.apply(Intent::Report);
        let asked = ApprovalAsked { act: Act::ReadReports, amount: "0.00".into() };
        answer(&mut model, refused("approval_needed", Some(asked)));
        model.apply(Intent::Back);
        assert!(model.ask().is_none() && model.next_unsent().is_none());
    }
}
