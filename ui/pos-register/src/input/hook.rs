//! The egui plugin that stands in front of all widgets.

use super::guard::{Press, ScanGuard, Verdict};
use super::key_times::{KeyTime, KeyTimes};
use egui::{Context, Event, Key, Modifiers, RawInput};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What a scanner may send before each code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanPrefix {
    /// A printable character.
    Character(char),
    /// A function key, F13 and up are free.
    Key(Key),
}

/// What happened at the keyboard or scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A code was scanned.
    Scan(String),
    /// A character was typed while no text field had the focus.
    Typed(char),
    /// A business key was pressed.
    Key(BusinessKey),
}

/// Keys with a meaning of their own, whatever has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusinessKey {
    /// F1.
    Help,
    /// F2.
    Search,
    /// F5.
    PriceCheck,
    /// F11.
    Card,
    /// F12.
    Cash,
    /// Alt+1 to Alt+5, from 0.
    QuickCash(usize),
    /// Ctrl+Z.
    Undo,
    /// Delete.
    Void,
    /// Enter.
    Confirm,
    /// Escape.
    Back,
    /// Backspace.
    Backspace,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
}

/// A held character with the key events that came with it.
struct Held {
    keys: Vec<Event>,
    character: char,
}

/// See the module documentation of [`super`].
pub struct InputPlugin {
    guard: ScanGuard,
    prefix_key: Option<Key>,
    times: Option<KeyTimes>,
    origin: Instant,
    held: Vec<Held>,
    /// Key events of printable keys whose character has not arrived yet.
    keys: Vec<Event>,
    out: Vec<InputEvent>,
    /// Alt+1 also types a 1, which nobody meant.
    swallow_text: bool,
    now_s: f64,
}

impl InputPlugin {
    /// A plugin for scanners with the given prefix; `times` are filled by the shell, or absent (tests): then a frame's
    /// time stands for its keys.
    pub fn new(prefix: Option<ScanPrefix>, times: Option<KeyTimes>) -> InputPlugin {
        let (character, prefix_key) = match prefix {
            Some(ScanPrefix::Character(character)) => (Some(character), None),
            Some(ScanPrefix::Key(key)) => (None, Some(key)),
            None => (None, None),
        };
        InputPlugin {
            guard: ScanGuard::new(character),
            prefix_key,
            times,
            origin: Instant::now(),
            held: Vec::new(),
            keys: Vec::new(),
            out: Vec::new(),
            swallow_text: false,
            now_s: 0.0,
        }
    }

    /// Takes what happened since last time.
    pub fn take(&mut self) -> Vec<InputEvent> {
        std::mem::take(&mut self.out)
    }

    /// When held keys must be looked at again.
    pub fn wait(&self) -> Option<Duration> {
        self.guard.wait_s(self.now_s).map(|wait_s| Duration::from_secs_f64(wait_s + 0.001))
    }

    fn seconds(&self, moment: Instant) -> f64 {
        moment.saturating_duration_since(self.origin).as_secs_f64()
    }

    /// When a key of this frame was pressed.
    fn press(&self, character: char, noted: &mut VecDeque<KeyTime>) -> Press {
        // Both queues are in the same order; what was noted and became no text (Ctrl+Z) is skipped.
        while let Some(key) = noted.pop_front() {
            if key.character == character {
                return Press { earliest_s: self.seconds(key.earliest), latest_s: self.seconds(key.latest) };
            }
        }
        Press::at(self.now_s)
    }

    /// The burst was typed by hand.
    fn release(&mut self, ctx: &Context, events: &mut Vec<Event>) {
        self.guard.clear();
        self.release_held(ctx, events);
        events.append(&mut self.keys);
    }

    /// Lets held characters go: to the text field that has the focus, or to the register's entry.
    fn release_held(&mut self, ctx: &Context, events: &mut Vec<Event>) {
        let text_focused = ctx.text_edit_focused();
        for Held { keys, character } in std::mem::take(&mut self.held) {
            let focused = ctx.memory(|memory| memory.focused());
            if text_focused {
                events.extend(keys);
                events.push(Event::Text(character.to_string()));
            } else if character == ' ' && focused.is_some() {
                // Space presses the focused button, as everywhere.
                events.extend(keys);
            } else {
                // Whoever types is not at the button any more: its Enter must confirm the entry, not press it.
                if let Some(id) = focused {
                    ctx.memory_mut(|memory| memory.surrender_focus(id));
                }
                self.out.push(InputEvent::Typed(character));
            }
        }
    }

    /// Enter and Tab end a scan; otherwise Enter confirms the entry unless a widget waits for it.
    fn ending(&mut self, ctx: &Context, event: Event, key: Key, press: Press, events: &mut Vec<Event>) {
        if let Some(code) = self.guard.end(press) {
            self.held.clear();
            self.keys.clear();
            self.out.push(InputEvent::Scan(code));
            return;
        }
        self.release(ctx, events);
        if key == Key::Enter && ctx.memory(|memory| memory.focused()).is_none() {
            self.out.push(InputEvent::Key(BusinessKey::Confirm));
        } else {
            events.push(event);
        }
    }

