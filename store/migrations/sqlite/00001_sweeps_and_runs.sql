-- Times are microseconds since 1970 in UTC, 0 for none; where MLflow's own
-- milliseconds are kept the column ends in _ms. seq is the number of the sweep's
-- change that last touched a row.

-- +goose Up
CREATE TABLE sweeps (
    no              INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT    NOT NULL UNIQUE,
    name            TEXT    NOT NULL,
    owner           TEXT    NOT NULL,
    experiment      BIGINT  NOT NULL,
    code            TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    why             TEXT    NOT NULL,
    why_code        TEXT    NOT NULL,
    seq             BIGINT  NOT NULL,
    revision        BIGINT  NOT NULL,
    priority        BIGINT  NOT NULL,
    weight          DOUBLE PRECISION NOT NULL,
    parallel        BIGINT  NOT NULL,
    edited_parallel BIGINT  NOT NULL,
    vtime           DOUBLE PRECISION NOT NULL,
    create_key      TEXT    UNIQUE,
    created         BIGINT  NOT NULL,
    queued          BIGINT  NOT NULL,
    running         BIGINT  NOT NULL,
    completed       BIGINT  NOT NULL,
    stopped         BIGINT  NOT NULL,
    failed          BIGINT  NOT NULL,
    cancelled       BIGINT  NOT NULL,
    attempts        BIGINT  NOT NULL,
    live            BIGINT  NOT NULL,
    held            BIGINT  NOT NULL,
    seconds         DOUBLE PRECISION NOT NULL,
    readings        BIGINT  NOT NULL,
    best_trial      BIGINT  NOT NULL,
    best_value      DOUBLE PRECISION NOT NULL,
    best_step       BIGINT  NOT NULL,
    made_at         BIGINT  NOT NULL,
    started_at      BIGINT  NOT NULL,
    ended_at        BIGINT  NOT NULL
);
CREATE INDEX sweeps_open ON sweeps (no) WHERE ended_at = 0;
CREATE INDEX sweeps_by_experiment ON sweeps (experiment);

-- What a sweep was made of: large, and never changed.
CREATE TABLE sweep_specs (
    sweep  INTEGER NOT NULL PRIMARY KEY REFERENCES sweeps (no),
    source TEXT    NOT NULL,
    spec   TEXT    NOT NULL
);

CREATE TABLE stages (
    no        INTEGER PRIMARY KEY AUTOINCREMENT,
    sweep     BIGINT  NOT NULL REFERENCES sweeps (no),
    idx       BIGINT  NOT NULL,
    name      TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    why       TEXT    NOT NULL,
    budget    BIGINT  NOT NULL,
    proposed  BIGINT  NOT NULL,
    output    TEXT    NOT NULL,
    opened_at BIGINT  NOT NULL,
    ended_at  BIGINT  NOT NULL,
    seq       BIGINT  NOT NULL,
    UNIQUE (sweep, idx)
);

CREATE TABLE branches (
    no         INTEGER PRIMARY KEY AUTOINCREMENT,
    sweep      BIGINT  NOT NULL,
    stage      BIGINT  NOT NULL REFERENCES stages (no),
    stage_name TEXT    NOT NULL,
    idx        BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    each_item  TEXT    NOT NULL,
    space      TEXT    NOT NULL,
    seed       BIGINT  NOT NULL,
    budget     BIGINT  NOT NULL,
    shared     BOOLEAN NOT NULL,
    proposed   BIGINT  NOT NULL,
    exhausted  BOOLEAN NOT NULL,
    is_open    BOOLEAN NOT NULL,
    seq        BIGINT  NOT NULL,
    UNIQUE (stage, idx)
);
CREATE INDEX branches_by_sweep ON branches (sweep);

CREATE TABLE trials (
    no              INTEGER PRIMARY KEY AUTOINCREMENT,
    sweep           BIGINT  NOT NULL REFERENCES sweeps (no),
    number          BIGINT  NOT NULL,
    stage           BIGINT  NOT NULL,
    stage_name      TEXT    NOT NULL,
    branch          BIGINT  NOT NULL,
    k               BIGINT  NOT NULL,
    replicate       BIGINT  NOT NULL,
    user_id         TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    point           TEXT    NOT NULL,
    hash            TEXT    NOT NULL,
    effective       TEXT    NOT NULL,
    proposer        TEXT    NOT NULL,
    note            TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    value           DOUBLE PRECISION,
    best            DOUBLE PRECISION,
    best_step       BIGINT  NOT NULL,
    last            DOUBLE PRECISION,
    last_step       BIGINT  NOT NULL,
    resource        BIGINT  NOT NULL,
    reading_attempt BIGINT  NOT NULL,
    run             TEXT    NOT NULL,
    run_no          BIGINT  NOT NULL,
    seed            BIGINT  NOT NULL,
    attempts        BIGINT  NOT NULL,
    ooms            BIGINT  NOT NULL,
    losses          BIGINT  NOT NULL,
    failures        BIGINT  NOT NULL,
    failure         TEXT    NOT NULL,
    files           TEXT    NOT NULL,
    made_at         BIGINT  NOT NULL,
    started_at      BIGINT  NOT NULL,
    ended_at        BIGINT  NOT NULL,
    seconds         DOUBLE PRECISION NOT NULL,
    seq             BIGINT  NOT NULL,
    UNIQUE (branch, hash, replicate),
    UNIQUE (sweep, number)
);
CREATE INDEX trials_by_seq ON trials (sweep, seq);
CREATE INDEX trials_open ON trials (stage) WHERE state IN ('queued', 'running');

