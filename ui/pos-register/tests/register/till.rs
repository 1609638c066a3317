//! A register in the demo shop, with hands.

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use pos_api::Command;
use pos_register::fake::{self, FakeShop};
use pos_register::{RegisterApp, Theme};

/// One frame.
const FRAME_S: f32 = 0.004;

/// A register, the shop behind it, and a count of what the cashier has pressed.
pub(crate) struct Till {
    pub(crate) harness: Harness<'static, RegisterApp>,
    pub(crate) shop: FakeShop,
    /// Taps and keys so far; a scan costs none.
    pub(crate) presses: u32,
}

impl Till {
    pub(crate) fn open() -> Till {
        Till::with(1920.0, 1080.0, Theme::Dark)
    }

    pub(crate) fn with(width: f32, height: f32, theme: Theme) -> Till {
        let shop = FakeShop::open();
        let for_install = fake::config(theme).expect("the demo currency exists");
        let config = fake::config(theme).expect("the demo currency exists");
        let app = RegisterApp::new(config, Box::new(shop.clone()));
        let harness = Harness::builder()
            .with_size([width, height])
            .with_step_dt(FRAME_S)
            .with_max_steps(8)
            .with_context_setup(move |ctx| pos_register::install(ctx, &for_install))
            .build_ui_state(
                |ui, app: &mut RegisterApp| {
                    app.logic(ui.ctx());
                    app.ui(ui);
                },
                app,
            );
        let mut till = Till { harness, shop, presses: 0 };
        till.harness.run();
        till
    }

    /// Time goes by, frame by frame.
    pub(crate) fn wait_ms(&mut self, ms: u32) {
        self.harness.run_steps((ms as f32 / 1000.0 / FRAME_S).ceil() as usize);
    }

    fn character(&mut self, character: char) {
        if let Some(key) = Key::from_name(&character.to_string()) {
            self.harness.event(key_event(key, Modifiers::NONE, true));
        }
        self.harness.event(Event::Text(character.to_string()));
        self.harness.step();
        if let Some(key) = Key::from_name(&character.to_string()) {
            self.harness.event(key_event(key, Modifiers::NONE, false));
            self.harness.step();
        }
    }

    /// A hand scanner: every key within a few frames, then Enter.
    pub(crate) fn scan(&mut self, code: &str) {
        for character in code.chars() {
            self.character(character);
        }
        self.key_event(Key::Enter, Modifiers::NONE);
        self.harness.run();
    }

    /// A hand: 120 ms between keys.
    pub(crate) fn type_by_hand(&mut self, text: &str) {
        for character in text.chars() {
            self.presses += 1;
            self.character(character);
            self.wait_ms(120);
        }
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    pub(crate) fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.presses += 1;
        self.key_event(key, modifiers);
        self.harness.run();
    }

    fn key_event(&mut self, key: Key, modifiers: Modifiers) {
        self.harness.event(key_event(key, modifiers, true));
        self.harness.event(key_event(key, modifiers, false));
        self.harness.step();
    }

    pub(crate) fn button<'a>(&'a self, label: &'a str) -> Node<'a> {
        self.harness.get_by_role_and_label(Role::Button, label)
    }

    pub(crate) fn tap(&mut self, label: &str) {
        self.presses += 1;
        self.button(label).click();
        self.harness.run();
    }

    /// Whether something with this label is on the screen.
    pub(crate) fn sees(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    /// Whether something is on the screen whose label contains this.
    pub(crate) fn sees_part(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }

    /// The basket's lines as read aloud.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.harness.get_all_by_role(Role::ListItem).filter_map(|node| node.accesskit_node().label()).collect()
    }

    pub(crate) fn has_lines(&self) -> bool {
        self.harness.query_all_by_role(Role::ListItem).next().is_some()
    }

    pub(crate) fn entry(&self) -> String {
        self.harness.get_by_role_and_label(Role::TextInput, "Entry").value().unwrap_or_default()
    }

    /// Commands sent, without the first question for an open basket.
    pub(crate) fn commands(&self) -> Vec<Command> {
        let at_start = |command: &Command| matches!(command, Command::GetBasket { .. } | Command::ListPeople);
        self.shop.commands().into_iter().filter(|command| !at_start(command)).collect()
    }
}

fn key_event(key: Key, modifiers: Modifiers, pressed: bool) -> Event {
    Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }
}
