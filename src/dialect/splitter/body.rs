//! Bodies: the part of a CREATE TRIGGER, FUNCTION, PROCEDURE or EVENT in which semicolons end nothing.

use rungs_schema::DialectName;

use super::lexer::Kind;

/// Follows one statement, token by token.
pub(super) struct Body {
    dialect: DialectName,
    state: State,
    /// The first words, until it is clear what the statement is.
    first: Vec<String>,
    /// The line of the outermost BEGIN.
    line: usize,
}

enum State {
    /// What the statement is, is not clear yet.
    Unknown,
    /// A statement without a body, or one whose body is over.
    Plain,
    /// An SQLite trigger: the last two words or semicolons decide.
    Trigger { last: [Last; 2] },
    /// A routine of PostgreSQL's: BEGIN ATOMIC and CASE that are open.
    Routine { depth: usize, after_begin: bool },
    /// MySQL's, before its body begins.
    Header(Header),
    /// MySQL's compound statements.
    Compound(Compound),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Other,
    Semicolon,
    End,
}

impl Body {
    pub(super) fn new(dialect: DialectName) -> Self {
        Self { dialect, state: State::Unknown, first: Vec::new(), line: 0 }
    }

    /// Whether a semicolon here ends the statement.
    pub(super) fn may_end(&self) -> bool {
        match &self.state {
            State::Unknown | State::Plain | State::Header(_) => true,
            State::Trigger { last } => *last == [Last::Semicolon, Last::End],
            State::Routine { depth, .. } => *depth == 0,
            State::Compound(compound) => compound.frames.is_empty(),
        }
    }

    /// What is open at the end of the script, with its line.
    pub(super) fn open(&self) -> Option<(usize, &'static str)> {
        match &self.state {
            State::Trigger { .. } if !self.may_end() => Some((self.line, "CREATE TRIGGER")),
            State::Routine { depth: 1.., .. } => Some((self.line, "BEGIN ATOMIC")),
            State::Compound(compound) => compound.frames.last().map(|(frame, line)| (*line, frame.word())),
            _ => None,
        }
    }

    pub(super) fn take(&mut self, kind: Kind, text: &str, line: usize) {
        let word = if kind == Kind::Word { text.to_ascii_uppercase() } else { String::new() };
        match &mut self.state {
            State::Plain => {}
            State::Unknown => self.begin(kind, word, line),
            State::Trigger { last } => {
                let next = match (kind, word.as_str()) {
                    (Kind::Symbol(';'), _) => Last::Semicolon,
                    (_, "END") => Last::End,
                    _ => Last::Other,
                };
                // `;;` is one semicolon: an empty statement changes nothing.
                if !(next == Last::Semicolon && last[1] == Last::Semicolon) {
                    *last = [last[1], next];
                }
            }
            State::Routine { depth, after_begin } => {
                match word.as_str() {
                    "BEGIN" if *depth == 0 => *after_begin = true,
                    "ATOMIC" if *after_begin => {
                        *depth = 1;
                        self.line = line;
                    }
                    "BEGIN" | "CASE" if *depth > 0 => *depth += 1,
                    "END" if *depth > 0 => *depth -= 1,
                    _ => {}
                }
                if word != "BEGIN" {
                    *after_begin = false;
                }
            }
            State::Header(header) => {
                if header.begins_body(kind, &word) {
                    let mut compound = Compound::default();
                    compound.take(kind, &word, line);
                    self.state = State::Compound(compound);
                }
            }
            State::Compound(compound) => compound.take(kind, &word, line),
        }
    }

    /// Looks at the first words.
    fn begin(&mut self, kind: Kind, word: String, line: usize) {
        // `DEFINER = 'someone'@'somewhere'` and versioned comments stand between CREATE and what is created.
        let is_mysql = matches!(self.dialect, DialectName::Mysql | DialectName::Mariadb);
        if kind != Kind::Word {
            if !is_mysql || self.first.is_empty() && kind != Kind::Quoted {
                self.state = State::Plain;
            }
            return;
        }
        self.first.push(word);
        let first: Vec<&str> = self.first.iter().map(String::as_str).collect();
        let state = match self.dialect {
            DialectName::Sqlite => match first.as_slice() {
                ["CREATE"] | ["CREATE", "TEMP" | "TEMPORARY"] => None,
                ["CREATE", "TRIGGER"] | ["CREATE", _, "TRIGGER"] => {
                    self.line = line;
                    Some(State::Trigger { last: [Last::Other; 2] })
                }
                _ => Some(State::Plain),
            },
            DialectName::Postgres => match first.as_slice() {
                ["CREATE"] | ["CREATE", "OR"] | ["CREATE", "OR", "REPLACE"] => None,
                [.., "FUNCTION" | "PROCEDURE"] if first[0] == "CREATE" => {
                    Some(State::Routine { depth: 0, after_begin: false })
                }
                _ => Some(State::Plain),
            },
            DialectName::Mysql | DialectName::Mariadb => mysql_statement(&first, line),
        };
        if let Some(state) = state {
            self.state = state;
        }
    }
}