-- What an attempt needs of a worker, interned so that a claim seeks only what fits.
CREATE TABLE shapes (
    no     INTEGER PRIMARY KEY AUTOINCREMENT,
    needs  TEXT    NOT NULL UNIQUE
);

-- The highest virtual time claimed in each priority.
CREATE TABLE clocks (
    priority BIGINT NOT NULL PRIMARY KEY,
    vtime    DOUBLE PRECISION NOT NULL
);

CREATE TABLE attempts (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    trial        BIGINT  NOT NULL REFERENCES trials (no),
    trial_number BIGINT  NOT NULL,
    number       BIGINT  NOT NULL,
    sweep        BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    worker       TEXT    NOT NULL,
    claim_id     TEXT    NOT NULL,
    devices      TEXT    NOT NULL,
    effective    TEXT    NOT NULL,
    stop_asked   BOOLEAN NOT NULL,
    stop_reason  TEXT    NOT NULL,
    cancel_asked BOOLEAN NOT NULL,
    delivered    BOOLEAN NOT NULL,
    bound        BOOLEAN NOT NULL,
    bound_by     TEXT    NOT NULL,
    renewed      BOOLEAN NOT NULL,
    verdict      TEXT    NOT NULL,
    said         TEXT    NOT NULL,
    failure      TEXT    NOT NULL,
    peaks        TEXT    NOT NULL,
    priority     BIGINT  NOT NULL,
    vtime        DOUBLE PRECISION NOT NULL,
    shape        BIGINT  NOT NULL,
    not_before   BIGINT  NOT NULL,
    queued_at    BIGINT  NOT NULL,
    claimed_at   BIGINT  NOT NULL,
    started_at   BIGINT  NOT NULL,
    ended_at     BIGINT  NOT NULL,
    lease_until  BIGINT  NOT NULL,
    seq          BIGINT  NOT NULL,
    UNIQUE (trial, number)
);
CREATE INDEX attempts_by_seq ON attempts (sweep, seq);
CREATE UNIQUE INDEX attempts_one_open ON attempts (trial) WHERE state <> 'ended';
CREATE INDEX attempts_queued ON attempts (shape, priority DESC, vtime, no) WHERE state = 'queued';
CREATE INDEX attempts_queued_of ON attempts (sweep, shape, priority DESC, vtime, no) WHERE state = 'queued';
CREATE INDEX attempts_held_of ON attempts (sweep, priority DESC, trial) WHERE state = 'held';
CREATE INDEX attempts_leased ON attempts (lease_until) WHERE state = 'live';
CREATE INDEX attempts_claimed ON attempts (worker, claim_id) WHERE state = 'live';

CREATE TABLE readings (
    sweep   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    trial   BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    step    BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    value   DOUBLE PRECISION NOT NULL,
    kind    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (trial, attempt, step)
) WITHOUT ROWID;
CREATE INDEX readings_by_seq ON readings (sweep, seq);

CREATE TABLE decisions (
    no      INTEGER PRIMARY KEY AUTOINCREMENT,
    sweep   BIGINT  NOT NULL,
    seq     BIGINT  NOT NULL,
    at      BIGINT  NOT NULL,
    actor   TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    trial   BIGINT  NOT NULL,
    stage   TEXT    NOT NULL,
    branch  TEXT    NOT NULL,
    text    TEXT    NOT NULL,
    payload TEXT    NOT NULL,
    mark    TEXT
);
CREATE INDEX decisions_by_seq ON decisions (sweep, seq);
CREATE INDEX decisions_by_trial ON decisions (sweep, trial, seq);
CREATE UNIQUE INDEX decisions_once ON decisions (sweep, mark);

CREATE TABLE ensembles (
    no      INTEGER PRIMARY KEY AUTOINCREMENT,
    sweep   BIGINT  NOT NULL,
    stage   BIGINT  NOT NULL,
    body    TEXT    NOT NULL,
    made_at BIGINT  NOT NULL
);
CREATE INDEX ensembles_by_sweep ON ensembles (sweep);

CREATE TABLE workers (
    id         TEXT    NOT NULL PRIMARY KEY,
    host       TEXT    NOT NULL,
    pid        BIGINT  NOT NULL,
    version    TEXT    NOT NULL,
    slots      BIGINT  NOT NULL,
    cpu        DOUBLE PRECISION NOT NULL,
    memory     BIGINT  NOT NULL,
    devices    TEXT    NOT NULL,
    labels     TEXT    NOT NULL,
    warm       BOOLEAN NOT NULL,
    drain      BOOLEAN NOT NULL,
    seen_at    BIGINT  NOT NULL,
    started_at BIGINT  NOT NULL
);

