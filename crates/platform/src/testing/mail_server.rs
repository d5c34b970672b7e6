//! A mail server that takes what it gets, refuses it, or does not answer, as the test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with the next mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailMood {
    /// It takes them.
    Takes,
    /// It says that it cannot at present.
    Busy,
    /// It hangs up as soon as somebody calls.
    HangsUp,
}

/// A mail server on loopback; ends when dropped.
pub struct MailServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

struct State {
    mood: MailMood,
    taken: Vec<String>,
}

impl MailServer {
    /// A server that takes every mail.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State { mood: MailMood::Takes, taken: Vec::new() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A client that hangs up is what some tests want.
                    drop(serve(line, &shared).await);
                });
            }
        });
        Self { address, state, task }
    }

    /// Its address, for `SMTP_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// From now on.
    pub fn set(&self, mood: MailMood) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).mood = mood;
    }

    /// The mails it took, oldest first, with headers.
    #[must_use]
    pub fn taken(&self) -> Vec<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).taken.clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn mood(state: &Mutex<State>) -> MailMood {
    state.lock().unwrap_or_else(PoisonError::into_inner).mood
}

async fn serve(line: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    if mood(state) == MailMood::HangsUp {
        return Ok(());
    }
    let mut line = BufReader::new(line);
    line.write_all(b"220 mail.test\r\n").await?;
    let mut words = String::new();
    loop {
        words.clear();
        if line.read_line(&mut words).await? == 0 || mood(state) == MailMood::HangsUp {
            return Ok(());
        }
        let verb = words.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => "250 mail.test\r\n",
            "MAIL" if mood(state) == MailMood::Busy => "451 come back later\r\n",
            "DATA" => {
                line.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                loop {
                    words.clear();
                    if line.read_line(&mut words).await? == 0 {
                        return Ok(());
                    }
                    if words == ".\r\n" {
                        break;
                    }
                    mail.push_str(&words);
                }
                state.lock().unwrap_or_else(PoisonError::into_inner).taken.push(mail);
                "250 taken\r\n"
            }
            "QUIT" => {
                line.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 fine\r\n",
        };
        line.write_all(answer.as_bytes()).await?;
    }
}