/// What a statement of MySQL's or MariaDB's is, once its first words tell.
fn mysql_statement(first: &[&str], line: usize) -> Option<State> {
    // MariaDB takes compound statements outside of routines: BEGIN NOT ATOMIC, IF, CASE, LOOP, WHILE, REPEAT, FOR.
    let compound = |word: &str| {
        let mut compound = Compound::default();
        compound.take(Kind::Word, word, line);
        Some(State::Compound(compound))
    };
    match first {
        ["BEGIN"] => None,
        ["BEGIN", "NOT"] => compound("BEGIN"),
        [word @ ("IF" | "CASE" | "LOOP" | "WHILE" | "REPEAT" | "FOR")] => compound(word),
        [.., kind @ ("PROCEDURE" | "FUNCTION" | "TRIGGER" | "EVENT")] if matches!(first[0], "CREATE" | "ALTER") => {
            Some(State::Header(Header::of(kind)))
        }
        // After CREATE come OR REPLACE, AGGREGATE, and DEFINER with an account, which may be several words.
        [.., "VIEW" | "TABLE"] => Some(State::Plain),
        ["CREATE" | "ALTER"] | ["CREATE" | "ALTER", "OR" | "AGGREGATE" | "DEFINER", ..] if first.len() < 16 => None,
        _ => Some(State::Plain),
    }
}

/// What stands before the body of a routine, trigger or event of MySQL's.
struct Header {
    kind: HeaderKind,
    parentheses: usize,
    /// The parameters are over; in a trigger, FOR EACH ROW; in an event, DO.
    passed: bool,
    last: String,
}

#[derive(PartialEq, Eq)]
enum HeaderKind {
    Procedure,
    Function,
    Trigger,
    Event,
}

impl Header {
    fn of(word: &str) -> Self {
        let kind = match word {
            "PROCEDURE" => HeaderKind::Procedure,
            "FUNCTION" => HeaderKind::Function,
            "TRIGGER" => HeaderKind::Trigger,
            _ => HeaderKind::Event,
        };
        Self { kind, parentheses: 0, passed: false, last: String::new() }
    }

    /// Whether the body begins with this token.
    fn begins_body(&mut self, kind: Kind, word: &str) -> bool {
        match kind {
            Kind::Symbol('(') => self.parentheses += 1,
            Kind::Symbol(')') => {
                self.parentheses = self.parentheses.saturating_sub(1);
                let is_routine = matches!(self.kind, HeaderKind::Procedure | HeaderKind::Function);
                self.passed |= is_routine && self.parentheses == 0;
            }
            _ => {}
        }
        if self.parentheses > 0 {
            return false;
        }
        let begins = self.passed && self.is_body(kind, word);
        match self.kind {
            HeaderKind::Trigger => self.passed |= self.last == "EACH" && word == "ROW",
            HeaderKind::Event => self.passed |= word == "DO",
            HeaderKind::Procedure | HeaderKind::Function => {}
        }
        match kind {
            Kind::Word => word.clone_into(&mut self.last),
            Kind::Quoted => "`".clone_into(&mut self.last),
            _ => self.last.clear(),
        }
        begins
    }

    fn is_body(&self, kind: Kind, word: &str) -> bool {
        match self.kind {
            HeaderKind::Event => true,
            // FOLLOWS and PRECEDES name another trigger.
            HeaderKind::Trigger => {
                let order = |word: &str| matches!(word, "FOLLOWS" | "PRECEDES");
                let named = order(&self.last) || kind == Kind::Symbol('.') || self.last.is_empty();
                !order(word) && !named || word == "BEGIN"
            }
            // After the type and the characteristics comes the only thing that is a body's first word and none of
            // theirs. A body must reach a RETURN, so that no other simple statement can be one.
            HeaderKind::Function => {
                matches!(word, "BEGIN" | "RETURN" | "IF" | "CASE" | "LOOP" | "WHILE" | "REPEAT" | "FOR")
            }
            HeaderKind::Procedure => {
                kind == Kind::Word
                    && !matches!(
                        word,
                        "COMMENT"
                            | "LANGUAGE"
                            | "SQL"
                            | "NOT"
                            | "DETERMINISTIC"
                            | "CONTAINS"
                            | "NO"
                            | "READS"
                            | "MODIFIES"
                            | "DATA"
                            | "SECURITY"
                            | "DEFINER"
                            | "INVOKER"
                    )
            }
        }
    }
}

/// Which END is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Begin,
    If,
    /// CASE as a statement: what follows THEN is a statement.
    Case,
    /// CASE as an expression: what follows THEN is a value.
    CaseValue,
    Loop,
    While,
    Repeat,
    For,
}

