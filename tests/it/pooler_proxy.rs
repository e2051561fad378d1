//! A proxy before PostgreSQL that pools transactions, as PgBouncer does with `pool_mode = transaction`: each transaction gets
//! a session that is free.
//!
//! <https://www.postgresql.org/docs/current/protocol-flow.html>, <https://www.pgbouncer.org/features.html>

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

const SSL_REQUEST: i32 = 80_877_103;

/// Which of the free sessions a transaction gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// The one that has been free for the longest, so that the next transaction gets another.
    Oldest,
    /// The one that became free last, which is what PgBouncer does unless it is told otherwise.
    Latest,
}

/// The sessions of a server, and who asks for them.
#[derive(Clone)]
struct Pool {
    pick: Pick,
    server: String,
    startup: Vec<u8>,
    free: Arc<Mutex<VecDeque<TcpStream>>>,
}

/// Starts a proxy with so many sessions and returns the URL that leads through it.
pub fn start(url: &str, sessions: usize, pick: Pick) -> String {
    let rest = url.strip_prefix("postgres://").expect("a URL of PostgreSQL");
    let (user, rest) = rest.split_once('@').expect("a user");
    let (server, database) = rest.split_once('/').expect("a database");
    let database = database.split('?').next().expect("a name");
    let mut parameters = Vec::new();
    for text in ["user", user.split(':').next().expect("a name"), "database", database] {
        parameters.extend_from_slice(text.as_bytes());
        parameters.push(0);
    }
    parameters.push(0);
    let mut startup = Vec::new();
    startup.extend_from_slice(&i32::try_from(parameters.len() + 8).expect("a length").to_be_bytes());
    startup.extend_from_slice(&196_608_i32.to_be_bytes());
    startup.extend_from_slice(&parameters);
    let pool = Pool { pick, server: server.to_owned(), startup, free: Arc::default() };
    for _ in 0..sessions {
        let (stream, _) = pool.open();
        pool.free.lock().expect("the pool").push_back(stream);
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let pool = pool.clone();
            thread::spawn(move || drop(serve(client, &pool)));
        }
    });
    format!("postgres://{user}@127.0.0.1:{port}/{database}")
}

impl Pool {
    /// A session, and what the server said of itself when it began.
    fn open(&self) -> (TcpStream, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.server).expect("a server");
        stream.write_all(&self.startup).expect("it listens");
        let mut said = Vec::new();
        loop {
            let (kind, message) = read_message(&mut stream).expect("it answers");
            match kind {
                b'S' => said.extend_from_slice(&message),
                b'Z' => return (stream, said),
                b'E' => panic!("{}", String::from_utf8_lossy(&message)),
                _ => {}
            }
        }
    }

    fn take(&self) -> TcpStream {
        loop {
            let mut free = self.free.lock().expect("the pool");
            let taken = match self.pick {
                Pick::Oldest => free.pop_front(),
                Pick::Latest => free.pop_back(),
            };
            drop(free);
            if let Some(stream) = taken {
                return stream;
            }
            thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// A message whole, with its kind.
fn read_message(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = usize::try_from(i32::from_be_bytes([head[1], head[2], head[3], head[4]])).expect("a length");
    let mut message = head.to_vec();
    message.resize(length + 1, 0);
    stream.read_exact(&mut message[5..])?;
    Ok((head[0], message))
}

/// What a client asks for when it begins.
fn read_startup(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    loop {
        let mut head = [0; 8];
        client.read_exact(&mut head)?;
        let length = usize::try_from(i32::from_be_bytes([head[0], head[1], head[2], head[3]])).expect("a length");
        let mut rest = vec![0; length - 8];
        client.read_exact(&mut rest)?;
        if i32::from_be_bytes([head[4], head[5], head[6], head[7]]) == SSL_REQUEST {
            client.write_all(b"N")?;
            continue;
        }
        return Ok(rest);
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend_from_slice(&i32::try_from(body.len() + 4).expect("a length").to_be_bytes());
    message.extend_from_slice(body);
    message
}

fn serve(mut client: TcpStream, pool: &Pool) -> std::io::Result<()> {
    let startup = read_startup(&mut client)?;
    if startup.split(|byte| *byte == 0).step_by(2).any(|key| key == b"options" || key == b"extra_float_digits") {
        // What a session begins with cannot be kept for a client that has none.
        let body = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0";
        return client.write_all(&message(b'E', body));
    }
    let (_, said) = pool.open();
    client.write_all(&message(b'R', &0_i32.to_be_bytes()))?;
    client.write_all(&said)?;
    client.write_all(&message(b'K', &[0; 8]))?;
    client.write_all(&message(b'Z', b"I"))?;
    let mut held: Option<TcpStream> = None;
    loop {
        let (kind, asked) = read_message(&mut client)?;
        if kind == b'X' {
            // A transaction that is open goes with its session.
            return Ok(());
        }
        let session = held.get_or_insert_with(|| pool.take());
        session.write_all(&asked)?;
        if kind != b'Q' && kind != b'S' {
            continue;
        }
        loop {
            let (kind, answer) = read_message(session)?;
            client.write_all(&answer)?;
            if kind == b'Z' {
                if answer[5] == b'I' {
                    pool.free.lock().expect("the pool").push_back(held.take().expect("a session"));
                }
                break;
            }
        }
    }
}
