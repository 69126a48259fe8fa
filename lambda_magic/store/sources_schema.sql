-- How far event source mappings have read the shards of their streams. A mapping's shards are
-- here from when they are first seen; one process at a time polls a mapping.

CREATE TABLE checkpoints (
    -- The mapping's UUID.
    mapping  TEXT NOT NULL,
    shard    TEXT NOT NULL,
    -- See `store.checkpoints.Position`.
    position TEXT NOT NULL,
    -- Tumbling windows: a JSON object, by lane.
    windows  TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (mapping, shard)
) WITHOUT ROWID;
