// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// The librdkafka that the tests run with.
enum LibraryVersion {
    /// Whether Kafka 4 takes its SCRAM: from 2.6.1.
    static var speaksSCRAM: Bool { rd_kafka_version() >= 0x0206_0100 }
}
