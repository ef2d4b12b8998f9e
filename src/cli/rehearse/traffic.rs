//! Sets up real traffic for a rehearsal, and the live page.

use std::io;
use std::sync::Arc;

use axum::Router;
use parking_lot::Mutex;
use simulator::traffic::{Plan, Program};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::arguments::{Broken, Serve};
use super::scene::Script;
use crate::http_server;
use crate::page::{self, Address, CallLog, View};

/// The plan of the traffic, from the arguments and the scene.
pub(super) fn plan(serve: &Serve, script: &Script, (cluster, service): (&str, &str)) -> Plan {
    let broken = serve.broken.or(script.breaks.then_some(Broken::Errors));
    let program = match &serve.task_command {
        Some(line) => Program::Command {
            line: line.clone(),
            health_path: serve.health_path.clone(),
        },
        None => Program::BuiltIn(broken.map(Into::into)),
    };
    Plan {
        cluster: cluster.to_owned(),
        service: service.to_owned(),
        program,
        production: serve.production,
        test: serve.test,
        hooks: serve.hooks(),
        clients: serve.load,
        path: serve.load_path.clone(),
    }
}

/// The live page, served until it is dropped.
pub(super) struct LivePage {
    view: Arc<Mutex<View>>,
    pub(super) calls: CallLog,
    pub(super) address: Address,
    _server: AbortOnDropHandle<()>,
}

impl LivePage {
    pub(super) async fn open(serve: &Serve) -> io::Result<Self> {
        let listener = TcpListener::bind(serve.page).await?;
        let address = Address {
            name: "Live page",
            url: format!("http://{}", listener.local_addr()?),
        };
        let view = Arc::new(Mutex::new(View::default()));
        let look = Arc::clone(&view);
        let calls = CallLog::default();
        let routes: Router =
            page::routes("/", Arc::new(move || look.lock().clone()), calls.clone());
        Ok(Self {
            view,
            calls,
            address,
            _server: http_server::spawn(listener, routes),
        })
    }

    pub(super) fn show(&self, view: View) {
        *self.view.lock() = view;
    }
}
