//! The door in front of an embedded service, which a test can slam.
//!
//! The services themselves always work: faults come from outside, as they do in life. So every
//! service listens on a port that nobody is told ("backstage"), and a [`Front`] passes bytes
//! from the port that clients know to it. The front can refuse connections as a machine that is
//! down does, or accept them and stay silent as one that is overloaded does.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How a [`Front`] treats its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Bytes pass in both directions.
    Open,
    /// Nobody listens: new connections are refused, existing ones were cut.
    Refused,
    /// Connections are accepted and bytes taken, but no answer ever comes.
    Silent,
}

/// A port that leads to a service behind it for as long as its [`Reach`] is open.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    behind: SocketAddr,
    /// Bound but never listening: keeps the port ours while the front refuses connections.
    _reservation: TcpSocket,
    reach: watch::Sender<Reach>,
    /// How many connections pass bytes at this moment.
    passing: Arc<watch::Sender<usize>>,
    accepting: Mutex<Option<JoinHandle<()>>>,
    turning: tokio::sync::Mutex<()>,
}

impl Front {
    /// Opens the loopback port `port` (0: any free one) as the way to `behind`.
    ///
    /// # Errors
    /// The port is taken. Must be called within a tokio runtime.
    pub fn open(port: u16, behind: SocketAddr) -> io::Result<Self> {
        let reservation = bind(SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)))?;
        let front = Self {
            address: reservation.local_addr()?,
            behind,
            _reservation: reservation,
            reach: watch::Sender::new(Reach::Open),
            passing: Arc::new(watch::Sender::new(0)),
            accepting: Mutex::new(None),
            turning: tokio::sync::Mutex::new(()),
        };
        front.listen()?;
        Ok(front)
    }

    /// Where clients find the service.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The present reach.
    pub fn reach(&self) -> Reach {
        *self.reach.borrow()
    }

    /// Tells whoever waits for an answer that none will come.
    pub(crate) fn watch(&self) -> watch::Receiver<Reach> {
        self.reach.subscribe()
    }

    /// Changes the reach. When this returns the change has happened for everybody: nothing
    /// passes any more through connections that were open before, and those which stood silent
    /// are cut as soon as the front is not silent any more.
    ///
    /// # Errors
    /// The front cannot listen again.
    pub async fn set(&self, reach: Reach) -> io::Result<()> {
        let _turn = self.turning.lock().await;
        if self.reach() == reach {
            return Ok(());
        }
        if reach == Reach::Refused {
            let accepting = self.accepting_task().take();
            if let Some(accepting) = accepting {
                accepting.abort();
                // Over when the task, and with it the listening socket, is gone.
                let _ = accepting.await;
            }
        }
        self.reach.send_replace(reach);
        if reach != Reach::Open {
            let mut passing = self.passing.subscribe();
            // The sender lives in self, so this ends when nobody passes.
            let _ = passing.wait_for(|count| *count == 0).await;
        }
        if self.accepting_task().is_none() && reach != Reach::Refused {
            self.listen()?;
        }
        Ok(())
    }

    fn accepting_task(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.accepting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self) -> io::Result<()> {
        let listener = bind(self.address)?.listen(BACKLOG)?;
        let task = tokio::spawn(accept(listener, self.behind, self.reach.subscribe(), self.passing.clone()));
        *self.accepting_task() = Some(task);
        Ok(())
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting_task().take() {
            accepting.abort();
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Lets the reservation and the listener share the port, as only one of them listens.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept(
    listener: TcpListener,
    behind: SocketAddr,
    reach: watch::Receiver<Reach>,
    passing: Arc<watch::Sender<usize>>,
) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                tokio::spawn(connection(client, behind, reach.clone(), passing.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::task::yield_now().await;
            }
        }
    }
}

async fn connection(
    mut client: TcpStream,
    behind: SocketAddr,
    mut reach: watch::Receiver<Reach>,
    passing: Arc<watch::Sender<usize>>,
) {
    {
        // Counted before the reach is looked at: so whoever changes it waits for this one.
        let _passing = Passing::begin(passing);
        let changed = reach.wait_for(|reach| *reach != Reach::Open);
        tokio::select! {
            biased;
            _ = changed => {}
            () = pass(&mut client, behind) => return,
        }
    }
    // Held until the silence ends; an error says that the front is gone.
    let _ = reach.wait_for(|reach| *reach != Reach::Silent).await;
}

async fn pass(client: &mut TcpStream, behind: SocketAddr) {
    // Small answers must not wait for the acknowledgement of earlier ones. Where that cannot be
    // set, things are slower and still right.
    let _ = client.set_nodelay(true);
    match TcpStream::connect(behind).await {
        Ok(mut service) => {
            let _ = service.set_nodelay(true);
            // An error here is one side hanging up, which the other side then sees.
            let _ = tokio::io::copy_bidirectional(client, &mut service).await;
        }
        Err(error) => tracing::warn!(%error, %behind, "the service behind the front is gone"),
    }
}

/// Counts a connection that passes bytes.
struct Passing(Arc<watch::Sender<usize>>);

impl Passing {
    fn begin(count: Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A service that gives back what it gets.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn says(stream: &mut TcpStream, word: &[u8]) -> io::Result<Vec<u8>> {
        stream.write_all(word).await?;
        let mut answer = vec![0; word.len()];
        stream.read_exact(&mut answer).await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn an_open_front_passes_bytes_both_ways() {
        let front = Front::open(0, echo().await).unwrap();
        let mut client = TcpStream::connect(front.address()).await.unwrap();
        assert_eq!(says(&mut client, b"hello").await.unwrap(), b"hello");
    }

    #[tokio::test]
    async fn a_refusing_front_cuts_old_connections_and_lets_no_new_one_in() {
        let front = Front::open(0, echo().await).unwrap();
        let mut client = TcpStream::connect(front.address()).await.unwrap();
        says(&mut client, b"hello").await.unwrap();

        front.set(Reach::Refused).await.unwrap();
        says(&mut client, b"anybody?").await.unwrap_err();
        let refused = TcpStream::connect(front.address()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn a_front_comes_back_on_the_same_port() {
        let front = Front::open(0, echo().await).unwrap();
        let address = front.address();
        for _ in 0..3 {
            front.set(Reach::Refused).await.unwrap();
            let other = TcpSocket::new_v4().unwrap();
            other.bind(address).expect_err("the port stays ours");
            front.set(Reach::Open).await.unwrap();
            let mut client = TcpStream::connect(address).await.unwrap();
            assert_eq!(says(&mut client, b"back").await.unwrap(), b"back");
        }
    }

    #[tokio::test]
    async fn a_silent_front_takes_connections_and_never_answers() {
        let front = Front::open(0, echo().await).unwrap();
        let mut old = TcpStream::connect(front.address()).await.unwrap();
        says(&mut old, b"hello").await.unwrap();

        front.set(Reach::Silent).await.unwrap();
        let mut new = TcpStream::connect(front.address()).await.unwrap();
        for stream in [&mut old, &mut new] {
            let answer = tokio::time::timeout(Duration::from_millis(50), says(stream, b"?"));
            answer.await.unwrap_err();
        }

        front.set(Reach::Open).await.unwrap();
        says(&mut new, b"?").await.unwrap_err();
        let mut client = TcpStream::connect(front.address()).await.unwrap();
        assert_eq!(says(&mut client, b"back").await.unwrap(), b"back");
    }
}