impl Frame {
    fn opened_by(word: &str) -> Option<Self> {
        Some(match word {
            "BEGIN" => Self::Begin,
            "IF" => Self::If,
            "CASE" => Self::Case,
            "LOOP" => Self::Loop,
            "WHILE" => Self::While,
            "REPEAT" => Self::Repeat,
            "FOR" => Self::For,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Begin => "BEGIN",
            Self::If => "IF",
            Self::Case | Self::CaseValue => "CASE",
            Self::Loop => "LOOP",
            Self::While => "WHILE",
            Self::Repeat => "REPEAT",
            Self::For => "FOR",
        }
    }
}

/// Follows MySQL's compound statements. IF, REPEAT and the others are also names of functions, and BEGIN and END may be
/// columns: they open and close only where a statement may begin.
struct Compound {
    frames: Vec<(Frame, usize)>,
    /// The next token may begin a statement.
    at_start: bool,
    /// A word at the start that is a label when a colon follows.
    label: bool,
    /// END was read: the next word may be IF, CASE, LOOP and so on, or a label.
    after_end: bool,
    /// The condition of a REPEAT is being read: its END stands within it.
    until: bool,
    handler: Handler,
}

/// `DECLARE CONTINUE HANDLER FOR condition, condition statement`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Handler {
    No,
    Declare,
    Word,
    Condition,
    SqlState,
    Not,
    Read,
}

impl Default for Compound {
    fn default() -> Self {
        Self { frames: Vec::new(), at_start: true, label: false, after_end: false, until: false, handler: Handler::No }
    }
}

impl Compound {
    fn take(&mut self, kind: Kind, word: &str, line: usize) {
        if std::mem::take(&mut self.label) && kind == Kind::Symbol(':') {
            self.at_start = true;
            return;
        }
        if std::mem::take(&mut self.after_end) && kind == Kind::Word {
            return;
        }
        self.follow_handler(kind, word);
        let at_start = std::mem::take(&mut self.at_start);
        match (kind, word) {
            (Kind::Symbol(';'), _) => {
                self.at_start = true;
                self.handler = Handler::No;
            }
            (Kind::Word, "END") if at_start || self.until || self.top() == Some(Frame::CaseValue) => {
                // The END of a value stands within a statement, that of a block ends one; `END CASE` and a label
                // belong to it only in the second case.
                let closed = self.frames.pop();
                self.until &= closed.is_some_and(|(frame, _)| frame == Frame::CaseValue);
                self.after_end = closed.is_some_and(|(frame, _)| frame != Frame::CaseValue);
            }
            (Kind::Word, "UNTIL") if at_start && self.top() == Some(Frame::Repeat) => self.until = true,
            // BEGIN NOT ATOMIC
            (Kind::Word, "ATOMIC") if at_start => {
                self.at_start = true;
                self.label = true;
            }
            (Kind::Word, "THEN" | "ELSE") => self.at_start = matches!(self.top(), Some(Frame::If | Frame::Case)),
            (Kind::Word, "CASE") if !at_start => self.frames.push((Frame::CaseValue, line)),
            (Kind::Word, _) if at_start => match Frame::opened_by(word) {
                Some(frame) => {
                    self.frames.push((frame, line));
                    self.at_start = matches!(frame, Frame::Begin | Frame::Loop | Frame::Repeat);
                }
                None => {
                    self.label = true;
                    if word == "DECLARE" {
                        self.handler = Handler::Declare;
                    }
                }
            },
            (Kind::Word, "DO") => self.at_start = matches!(self.top(), Some(Frame::While | Frame::For)),
            (Kind::Quoted, _) if at_start => self.label = true,
            _ => {}
        }
    }

    fn top(&self) -> Option<Frame> {
        self.frames.last().map(|(frame, _)| *frame)
    }

    /// After the conditions of a handler comes its statement.
    fn follow_handler(&mut self, kind: Kind, word: &str) {
        self.handler = match (self.handler, kind, word) {
            (Handler::No, ..) => Handler::No,
            (Handler::Declare, Kind::Word, "CONTINUE" | "EXIT" | "UNDO") => Handler::Declare,
            (Handler::Declare, Kind::Word, "HANDLER") => Handler::Word,
            (Handler::Word, Kind::Word, "FOR") => Handler::Condition,
            (Handler::Condition, Kind::Word, "SQLSTATE") => Handler::SqlState,
            (Handler::SqlState, Kind::Word, "VALUE") => Handler::SqlState,
            (Handler::Condition, Kind::Word, "NOT") => Handler::Not,
            (Handler::Condition | Handler::SqlState | Handler::Not, ..) => Handler::Read,
            (Handler::Read, Kind::Symbol(','), _) => Handler::Condition,
            (Handler::Read, ..) => {
                self.at_start = true;
                Handler::No
            }
            _ => Handler::No,
        };
    }
}
