// What bare C does with librdkafka to receive records: the twins of what the benchmarks of the group `kafka` measure.
#ifndef STITCH_CONSUME_LOOPS_H
#define STITCH_CONSUME_LOOPS_H

#include "kafka-loops.h"

/// Consumes the first records of four partitions with `rd_kafka_consumer_poll`, from the first record to the last.
///
/// Returns NULL, or what went wrong, which is static.
/// - reads_header: whether each record's `traceparent` is read, as a traced consumer does.
/// - work: how many nanoseconds are worked on each record.
const char *kafka_loop_consume(const char *brokers, const char *topic, long count, int reads_header, long work,
                               kafka_loop_result *result);

/// Works for so many nanoseconds.
void kafka_loop_work(long nanoseconds);

#endif
