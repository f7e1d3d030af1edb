// SPDX-License-Identifier: Apache-2.0

extension KafkaConfiguration {
    /// The same for the producer that moves records, beside the consumer that reads them.
    package var moving: KafkaConfiguration {
        var configuration = self
        // A record that is moved holds up its partition.
        configuration.linger = .zero
        configuration.transactionalID = nil
        // Where it comes from it counts as handled then, so it has to be there for certain.
        configuration.acknowledgements = .all
        configuration.properties = properties.filter { PropertyName.canonical($0.key) != "acks" }
        // It takes what it gets for the totals of one client.
        configuration.statisticsRecorder = nil
        return configuration
    }
}

extension KafkaProducer {
    /// What is told how a move ended.
    package typealias MoveEnd = @Sendable (Result<KafkaDelivery, KafkaError>) -> Void

    /// Sends records to where they are moved, and returns when all of them are there.
    ///
    /// None is sent after one that was not taken.
    ///
    /// - Parameters:
    ///   - moves: The records.
    ///   - begin: Is told of each as it is sent.
    /// - Returns: The first that failed, and why; `nil` when all are where they belong.
    package func send(
        moves: [RecordMove],
        _ begin: (RecordMove) -> MoveEnd?
    ) async -> (move: RecordMove, error: KafkaError)? {
        var pending: [(move: RecordMove, end: MoveEnd?, enqueued: KafkaEnqueued)] = []
        var failure: (RecordMove, KafkaError)?
        for move in moves {
            let end = begin(move)
            do throws(KafkaError) {
                pending.append((move, end, try await enqueue(move.sent)))
            } catch {
                end?(.failure(error))
                failure = (move, error)
                break
            }
        }
        for (move, end, enqueued) in pending {
            do throws(KafkaError) {
                let delivery = try await enqueued.delivery
                end?(.success(delivery))
            } catch {
                end?(.failure(error))
                failure = failure ?? (move, error)
            }
        }
        return failure
    }
}
