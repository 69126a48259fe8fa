-- What happened in a region: log events, invocations, throttles. Rows are only ever appended and,
-- from the oldest on, deleted; `id` is their order.

-- A log stream of a log group; AWS makes one stream for each execution environment.
CREATE TABLE log_streams (
    id            INTEGER PRIMARY KEY,
    log_group     TEXT    NOT NULL,
    log_stream    TEXT    NOT NULL,
    creation_time INTEGER NOT NULL,
    UNIQUE (log_group, log_stream)
);

-- Times are milliseconds since the epoch, as in CloudWatch Logs.
CREATE TABLE log_events (
    id             INTEGER PRIMARY KEY,
    stream_id      INTEGER NOT NULL,
    timestamp      INTEGER NOT NULL,
    ingestion_time INTEGER NOT NULL,
    message        TEXT    NOT NULL,
    request_id     TEXT
);

CREATE INDEX log_events_of_stream ON log_events (stream_id, timestamp);

-- Times are seconds since the epoch, durations milliseconds, memory MB, cost US dollars.
CREATE TABLE invocations (
    id                     INTEGER PRIMARY KEY,
    start_time             REAL    NOT NULL,
    end_time               REAL    NOT NULL,
    function_name          TEXT    NOT NULL,
    version                TEXT    NOT NULL,
    alias                  TEXT,
    request_id             TEXT    NOT NULL,
    status                 TEXT    NOT NULL,
    error_type             TEXT,
    duration_ms            REAL    NOT NULL,
    billed_duration_ms     INTEGER NOT NULL,
    init_duration_ms       REAL,
    memory_size_mb         INTEGER NOT NULL,
    max_memory_used_mb     INTEGER NOT NULL,
    cost_usd               REAL    NOT NULL,
    function_concurrency   INTEGER NOT NULL,
    account_concurrency    INTEGER NOT NULL,
    unreserved_concurrency INTEGER,
    spillover              INTEGER NOT NULL,
    -- Environments of this version's provisioned concurrency that were busy, this invocation's
    -- included, and that there were; NULL where it ran on demand.
    provisioned_used       INTEGER,
    provisioned_allocated  INTEGER
);

CREATE INDEX invocations_of_function ON invocations (function_name, start_time);

CREATE TABLE throttles (
    id            INTEGER PRIMARY KEY,
    time          REAL NOT NULL,
    function_name TEXT NOT NULL,
    version       TEXT NOT NULL,
    alias         TEXT,
    reason        TEXT NOT NULL
);

CREATE INDEX throttles_of_function ON throttles (function_name, time);
