-- The journal's statements. Rows are handed over as one JSON array of arrays, in the order of the
-- columns: SQLite then reads and inserts the whole batch without once needing Python's interpreter
-- lock, which the loop thread would otherwise lose to the writer at every row.

-- insert_log_streams --
INSERT OR IGNORE INTO log_streams (log_group, log_stream, creation_time)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), min(json_extract(value, '$[2]'))
FROM json_each(:rows)
GROUP BY 1, 2

-- insert_log_events --
INSERT INTO log_events (stream_id, timestamp, ingestion_time, message, request_id)
SELECT log_streams.id, json_extract(value, '$[2]'), :ingestion_time,
       json_extract(value, '$[3]'), json_extract(value, '$[4]')
FROM json_each(:rows)
CROSS JOIN log_streams
        ON log_streams.log_group = json_extract(value, '$[0]')
       AND log_streams.log_stream = json_extract(value, '$[1]')

-- insert_invocations --
INSERT INTO invocations (
    start_time, end_time, function_name, version, alias, request_id, status, error_type,
    duration_ms, billed_duration_ms, init_duration_ms, memory_size_mb, max_memory_used_mb,
    cost_usd, function_concurrency, account_concurrency, unreserved_concurrency, spillover,
    provisioned_used, provisioned_allocated
)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
       json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]'),
       json_extract(value, '$[9]'), json_extract(value, '$[10]'), json_extract(value, '$[11]'),
       json_extract(value, '$[12]'), json_extract(value, '$[13]'), json_extract(value, '$[14]'),
       json_extract(value, '$[15]'), json_extract(value, '$[16]'), json_extract(value, '$[17]'),
       json_extract(value, '$[18]'), json_extract(value, '$[19]')
FROM json_each(:rows)

-- insert_throttles --
INSERT INTO throttles (time, function_name, version, alias, reason)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]')
FROM json_each(:rows)

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

-- prune_log_streams --
DELETE FROM log_streams
WHERE NOT EXISTS (SELECT 1 FROM log_events WHERE stream_id = log_streams.id)
