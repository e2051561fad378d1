-- One of everything that an SQLite database can hold and a project can declare.
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL COLLATE NOCASE UNIQUE ON CONFLICT REPLACE,
    name TEXT DEFAULT 'nobody',
    loud TEXT GENERATED ALWAYS AS (upper(name)) VIRTUAL,
    CONSTRAINT some_name CHECK (name <> '')
);
CREATE TABLE notes (
    user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place TEXT NOT NULL,
    body BLOB,
    PRIMARY KEY (user, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX notes_body ON notes (length(body) DESC) WHERE body IS NOT NULL;
CREATE TABLE log (at TEXT, what TEXT);
CREATE VIEW active_users AS SELECT id, email FROM users WHERE name <> 'nobody';
CREATE VIEW "odd view/1" (a, "b c") AS SELECT u.id, n.place FROM active_users u JOIN notes n ON n.user = u.id;
CREATE TRIGGER users_log AFTER UPDATE OF email ON users WHEN old.email <> new.email BEGIN
    INSERT INTO log VALUES (datetime('now'), 'changed; ' || old.email);
    DELETE FROM notes WHERE user = old.id;
END;
CREATE TRIGGER active_insert INSTEAD OF INSERT ON active_users BEGIN
    INSERT INTO users (email, name) VALUES (new.email, 'somebody');
END;
