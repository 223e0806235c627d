//! An embedded HTTP service: a server backstage and the front that leads to it.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use axum::Router;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::front::Front;

/// A client that waits for its service however slow the machine is.
macro_rules! unhurried {
    ($client:expr, $sdk:ident) => {{
        let config = $client
            .config()
            .to_builder()
            .timeout_config($sdk::config::timeout::TimeoutConfig::disabled())
            .stalled_stream_protection($sdk::config::StalledStreamProtectionConfig::disabled());
        $sdk::Client::from_conf(config.build())
    }};
}

pub(crate) use unhurried;

/// A running server. It stops when it is dropped; [`Server::shut_down`] also waits for it.
#[derive(Debug)]
pub(crate) struct Server {
    front: Front,
    backstage: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl Server {
    /// Runs `serve` on a loopback port of its own, until the future it gets resolves, behind a
    /// front on `port` (0: any free one).
    pub(crate) async fn start<Serving>(
        port: u16,
        serve: impl FnOnce(TcpListener, Stop) -> Serving,
    ) -> io::Result<Self>
    where
        Serving: Future<Output = Result<(), String>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let backstage = listener.local_addr()?;
        let front = Front::open(port, backstage)?;
        let (stop, stopped) = oneshot::channel();
        let serving = serve(listener, Stop(stopped));
        let task = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(error, "an embedded server failed");
            }
        });
        Ok(Self { front, backstage, stop: Some(stop), task: Some(task) })
    }

    /// Runs `router` as [`Server::start`] does.
    pub(crate) async fn start_router(port: u16, router: Router) -> io::Result<Self> {
        Self::start(port, |listener, stop| async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(stop.requested())
                .await
                .map_err(|error| error.to_string())
        })
        .await
    }

    /// Where clients find the service, as a base URL without a slash at its end.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.front.address())
    }

    /// The way around the front, for those whom its faults must not reach.
    pub(crate) fn backstage(&self) -> String {
        format!("http://{}", self.backstage)
    }

    pub(crate) fn front(&self) -> &Front {
        &self.front
    }

    /// Lets requests that are under way finish, and stops.
    pub(crate) async fn shut_down(mut self) {
        // Only these two are needed any more: with the front its connections go, which would
        // otherwise keep the server from stopping.
        let (stop, task) = (self.stop.take(), self.task.take());
        if let Err(error) = self.front.set(crate::front::Reach::Refused).await {
            tracing::warn!(%error, "a front did not close");
        }
        drop(stop);
        drop(self);
        if let Some(task) = task {
            // A server that panicked has nothing left to stop.
            let _ = task.await;
        }
    }
}

/// Tells a server to stop.
#[derive(Debug)]
pub(crate) struct Stop(oneshot::Receiver<()>);

impl Stop {
    /// Resolves when the server shall stop: told so, or its owner gone.
    pub(crate) async fn requested(self) {
        // Either way of ending means the same.
        let _ = self.0.await;
    }
}
