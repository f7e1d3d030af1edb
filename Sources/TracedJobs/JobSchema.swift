// SPDX-License-Identifier: Apache-2.0

/// The schema of a queue: its name, and the SQL that makes what is in it.
struct JobSchema: Sendable, Hashable {
    /// What ``migrations`` bring a schema to.
    static let version = 1

    let name: String
    private let quoted: PostgresIdentifier

    private static let maximumLength = 63

    init(_ name: String) throws(JobError) {
        guard (1...Self.maximumLength).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw JobError(
                .invalidConfiguration,
                "The schema's name \"\(name)\" can't be used; it needs 1 to \(Self.maximumLength) bytes and no NUL"
            )
        }
        self.name = name
        quoted = PostgresIdentifier(name)
    }

    /// A table or function of the schema, as statements name it.
    subscript(_ name: String) -> String { "\(quoted).\(name)" }

    /// Makes everything, in one script that is to be run in a transaction.
    ///
    /// Its files don't name the schema; they find it as the first of the path.
    var definition: String {
        """
        CREATE SCHEMA IF NOT EXISTS \(quoted);
        SET LOCAL search_path = \(quoted), pg_catalog, pg_temp;
        \(Self.files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n"))
        """
    }

    /// The files of `Schema`, in their order.
    ///
    /// What SwiftPM embeds has an underscore for the first digit.
    private static let files: [[UInt8]] = [
        PackageResources._1_schema_sql,
        PackageResources._2_tickets_sql,
        PackageResources._3_claims_sql,
        PackageResources._4_cursors_sql,
        PackageResources._5_claim_sql,
        PackageResources._6_fetch_jobs_sql,
        PackageResources._7_ack_sql,
        PackageResources._8_conclude_sql,
        PackageResources._9_settle_sql,
        PackageResources._0_workers_sql,
        PackageResources._1_rescue_sql,
        PackageResources._2_context_sql,
        PackageResources._3_wake_sql,
        PackageResources._4_enqueue_sql,
        PackageResources._5_steer_sql,
        PackageResources._6_history_sql,
        PackageResources._7_views_sql,
        PackageResources._8_traces_sql,
        PackageResources._9_segments_sql,
        PackageResources._0_retention_sql,
        PackageResources._1_maintenance_sql,
        PackageResources._2_rebase_sql,
        PackageResources._3_looking_sql,
        PackageResources._4_roles_sql,
    ]
}