CREATE TABLE servers (
    id      TEXT    NOT NULL PRIMARY KEY,
    alone   BOOLEAN NOT NULL,
    seen_at BIGINT  NOT NULL
);

CREATE TABLE tokens (
    id         TEXT   NOT NULL PRIMARY KEY,
    hash       TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    made_at    BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);

CREATE TABLE secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE experiments (
    no                INTEGER PRIMARY KEY AUTOINCREMENT,
    name              TEXT    NOT NULL UNIQUE,
    artifact_location TEXT    NOT NULL,
    lifecycle         TEXT    NOT NULL,
    created_ms        BIGINT  NOT NULL,
    updated_ms        BIGINT  NOT NULL
);
INSERT INTO experiments (no, name, artifact_location, lifecycle, created_ms, updated_ms)
VALUES (0, 'Default', 'mlflow-artifacts:/0', 'active', 0, 0);

CREATE TABLE experiment_tags (
    experiment BIGINT NOT NULL,
    key        TEXT   NOT NULL,
    value      TEXT   NOT NULL,
    PRIMARY KEY (experiment, key)
) WITHOUT ROWID;

-- trial is set on a trial's own run, owner on its children too.
CREATE TABLE runs (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    experiment   BIGINT  NOT NULL,
    name         TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    start_ms     BIGINT  NOT NULL,
    end_ms       BIGINT  NOT NULL,
    lifecycle    TEXT    NOT NULL,
    deleted_ms   BIGINT  NOT NULL,
    artifact_uri TEXT    NOT NULL,
    owner        TEXT    NOT NULL,
    trial        BIGINT  NOT NULL,
    sweep        BIGINT  NOT NULL
);
CREATE INDEX runs_by_start ON runs (experiment, lifecycle, start_ms DESC, id);
CREATE INDEX runs_owned ON runs (owner) WHERE owner <> '';

CREATE TABLE metric_keys (
    no  INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT    NOT NULL UNIQUE
);

-- kind: 0 finite, 1 NaN, 2 +Inf, 3 -Inf; value is 0 unless finite.
CREATE TABLE metrics (
    run     BIGINT NOT NULL,
    key     BIGINT NOT NULL,
    step    BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    value   DOUBLE PRECISION NOT NULL,
    kind    BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    PRIMARY KEY (run, key, step, time_ms, value, kind)
) WITHOUT ROWID;

-- min and max are over the finite points.
CREATE TABLE metric_summary (
    run        BIGINT NOT NULL,
    key        BIGINT NOT NULL,
    last_step  BIGINT NOT NULL,
    last_ms    BIGINT NOT NULL,
    last_value DOUBLE PRECISION NOT NULL,
    last_kind  BIGINT NOT NULL,
    min_value  DOUBLE PRECISION,
    max_value  DOUBLE PRECISION,
    points     BIGINT NOT NULL,
    attempt    BIGINT NOT NULL,
    PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX metric_summary_by_key ON metric_summary (key, run);

CREATE TABLE params (
    run     BIGINT NOT NULL,
    key     TEXT   NOT NULL,
    value   TEXT   NOT NULL,
    number  DOUBLE PRECISION,
    attempt BIGINT NOT NULL,
    PRIMARY KEY (run, key)
) WITHOUT ROWID;

CREATE TABLE tags (
    run   BIGINT NOT NULL,
    key   TEXT   NOT NULL,
    value TEXT   NOT NULL,
    PRIMARY KEY (run, key)
) WITHOUT ROWID;

CREATE TABLE datasets (
    no          INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment  BIGINT  NOT NULL,
    name        TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    source_type TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    schema_text TEXT    NOT NULL,
    profile     TEXT    NOT NULL,
    UNIQUE (experiment, name, digest)
);

CREATE TABLE inputs (
    run     BIGINT NOT NULL,
    dataset BIGINT NOT NULL,
    idx     BIGINT NOT NULL,
    tags    TEXT   NOT NULL,
    context TEXT   NOT NULL,
    PRIMARY KEY (run, dataset)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE inputs;
DROP TABLE datasets;
DROP TABLE tags;
DROP TABLE params;
DROP TABLE metric_summary;
DROP TABLE metrics;
DROP TABLE metric_keys;
DROP TABLE runs;
DROP TABLE experiment_tags;
DROP TABLE experiments;
DROP TABLE secrets;
DROP TABLE tokens;
DROP TABLE servers;
DROP TABLE workers;
DROP TABLE ensembles;
DROP TABLE decisions;
DROP TABLE readings;
DROP TABLE attempts;
DROP TABLE clocks;
DROP TABLE shapes;
DROP TABLE trials;
DROP TABLE branches;
DROP TABLE stages;
DROP TABLE sweep_specs;
DROP TABLE sweeps;
