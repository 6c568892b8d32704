//! PostgreSQL: a pool; each job its own transaction, run again where two jobs met.
//!
//! READ COMMITTED is enough: conditional UPDATEs and UNIQUE decide races (docs/adr/0002).

mod session;
mod statement;

use crate::tx::Tx;
use crate::{Error, Failure, OpenError, migrations};
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, QueueMode, RecyclingMethod, Runtime,
};
use rand::RngExt;
use rustls::{ClientConfig, RootCertStore};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

pub use session::Session;

/// Connections of one server; several servers must fit below `max_connections`.
const CONNECTIONS: usize = 20;
/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a job runs before the caller is asked to come back.
const TRIES: u32 = 8;
/// What no statement of ours needs longer for, and for how long one waits for another's rows.
///
/// Ours go by keys, so their plans are made once, as on SQLite, and never compiled.
const LIMITS: &str = "-c statement_timeout=15s -c lock_timeout=5s \
     -c idle_in_transaction_session_timeout=30s -c plan_cache_mode=force_generic_plan -c jit=off";

pub struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// Connects, brings the schema up to date, and fills a pool on demand.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let mut config: Config = url.parse().map_err(|_| OpenError::Url(without_password(url)))?;
        config.application_name("habitue").connect_timeout(PATIENCE);
        let shown = without_password(url);
        prepare(&config, &shown).await?;
        let limits = config
            .get_options()
            .map_or_else(|| LIMITS.to_owned(), |theirs| format!("{LIMITS} {theirs}"));
        config.options(limits);
        let recycle = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if config.get_ssl_mode() == SslMode::Disable {
            Manager::from_config(config, NoTls, recycle)
        } else {
            Manager::from_config(config, tls(), recycle)
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            // The one used last has its statements prepared and its plans made.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(deadpool_postgres::Timeouts {
                wait: Some(PATIENCE),
                create: Some(PATIENCE),
                recycle: Some(PATIENCE),
            })
            .build()
            .map_err(|reason| OpenError::Connect { url: shown, reason: reason.to_string() })?;
        Ok(Self { pool })
    }

    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
        E: Failure,
    {
        let mut tried = 1;
        loop {
            let done = self.attempt(&job).await;
            let again = done.as_ref().err().and_then(Failure::fault).is_some_and(Error::is_passing);
            if !again || tried >= TRIES {
                return done;
            }
            tokio::time::sleep(pause(tried)).await;
            tried += 1;
        }
    }

    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
        E: Failure,
    {
        let mut lease = Lease::open(self.client().await?);
        let session = Session::snapshot(lease.client()?);
        let done = caught(job(&mut Tx::Postgres(&session))).await;
        if session.is_begun() {
            // A snapshot has nothing to keep: its end is sent, and not waited for.
            sent(lease.client()?.batch_execute("ROLLBACK")).await;
        }
        lease.close();
        done.unwrap_or_else(|panicked| Err(E::from(panicked)))
    }

    /// As [`Postgres::read`], without a snapshot.
    pub async fn peek<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
        E: Failure,
    {
        let client = self.client().await?;
        let session = Session::bare(&client);
        let done = caught(job(&mut Tx::Postgres(&session))).await;
        done.unwrap_or_else(|panicked| Err(E::from(panicked)))
    }

    async fn attempt<T, E, F>(&self, job: &F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E>,
        E: Failure,
    {
        let mut lease = Lease::open(self.client().await?);
        let session = Session::write(lease.client()?);
        let done = caught(job(&mut Tx::Postgres(&session))).await;
        let mut done = done.unwrap_or_else(|panicked| Err(E::from(panicked)));
        if done.is_ok() && session.is_lost() {
            // COMMIT would answer as if all were well, and keep nothing.
            let why = "the job went on after a statement that failed".to_owned();
            done = Err(E::from(Error::Database(why)));
        }
        if done.is_ok()
            && let Err(fault) = session.flush().await
        {
            done = Err(E::from(fault));
        }
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended =
            if session.is_begun() { lease.client()?.batch_execute(end).await } else { Ok(()) };
        match (ended, done) {
            (Ok(()), done) => {
                lease.close();
                done
            }
            (Err(error), Ok(_)) => Err(E::from(at_commit(error))),
            // The connection is gone, and the transaction with it.
            (Err(_), Err(error)) => Err(error),
        }
    }

    /// A connection of the pool.
    pub async fn client(&self) -> Result<Object, Error> {
        self.pool.get().await.map_err(|reason| Error::Unavailable(reason.to_string()))
    }
}

/// A connection with a transaction on it. Dropped before its end (the caller went away), it takes
/// the connection along: the server rolls back, and nobody else gets it half way.
struct Lease {
    client: Option<Object>,
    is_open: bool,
}

impl Lease {
    const fn open(client: Object) -> Self {
        Self { client: Some(client), is_open: true }
    }

    fn client(&self) -> Result<&Object, Error> {
        self.client.as_ref().ok_or(Error::Closed)
    }

    const fn close(&mut self) {
        self.is_open = false;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let (true, Some(client)) = (self.is_open, self.client.take()) {
            drop(Object::take(client));
        }
    }
}

