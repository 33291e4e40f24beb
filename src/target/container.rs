//! A Redis in a container, through testcontainers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use testcontainers::bollard::models::{HostConfig, PortBinding};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt};

use super::engine::{Engine, LABEL};
use super::local::last_lines;
use super::owner::Owner;
use super::{Endpoint, TargetError};

const PORT: u16 = 6379;
/// The program is named, so that images without an entrypoint work; the entrypoint of the official image
/// runs what it is given. The port is published on the loopback interface only, so no password is needed.
const COMMAND: [&str; 9] =
    ["redis-server", "--save", "", "--appendonly", "no", "--bind", "0.0.0.0", "--protected-mode", "no"];
/// `redis:7-alpine` has 15 MB.
const PULL_LIMIT: Duration = Duration::from_secs(180);
const START_LIMIT: Duration = Duration::from_secs(60);

/// A container, removed when this is dropped.
#[derive(Debug)]
pub(super) struct ContainerServer {
    /// `None` only after it was removed.
    container: Option<ContainerAsync<GenericImage>>,
    engine: Engine,
    endpoint: Endpoint,
}

impl ContainerServer {
    /// Starts a container from the image, pulling it first if need be, and waits until a Redis answers.
    pub(super) async fn start(image: &str) -> Result<ContainerServer, TargetError> {
        let engine = Engine::connect().await?;
        let name = name();
        if !engine.has_image(image).await {
            pull(image).await?;
        }
        let failed = |detail: String| TargetError::Container { image: image.to_owned(), detail };
        let container = match tokio::time::timeout(START_LIMIT, request(image, &name).start()).await {
            Ok(Ok(container)) => container,
            result => {
                // testcontainers leaves a container behind that was created but could not be started.
                let left = engine.remove(&name).await.err().map(|why| format!(" (container {name} is left: {why})"));
                let why = match result {
                    Ok(Err(error)) => error.to_string(),
                    _ => format!("the engine did not start it within {} s", START_LIMIT.as_secs()),
                };
                return Err(failed(why + &left.unwrap_or_default()));
            }
        };
        let address = address(&container).await.map_err(|error| failed(error.to_string()))?;
        let endpoint = Endpoint::from_url(&format!("redis://{address}"))?;
        let server = ContainerServer { container: Some(container), engine, endpoint };
        server.wait_until_ready().await.map_err(failed)?;
        Ok(server)
    }

    async fn wait_until_ready(&self) -> Result<(), String> {
        let begin = Instant::now();
        let mut last = String::new();
        while begin.elapsed() < START_LIMIT {
            if let Some(cause) = self.cause_of_death().await {
                return Err(cause);
            }
            // Docker's proxy accepts connections before the server does, and closes them again.
            match self.endpoint.connect(Duration::from_secs(1)).await {
                Ok(mut connection) => match redis::cmd("PING").query_async::<String>(&mut connection).await {
                    Ok(_) => return Ok(()),
                    Err(error) => last = self.endpoint.explain(&error).to_string(),
                },
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("it runs, but after {} s {last}", START_LIMIT.as_secs()))
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How the container ended, with the last lines of its log; `None` while it runs.
    pub(super) async fn cause_of_death(&self) -> Option<String> {
        let id = self.container.as_ref()?.id();
        let end = self.engine.end_of(id).await?;
        Some(format!("{end}{}", last_lines(&self.engine.log(id).await)))
    }

    /// Removes the container.
    pub(super) async fn stop(mut self) -> Result<(), TargetError> {
        match self.container.take() {
            Some(container) => remove(container).await,
            None => Ok(()),
        }
    }
}

impl Drop for ContainerServer {
    /// On a thread and a runtime of its own: a drop may come while no runtime is left, or in the middle of
    /// a panic, and testcontainers' own drop would panic there.
    fn drop(&mut self) {
        let Some(container) = self.container.take() else { return };
        let removal = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // Without a runtime nothing can be asked of the engine: `stanchion clean` will find the container.
            match runtime {
                Ok(runtime) => runtime.block_on(async { drop(remove(container).await) }),
                Err(_) => std::mem::forget(container),
            }
        });
        // Wait for it: a program that ended first would take the thread along.
        let _ = removal.join();
    }
}

async fn remove(container: ContainerAsync<GenericImage>) -> Result<(), TargetError> {
    let name = container.id().chars().take(12).collect::<String>();
    container.rm().await.map_err(|error| TargetError::Container {
        image: format!("container {name}"),
        detail: format!("it could not be removed: {error}. Run `stanchion clean`"),
    })
}

fn request(image: &str, name: &str) -> ContainerRequest<GenericImage> {
    let (repository, tag) = split(image);
    GenericImage::new(repository, tag)
        .with_exposed_port(PORT.tcp())
        .with_cmd(COMMAND)
        .with_container_name(name)
        .with_label(LABEL, Owner::this().to_string())
        .with_host_config_modifier(|host: &mut HostConfig| {
            let loopback = PortBinding { host_ip: Some("127.0.0.1".into()), host_port: Some(String::new()) };
            host.publish_all_ports = Some(false);
            host.port_bindings = Some([(format!("{PORT}/tcp"), Some(vec![loopback]))].into());
        })
}

async fn pull(image: &str) -> Result<(), TargetError> {
    let failed = |detail: String| TargetError::NoImage { image: image.to_owned(), detail };
    match tokio::time::timeout(PULL_LIMIT, request(image, "").pull_image()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("the pull took longer than {} s", PULL_LIMIT.as_secs()))),
    }
}

/// The published port; inside a container that talks to its host's engine, the other container itself.
async fn address(container: &ContainerAsync<GenericImage>) -> testcontainers::core::error::Result<String> {
    match container.get_host().await?.to_string().as_str() {
        "localhost" => Ok(format!("127.0.0.1:{}", container.get_host_port_ipv4(PORT).await?)),
        _ => Ok(format!("{}:{PORT}", container.get_bridge_ip_address().await?)),
    }
}

/// Recognisable in `docker ps`, and unique: the owner is, and it counts.
fn name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("stanchion-{}-{}", Owner::this(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// `host:5000/redis:7` is `host:5000/redis` and `7`; a digest's colon splits as well as a tag's does.
fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_split_at_its_tag_and_not_at_a_port() {
        assert_eq!(split("redis:7-alpine"), ("redis", "7-alpine"));
        assert_eq!(split("redis"), ("redis", "latest"));
        assert_eq!(split("host:5000/valkey/valkey"), ("host:5000/valkey/valkey", "latest"));
        assert_eq!(split("host:5000/redis:7"), ("host:5000/redis", "7"));
        assert_eq!(split("redis@sha256:abc"), ("redis@sha256", "abc"));
    }

    #[test]
    fn no_two_containers_get_the_same_name() {
        assert_ne!(name(), name());
    }
}
