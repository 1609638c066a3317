//! The register: keys and replies go into the model, what it wants goes to the kernel, and the screen is drawn.

use crate::backend::{Backend, RegisterStatus, Wake};
use crate::config::{RegisterConfig, WallTime};
use crate::input::{BusinessKey, InputEvent, InputPlugin};
use crate::model::text::MoneyText;
use crate::model::{Direction, Intent, Model};
use crate::screens::sell::{Scene, SellState, Wish, focus_entry, sell_ui};
use crate::theme::{self, Look};
use egui::{Context, Ui, ViewportCommand};
use std::time::Duration;

/// How long to wait before a full queue is tried again.
const BUSY_RETRY: Duration = Duration::from_millis(20);

/// The register's screen. Call [`RegisterApp::logic`] and then [`RegisterApp::ui`] in every frame.
pub struct RegisterApp {
    config: RegisterConfig,
    backend: Box<dyn Backend>,
    model: Model,
    state: SellState,
    status: RegisterStatus,
    clock: WallTime,
    connected: bool,
}

/// Prepares an egui context for a register: fonts, colours, touch tuning, and the input plugin. Once, before its first
/// frame.
pub fn install(ctx: &Context, config: &RegisterConfig) {
    theme::install(ctx, config.theme);
    ctx.add_plugin(InputPlugin::new(config.scan_prefix, config.key_times.clone()));
}

impl RegisterApp {
    /// A register of a shop; nothing is sent before the first frame.
    pub fn new(config: RegisterConfig, backend: Box<dyn Backend>) -> RegisterApp {
        let money = MoneyText::new(config.currency.exponent());
        let mut model = Model::new(&config.command_prefix, money, config.notes.clone());
        model.has_terminal = config.has_terminal;
        RegisterApp {
            config,
            backend,
            model,
            state: SellState::default(),
            status: RegisterStatus::default(),
            clock: WallTime::default(),
            connected: false,
        }
    }

    /// What the register knows.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The time on the screen.
    pub fn clock(&self) -> &WallTime {
        &self.clock
    }

    /// Replies, keys and time; draws nothing and never waits.
    pub fn logic(&mut self, ctx: &Context) {
        if !std::mem::replace(&mut self.connected, true) {
            let waker = ctx.clone();
            self.backend.connect(Wake::new(move || waker.request_repaint()));
        }
        self.model.tick(Duration::from_secs_f64(ctx.input(|input| input.time).max(0.0)));
        for reply in self.backend.replies() {
            self.model.receive(reply);
        }
        self.read_status();
        self.close_requests(ctx);
        self.keys(ctx);
        self.send(ctx);
        self.clock = self.config.clock.read();
        ctx.request_repaint_after(self.clock.next_minute_in.max(Duration::from_millis(50)));
        if let Some(wait) = self.model.toasts.wait(self.model_time(ctx)) {
            ctx.request_repaint_after(wait.max(Duration::from_millis(1)));
        }
    }

    /// Draws the screen and does what the cashier wants.
    pub fn ui(&mut self, ui: &mut Ui) {
        let look = Look::new(self.config.theme, ui.max_rect().size());
        let (mut intents, mut wishes) = (Vec::new(), Vec::new());
        let scene = Scene {
            look: &look,
            config: &self.config,
            model: &self.model,
            status: &self.status,
            clock: &self.clock.text,
        };
        sell_ui(ui, &scene, &mut self.state, &mut intents, &mut wishes);
        let ctx = ui.ctx().clone();
        // What was pressed changes what is drawn: once more, now.
        if !intents.is_empty() || !wishes.is_empty() {
            ctx.request_repaint();
        }
        for intent in intents {
            self.model.apply(intent);
        }
        for wish in wishes {
            self.grant(&ctx, wish);
        }
        self.send(&ctx);
    }

    fn model_time(&self, ctx: &Context) -> Duration {
        Duration::from_secs_f64(ctx.input(|input| input.time).max(0.0))
    }

    fn read_status(&mut self) {
        let mut status = self.backend.status();
        for message in std::mem::take(&mut status.messages) {
            self.model.announce(message.severity, &message.text, &message.next);
        }
        self.status = status;
    }

    fn close_requests(&mut self, ctx: &Context) {
        if ctx.input(|input| input.viewport().close_requested()) && self.model.sale_is_open() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.model.apply(Intent::Close);
            ctx.request_repaint();
        }
    }

    fn keys(&mut self, ctx: &Context) {
        let Some(plugin) = ctx.plugin_opt::<InputPlugin>() else { return };
        let (events, wait) = {
            let mut plugin = plugin.lock();
            (plugin.take(), plugin.wait())
        };
        if let Some(wait) = wait {
            ctx.request_repaint_after(wait);
        }
        for event in events {
            match event {
                InputEvent::Scan(code) => self.model.apply(Intent::Scan(code)),
                InputEvent::Typed(character) => self.model.apply(Intent::Type(character)),
                InputEvent::Key(key) => self.key(ctx, key),
            }
        }
    }

    fn key(&mut self, ctx: &Context, key: BusinessKey) {
        let intent = match key {
            BusinessKey::Help => Intent::ToggleKeys,
            BusinessKey::Search => return self.grant(ctx, Wish::FocusEntry),
            BusinessKey::PriceCheck => Intent::PriceCheck,
            BusinessKey::Card => Intent::Card,
            BusinessKey::Cash => Intent::Cash,
            BusinessKey::QuickCash(index) => Intent::QuickCashAt(index),
            BusinessKey::Undo => Intent::Undo,
            BusinessKey::Void => Intent::Void,
            BusinessKey::Confirm => Intent::Confirm,
            BusinessKey::Back => {
                if let Some(id) = ctx.memory(|memory| memory.focused()) {
                    ctx.memory_mut(|memory| memory.surrender_focus(id));
                }
                Intent::Back
            }
            BusinessKey::Backspace => Intent::Backspace,
            BusinessKey::Up => Intent::Move(Direction::Up),
            BusinessKey::Down => Intent::Move(Direction::Down),
        };
        self.model.apply(intent);
    }

    fn grant(&mut self, ctx: &Context, wish: Wish) {
        match wish {
            Wish::SwitchTheme => {
                self.config.theme = self.config.theme.other();
                theme::apply(ctx, self.config.theme);
            }
            Wish::FocusEntry => focus_entry(ctx),
        }
    }

    fn send(&mut self, ctx: &Context) {
        while let Some(envelope) = self.model.next_unsent() {
            if self.backend.send(envelope).is_err() {
                ctx.request_repaint_after(BUSY_RETRY);
                return;
            }
            self.model.mark_sent();
        }
    }
}
