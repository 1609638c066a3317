//! Walking the tree: every statement and expression, with the kind of what it gives.

use super::{Checker, DEPTH_MAX, Here, TEXTS_MAX};
use crate::facade::READ_ONLY;
use crate::limits::CHAIN_LEN_MAX;
use crate::words::Kind;
use rhai::{ASTFlags, Expr, Position, Stmt, StmtBlock};

impl Checker {
    pub(super) fn statements(&mut self, here: Here<'_>, statements: &[Stmt]) {
        for statement in statements {
            self.statement(here, statement);
        }
    }

    fn block(&mut self, here: Here<'_>, block: &StmtBlock) {
        self.statements(here, block.statements());
    }

    fn statement(&mut self, here: Here<'_>, statement: &Stmt) {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            self.statement_within(here, statement);
        } else {
            self.problem(statement.position(), "too many blocks within each other");
        }
        self.depth -= 1;
    }

    fn statement_within(&mut self, here: Here<'_>, statement: &Stmt) {
        if let Stmt::While(_, at) | Stmt::Do(_, _, at) = statement {
            self.findings.endless.get_or_insert(*at);
        }
        match statement {
            Stmt::If(flow, _) | Stmt::While(flow, _) | Stmt::Do(flow, _, _) | Stmt::TryCatch(flow, _) => {
                self.expression(here, &flow.expr);
                self.block(here, &flow.body);
                self.block(here, &flow.branch);
            }
            Stmt::For(parts, _) => {
                let (name, counter, flow) = &**parts;
                let kind = if self.expression(here, &flow.expr) == Kind::Items { Kind::Item } else { Kind::Unknown };
                self.store(here, name.as_str(), kind);
                if let Some(counter) = counter {
                    self.store(here, counter.as_str(), Kind::Number);
                }
                self.block(here, &flow.body);
            }
            Stmt::Switch(parts, _) => {
                let (value, cases) = &**parts;
                self.expression(here, value);
                for case in &cases.expressions {
                    self.expression(here, &case.lhs);
                    self.expression(here, &case.rhs);
                }
            }
            Stmt::Var(parts, _, _) => {
                let (name, value, _) = &**parts;
                let kind = self.expression(here, value);
                self.store(here, name.as_str(), kind);
            }
            Stmt::Assignment(parts) => {
                let (operation, sides) = &**parts;
                let kind = self.expression(here, &sides.rhs);
                if let Expr::Variable(variable, _, _) = &sides.lhs {
                    let kind = if operation.is_op_assignment() && kind != Kind::Number { Kind::Unknown } else { kind };
                    self.store(here, &variable.1, kind);
                } else {
                    self.target(here, &sides.lhs);
                }
            }
            Stmt::FnCall(call, at) => {
                self.call(here, call, *at);
            }
            Stmt::Block(block) => self.block(here, block),
            Stmt::Expr(value) => {
                self.expression(here, value);
            }
            Stmt::BreakLoop(Some(value), _, _) | Stmt::Return(Some(value), _, _) => {
                self.expression(here, value);
            }
            // Import, export and captured variables are switched off; nothing else holds words.
            _ => {}
        }
    }

    pub(super) fn expression(&mut self, here: Here<'_>, expression: &Expr) -> Kind {
        self.depth += 1;
        let kind = if self.depth <= DEPTH_MAX {
            self.expression_within(here, expression)
        } else {
            self.problem(expression.start_position(), "this is nested too deeply; use let to name the parts");
            Kind::Unknown
        };
        self.depth -= 1;
        kind
    }

    fn expression_within(&mut self, here: Here<'_>, expression: &Expr) -> Kind {
        match expression {
            Expr::IntegerConstant(..) => Kind::Number,
            Expr::DynamicConstant(value, _) if value.is_decimal() => Kind::Number,
            Expr::BoolConstant(..) => Kind::Flag,
            Expr::CharConstant(..) => Kind::Text,
            Expr::Unit(_) => Kind::Nothing,
            Expr::StringConstant(text, _) => {
                if self.findings.texts.len() < TEXTS_MAX {
                    self.findings.texts.insert(text.to_string());
                }
                Kind::Text
            }
            Expr::InterpolatedString(parts, _) => {
                for part in parts.iter() {
                    self.expression(here, part);
                }
                Kind::Text
            }
            Expr::Array(elements, _) => {
                self.findings.needs_room = true;
                for element in elements.iter() {
                    self.expression(here, element);
                }
                Kind::List
            }
            Expr::Map(parts, _) => {
                self.findings.needs_room = true;
                self.has_maps = true;
                for (_, value) in &parts.0 {
                    self.expression(here, value);
                }
                Kind::Map
            }
            Expr::Variable(variable, _, _) => {
                self.kinds.get(&(here.0.to_owned(), variable.1.to_string())).copied().unwrap_or(Kind::Unknown)
            }
            Expr::Stmt(block) => {
                self.block(here, block);
                Kind::Unknown
            }
            Expr::FnCall(call, at) => self.call(here, call, *at),
            Expr::MethodCall(call, at) => self.word(here, Kind::Unknown, &call.name, *at, Some(&call.args)),
            Expr::Dot(sides, _, _) => {
                let receiver = self.expression(here, &sides.lhs);
                self.chain(here, receiver, &sides.rhs, 1, false)
            }
            Expr::Index(sides, flags, at) => {
                let kind = self.expression(here, &sides.lhs);
                self.looked_into(kind, *at);
                self.index(here, &sides.rhs, *flags, 1, false)
            }
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                for part in parts.iter() {
                    self.expression(here, part);
                }
                Kind::Flag
            }
            Expr::Coalesce(parts, _) => {
                for part in parts.iter() {
                    self.expression(here, part);
                }
                Kind::Unknown
            }
            _ => Kind::Unknown,
        }
    }

    /// What follows a dot: the tree nests chains to the right.
    fn chain(&mut self, here: Here<'_>, receiver: Kind, rest: &Expr, len: usize, writing: bool) -> Kind {
        if len > CHAIN_LEN_MAX {
            self.problem(rest.start_position(), "too many words in one chain; use let to name the parts");
            return Kind::Unknown;
        }
        match rest {
            Expr::Property(names, at) => {
                if writing && receiver.is_read_only() {
                    self.problem(*at, READ_ONLY);
                    return Kind::Unknown;
                }
                self.word(here, receiver, &names.2, *at, None)
            }
            Expr::MethodCall(call, at) => self.word(here, receiver, &call.name, *at, Some(&call.args)),
            Expr::Dot(sides, _, _) => {
                let next = self.chain(here, receiver, &sides.lhs, len, false);
                self.chain(here, next, &sides.rhs, len + 1, writing)
            }
            Expr::Index(sides, flags, at) => {
                let kind = self.chain(here, receiver, &sides.lhs, len, false);
                self.looked_into(kind, *at);
                self.index(here, &sides.rhs, *flags, len + 1, writing)
            }
            other => self.expression(here, other),
        }
    }

    /// `thing[…]`: lists, maps and texts have places, the things of a basket have not.
    fn looked_into(&mut self, kind: Kind, at: Position) {
        self.findings.needs_room = true;
        if kind == Kind::Items {
            self.problem(at, "items have no places; go through them with for item in basket.items { … }");
        } else if kind.is_read_only() && kind != Kind::Text && kind != Kind::Number {
            let what = kind.has().rsplit_once(' ').map_or("this", |(what, _)| what);
            self.problem(at, format!("{what} cannot be looked into with [ ]"));
        }
    }

    /// What stands in `[ ]`, and what follows it.
    fn index(&mut self, here: Here<'_>, rest: &Expr, flags: ASTFlags, len: usize, writing: bool) -> Kind {
        if len > CHAIN_LEN_MAX {
            self.problem(rest.start_position(), "too many words in one chain; use let to name the parts");
            return Kind::Unknown;
        }
        match rest {
            Expr::Dot(sides, _, _) if !flags.contains(ASTFlags::BREAK) => {
                self.expression(here, &sides.lhs);
                self.chain(here, Kind::Unknown, &sides.rhs, len + 1, writing)
            }
            Expr::Index(sides, inner, _) if !flags.contains(ASTFlags::BREAK) => {
                self.expression(here, &sides.lhs);
                self.index(here, &sides.rhs, *inner, len + 1, writing)
            }
            other => {
                self.expression(here, other);
                Kind::Unknown
            }
        }
    }

    /// The left side of `=`, when it is more than a variable.
    fn target(&mut self, here: Here<'_>, target: &Expr) {
        match target {
            Expr::Dot(sides, _, _) => {
                let receiver = self.expression(here, &sides.lhs);
                self.chain(here, receiver, &sides.rhs, 1, true);
            }
            Expr::Index(sides, flags, at) => {
                let kind = self.expression(here, &sides.lhs);
                self.looked_into(kind, *at);
                self.index(here, &sides.rhs, *flags, 1, true);
            }
            other => {
                self.expression(here, other);
            }
        }
    }
}
