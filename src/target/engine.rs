//! The Docker engine: whether it answers, which images it has, which containers are ours.
//!
//! The engine's client is the one that testcontainers uses, so both follow the same `DOCKER_HOST`. The
//! locked version of it names no API version in its requests; the engine then speaks its own newest one,
//! which is why engines as old as 20.10 (API 1.41) work. The container test would show a change.

use std::collections::HashMap;
use std::time::Duration;

use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as EngineError;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
};
use testcontainers::core::client::docker_client_instance;

use super::TargetError;

/// On every container that this program starts; the value names the owner.
pub(super) const LABEL: &str = "org.stanchion.run";

/// An engine on this machine answers in milliseconds; one that hangs must not hold up `auto`.
const ENGINE_LIMIT: Duration = Duration::from_secs(5);
/// A registry is asked for one small manifest.
const REGISTRY_LIMIT: Duration = Duration::from_secs(10);

/// An engine that answers.
#[derive(Debug)]
pub(super) struct Engine {
    docker: Docker,
    /// `Docker 20.10.24 (API 1.41)`.
    pub(super) version: String,
}

/// A container with our label.
#[derive(Debug)]
pub(super) struct Labelled {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) running: bool,
}

impl Engine {
    pub(super) async fn connect() -> Result<Engine, TargetError> {
        let failed = |detail: String| TargetError::NoEngine { detail };
        let docker = docker_client_instance().await.map_err(|error| failed(error.to_string()))?;
        let version = match tokio::time::timeout(ENGINE_LIMIT, docker.version()).await {
            Ok(Ok(version)) => version,
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Err(_) => return Err(failed(format!("no answer within {} s", ENGINE_LIMIT.as_secs()))),
        };
        let text = |part: Option<String>| part.unwrap_or_else(|| "?".to_owned());
        Ok(Engine { docker, version: format!("Docker {} (API {})", text(version.version), text(version.api_version)) })
    }

    pub(super) async fn has_image(&self, image: &str) -> bool {
        matches!(tokio::time::timeout(ENGINE_LIMIT, self.docker.inspect_image(image)).await, Ok(Ok(_)))
    }

    /// Asks the registry whether it has the image, without pulling it; the error says why not.
    pub(super) async fn can_pull(&self, image: &str) -> Result<(), String> {
        match tokio::time::timeout(REGISTRY_LIMIT, self.docker.inspect_registry_image(image, None)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(words(error)),
            Err(_) => Err(format!("the registry did not answer within {} s", REGISTRY_LIMIT.as_secs())),
        }
    }

    /// All containers with our label, running or not.
    pub(super) async fn labelled(&self) -> Result<Vec<Labelled>, String> {
        let filters = HashMap::from([("label", vec![LABEL])]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let listing = tokio::time::timeout(ENGINE_LIMIT, self.docker.list_containers(Some(options))).await;
        let containers = listing.map_err(|_| "the engine does not answer".to_owned())?.map_err(words)?;
        let labelled = containers.into_iter().filter_map(|container| {
            Some(Labelled {
                id: container.id?,
                name: container.names?.first()?.trim_start_matches('/').to_owned(),
                owner: container.labels?.remove(LABEL)?,
                running: container.state.is_some_and(|state| state.to_string() == "running"),
            })
        });
        Ok(labelled.collect())
    }

    /// Ends and removes a container, by id or name, with its volumes. One that is not there is fine.
    pub(super) async fn remove(&self, container: &str) -> Result<(), String> {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        match self.docker.remove_container(container, Some(options)).await {
            Err(EngineError::DockerResponseServerError { status_code: 404, .. }) | Ok(()) => Ok(()),
            Err(error) => Err(words(error)),
        }
    }

    /// How a container ended, as a clause; `None` while it runs.
    pub(super) async fn end_of(&self, container: &str) -> Option<String> {
        let state = match self.docker.inspect_container(container, None).await {
            Ok(inspected) => inspected.state?,
            Err(EngineError::DockerResponseServerError { status_code: 404, .. }) => {
                return Some("its container was removed".to_owned());
            }
            Err(_) => return None,
        };
        if state.running == Some(true) {
            return None;
        }
        let memory = if state.oom_killed == Some(true) { " because it was out of memory" } else { "" };
        Some(format!("its container ended with exit code {}{memory}", state.exit_code.unwrap_or(-1)))
    }

    /// The end of a container's log.
    pub(super) async fn log(&self, container: &str) -> String {
        use futures_util::StreamExt;
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail("10").build();
        let frames = self.docker.logs(container, Some(options)).filter_map(async |frame| frame.ok());
        let reading = frames.map(|frame| frame.to_string()).collect::<Vec<String>>();
        tokio::time::timeout(ENGINE_LIMIT, reading).await.unwrap_or_default().concat()
    }
}

/// The engine's own sentence, without the client's wrapping.
fn words(error: EngineError) -> String {
    match error {
        EngineError::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        other => other.to_string(),
    }
}
