-- The catalog of one region. JSON columns hold the API's own shapes, without their ARNs:
-- these depend on the account, which is a setting.

CREATE TABLE functions (
    name                 TEXT PRIMARY KEY,
    -- Tells a function from an earlier one of the same name that was deleted.
    incarnation          TEXT NOT NULL,
    -- The number of the version published last; numbers are never used again.
    last_version         INTEGER NOT NULL DEFAULT 0,
    -- ReservedConcurrentExecutions, or NULL where none is set.
    reserved_concurrency INTEGER,
    -- {key: value}
    tags                 TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;

CREATE TABLE versions (
    function_name TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
    -- '$LATEST' or a number.
    version       TEXT NOT NULL,
    -- FunctionConfiguration
    configuration TEXT NOT NULL,
    -- As in CodeSha256; names the package in the code store.
    code_sha256   TEXT NOT NULL,
    -- For a published version: what $LATEST was then, to tell whether it has changed since.
    source        TEXT NOT NULL,
    PRIMARY KEY (function_name, version)
) WITHOUT ROWID;

CREATE TABLE aliases (
    function_name TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    -- AliasConfiguration
    configuration TEXT NOT NULL,
    PRIMARY KEY (function_name, name)
) WITHOUT ROWID;

CREATE TABLE provisioned_concurrency (
    function_name TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
    -- A published version or an alias.
    qualifier     TEXT NOT NULL,
    requested     INTEGER NOT NULL,
    last_modified TEXT NOT NULL,
    PRIMARY KEY (function_name, qualifier)
) WITHOUT ROWID;
