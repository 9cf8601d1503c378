-- Logged models. A name that is not set is empty; kinds of values are those of
-- metrics.

-- +goose Up
CREATE TABLE models (
    no           INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    experiment   BIGINT  NOT NULL,
    name         TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    artifact_uri TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    lifecycle    TEXT    NOT NULL,
    created_ms   BIGINT  NOT NULL,
    updated_ms   BIGINT  NOT NULL,
    source_run   TEXT    NOT NULL,
    owner        TEXT    NOT NULL,
    sweep        BIGINT  NOT NULL
);
CREATE INDEX models_by_creation ON models (experiment, lifecycle, created_ms DESC, id);
CREATE INDEX models_by_name ON models (experiment, name);

CREATE TABLE model_params (
    model BIGINT NOT NULL,
    key   TEXT   NOT NULL,
    value TEXT   NOT NULL,
    PRIMARY KEY (model, key)
) WITHOUT ROWID;

CREATE TABLE model_tags (
    model BIGINT NOT NULL,
    key   TEXT   NOT NULL,
    value TEXT   NOT NULL,
    PRIMARY KEY (model, key)
) WITHOUT ROWID;

CREATE TABLE model_metrics (
    no             INTEGER PRIMARY KEY AUTOINCREMENT,
    model          BIGINT  NOT NULL,
    key            TEXT    NOT NULL,
    time_ms        BIGINT  NOT NULL,
    step           BIGINT  NOT NULL,
    run            BIGINT  NOT NULL,
    value          DOUBLE PRECISION NOT NULL,
    kind           BIGINT  NOT NULL,
    dataset_name   TEXT    NOT NULL,
    dataset_digest TEXT    NOT NULL,
    attempt        BIGINT  NOT NULL,
    UNIQUE (model, key, time_ms, step, run, value, kind, dataset_name, dataset_digest)
);

-- What a run has used (input) or made, at a step.
CREATE TABLE run_models (
    no    INTEGER PRIMARY KEY AUTOINCREMENT,
    run   BIGINT  NOT NULL,
    model BIGINT  NOT NULL,
    input BOOLEAN NOT NULL,
    step  BIGINT  NOT NULL,
    UNIQUE (run, input, model, step)
);

-- +goose Down
DROP TABLE run_models;
DROP TABLE model_metrics;
DROP TABLE model_tags;
DROP TABLE model_params;
DROP TABLE models;
