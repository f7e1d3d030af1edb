// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// What librdkafka says when something about a transaction failed.
struct TransactionFailure: Error {
    var error: KafkaError
    /// Whether the same call may be made again.
    var isRetryable = false
    /// Whether the transaction has to be aborted, after which the producer goes on.
    var requiresAbort = false
    /// Whether the producer is of no use any more.
    var isFatal = false
    /// Whether the call was not made, so that nothing has come of it for sure.
    var isUnattempted = false

    /// The same where it isn't tried again because the caller's task was cancelled.
    var cancelled: TransactionFailure {
        var failure = self
        failure.isRetryable = false
        failure.error = KafkaError(.cancelled, "\(error.message): its task was cancelled meanwhile", cause: error)
        return failure
    }
}

/// Transactions; all of it blocks, but for the beginning.
extension ProducerClient {
    /// Makes this producer the one of its transactional id, once.
    func initTransactions(timeoutMilliseconds: Int32) -> TransactionFailure? {
        failure(rd_kafka_init_transactions(client, timeoutMilliseconds), "Transactions were not made ready")
    }

    func beginTransaction() -> TransactionFailure? {
        failure(rd_kafka_begin_transaction(client), "A transaction was not begun")
    }

    /// Adds where a group goes on.
    func sendOffsets(
        _ offsets: [KafkaTopicPartition: Int64],
        _ group: KafkaGroupMetadata,
        timeoutMilliseconds: Int32
    ) -> TransactionFailure? {
        let attempt = "Offsets were not added to a transaction"
        var metadata: OpaquePointer?
        // Makes metadata that are ours, until destroyed.
        let read = group.bytes.withUnsafeBytes { bytes in
            rd_kafka_consumer_group_metadata_read(&metadata, bytes.baseAddress, bytes.count)
        }
        if let failure = failure(read, attempt) { return failure }
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        return PartitionList.with(offsets.map { ($0.key, $0.value) }) { list in
            // Both stay ours.
            failure(rd_kafka_send_offsets_to_transaction(client, list, metadata, timeoutMilliseconds), attempt)
        }
    }

    /// Delivers what is outstanding, then commits.
    func commitTransaction(timeoutMilliseconds: Int32) -> TransactionFailure? {
        failure(rd_kafka_commit_transaction(client, timeoutMilliseconds), "A transaction was not committed")
    }

    /// Gives up what is outstanding, then aborts.
    func abortTransaction(timeoutMilliseconds: Int32) -> TransactionFailure? {
        failure(rd_kafka_abort_transaction(client, timeoutMilliseconds), "A transaction was not aborted")
    }

    /// - Parameters:
    ///   - error: Ours, destroyed here; `nil` for none.
    ///   - attempt: What was attempted, as the beginning of a sentence.
    /// - Returns: What it says; `nil` for no error.
    private func failure(_ error: OpaquePointer?, _ attempt: String) -> TransactionFailure? {
        guard let error else { return nil }
        defer { rd_kafka_error_destroy(error) }
        let isFatal = rd_kafka_error_is_fatal(error) != 0
        let text = rd_kafka_error_string(error).map { String(cString: $0) }
        var failure = TransactionFailure(
            error: KafkaError(native: rd_kafka_error_code(error).ofProducer, attempt, detail: text)
        )
        failure.isFatal = isFatal
        failure.error.isFatal = isFatal
        failure.isRetryable = rd_kafka_error_is_retriable(error) != 0
        failure.requiresAbort = rd_kafka_error_txn_requires_abort(error) != 0
        return failure
    }
}

extension rd_kafka_resp_err_t {
    /// librdkafka has a code of its own for a producer that another one has taken the place of.
    var ofProducer: Self { self == RD_KAFKA_RESP_ERR__FENCED ? RD_KAFKA_RESP_ERR_PRODUCER_FENCED : self }
}
