-- Events that were accepted and are not done with, and records on their way to a destination.
-- Each row belongs to one process, its owner; when that has ended, another one takes it over.
-- Times are seconds since the epoch.

CREATE TABLE events (
    request_id       TEXT PRIMARY KEY,
    owner            TEXT NOT NULL,
    function_name    TEXT NOT NULL,
    -- As the caller gave it: a version, an alias or NULL.
    qualifier        TEXT,
    payload          BLOB NOT NULL,
    -- JSON, or NULL.
    client_context   TEXT,
    -- The caller's X-Amzn-Trace-Id.
    trace_id         TEXT NOT NULL,
    received         REAL NOT NULL,
    -- When it is tried next.
    due              REAL NOT NULL,
    -- How often the function has run, and how often in a row it could not run.
    attempts         INTEGER NOT NULL DEFAULT 0,
    setbacks         INTEGER NOT NULL DEFAULT 0,
    -- The error document of the last attempt, and the version that it ran on, or NULL.
    answer           BLOB,
    executed_version TEXT
);

CREATE INDEX events_of_owner ON events (owner);

CREATE TABLE deliveries (
    delivery_id   TEXT PRIMARY KEY,
    owner         TEXT NOT NULL,
    -- 'OnSuccess', 'OnFailure' or 'DeadLetter'.
    kind          TEXT NOT NULL,
    -- The ARN of the queue, topic, bus or bucket.
    target        TEXT NOT NULL,
    function_name TEXT NOT NULL,
    qualifier     TEXT,
    -- The function's ARN, qualified.
    function_arn  TEXT NOT NULL,
    trace_id      TEXT NOT NULL,
    body          BLOB NOT NULL,
    -- A JSON object: RequestID, ErrorCode, ErrorMessage of a dead letter.
    attributes    TEXT NOT NULL
);

CREATE INDEX deliveries_of_owner ON deliveries (owner);
