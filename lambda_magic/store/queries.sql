-- function --
-- One function.
SELECT name, incarnation, last_version, reserved_concurrency, tags
FROM functions WHERE name = :function_name;

-- functions --
-- The names of all functions.
SELECT name FROM functions ORDER BY name;

-- add_function --
-- A new function; it has no version yet.
INSERT INTO functions (name, incarnation, tags) VALUES (:function_name, :incarnation, :tags);

-- delete_function --
-- A function with all its versions, aliases and provisioned concurrency.
DELETE FROM functions WHERE name = :function_name;

-- set_last_version --
-- Remember the number of the version published last; it only ever goes up.
UPDATE functions SET last_version = max(last_version, :last_version) WHERE name = :function_name;

-- set_tags --
-- All tags of a function.
UPDATE functions SET tags = :tags WHERE name = :function_name;

-- set_reserved_concurrency --
-- Reserve concurrency for a function, or (NULL) no longer.
UPDATE functions SET reserved_concurrency = :reserved WHERE name = :function_name;

-- total_reserved --
-- The concurrency reserved for all functions together.
SELECT coalesce(sum(reserved_concurrency), 0) AS total FROM functions;

-- version --
-- One version of a function, with what tells the function from earlier ones of its name.
SELECT versions.*, functions.incarnation
FROM versions JOIN functions ON functions.name = versions.function_name
WHERE function_name = :function_name AND version = :version;

-- versions --
-- All versions of a function: $LATEST (which has no number) first, then by number.
SELECT versions.*, functions.incarnation
FROM versions JOIN functions ON functions.name = versions.function_name
WHERE function_name = :function_name ORDER BY CAST(version AS INTEGER);

-- all_versions --
-- The names of all functions with all their versions.
SELECT function_name, version FROM versions ORDER BY function_name, CAST(version AS INTEGER);

-- unsettled_versions --
-- The versions that are still being created or updated.
SELECT function_name, version FROM versions
WHERE json_extract(configuration, '$.State') = 'Pending'
   OR json_extract(configuration, '$.LastUpdateStatus') = 'InProgress';

-- put_version --
-- A new version, or another state of the one there is.
INSERT OR REPLACE INTO versions (function_name, version, configuration, code_sha256, source)
VALUES (:function_name, :version, :configuration, :code_sha256, :source);

-- delete_version --
-- One published version.
DELETE FROM versions WHERE function_name = :function_name AND version = :version;

-- code_sizes --
-- The size of each version's deployment package.
SELECT coalesce(sum(json_extract(configuration, '$.CodeSize')), 0) AS total FROM versions;

-- alias --
-- One alias.
SELECT name, configuration FROM aliases WHERE function_name = :function_name AND name = :name;

-- aliases --
-- All aliases of a function.
SELECT name, configuration FROM aliases WHERE function_name = :function_name ORDER BY name;

-- put_alias --
-- A new alias, or another state of the one there is.
INSERT OR REPLACE INTO aliases (function_name, name, configuration)
VALUES (:function_name, :name, :configuration);

-- delete_alias --
-- One alias.
DELETE FROM aliases WHERE function_name = :function_name AND name = :name;

-- provisioned --
-- The provisioned concurrency of one function.
SELECT function_name, qualifier, requested, last_modified
FROM provisioned_concurrency WHERE function_name = :function_name ORDER BY qualifier;

-- all_provisioned --
-- The provisioned concurrency of all functions.
SELECT function_name, qualifier, requested
FROM provisioned_concurrency ORDER BY function_name, qualifier;

-- put_provisioned --
-- Provision concurrency for a version or an alias.
INSERT OR REPLACE INTO provisioned_concurrency (function_name, qualifier, requested, last_modified)
VALUES (:function_name, :qualifier, :requested, :last_modified);

-- delete_provisioned --
-- Provision concurrency no longer.
DELETE FROM provisioned_concurrency WHERE function_name = :function_name AND qualifier = :qualifier;

-- settings --
-- The settings of one kind, of one function.
SELECT qualifier, document FROM settings
WHERE function_name = :function_name AND kind = :kind ORDER BY qualifier;

-- settings_of_kind --
-- The settings of one kind, of all functions.
SELECT function_name, qualifier, document FROM settings
WHERE kind = :kind ORDER BY function_name, qualifier;

-- put_setting --
-- A new setting, or another state of the one there is.
INSERT OR REPLACE INTO settings (function_name, kind, qualifier, document)
VALUES (:function_name, :kind, :qualifier, :document);

-- delete_setting --
-- One setting.
DELETE FROM settings
WHERE function_name = :function_name AND kind = :kind AND qualifier = :qualifier;

-- delete_settings --
-- All settings of one qualifier.
DELETE FROM settings WHERE function_name = :function_name AND qualifier = :qualifier;

-- resource --
-- One resource.
SELECT kind, name, document, tags FROM resources WHERE kind = :kind AND name = :name;

-- resources --
-- All resources of one kind.
SELECT kind, name, document, tags FROM resources WHERE kind = :kind ORDER BY name;

-- put_resource --
-- A new resource, or another state of the one there is, which keeps its tags.
INSERT INTO resources (kind, name, document) VALUES (:kind, :name, :document)
ON CONFLICT (kind, name) DO UPDATE SET document = :document;

-- set_resource_tags --
-- All tags of a resource.
UPDATE resources SET tags = :tags WHERE kind = :kind AND name = :name;

-- delete_resource --
-- One resource.
DELETE FROM resources WHERE kind = :kind AND name = :name;

-- layer_version --
-- One version of a layer, deleted or not.
SELECT * FROM layer_versions WHERE layer_name = :layer_name AND version = :version;

-- layer_versions --
-- The versions of a layer that are not deleted, the last one first.
SELECT * FROM layer_versions
WHERE layer_name = :layer_name AND NOT deleted ORDER BY version DESC;

-- layer_names --
-- The names of the layers that have versions.
SELECT DISTINCT layer_name FROM layer_versions WHERE NOT deleted ORDER BY layer_name;

-- last_layer_version --
-- The number of the version of a layer published last, deleted or not.
SELECT coalesce(max(version), 0) AS number FROM layer_versions WHERE layer_name = :layer_name;

-- add_layer_version --
-- A new version of a layer.
INSERT INTO layer_versions (layer_name, version, configuration, code_sha256)
VALUES (:layer_name, :version, :configuration, :code_sha256);

-- set_layer_policy --
-- The policy of a version of a layer, or (NULL) none.
UPDATE layer_versions SET policy = :policy WHERE layer_name = :layer_name AND version = :version;

-- delete_layer_version --
-- One version of a layer, which stays for the functions that use it.
UPDATE layer_versions SET deleted = 1, policy = NULL
WHERE layer_name = :layer_name AND version = :version;

-- layer_sizes --
-- The sizes of all layer versions together.
SELECT coalesce(sum(json_extract(configuration, '$.Content.CodeSize')), 0) AS total
FROM layer_versions WHERE NOT deleted;