/// Sends a request without waiting for its answer, which the connection reads and drops.
async fn sent(request: impl Future) {
    let mut request = pin!(request);
    poll_fn(|context| {
        drop(request.as_mut().poll(context));
        Poll::Ready(())
    })
    .await;
}

/// A panic of the job is its own fault, and rolls only itself back.
async fn caught<T>(job: impl Future<Output = T>) -> Result<T, Error> {
    let mut job = pin!(job);
    let poll = |context: &mut Context<'_>| match catch_unwind(AssertUnwindSafe(|| {
        job.as_mut().poll(context)
    })) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(Error::panicked(&*panic))),
    };
    poll_fn(poll).await
}

/// A commit that PostgreSQL answered has failed; one that it did not answer may have been done.
fn at_commit(error: tokio_postgres::Error) -> Error {
    if error.as_db_error().is_some() { error.into() } else { Error::Uncertain(error.to_string()) }
}

/// 5 to 200 ms, growing and never the same, so that those who met do not meet again.
fn pause(tried: u32) -> Duration {
    let most = 10_u64.saturating_mul(1 << tried.min(5)).min(200);
    Duration::from_millis(rand::rng().random_range(5..=most))
}

/// The address as it may be shown.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.split_whitespace().filter(|part| !part.starts_with("password")).collect();
    };
    let address = rest.split_once('@').map_or(rest, |(_, address)| address);
    format!("{scheme}://{}", address.split('?').next().unwrap_or_default())
}

/// TLS against the machine's own list of authorities.
fn tls() -> MakeRustlsConnect {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // One that cannot be read vouches for nobody.
        drop(roots.add(certificate));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
    // ring offers TLS 1.2 and 1.3; the fallback is never taken.
    let config = config.unwrap_or_else(|_| {
        ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
    });
    MakeRustlsConnect::new(config)
}

/// One connection without limits, for what may take long: the schema.
async fn prepare(config: &Config, shown: &str) -> Result<(), OpenError> {
    let failed = |reason: tokio_postgres::Error| OpenError::Connect {
        url: shown.to_owned(),
        reason: said(&reason),
    };
    let mut client = match connect(config).await {
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {
            create(config).await.map_err(failed)?;
            connect(config).await.map_err(failed)?
        }
        client => client.map_err(failed)?,
    };
    sorts_by_bytes(&client, shown).await?;
    migrations::check(shown, schema(&client).await.map_err(failed)?)?;
    migrate(&mut client, shown).await
}

async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        return Ok(client);
    }
    let (client, connection) = config.connect(tls()).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Makes the database, sorting by bytes, where the server has none of its name.
async fn create(config: &Config) -> Result<(), tokio_postgres::Error> {
    let name = config.get_dbname().unwrap_or_default().replace('"', "\"\"");
    let client = connect(config.clone().dbname("postgres")).await?;
    let create = format!(
        "CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
    );
    match client.batch_execute(&create).await {
        // Another server that starts just now was quicker.
        Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
        created => created,
    }
}

/// Text must sort as its bytes do, as on SQLite.
async fn sorts_by_bytes(client: &Client, shown: &str) -> Result<(), OpenError> {
    const PROBE: &str = "SELECT 'Z' < 'a' AND current_setting('server_encoding') = 'UTF8'";
    let failed = |reason| OpenError::Connect { url: shown.to_owned(), reason: said(&reason) };
    let row = client.query_one(PROBE, &[]).await.map_err(failed)?;
    if row.try_get::<_, bool>(0).map_err(failed)? {
        return Ok(());
    }
    Err(OpenError::Collation(shown.to_owned()))
}

async fn schema(client: &Client) -> Result<Option<i64>, tokio_postgres::Error> {
    const HAS: &str = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    const LATEST: &str = "SELECT CAST(MAX(version) AS BIGINT) FROM refinery_schema_history";
    if !client.query_one(HAS, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    client.query_one(LATEST, &[]).await?.try_get(0)
}

/// Two servers that start at once may both try; the one that comes second finds it done.
async fn migrate(client: &mut Client, shown: &str) -> Result<(), OpenError> {
    let mut tried = 1;
    loop {
        match migrations::runner().run_async(client).await {
            Ok(_) => return Ok(()),
            Err(_) if tried < 5 => {
                tried += 1;
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
            Err(reason) => {
                let (path, reason) = (shown.to_owned(), reason.to_string());
                return Err(OpenError::Migration { path, reason });
            }
        }
    }
}

/// What the database says, without the rows it says it about.
pub fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(told) => format!("{} ({})", told.message(), told.code().code()),
        None => std::error::Error::source(error)
            .map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let shown =
            without_password("postgres://me:secret@db.example:5432/habitue?sslmode=require");
        assert_eq!(shown, "postgres://db.example:5432/habitue");
        assert!(!without_password("host=db password=secret").contains("secret"));
    }

    #[test]
    fn a_pause_grows_and_stays_within_its_bounds() {
        for tried in 1..20 {
            assert!((5..=200).contains(&pause(tried).as_millis()));
        }
    }
}
