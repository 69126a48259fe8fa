-- checkpoints --
SELECT shard, position, windows FROM checkpoints WHERE mapping = :mapping

-- put_checkpoint --
INSERT INTO checkpoints (mapping, shard, position, windows)
VALUES (:mapping, :shard, :position, :windows)
ON CONFLICT (mapping, shard) DO UPDATE SET position = :position, windows = :windows

-- forget_checkpoints --
DELETE FROM checkpoints WHERE mapping = :mapping
