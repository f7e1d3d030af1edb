// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Synchronization
import TelemetryAPI
import TelemetryData

/// Puts one client's statistics on instruments: what librdkafka counts in total as what came since the last time.
final class StatisticsRecorder: Sendable {
    private let telemetry = CapturedTelemetry()
    private let common: @Sendable (inout Attributes) -> Void
    private let last = Mutex(KafkaStatistics())

    /// For the meter that counts here.
    init(clientID: String, group: String?) {
        common = { attributes in
            attributes[MessagingConventions.Attribute.system] = .string(RecordAttributes.system)
            attributes[MessagingConventions.Attribute.clientID] = .string(clientID)
            guard let group, !group.isEmpty else { return }
            attributes[MessagingConventions.Attribute.consumerGroup] = .string(group)
        }
    }

    func record(_ now: KafkaStatistics) {
        let before = last.withLock { last in
            defer { last = now }
            return last
        }
        telemetry.with {
            let meter = TelemetrySystem.meter
            guard meter.isRecording else { return }
            if now.isProducer {
                meter.gauge(KafkaMetrics.queuedRecords).record(now.queuedRecords, common)
                meter.gauge(KafkaMetrics.queuedBytes).record(now.queuedBytes, common)
            }
            let brokers = Dictionary(before.brokers.map { ($0.name, $0) }) { first, _ in first }
            // A broker that is known by its address alone has no number yet.
            for broker in now.brokers where broker.id >= 0 {
                record(broker, since: brokers[broker.name] ?? KafkaStatistics.Broker(), meter)
            }
            guard let group = now.group else { return }
            let rebalances = group.rebalances - (before.group?.rebalances ?? 0)
            meter.counter(KafkaMetrics.rebalances).add(rebalances, common)
            for partition in now.partitions { record(partition, meter) }
        }
    }

    private func record(_ now: KafkaStatistics.Broker, since last: KafkaStatistics.Broker, _ meter: any Meter) {
        let fill = { [common] (attributes: inout Attributes) in
            common(&attributes)
            attributes[MessagingConventions.Attribute.brokerID] = .int(Int64(now.id))
        }
        meter.counter(KafkaMetrics.sentBytes).add(now.sentBytes - last.sentBytes, fill)
        meter.counter(KafkaMetrics.receivedBytes).add(now.receivedBytes - last.receivedBytes, fill)
        meter.counter(KafkaMetrics.requests).add(now.requests - last.requests, fill)
        meter.counter(KafkaMetrics.disconnects).add(now.disconnects - last.disconnects, fill)
        let failures = [
            ("send", now.sendErrors - last.sendErrors), ("receive", now.receiveErrors - last.receiveErrors),
            ("timeout", now.timeouts - last.timeouts),
        ]
        for (kind, count) in failures where count > 0 {
            meter.counter(KafkaMetrics.failedRequests).add(count) { attributes in
                fill(&attributes)
                attributes[MessagingConventions.Attribute.errorType] = .string(kind)
            }
        }
        if let trip = now.roundTrip, trip.count > 0 {
            meter.gauge(KafkaMetrics.roundTrip).record(trip.average / .seconds(1), fill)
            meter.gauge(KafkaMetrics.roundTripP99).record(trip.p99 / .seconds(1), fill)
        }
        if let throttle = now.throttle, throttle.count > 0 {
            meter.gauge(KafkaMetrics.throttle).record(throttle.average / .seconds(1), fill)
        }
    }

    /// Only of partitions that this member has: of others librdkafka knows no more than that they are there.
    private func record(_ now: KafkaStatistics.Partition, _ meter: any Meter) {
        guard let lag = now.lag else { return }
        let fill = { [common] (attributes: inout Attributes) in
            common(&attributes)
            attributes[MessagingConventions.Attribute.destinationName] = .string(now.topic)
            attributes[MessagingConventions.Attribute.partitionID] = .string(String(now.partition))
        }
        meter.gauge(KafkaMetrics.lag).record(lag, fill)
        meter.gauge(KafkaMetrics.fetchedRecords).record(now.fetchedRecords, fill)
    }
}

extension KafkaConfiguration {
    /// The configuration for a client whose statistics, if there are any, go to the meter that counts here.
    func measured(group: String? = nil) -> KafkaConfiguration {
        guard statisticsInterval != nil else { return self }
        let recorder = StatisticsRecorder(clientID: clientID, group: group)
        var configuration = self
        configuration.statisticsRecorder = KafkaStatisticsHandler { recorder.record($0) }
        return configuration
    }
}
