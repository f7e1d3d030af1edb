// SPDX-License-Identifier: Apache-2.0

extension PostgresError.Code {
    /// The name of the server's error in the appendix "PostgreSQL Error Codes" of its manual, such as `unique_violation`;
    /// `nil` for what the server did not say, and for rare ones.
    public var conditionName: String? { sqlState.flatMap { Self.conditions[$0] } }

    /// What to do about it, where that is always the same.
    var advice: String? { sqlState.flatMap { Self.advices[$0] } }

    private static let conditions: [String: String] = [
        "08000": "connection_exception", "08003": "connection_does_not_exist", "08006": "connection_failure",
        "08007": "transaction_resolution_unknown", "08P01": "protocol_violation", "0A000": "feature_not_supported",
        "21000": "cardinality_violation",
        "22000": "data_exception", "22001": "string_data_right_truncation", "22003": "numeric_value_out_of_range",
        "22007": "invalid_datetime_format", "22012": "division_by_zero", "22021": "character_not_in_repertoire",
        "22023": "invalid_parameter_value", "22P02": "invalid_text_representation",
        "22P03": "invalid_binary_representation", "22P04": "bad_copy_file_format",
        "22P05": "untranslatable_character", "23000": "integrity_constraint_violation",
        "23001": "restrict_violation", "23502": "not_null_violation", "23503": "foreign_key_violation",
        "23505": "unique_violation", "23514": "check_violation", "23P01": "exclusion_violation",
        "25001": "active_sql_transaction", "25006": "read_only_sql_transaction",
        "25P01": "no_active_sql_transaction", "25P02": "in_failed_sql_transaction",
        "25P03": "idle_in_transaction_session_timeout", "26000": "invalid_sql_statement_name",
        "28000": "invalid_authorization_specification", "28P01": "invalid_password",
        "2BP01": "dependent_objects_still_exist", "34000": "invalid_cursor_name",
        "3B001": "invalid_savepoint_specification", "3D000": "invalid_catalog_name", "3F000": "invalid_schema_name",
        "40001": "serialization_failure", "40003": "statement_completion_unknown", "40P01": "deadlock_detected",
        "42501": "insufficient_privilege", "42601": "syntax_error", "42701": "duplicate_column",
        "42702": "ambiguous_column", "42703": "undefined_column", "42704": "undefined_object",
        "42710": "duplicate_object", "42723": "duplicate_function", "42804": "datatype_mismatch",
        "42846": "cannot_coerce", "42883": "undefined_function", "42P01": "undefined_table",
        "42P02": "undefined_parameter", "42P04": "duplicate_database", "42P05": "duplicate_prepared_statement",
        "42P06": "duplicate_schema", "42P07": "duplicate_table", "42P18": "indeterminate_datatype",
        "53000": "insufficient_resources", "53100": "disk_full", "53200": "out_of_memory",
        "53300": "too_many_connections", "54000": "program_limit_exceeded", "55000": "object_not_in_prerequisite_state",
        "55006": "object_in_use", "55P03": "lock_not_available", "57014": "query_canceled", "57P01": "admin_shutdown",
        "57P02": "crash_shutdown", "57P03": "cannot_connect_now", "57P04": "database_dropped",
        "57P05": "idle_session_timeout", "P0001": "raise_exception", "XX000": "internal_error",
        "XX001": "data_corrupted", "XX002": "index_corrupted",
    ]

    private static let advices: [String: String] = [
        "08007": "it may have been committed or not; look for what the transaction wrote before it is run again",
        "25006": "the server or the transaction allows no changes; use the primary, or a transaction that may write",
        "25P02": "an earlier statement failed, so that the transaction can only be rolled back",
        "26000": "if a pooler in transaction mode is in between, set pooling = .transaction",
        "40001": "another transaction came first; run the whole transaction again (attempts of withTransaction)",
        "40003": "it may have been committed or not; look for what the transaction wrote before it is run again",
        "40P01":
            "two transactions waited for each other; run the whole transaction again (attempts of withTransaction)",
        "42501": "the role lacks the right; grant it, or connect as another role",
        "42P01": "create it, or name its schema",
        "42P05": "if a pooler in transaction mode is in between, set pooling = .transaction",
        "53300": "the server has no connection left; lower maximumConnections, or raise its max_connections",
        "55P03": "somebody else holds the lock; try again later",
        "57014": "the server stopped it, because of a time-out or a request",
        "57P01": "the server is being stopped, or an administrator ended the connection; try again",
    ]
}
