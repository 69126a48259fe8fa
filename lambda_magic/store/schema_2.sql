-- What is configured beside functions, and the resources that belong to none. As in schema.sql,
-- documents are the API's own shapes, without the ARNs that follow from account and region
-- (policies keep the ones they name).

-- Configuration of a function, or of one of its versions or aliases: one document of a kind.
CREATE TABLE settings (
    function_name TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
    -- One of `store.settings.Setting`.
    kind          TEXT NOT NULL,
    -- '$LATEST', a number, the name of an alias, or '' for the function as a whole.
    qualifier     TEXT NOT NULL,
    document      TEXT NOT NULL,
    PRIMARY KEY (function_name, kind, qualifier)
) WITHOUT ROWID;

CREATE INDEX settings_of_kind ON settings (kind);

-- Resources with a name of their own: event source mappings, code signing configurations, ...
CREATE TABLE resources (
    -- One of `store.resources.Kind`.
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    document TEXT NOT NULL,
    -- {key: value}
    tags     TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE TABLE layer_versions (
    layer_name    TEXT NOT NULL,
    version       INTEGER NOT NULL,
    -- A layer version as in GetLayerVersion, without Content's Location and the ARNs.
    configuration TEXT NOT NULL,
    -- As in CodeSha256; names the content in the code store.
    code_sha256   TEXT NOT NULL,
    -- A resource policy, or NULL.
    policy        TEXT,
    -- A deleted version is no longer found, but functions that use it keep it, and its number
    -- is never given again.
    deleted       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (layer_name, version)
) WITHOUT ROWID;
