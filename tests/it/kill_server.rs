//! A server of a test's own, which it may kill.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rungs::db::{Connection, DatabaseUrl};

use crate::harness::Engine;

/// PostgreSQL or MariaDB, from the programs that `scripts/test` brings.
pub struct Server {
    engine: Engine,
    port: u16,
    folder: tempfile::TempDir,
    child: Option<Child>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// Starts one that keeps what it has committed when it is killed.
    pub fn start(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        let mut server = Self { engine, port: port.port(), folder, child: None };
        server.make();
        server.begin();
        server
    }

    pub fn url(&self) -> String {
        match self.engine {
            Engine::Postgres => format!("postgres://postgres@127.0.0.1:{}/postgres", self.port),
            _ => format!("mysql://root@127.0.0.1:{}/", self.port),
        }
    }

    /// As when the power fails, but for what the operating system has not written yet.
    pub fn kill_and_start(&mut self) {
        self.kill();
        self.begin();
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command that runs as the user of the server: neither runs as root.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // A server that starts removes the temporary tables of all others from the folder that they share, and so does what
        // makes its data folder.
        command.env("TMPDIR", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir(self.folder.path());
        let user = if self.engine == Engine::Postgres { "postgres" } else { "mysql" };
        if let Some((uid, gid)) = is_root().then(|| ids_of(user)) {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn make(&self) {
        if is_root() {
            let (uid, gid) = ids_of(if self.engine == Engine::Postgres { "postgres" } else { "mysql" });
            std::os::unix::fs::chown(self.folder.path(), Some(uid), Some(gid)).expect("root may do so");
        }
        let data = self.data().display().to_string();
        let made = match self.engine {
            Engine::Postgres => self
                .command(&postgres("initdb"))
                .args(["-D", &data, "-U", "postgres", "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync"])
                .status(),
            _ => self
                .command(&program("mariadb-install-db"))
                .args(["--no-defaults", &format!("--datadir={data}"), "--skip-test-db"])
                .arg("--auth-root-authentication-method=normal")
                .status(),
        };
        assert!(made.expect("the programs of the server").success(), "the server's folder is made");
    }

    fn begin(&mut self) {
        let begin = Instant::now();
        let url = DatabaseUrl::parse(&self.url()).expect("a URL");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        loop {
            // What is left of a server that was killed may keep the next one from starting.
            let ended = self.child.as_mut().is_none_or(|child| child.try_wait().expect("a child").is_some());
            if ended {
                self.child = Some(self.spawn());
            }
            let opened = std::thread::scope(|scope| {
                scope.spawn(|| runtime.block_on(Connection::open(&url)).is_ok()).join().expect("no panic")
            });
            if opened {
                return;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "the server does not answer on port {}", self.port);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn spawn(&self) -> Child {
        let (data, port) = (self.data(), self.port.to_string());
        let mut command = match self.engine {
            Engine::Postgres => {
                let mut command = self.command(&postgres("postgres"));
                command.arg("-D").arg(&data).args(["-p", &port, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
                command.args(["-c", "unix_socket_directories="]);
                command
            }
            _ => {
                let mut command = self.command(&program("mariadbd"));
                command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
                command.arg(format!("--socket={}", self.folder.path().join("socket").display()));
                command.arg(format!("--pid-file={}", self.folder.path().join("pid").display()));
                command.arg(format!("--port={port}")).args(["--bind-address=127.0.0.1", "--debug-no-sync"]);
                command
            }
        };
        command.spawn().expect("the server starts")
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// The numbers of a user and its group.
fn ids_of(user: &str) -> (u32, u32) {
    let text = std::fs::read_to_string("/etc/passwd").expect("the users");
    let line = text.lines().find(|line| line.split(':').next() == Some(user));
    let fields: Vec<&str> = line.unwrap_or_else(|| panic!("no user {user}: see scripts/test")).split(':').collect();
    (fields[2].parse().expect("a number"), fields[3].parse().expect("a number"))
}

/// A program of the newest PostgreSQL that the distribution's packages have brought, or of the one in the PATH.
fn postgres(name: &str) -> PathBuf {
    let found = glob::glob("/usr/lib/postgresql/*/bin").expect("a pattern").flatten();
    let version = |path: &PathBuf| -> u32 {
        let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        folder.and_then(|name| name.parse().ok()).unwrap_or_default()
    };
    found.max_by_key(version).map_or_else(|| program(name), |folder| folder.join(name))
}

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("there is no {name}: scripts/test brings it"))
}
