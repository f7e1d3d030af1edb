// SPDX-License-Identifier: Apache-2.0

import StitchOTLP

extension TelemetryConfiguration {
    /// Refuses what can't be, by name, with the value and what would be right.
    func validate() throws(OTLPError) {
        if let queueCapacity { try require(queueCapacity >= 1, "queueCapacity", queueCapacity, "1 or more, or nil") }
        let largest = queueCapacity ?? .max
        try require(
            batchSize >= 1 && batchSize <= largest,
            "batchSize",
            batchSize,
            "1 or more, and no more than may wait"
        )
        try require(exportDelay >= .zero, "exportDelay", exportDelay, "zero or longer")
        try require(exportTimeout > .zero, "exportTimeout", exportTimeout, "longer than zero")
        try require(shutdownTimeout >= .zero, "shutdownTimeout", shutdownTimeout, "zero or longer")
        try require(metrics.interval > .zero, "metrics.interval", metrics.interval, "longer than zero")
        try require(metrics.timeout > .zero, "metrics.timeout", metrics.timeout, "longer than zero")
    }

    private func require(_ isRight: Bool, _ option: String, _ value: Any, _ right: String) throws(OTLPError) {
        if !isRight {
            throw OTLPError(
                .invalidConfiguration,
                "the option '\(option)' of the telemetry is \(value): it has to be \(right)"
            )
        }
    }
}
