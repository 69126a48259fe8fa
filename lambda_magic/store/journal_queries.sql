-- The journal's statements.

-- find_log_stream --
SELECT id FROM log_streams WHERE log_group = :log_group AND log_stream = :log_stream

-- insert_log_stream --
INSERT INTO log_streams (log_group, log_stream, creation_time)
VALUES (:log_group, :log_stream, :creation_time)

-- insert_log_events --
INSERT INTO log_events (stream_id, timestamp, ingestion_time, message, request_id)
VALUES (?, ?, ?, ?, ?)

-- insert_invocations --
INSERT INTO invocations (
    start_time, end_time, function_name, version, alias, request_id, status, error_type,
    duration_ms, billed_duration_ms, init_duration_ms, memory_size_mb, max_memory_used_mb,
    cost_usd, function_concurrency, account_concurrency, unreserved_concurrency, spillover,
    provisioned_used, provisioned_allocated
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- insert_throttles --
INSERT INTO throttles (time, function_name, version, alias, reason)
VALUES (?, ?, ?, ?, ?)

-- insert_measurements --
INSERT INTO measurements (time, function_name, qualifier, metric, value)
VALUES (?, ?, ?, ?, ?)

-- log_groups --
SELECT log_group, min(creation_time), sum(stored_bytes)
FROM (
    SELECT log_streams.log_group, log_streams.creation_time,
           (SELECT coalesce(sum(length(CAST(message AS BLOB))), 0)
            FROM log_events WHERE stream_id = log_streams.id) AS stored_bytes
    FROM log_streams
)
GROUP BY log_group
ORDER BY log_group

-- log_streams --
SELECT log_stream, creation_time, min(timestamp), max(timestamp), max(ingestion_time)
FROM log_streams
LEFT JOIN log_events ON log_events.stream_id = log_streams.id
WHERE log_group = :log_group
GROUP BY log_streams.id
ORDER BY max(timestamp) DESC, log_stream

-- first_log_events --
SELECT log_stream, timestamp, ingestion_time, message, request_id
FROM log_streams
JOIN log_events ON log_events.stream_id = log_streams.id
WHERE log_group = :log_group
  AND (:streams IS NULL OR log_stream IN (SELECT value FROM json_each(:streams)))
  AND (:request_id IS NULL OR request_id = :request_id)
  AND timestamp >= :start AND timestamp <= :end
ORDER BY timestamp, log_events.id
LIMIT :limit

-- last_log_events --
SELECT log_stream, timestamp, ingestion_time, message, request_id
FROM log_streams
JOIN log_events ON log_events.stream_id = log_streams.id
WHERE log_group = :log_group
  AND (:streams IS NULL OR log_stream IN (SELECT value FROM json_each(:streams)))
  AND (:request_id IS NULL OR request_id = :request_id)
  AND timestamp >= :start AND timestamp <= :end
ORDER BY timestamp DESC, log_events.id DESC
LIMIT :limit

-- invocations --
SELECT start_time, end_time, function_name, version, alias, request_id, status, error_type,
       duration_ms, billed_duration_ms, init_duration_ms, memory_size_mb, max_memory_used_mb,
       cost_usd, function_concurrency, account_concurrency, unreserved_concurrency, spillover,
       provisioned_used, provisioned_allocated
FROM invocations
WHERE (:function_name IS NULL OR function_name = :function_name)
  AND start_time >= :start AND start_time < :end
ORDER BY start_time, id

-- throttles --
SELECT time, function_name, version, alias, reason
FROM throttles
WHERE (:function_name IS NULL OR function_name = :function_name)
  AND time >= :start AND time < :end
ORDER BY time, id

-- measurements --
SELECT time, function_name, qualifier, metric, value
FROM measurements
WHERE (:function_name IS NULL OR function_name = :function_name)
  AND time >= :start AND time < :end
ORDER BY time, id

-- Retention: the oldest rows go, a few thousand in a transaction so that nobody waits long.

-- prune_log_events --
DELETE FROM log_events
WHERE id IN (SELECT id FROM log_events ORDER BY id LIMIT :batch)
  AND (id <= (SELECT max(id) FROM log_events) - :rows OR timestamp < :before * 1000)

-- prune_invocations --
DELETE FROM invocations
WHERE id IN (SELECT id FROM invocations ORDER BY id LIMIT :batch)
  AND (id <= (SELECT max(id) FROM invocations) - :rows OR end_time < :before)

-- prune_throttles --
DELETE FROM throttles
WHERE id IN (SELECT id FROM throttles ORDER BY id LIMIT :batch)
  AND (id <= (SELECT max(id) FROM throttles) - :rows OR time < :before)

-- prune_measurements --
DELETE FROM measurements
WHERE id IN (SELECT id FROM measurements ORDER BY id LIMIT :batch)
  AND (id <= (SELECT max(id) FROM measurements) - :rows OR time < :before)

-- prune_log_streams --
DELETE FROM log_streams
WHERE NOT EXISTS (SELECT 1 FROM log_events WHERE stream_id = log_streams.id)
