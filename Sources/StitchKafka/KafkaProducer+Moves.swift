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
        // What was received can be sent: whether a record is too large is for the broker and the topic to say.
        if maximumRecordBytes == nil, properties["message.max.bytes"] == nil {
            configuration.maximumRecordBytes = 1_000_000_000
        }
        // It takes what it gets for the totals of one client.
        configuration.statisticsRecorder = nil
        return configuration
    }
}

extension KafkaProducer {
    /// Gives up whatever has no answer yet, and returns when the client is gone.
    ///
    /// Nobody is told of records that nobody waits for any more: whoever did has put them back.
    package func abandon() async {
        loop.losses.expectPurge(true)
        loop.stop(drain: .zero)
        loop.close()
        _ = await loop.ended.value
    }

    /// What is told how a move ended.
    package typealias MoveEnd = @Sendable (Result<KafkaDelivery, KafkaError>) -> Void

    /// Sends records to where they are moved, and returns when it is known of each whether it is there.
    ///
    /// Cancelling the task ends the wait: what has no answer then counts as not moved, and may be there all the same.
    ///
    /// - Parameters:
    ///   - moves: The records.
    ///   - goesOn: Whether further ones are sent after one that was not taken.
    ///   - begin: Is told of each as it is sent.
    /// - Returns: Of each in the same order why it failed; `nil` for one that is where it belongs.
    package func send(
        moves: [RecordMove],
        goingOnAfter goesOn: (KafkaError) -> Bool = { _ in false },
        _ begin: (RecordMove) -> MoveEnd?
    ) async -> [KafkaError?] {
        var pending: [(end: MoveEnd?, result: Result<KafkaEnqueued, KafkaError>)] = []
        for move in moves {
            let end = begin(move)
            do throws(KafkaError) {
                pending.append((end, .success(try await enqueue(move.sent))))
            } catch {
                pending.append((end, .failure(error)))
                guard goesOn(error) else { break }
            }
        }
        var errors: [KafkaError?] = []
        for (end, enqueued) in pending {
            do throws(KafkaError) {
                let delivery = try await enqueued.get().deliveryUnlessCancelled
                end?(.success(delivery))
                errors.append(nil)
            } catch {
                end?(.failure(error))
                errors.append(error)
            }
        }
        // None of those behind was sent.
        let last = errors.last ?? nil
        return errors + Array(repeating: last, count: moves.count - errors.count)
    }
}
