// SPDX-License-Identifier: Apache-2.0

public import StitchTesting

extension StitchTest {
    /// The mock cluster that the test has for itself: made when it is asked for first, gone when the test has ended.
    ///
    /// - Returns: The same cluster each time. Shut its clients down before the test ends.
    /// - Throws: `KafkaError` when it can't be made.
    public func kafka() async throws -> MockKafkaCluster {
        try await resource("KafkaTesting.cluster") { [self] in
            let cluster = try MockKafkaCluster()
            onFinish { await cluster.shutdown() }
            return cluster
        }
    }
}
