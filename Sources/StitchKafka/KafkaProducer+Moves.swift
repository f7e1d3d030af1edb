// SPDX-License-Identifier: Apache-2.0

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
