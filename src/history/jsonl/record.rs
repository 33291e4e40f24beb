//! One line: what each operation and each outcome needs.

use serde_json::{Map, Value};

use super::fields::Fields;
use crate::model::{OpKind, Phase, QueueStats, Refusal, UnknownCause};

/// Every field that a line may have; they are named and meant as the columns of the Parquet file.
const FIELDS: &[&str] = &[
    "op_id",
    "attempt",
    "client",
    "phase",
    "op",
    "user",
    "token",
    "dedupe",
    "count",
    "batch",
    "max_age_ns",
    "intended_ns",
    "sent_ns",
    "returned_ns",
    "outcome",
    "duplicate_of",
    "position",
    "tokens",
    "swept",
    "stats_users",
    "stats_entries",
    "reason",
    "reply_dropped",
    "commands",
    "round_trips",
    "bytes_sent",
    "bytes_received",
];

/// A line whose every field is sound, names still as texts and what may be left out still open.
pub(super) struct Line {
    pub op_id: Option<u64>,
    pub attempt: u16,
    pub client: u32,
    pub phase: Phase,
    pub kind: OpKind,
    pub user: Option<String>,
    pub token: Option<String>,
    pub dedupe: Option<String>,
    pub count: u32,
    pub batch: Option<String>,
    pub max_age_ns: u64,
    pub intended_ns: Option<u64>,
    pub sent_ns: u64,
    pub returned_ns: Option<u64>,
    pub answer: Answer,
    pub reply_dropped: bool,
    /// Commands, round trips, bytes sent, bytes received.
    pub counts: [u32; 4],
}

/// An outcome, tokens still as texts.
pub(super) enum Answer {
    Joined,
    Duplicate(String),
    Position(u64),
    NotWaiting,
    Admitted(Vec<String>),
    Left,
    Renewed,
    Entries(Vec<String>),
    Swept(u64),
    Stats(QueueStats),
    Refused(Refusal),
    Unknown(UnknownCause),
}

/// What an operation may answer; any may also be refused or unknown.
fn outcomes(kind: OpKind) -> &'static [&'static str] {
    match kind {
        OpKind::Join => &["joined", "duplicate", "refused", "unknown"],
        OpKind::Position => &["position", "not-waiting", "refused", "unknown"],
        OpKind::Admit => &["admitted", "refused", "unknown"],
        OpKind::Leave => &["left", "not-waiting", "refused", "unknown"],
        OpKind::Renew => &["renewed", "not-waiting", "refused", "unknown"],
        OpKind::Entries => &["entries", "refused", "unknown"],
        OpKind::Sweep => &["swept", "refused", "unknown"],
        OpKind::Stats => &["stats", "refused", "unknown"],
    }
}

