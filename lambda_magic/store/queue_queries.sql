-- add_events --
INSERT INTO events (request_id, function_name, qualifier, payload, client_context, trace_id,
                    received, due, attempts, setbacks, answer, executed_version, owner)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- reschedule_event --
-- Everything that changes while an event waits.
UPDATE events
SET due = :due, attempts = :attempts, setbacks = :setbacks, answer = :answer,
    executed_version = :executed_version
WHERE request_id = :request_id

-- remove_events --
DELETE FROM events WHERE request_id IN (SELECT value FROM json_each(:ids))

-- add_deliveries --
INSERT INTO deliveries (delivery_id, kind, target, function_name, qualifier, function_arn,
                        trace_id, body, attributes, owner)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- remove_deliveries --
DELETE FROM deliveries WHERE delivery_id IN (SELECT value FROM json_each(:ids))

-- owners --
-- Everybody who has something in the queue.
SELECT owner FROM events UNION SELECT owner FROM deliveries

-- events_of --
-- In the order in which they are tried.
SELECT request_id, function_name, qualifier, payload, client_context, trace_id,
       received, due, attempts, setbacks, answer, executed_version
FROM events WHERE owner = :owner ORDER BY due, received, rowid

-- deliveries_of --
SELECT delivery_id, kind, target, function_name, qualifier, function_arn, trace_id, body,
       attributes
FROM deliveries WHERE owner = :owner ORDER BY rowid

-- take_events --
UPDATE events SET owner = :new WHERE owner = :old

-- take_deliveries --
UPDATE deliveries SET owner = :new WHERE owner = :old
