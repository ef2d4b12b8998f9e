//! `health`: queries the health endpoint of the running worker, for images
//! without a shell.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::run::PRODUCT;
use super::{Exit, Failed, environment};
use crate::config::{self, Flags};
use crate::job::excerpt::clean_lines;

const EXAMPLES: &str = "\
Examples:
  bluegreen-worker health
  bluegreen-worker health --listen 127.0.0.1:8080 --ready";

/// The arguments of `health`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The worker's settings file, in TOML
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The worker's address [default: the setting of `run`]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Also check that CodePipeline answers the worker's polls
    #[arg(long)]
    ready: bool,
}

/// The timeout of a request. A response takes milliseconds. Container runtimes
/// abort a health check after five seconds by default, and this error should be
/// printed before.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Maximum size of a response in bytes. It is a status line, a few headers and a
/// few words.
const MAX_RESPONSE: u64 = 8 * 1024;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("no response from {address}: {source}")]
    NoConnection {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("no response from {address} within {} s", TIMEOUT.as_secs())]
    Timeout { address: SocketAddr },
    #[error("what listens at {address} is not a worker")]
    NotAWorker { address: SocketAddr },
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failed> {
    let flags = Flags::only("listen", args.config.clone(), args.listen.clone());
    let listen = config::load(&flags, &environment())?.listen;
    if listen.port() == 0 {
        let remedy = "the worker picks a free port; name the one that its log shows with --listen";
        return Err(Failed::usage(remedy));
    }
    let address = reachable(listen);
    let paths: &[&str] = match args.ready {
        true => &["/health", "/ready"],
        false => &["/health"],
    };
    for path in paths {
        match ask(address, path).await.map_err(Failed::refused)? {
            (200, words) => {
                // A caller that has closed the pipe wants the exit code only.
                let _ = io::stdout().write_all(clean_lines(&words).as_bytes());
            }
            (503, words) => return Err(Failed::refused(words.trim_end())),
            _ => return Err(Failed::refused(Problem::NotAWorker { address })),
        }
    }
    Ok(Exit::Done)
}

/// Whether a worker responds at the address, healthy or not. Its index says
/// what it is; many other programs have a `/health` too.
pub(super) async fn is_worker(listen: SocketAddr) -> bool {
    let index = ask(reachable(listen), "/").await;
    index.is_ok_and(|(status, page)| status == 200 && page.contains(PRODUCT))
}

/// The address at which a worker that listens on all interfaces can be reached.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Requests a path and returns the status and the body.
async fn ask(address: SocketAddr, path: &str) -> Result<(u16, String), Problem> {
    let response = match tokio::time::timeout(TIMEOUT, exchange(address, path)).await {
        Ok(Ok(response)) => response,
        Ok(Err(source)) => return Err(Problem::NoConnection { address, source }),
        Err(_) => return Err(Problem::Timeout { address }),
    };
    parse_response(&response).ok_or(Problem::NotAWorker { address })
}

async fn exchange(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_RESPONSE).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn parse_response(answer: &str) -> Option<(u16, String)> {
    let (head, words) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?;
    Some((status.parse().ok()?, words.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_listens_everywhere_is_asked_on_loopback() {
        for (listens, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("10.0.0.7:8080", "10.0.0.7:8080"),
        ] {
            let listens = listens.parse().unwrap();
            assert_eq!(reachable(listens).to_string(), asked);
        }
    }

    #[test]
    fn only_an_http_answer_counts() {
        let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\nstuck";
        assert_eq!(parse_response(answer), Some((503, "stuck".to_owned())));
        for stranger in ["", "SSH-2.0-x\r\n", "HTTP/1.1 ok\r\n\r\n"] {
            assert_eq!(parse_response(stranger), None, "{stranger}");
        }
    }

    #[tokio::test]
    async fn another_server_with_a_health_page_is_no_worker() {
        let routes = axum::Router::new().route("/health", axum::routing::get("alive\n"));
        let worker = routes.clone().merge(crate::page::index(PRODUCT, &[]));
        for (routes, expected) in [(routes, false), (worker, true)] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let _server = crate::http_server::spawn(listener, routes);
            assert_eq!(is_worker(address).await, expected);
        }
    }

    #[tokio::test]
    async fn an_answer_without_end_is_cut_off() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endless = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            while stream.write_all(&[b'x'; 1024]).await.is_ok() {}
        });
        let problem = ask(address, "/health").await.unwrap_err();
        assert!(matches!(problem, Problem::NotAWorker { .. }), "{problem}");
        endless.await.unwrap();
    }
}