/// What a line says; `None` if there are problems.
pub(super) fn parse(object: Map<String, Value>, problems: &mut Vec<String>) -> Option<Line> {
    let mut fields = Fields::new(object, problems);
    let kinds = OpKind::ALL.map(OpKind::name);
    let kind = fields.needed("op", "every line", |f, name| f.named(name, &kinds, OpKind::from_name))?;
    let of = format!("op `{}`", kind.name());

    let op_id = fields.int("op_id");
    let attempt = fields.int("attempt").unwrap_or(0);
    let client = fields.int("client").unwrap_or(0);
    let phases = [Phase::WarmUp, Phase::Load, Phase::Drain].map(Phase::name);
    let phase = fields.named("phase", &phases, Phase::from_name).unwrap_or(Phase::Load);

    let (mut user, mut token, mut dedupe, mut batch, mut count, mut max_age_ns) = (None, None, None, None, None, None);
    match kind {
        OpKind::Join => {
            user = fields.needed("user", &of, Fields::text);
            token = fields.text("token");
            dedupe = fields.text("dedupe");
        }
        OpKind::Position | OpKind::Leave | OpKind::Renew => {
            user = fields.text("user");
            token = fields.needed("token", &of, Fields::text);
            dedupe = fields.text("dedupe");
        }
        OpKind::Admit => {
            count = fields.needed("count", &of, Fields::int);
            batch = fields.text("batch");
        }
        OpKind::Entries => user = fields.needed("user", &of, Fields::text),
        OpKind::Sweep => max_age_ns = fields.needed("max_age_ns", &of, Fields::int),
        OpKind::Stats => {}
    }

    let intended_ns = fields.int("intended_ns");
    let sent_ns = fields.needed("sent_ns", "every line", Fields::int);
    let returned_ns = fields.int("returned_ns");
    let reply_dropped = fields.flag("reply_dropped").unwrap_or(false);
    let counts = ["commands", "round_trips", "bytes_sent", "bytes_received"].map(|name| fields.int(name).unwrap_or(0));
    let answer = answer(&mut fields, kind);

    if let Some(answer) = &answer {
        if kind == OpKind::Join && token.is_none() {
            match answer {
                // Whoever is told "you stand already" asked for the place that stands.
                Answer::Duplicate(standing) => token = Some(standing.clone()),
                _ => fields.problem(
                    "token",
                    "missing; a join needs it unless it is a duplicate. A queue that names no tokens: write the user",
                ),
            }
        }
        let answered = !matches!(answer, Answer::Refused(_) | Answer::Unknown(_));
        if answered && returned_ns.is_none() && !reply_dropped {
            fields.problem("returned_ns", "missing; an answer has a time. If none came, the outcome is `unknown`");
        }
    }
    if returned_ns.zip(sent_ns).is_some_and(|(returned, sent)| returned < sent) {
        fields.problem("returned_ns", "lies before `sent_ns`; both must be read from one monotonic clock");
    }
    if intended_ns.zip(sent_ns).is_some_and(|(intended, sent)| intended > sent) {
        fields.problem("intended_ns", "lies after `sent_ns`: nothing is sent before it is due");
    }
    fields.finish(&of, FIELDS);
    if !problems.is_empty() {
        return None;
    }
    Some(Line {
        op_id,
        attempt,
        client,
        phase,
        kind,
        user,
        token,
        dedupe,
        count: count.unwrap_or(0),
        batch,
        max_age_ns: max_age_ns.unwrap_or(0),
        intended_ns,
        sent_ns: sent_ns?,
        returned_ns,
        answer: answer?,
        reply_dropped,
        counts,
    })
}

fn answer(fields: &mut Fields<'_>, kind: OpKind) -> Option<Answer> {
    let of = format!("op `{}`", kind.name());
    let outcome =
        fields.needed("outcome", &of, |f, name| f.named(name, outcomes(kind), |name| Some(name.to_owned())))?;
    let of = format!("outcome `{outcome}`");
    Some(match outcome.as_str() {
        "joined" => Answer::Joined,
        "duplicate" => Answer::Duplicate(fields.needed("duplicate_of", &of, Fields::text)?),
        "position" => Answer::Position(fields.needed("position", &of, Fields::int)?),
        "not-waiting" => Answer::NotWaiting,
        "admitted" => Answer::Admitted(fields.needed("tokens", &of, Fields::texts)?),
        "left" => Answer::Left,
        "renewed" => Answer::Renewed,
        "entries" => Answer::Entries(fields.needed("tokens", &of, Fields::texts)?),
        "swept" => Answer::Swept(fields.needed("swept", &of, Fields::int)?),
        "stats" => Answer::Stats(QueueStats {
            users: fields.needed("stats_users", &of, Fields::int)?,
            entries: fields.needed("stats_entries", &of, Fields::int)?,
        }),
        "refused" => {
            let known: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.name()).collect();
            Answer::Refused(fields.named("reason", &known, Refusal::from_name).unwrap_or(Refusal::Other))
        }
        _ => {
            let known: Vec<_> = UnknownCause::ALL.iter().map(|cause| cause.name()).collect();
            Answer::Unknown(fields.named("reason", &known, UnknownCause::from_name).unwrap_or(UnknownCause::TimedOut))
        }
    })
}