    fn event(&mut self, ctx: &Context, event: Event, noted: &mut VecDeque<KeyTime>, events: &mut Vec<Event>) {
        match event {
            Event::Key { key: key @ (Key::Enter | Key::Tab), pressed: true, modifiers, .. }
                if modifiers.is_none() || modifiers.shift_only() =>
            {
                let press = self.press(if key == Key::Enter { '\r' } else { '\t' }, noted);
                self.ending(ctx, event, key, press, events);
            }
            Event::Key { key, pressed: true, .. } if Some(key) == self.prefix_key => {
                self.release(ctx, events);
                self.guard.begin(Press::at(self.now_s));
            }
            Event::Key { key, pressed: true, modifiers, .. } if business_key(ctx, key, modifiers).is_some() => {
                self.release(ctx, events);
                self.swallow_text = modifiers.alt;
                self.out.extend(business_key(ctx, key, modifiers).map(InputEvent::Key));
            }
            Event::Key { key, modifiers, .. } if !modifiers.command && !modifiers.alt && types_a_character(key) => {
                self.keys.push(event);
            }
            Event::Text(_) if std::mem::take(&mut self.swallow_text) => {}
            Event::Text(ref text) => {
                let mut characters = text.chars();
                match (characters.next(), characters.next()) {
                    (Some(character), None) => self.character(ctx, character, noted, events),
                    _ => self.pasted(ctx, event, events),
                }
            }
            Event::Paste(_) => self.pasted(ctx, event, events),
            other => events.push(other),
        }
    }

    fn character(&mut self, ctx: &Context, character: char, noted: &mut VecDeque<KeyTime>, events: &mut Vec<Event>) {
        let press = self.press(character, noted);
        let keys = std::mem::take(&mut self.keys);
        match self.guard.character(character, press) {
            Verdict::Hold => self.held.push(Held { keys, character }),
            Verdict::ReleaseThenHold => {
                self.release_held(ctx, events);
                self.held.push(Held { keys, character });
            }
            Verdict::Begin => self.release_held(ctx, events),
        }
    }

    /// Several characters at once: pasted, or from an input method.
    fn pasted(&mut self, ctx: &Context, event: Event, events: &mut Vec<Event>) {
        self.release(ctx, events);
        match event {
            Event::Text(text) | Event::Paste(text) if !ctx.text_edit_focused() => {
                self.out.extend(text.chars().filter(|character| !character.is_control()).map(InputEvent::Typed));
            }
            other => events.push(other),
        }
    }
}

impl egui::Plugin for InputPlugin {
    fn debug_name(&self) -> &'static str {
        "register input"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        let mut noted = match &self.times {
            Some(times) => {
                let noted = times.take();
                self.now_s = self.seconds(Instant::now());
                noted
            }
            None => {
                self.now_s = input.time.unwrap_or(self.now_s + f64::from(input.predicted_dt));
                VecDeque::new()
            }
        };
        let mut events = Vec::with_capacity(input.events.len());
        for event in std::mem::take(&mut input.events) {
            self.event(ctx, event, &mut noted, &mut events);
        }
        if self.guard.wait_s(self.now_s).is_some_and(|wait_s| wait_s <= 0.0) || !self.guard.is_holding() {
            self.release(ctx, &mut events);
        }
        self.swallow_text = false;
        input.events = events;
    }
}

fn business_key(ctx: &Context, key: Key, modifiers: Modifiers) -> Option<BusinessKey> {
    let plain = modifiers.is_none();
    let in_text = ctx.text_edit_focused();
    Some(match key {
        Key::F1 if plain => BusinessKey::Help,
        Key::F2 if plain => BusinessKey::Search,
        Key::F5 if plain => BusinessKey::PriceCheck,
        Key::F11 if plain => BusinessKey::Card,
        Key::F12 if plain => BusinessKey::Cash,
        Key::Num1 if modifiers.alt => BusinessKey::QuickCash(0),
        Key::Num2 if modifiers.alt => BusinessKey::QuickCash(1),
        Key::Num3 if modifiers.alt => BusinessKey::QuickCash(2),
        Key::Num4 if modifiers.alt => BusinessKey::QuickCash(3),
        Key::Num5 if modifiers.alt => BusinessKey::QuickCash(4),
        Key::Escape if plain => BusinessKey::Back,
        Key::ArrowUp if plain => BusinessKey::Up,
        Key::ArrowDown if plain => BusinessKey::Down,
        // In a text field these three edit the text.
        Key::Z if modifiers.command && !modifiers.shift && !in_text => BusinessKey::Undo,
        Key::Delete if plain && !in_text => BusinessKey::Void,
        Key::Backspace if !in_text => BusinessKey::Backspace,
        _ => return None,
    })
}

/// Keys that type one printable character on common layouts.
fn types_a_character(key: Key) -> bool {
    matches!(key, Key::Space | Key::Quote | Key::Minus) || key.symbol_or_name().len() == 1
}
