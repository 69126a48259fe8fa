-- Values of metrics that no environment can tell, such as those of asynchronous events.
CREATE TABLE measurements (
    id            INTEGER PRIMARY KEY,
    time          REAL NOT NULL,
    function_name TEXT NOT NULL,
    qualifier     TEXT,
    metric        TEXT NOT NULL,
    value         REAL NOT NULL
);

CREATE INDEX measurements_of_function ON measurements (function_name, time);
